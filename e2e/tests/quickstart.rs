//! The first thing that a reader of the README does, and the first thing that goes wrong for him.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::net::{SocketAddr, TcpListener};

use sluicegate_e2e::{Sluicegate, fetch, free_address};

const QUICKSTART: &str = include_str!("../../manifests/quickstart/haproxy.cfg");

/// The file with other ports, and its entry.
fn on_free_ports() -> (String, SocketAddr) {
    let entry = free_address();
    let mut configuration = QUICKSTART.replace("127.0.0.1:8080", &entry.to_string());
    for port in ["127.0.0.1:18080", "127.0.0.1:18081", "127.0.0.1:18082"] {
        assert_eq!(configuration.matches(port).count(), 2, "{port} is where a server and its bind meet");
        configuration = configuration.replace(port, &free_address().to_string());
    }
    (configuration, entry)
}

#[tokio::test]
async fn two_requests_show_both_applications() {
    let (configuration, entry) = on_free_ports();
    let mut sluicegate = Sluicegate::run(&configuration).await;
    for turn in 0..10 {
        let expected = if turn % 2 == 0 { "I'm app01" } else { "I'm app02" };
        let answer = fetch(entry, "/").await.unwrap();
        assert_eq!((answer.status(), answer.text().as_str()), (200, expected), "turn {turn}");
    }
    for target in ["/logo.png", "/STATIC/x", "/a/b.CSS"] {
        assert_eq!(fetch(entry, target).await.unwrap().text(), "I'm static", "{target}");
    }
    sluicegate.process().wait_for("\"GET /logo.png HTTP/1.1\"").await;
    assert!(sluicegate.process().terminate().await.success());
}

#[tokio::test]
async fn a_taken_port_is_told_with_its_owner_and_the_way_out() {
    let (configuration, entry) = on_free_ports();
    let _owner = TcpListener::bind(entry).unwrap();
    let mut sluicegate = Sluicegate::program("sluicegate", &configuration, &["run", "haproxy.cfg"]);
    assert_eq!(sluicegate.process().exit().await.code(), Some(1));
    let said = sluicegate.process().output();
    let line =
        said.lines().find(|line| line.contains(&entry.to_string())).unwrap_or_else(|| panic!("{said}"));
    let program = std::fs::read_to_string("/proc/self/comm").unwrap();
    assert!(line.contains(program.trim()), "{line}");
    assert!(line.contains(&format!("pid {}", std::process::id())), "{line}");
    assert!(line.contains("haproxy.cfg:"), "says where: {line}");
    assert!(line.contains("another address"), "says what to change: {line}");
}
