//! Servers whose exchanges go wrong are left out for a time: HAProxy has nothing like it, Envoy and Istio have.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use sluicegate_e2e::{
    Behaviour, Connection, Does, Origin, Process, Scripted, Sluicegate, fetch, free_address,
    sluicegate_binary,
};
use tempfile::TempDir;

/// A frontend and a backend that ejects outliers.
struct Site {
    entry: SocketAddr,
    admin: SocketAddr,
    folder: TempDir,
    sluicegate: Sluicegate,
}

impl Site {
    async fn run(lines: &str, servers: &[(&str, SocketAddr)]) -> Self {
        let (entry, admin, folder) = (free_address(), free_address(), tempfile::tempdir().unwrap());
        fs::write(folder.path().join("site.yaml"), manifest(entry, lines, servers)).unwrap();
        let (path, listen) = (folder.path().to_str().unwrap(), admin.to_string());
        let arguments = ["run", path, "--admin-http", &listen];
        let mut sluicegate = Sluicegate::program("sluicegate", "", &arguments);
        sluicegate.committed().await;
        Self { entry, admin, folder, sluicegate }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("site.yaml")
    }

    /// So many requests one after the other; how often each text or status came.
    async fn ask(&self, requests: usize) -> Vec<String> {
        let mut answers = Vec::new();
        for _ in 0..requests {
            let answer = fetch(self.entry, "/").await.unwrap();
            answers.push(if answer.status() == 200 { answer.text() } else { answer.status().to_string() });
        }
        answers
    }

    async fn told(&mut self, words: &str) -> String {
        self.sluicegate.process().wait_for(words).await
    }

    /// A sample of a server's metric.
    async fn metric(&self, name: &str, server: &str) -> Option<u64> {
        let metrics = fetch(self.admin, "/metrics").await.unwrap().text();
        let start = format!("{name}{{proxy=\"app\",server=\"{server}\"}}");
        metrics.lines().find_map(|line| line.strip_prefix(&start)?.trim().parse().ok())
    }

    /// The row of a server in the statistics.
    async fn row(&self, server: &str) -> String {
        let rows = fetch(self.admin, "/;csv").await.unwrap().text();
        rows.lines().find(|line| line.starts_with(&format!("app,{server},"))).unwrap().to_owned()
    }
}

fn manifest(entry: SocketAddr, lines: &str, servers: &[(&str, SocketAddr)]) -> String {
    let mode = if lines.contains("mode: tcp") { "mode: tcp" } else { "mode: http" };
    let servers: Vec<String> =
        servers.iter().map(|(name, address)| format!("{{ name: {name}, address: '{address}' }}")).collect();
    format!(
        "apiVersion: sluicegate.dev/v1alpha1\nkind: Frontend\nmetadata: {{ name: web }}\nspec:\n  {mode}\n  \
         listen: ['{entry}']\n  defaultBackend: app\n---\napiVersion: sluicegate.dev/v1alpha1\nkind: Backend\n\
         metadata: {{ name: app }}\nspec:\n{lines}\n  endpoints: [{}]\n",
        servers.join(", ")
    )
}

async fn origins<const N: usize>(names: [&str; N]) -> Vec<Origin> {
    let mut origins = Vec::new();
    for name in names {
        origins.push(Origin::start(name).await);
    }
    origins
}

fn listed(origins: &[Origin]) -> Vec<(&str, SocketAddr)> {
    origins.iter().map(|origin| (origin.name(), origin.address())).collect()
}

#[tokio::test]
async fn a_bad_server_is_left_out_comes_back_and_is_left_out_for_longer() {
    let origins = origins(["a", "b", "c", "d"]).await;
    let rule = "  outlierEjection: { consecutiveFailures: 3, interval: 10s, baseEjectionTime: 700ms }";
    let mut site = Site::run(rule, &listed(&origins)).await;
    origins[1].behave(Behaviour::Status(500));
    assert_eq!(site.ask(12).await.iter().filter(|answer| *answer == "500").count(), 3);
    let told = site.told("Server app/b is ejected").await;
    let words = "Server app/b is ejected for 700ms, reason: 3 consecutive failures, last one was: Wrong http response. \
                 3 active and 0 backup servers left.";
    assert!(told.contains(words), "{told}");
    assert!(!site.ask(30).await.contains(&"500".to_owned()));
    assert_eq!(origins[1].requests(), 3);
    site.told("Server app/b is back, reason: its time is over. 4 active and 0 backup servers online.").await;

    assert_eq!(site.ask(12).await.iter().filter(|answer| *answer == "500").count(), 3);
    site.told("Server app/b is ejected for 1400ms").await;
    let row = site.row("b").await;
    assert!(row.contains(",DOWN (ejected),"), "{row}");
    assert!(row.contains(",HANA,") && row.contains("3 consecutive failures, last one was: "), "{row}");
    let status = site
        .sluicegate
        .status_where("the ejection", |status| status.to_string().contains("\"health\":\"ejected\""))
        .await;
    assert!(
        status.to_string().contains("3 consecutive failures, last one was: Wrong http response"),
        "{status}"
    );
    assert_eq!(site.metric("sluicegate_server_ejections_total", "b").await, Some(2));
    assert_eq!(site.metric("sluicegate_server_ejections_total", "a").await, Some(0));

    site.told("Server app/b is back").await;
    origins[1].behave(Behaviour::Answer);
    assert_eq!(site.ask(8).await.iter().filter(|answer| *answer == "b").count(), 2);
}

#[tokio::test]
async fn no_more_than_a_part_of_the_servers_is_left_out() {
    let origins = origins(["a", "b", "c", "d"]).await;
    let rule = "  outlierEjection: { consecutiveFailures: 2, baseEjectionTime: 60s, maxEjectedPercent: 25 }";
    let mut site = Site::run(rule, &listed(&origins)).await;
    [0, 1].iter().for_each(|bad: &usize| origins[*bad].behave(Behaviour::Status(503)));
    site.ask(5).await;
    site.told("Server app/a is ejected for 60000ms").await;
    site.ask(12).await;
    let mut spared = None;
    while spared.unwrap_or(0) == 0 {
        spared = site.metric("sluicegate_server_spared_ejections_total", "b").await;
    }
    let answers = site.ask(9).await;
    assert_eq!(answers.iter().filter(|answer| *answer == "503").count(), 3, "{answers:?}");
    assert_eq!(site.metric("sluicegate_server_ejections_total", "b").await, Some(0));
}

#[tokio::test]
async fn where_all_are_bad_the_last_one_answers() {
    let origins = origins(["a", "b", "c"]).await;
    let rule = "  outlierEjection: { consecutiveFailures: 1, baseEjectionTime: 60s, maxEjectedPercent: 100 }";
    let mut site = Site::run(rule, &listed(&origins)).await;
    origins.iter().for_each(|origin| origin.behave(Behaviour::Status(500)));
    for _ in 0..2 {
        site.ask(1).await;
        site.told("is ejected for 60000ms").await;
    }
    // 503 would be the proxy's own.
    assert_eq!(site.ask(10).await, ["500"; 10]);
    let before: u64 = origins.iter().map(Origin::requests).sum();
    assert_eq!(before, 12);
}

#[tokio::test]
async fn the_one_that_fails_more_often_than_the_others_is_left_out() {
    let origins = origins(["a", "b", "c", "d", "e"]).await;
    let rule = "  outlierEjection: { consecutiveFailures: 0, interval: 500ms, baseEjectionTime: 60s, \
                successRate: { requestVolume: 5, stdevFactor: 1.9 } }";
    let mut site = Site::run(rule, &listed(&origins)).await;
    // Each second one fails: no row of failures comes of it.
    let halves = [Behaviour::Status(500), Behaviour::Answer];
    let mut ejected = false;
    for behaviour in halves.into_iter().cycle() {
        origins[4].behave(behaviour);
        site.ask(5).await;
        ejected = ejected || site.row("e").await.contains(",DOWN (ejected),");
        if ejected {
            break;
        }
    }
    let told = site.told("Server app/e is ejected for 60000ms, reason: success rate ").await;
    assert!(told.contains("%, mean of all ") && told.contains("%, standard deviation "), "{told}");
    let before = origins[4].requests();
    site.ask(10).await;
    assert_eq!(origins[4].requests(), before);
}

#[tokio::test]
async fn an_ejection_outlives_a_change_of_the_configuration() {
    let origins = origins(["a", "b", "c", "new"]).await;
    let rule = "  outlierEjection: { consecutiveFailures: 2, baseEjectionTime: 60s }";
    let mut site = Site::run(rule, &listed(&origins[..3])).await;
    origins[0].behave(Behaviour::Status(500));
    site.ask(6).await;
    site.told("Server app/a is ejected").await;
    fs::write(site.file(), manifest(site.entry, rule, &listed(&origins))).unwrap();
    site.sluicegate.committed().await;
    let answers = site.ask(9).await;
    assert_eq!(answers.iter().filter(|answer| *answer == "new").count(), 3, "{answers:?}");
    assert_eq!(origins[0].requests(), 2);
    // Another rule begins anew.
    let longer = rule.replace("60s", "61s");
    fs::write(site.file(), manifest(site.entry, &longer, &listed(&origins))).unwrap();
    site.sluicegate.committed().await;
    while !site.ask(4).await.contains(&"500".to_owned()) {}
}

#[tokio::test]
async fn connections_that_are_refused_or_reset_count_in_tcp_mode() {
    let resets = Scripted::start(&[Does::Hears(1), Does::Resets]).await;
    let good = Scripted::start(&[Does::Says(b"good"), Does::Closes]).await;
    let lines = "  mode: tcp\n  retries: 0\n  outlierEjection: { consecutiveFailures: 2, baseEjectionTime: 60s, \
                 maxEjectedPercent: 67 }";
    let servers = [("gone", free_address()), ("resets", resets.address()), ("good", good.address())];
    let mut site = Site::run(lines, &servers).await;
    let heard = async |entry| {
        let mut client = Connection::open(entry).await.unwrap();
        client.send("?").await.unwrap();
        client.read_to_end().await.unwrap_or_default()
    };
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(heard(site.entry).await);
    }
    assert_eq!(answers.iter().filter(|heard| *heard == b"good").count(), 2, "{answers:?}");
    site.told("Server app/gone is ejected for 60000ms, reason: 2 consecutive failures, last one was: L4 unsuccessful connection.").await;
    let reset = "reason: 2 consecutive failures, last one was: L4 connection reset before the first byte.";
    site.told(&format!("Server app/resets is ejected for 60000ms, {reset}")).await;
    for _ in 0..6 {
        assert_eq!(heard(site.entry).await, b"good");
    }
}

#[tokio::test]
async fn a_manifest_with_bad_numbers_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    let lines = "  outlierEjection: { consecutiveFailures: 3, maxEjectedPercent: 0, successRate: { stdevFactor: -1 } }";
    fs::write(&file, manifest(free_address(), lines, &[("a", free_address())])).unwrap();
    let mut check = Process::start(sluicegate_binary("sluicegate"), ["check", file.to_str().unwrap()]);
    assert_eq!(check.exit().await.code(), Some(1));
    let told = check.output();
    let place = format!("{}:9: outlier_ejection: ", file.display());
    for wrong in [
        "max_ejected_percent is 0, allowed is 1 to 100",
        "success_rate: stdev_factor_thousandths is 0, allowed is 1 to 100000",
    ] {
        assert!(told.contains(&format!("{place}{wrong}")), "{told}");
    }
}
