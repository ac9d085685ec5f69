//! Labelled containers of a real engine, beside or without a file.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "tls/client.rs"]
#[allow(dead_code, reason = "what else clients of TLS do is for its scenarios")]
mod client;
#[path = "docker/engines.rs"]
mod engines;
#[path = "docker/entry.rs"]
mod entry;
#[path = "docker/labels.rs"]
mod labels;
#[path = "docker/life.rs"]
mod life;
#[path = "docker/neighbours.rs"]
mod neighbours;
#[path = "docker/places.rs"]
mod places;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sluicegate_e2e::docker::Wanted;
use sluicegate_e2e::{
    Connection, Docker, HTTP_DEFAULTS, Origin, PATIENCE, Sluicegate, free_address, free_port,
};

/// Asks until the answer is wanted: an engine's event has no other end that a client could see.
async fn answer(entry: SocketAddr, host: &str, wanted: impl Fn(u16, &str) -> bool) -> (u16, String) {
    let begin = Instant::now();
    loop {
        let answer = Connection::open(entry).await.unwrap().get(host, "/").await.unwrap();
        let seen = (answer.status(), answer.text());
        if wanted(seen.0, &seen.1) {
            return seen;
        }
        assert!(begin.elapsed() < PATIENCE, "{host}: {seen:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn labelled(name: &str) -> Wanted {
    Wanted::app(name)
        .label("sluicegate.enable", "true")
        .label("sluicegate.http.shop.host", "shop.example")
        .label("sluicegate.http.shop.port", "8080")
        .label("sluicegate.backend.hold", "1s")
}

/// `sluicegate run` with the containers of an engine, and where it listens.
async fn serving(docker: &Docker, more: &[&str]) -> (Sluicegate, SocketAddr) {
    let port = free_port();
    let engine = format!("--docker=unix://{}", docker.socket().display());
    let entrypoint = format!("web=:{port}");
    let arguments = [&["run", &engine, "--entrypoint", &entrypoint], more].concat();
    let mut sluicegate = Sluicegate::program("sluicegate", "", &arguments);
    sluicegate.committed().await;
    (sluicegate, SocketAddr::from(([127, 0, 0, 1], port)))
}

#[tokio::test]
async fn labelled_containers_are_served() {
    let docker = Docker::start().await;
    let (sluicegate, entry) = serving(&docker, &[]).await;
    let unlabelled = docker.run(Wanted::app("hidden")).await;
    let app01 = docker.run(labelled("app01")).await;
    answer(entry, "shop.example", |status, text| (status, text) == (200, "app01")).await;
    let (status, _) = answer(entry, "other.example", |_, _| true).await;
    assert!((400..600).contains(&status), "{status}");

    // A second container of the same route shares the load in turn.
    let app02 = docker.run(labelled("app02")).await;
    answer(entry, "shop.example", |_, text| text == "app02").await;
    let (_, first) = answer(entry, "shop.example", |_, _| true).await;
    let (_, second) = answer(entry, "shop.example", |_, _| true).await;
    assert_ne!(first, second);

    // A typo is told, and harms no one else.
    let typo = docker
        .run(
            Wanted::app("typo")
                .label("sluicegate.enable", "true")
                .label("sluicegate.http.blog.hots", "blog.example")
                .label("sluicegate.http.blog.port", "8080"),
        )
        .await;
    let status = sluicegate.status_where("the typo", |status| status.to_string().contains("hots")).await;
    let text = status.to_string();
    assert!(text.contains("typo") && text.contains("sluicegate.http.blog.host"), "{status:#}");
    answer(entry, "shop.example", |status, _| status == 200).await;

    // One that ends is gone.
    app01.kill(&docker).await;
    answer(entry, "shop.example", |_, text| text == "app02").await;
    let begin = Instant::now();
    while answer(entry, "shop.example", |_, _| true).await.1 != "app02"
        || answer(entry, "shop.example", |_, _| true).await.1 != "app02"
    {
        assert!(begin.elapsed() < PATIENCE, "app01 is still served");
    }
    for container in [unlabelled, app01, app02, typo] {
        container.remove(&docker).await;
    }
    answer(entry, "shop.example", |status, _| status >= 400).await;
}
