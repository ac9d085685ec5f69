//! Upgrades and CONNECT.

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use super::site::{Origin, Plan, Site, run};
use crate::h1::Method;

const UPGRADE: &str = "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const SWITCHED: &str =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

#[test]
fn an_upgraded_connection_carries_bytes_both_ways_and_half_closes() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let mut client = site.client().await;
        client.send(format!("{UPGRADE}early")).await;
        let mut server = origin.accept().await;
        let request = server.request().await;
        assert!(request.has("Connection: Upgrade") && request.has("Upgrade: websocket"), "{}", request.head);
        server.send(format!("{SWITCHED}first")).await;
        let response = client.response().await;
        assert!(
            response.has("Connection: Upgrade") && response.has("Upgrade: websocket"),
            "{}",
            response.head
        );
        assert_eq!(client.bytes(5).await, b"first");
        assert_eq!(server.bytes(5).await, b"early");
        for _ in 0..3 {
            client.send("ping").await;
            assert_eq!(server.bytes(4).await, b"ping");
            server.send("pong").await;
            assert_eq!(client.bytes(4).await, b"pong");
        }
        client.stream.shutdown().await.unwrap();
        assert!(server.is_closed().await);
        server.send("last").await;
        assert_eq!(client.bytes(4).await, b"last");
        drop(server);
        assert!(client.is_closed().await);
        assert_eq!(site.outcomes(), ["101 --"]);
        assert_eq!(site.ended()[0].bytes_in, (UPGRADE.len() + 5 + 12) as u64);
    });
}

#[test]
fn an_upgrade_that_is_refused_leaves_http() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let mut client = site.client().await;
        client.send(UPGRADE).await;
        let mut server = origin.accept().await;
        server.request().await;
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno").await;
        assert_eq!(client.response().await.text(), "no");
        client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(server.request().await.head.starts_with("GET /2"));
    });
}

#[test]
fn a_switch_that_nobody_asked_for_is_a_bad_gateway() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let mut client = site.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let mut server = origin.accept().await;
        server.request().await;
        server.send(SWITCHED).await;
        assert_eq!(client.response().await.status(), 502);
        assert_eq!(site.outcomes(), ["502 PH"]);
    });
}

#[test]
fn connect_makes_a_tunnel() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let mut client = site.client().await;
        client.send("CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n").await;
        let mut server = origin.accept().await;
        assert!(server.request().await.head.starts_with("CONNECT b:443 HTTP/1.1\r\n"));
        server.send("HTTP/1.1 200 Connection established\r\n\r\n").await;
        assert_eq!(client.response_to(Method::Connect).await.status(), 200);
        client.send("hello").await;
        assert_eq!(server.bytes(5).await, b"hello");
        server.send("world").await;
        assert_eq!(client.bytes(5).await, b"world");
    });
}

#[test]
fn a_silent_tunnel_is_closed_in_its_time() {
    run(async {
        let origin = Origin::start().await;
        let plan = Plan::new(&[origin.address]).timeouts(|timeouts| {
            timeouts.client_ms = Some(1_000);
            timeouts.server_ms = Some(1_000);
            timeouts.tunnel_ms = Some(60_000);
        });
        let site = Site::start(plan).await;
        let mut client = site.client().await;
        client.send(UPGRADE).await;
        let mut server = origin.accept().await;
        server.request().await;
        server.send(SWITCHED).await;
        client.response().await;
        let begun = tokio::time::Instant::now();
        assert!(client.is_closed().await);
        assert!(begun.elapsed() >= Duration::from_secs(59));
        assert_eq!(site.outcomes(), ["101 cD"]);
    });
}
