//! A server dies under load and comes back: clients notice nothing.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::time::Duration;

use sluicegate_e2e::{HTTP_DEFAULTS, Origin, Plan, Sluicegate, free_address};

#[tokio::test]
async fn no_request_fails_when_a_server_dies_and_comes_back() {
    let (mut app01, app02) = (Origin::start("app01").await, Origin::start("app02").await);
    let entry = free_address();
    let configuration = format!(
        "{HTTP_DEFAULTS}listen main\n    bind {entry}\n    balance roundrobin\n    retries 3\n    option redispatch 1\n    \
         server app01 {} check inter 50ms fall 2 rise 2\n    server app02 {} check inter 50ms fall 2 rise 2\n",
        app01.address(),
        app02.address()
    );
    let mut sluicegate = Sluicegate::run(&configuration).await;
    let load = Plan::new(entry).connections(8).pause(Duration::from_millis(1)).start();
    load.reached(400).await;
    for _ in 0..3 {
        app01.kill().await;
        let line = sluicegate.process().wait_for("Server main/app01 is DOWN").await;
        assert!(line.contains("reason: "), "{line}");
        assert_eq!(health(&sluicegate, "app01", "down").await, "down");
        let before = app01.requests();
        load.advance(200).await;
        assert_eq!(app01.requests(), before);
        app01.revive().await;
        sluicegate.process().wait_for("Server main/app01 is UP").await;
        assert_eq!(health(&sluicegate, "app01", "up").await, "up");
        load.advance(200).await;
        assert!(app01.requests() > before + 50, "it has its share again");
    }
    let tally = load.stop().await;
    assert_eq!((tally.failed(), tally.closed, tally.connects), (0, 0, 8), "{tally}");
    assert!(app02.requests() > app01.requests());
}

/// What the status says of a server, once it says `expected`.
async fn health(sluicegate: &Sluicegate, server: &str, expected: &str) -> String {
    let find = |status: &serde_json::Value| -> Option<String> {
        let endpoints = status["scopes"][0]["proxies"][0]["report"]["endpoints"].as_array()?;
        let of =
            |endpoint: &&serde_json::Value| endpoint["id"].as_str().is_some_and(|id| id.ends_with(server));
        Some(endpoints.iter().find(of)?["health"].as_str()?.to_owned())
    };
    let wanted = format!("{server} {expected}");
    let status = sluicegate.status_where(&wanted, |status| find(status).as_deref() == Some(expected)).await;
    find(&status).unwrap_or_default()
}

#[tokio::test]
async fn a_failing_health_page_takes_a_server_out() {
    let (app01, app02) = (Origin::start("app01").await, Origin::start("app02").await);
    let entry = free_address();
    let configuration = format!(
        "{HTTP_DEFAULTS}listen main\n    bind {entry}\n    balance roundrobin\n    option httpchk GET /health\n    \
         server app01 {} check inter 50ms fall 2 rise 2\n    server app02 {} check inter 50ms fall 2 rise 2\n",
        app01.address(),
        app02.address()
    );
    let mut sluicegate = Sluicegate::run(&configuration).await;
    app01.behave(sluicegate_e2e::Behaviour::Status(500));
    let line = sluicegate.process().wait_for("Server main/app01 is DOWN").await;
    assert!(line.contains("500"), "{line}");
    assert!(app01.last_request_for("/health").is_some());
    let tally = Plan::new(entry).connections(2).requests(20).start().finish().await;
    assert_eq!((tally.ok(), tally.answers["app02"]), (20, 20), "{tally}");
    app01.behave(sluicegate_e2e::Behaviour::Answer);
    sluicegate.process().wait_for("Server main/app01 is UP").await;
    let tally = Plan::new(entry).connections(2).requests(20).start().finish().await;
    assert_eq!((tally.ok(), tally.answers["app01"]), (20, 10), "{tally}");
}
