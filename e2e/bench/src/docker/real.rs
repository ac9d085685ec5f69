//! A real engine, and the application of the scenarios in each container.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use serde_json::{Value, json};
use sluicegate_e2e::docker::APP;

use super::{Docker, Site, tell_latencies};
use crate::load::Latencies;

pub(super) async fn run(options: &Docker) -> anyhow::Result<()> {
    let engine = sluicegate_e2e::Docker::start().await;
    let site = Site::start(&format!("--docker=unix://{}", engine.socket().display())).await;
    let begun = now();
    let mut served = Vec::new();
    for number in 0..options.real {
        let (name, host) = (format!("real{number}"), format!("real{number}.example"));
        let wanted = json!({
            "Image": APP,
            "Labels": {
                "sluicegate.enable": "true",
                format!("sluicegate.http.{name}.host"): host,
                format!("sluicegate.http.{name}.port"): "8080",
            },
        });
        let made = engine.call_json("POST", &format!("/containers/create?name={name}"), &wanted).await;
        let id = made["Id"].as_str().context("the engine answers an id")?.to_owned();
        let start = format!("/containers/{id}/start");
        let asked = async {
            engine.call_json("POST", &start, &Value::Null).await;
        };
        let served_at = async {
            site.serves(&host).await?;
            anyhow::Ok(now())
        };
        let ((), at) = tokio::join!(asked, served_at);
        served.push((id, at?));
    }
    let mut latencies = Latencies::with_capacity(served.len());
    let started = starts(&engine, begun).await?;
    for (id, at) in served {
        let started = started.iter().find(|(of, _)| *of == id).context("the engine tells of each start")?;
        latencies.add(at.saturating_sub(started.1));
    }
    tell_latencies(
        &format!("event to first answer, a real engine, {} containers, one after the other", options.real),
        latencies,
    );
    Ok(())
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Which containers were started when, by the engine's own account.
async fn starts(engine: &sluicegate_e2e::Docker, since: Duration) -> anyhow::Result<Vec<(String, Duration)>> {
    let path = format!("/events?since={}&until={}", since.as_secs(), now().as_secs() + 1);
    let told = engine.call("GET", &path, "application/json", b"").await;
    let mut starts = Vec::new();
    for line in told.text().lines() {
        let event: Value = serde_json::from_str(line)?;
        if event["Type"] == "container" && event["Action"] == "start" {
            let id = event["Actor"]["ID"].as_str().context("an event is of a container")?;
            let at = event["timeNano"].as_u64().context("an event has its time")?;
            starts.push((id.to_owned(), Duration::from_nanos(at)));
        }
    }
    Ok(starts)
}
