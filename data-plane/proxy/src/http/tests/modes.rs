//! Connection modes, forwarded addresses, hop-by-hop headers, as the other side sees them.

use std::net::Ipv4Addr;

use sluicegate_proto::build::ip_network;
use sluicegate_proto::v1;
use tokio::io::AsyncReadExt;

use super::site::{Named, Origin, Plan, Site, run};

fn http(mode: v1::ConnectionMode) -> Option<v1::HttpOptions> {
    Some(v1::HttpOptions { connection_mode: mode.into(), forwarded_for: None })
}

#[test]
fn server_close_opens_a_connection_for_every_request() {
    run(async {
        let app = Named::start("app01").await;
        let mut plan = Plan::new(&[app.address]);
        plan.frontend.http = http(v1::ConnectionMode::ServerClose);
        let site = Site::start(plan).await;
        let mut client = site.client().await;
        for _ in 0..3 {
            assert!(!client.get("/").await.head.contains("Connection"));
        }
        assert_eq!(*app.connections.borrow(), 3);
        assert!(app.requests.borrow().iter().all(|head| head.contains("Connection: close\r\n")));
    });
}

/// The side that closes first keeps the port: a minute, towards a server that leaves closing to others.
#[test]
fn a_server_that_waits_for_the_end_is_reset() {
    run(async {
        let origin = Origin::start().await;
        let mut plan = Plan::new(&[origin.address]);
        plan.frontend.http = http(v1::ConnectionMode::ServerClose);
        let site = Site::start(plan).await;
        let mut client = site.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let mut server = origin.accept().await;
        server.request().await;
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1").await;
        assert_eq!(client.response().await.text(), "1");
        let error = server.stream.read(&mut [0; 1]).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        assert_eq!(site.outcomes(), ["200 --"]);
    });
}

#[test]
fn httpclose_closes_the_side_that_it_is_written_on() {
    run(async {
        let app = Named::start("app01").await;
        let mut plan = Plan::new(&[app.address]);
        plan.frontend.http = http(v1::ConnectionMode::Close);
        let site = Site::start(plan.clone()).await;
        let mut client = site.client().await;
        assert!(client.get("/").await.has("Connection: close"));
        assert!(client.is_closed().await);
        site.client().await.get("/").await;
        assert_eq!(*app.connections.borrow(), 1);

        plan.backend.http = http(v1::ConnectionMode::Close);
        plan.frontend.http = None;
        let site = Site::start(plan).await;
        let mut client = site.client().await;
        client.get("/").await;
        client.get("/").await;
        assert!(app.requests.borrow().last().unwrap().contains("Connection: close"));
    });
}

#[test]
fn a_client_that_wants_to_close_is_let() {
    run(async {
        let app = Named::start("app01").await;
        let site = Site::start(Plan::new(&[app.address])).await;
        let mut client = site.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
        assert!(client.response().await.has("Connection: close"));
        assert!(client.is_closed().await);
        site.client().await.get("/").await;
        assert_eq!(*app.connections.borrow(), 1);
        assert!(!app.requests.borrow()[0].contains("Connection"));
    });
}

#[test]
fn the_clients_address_is_passed_on_as_configured() {
    run(async {
        let app = Named::start("app01").await;
        let mut options = v1::ForwardedFor::default();
        let line = "X-Forwarded-For: 127.0.0.1\r\n";
        for (change, expected) in [
            (Box::new(|_: &mut v1::ForwardedFor| {}) as Box<dyn Fn(&mut v1::ForwardedFor)>, 1),
            (Box::new(|options| options.if_none = true), 0),
            (
                Box::new(|options| {
                    options.except = vec![ip_network(Ipv4Addr::new(127, 0, 0, 0).into(), 8).unwrap()]
                }),
                0,
            ),
        ] {
            change(&mut options);
            let mut plan = Plan::new(&[app.address]);
            plan.frontend.http = Some(v1::HttpOptions {
                connection_mode: v1::ConnectionMode::KeepAlive.into(),
                forwarded_for: Some(options.clone()),
            });
            let site = Site::start(plan).await;
            let mut client = site.client().await;
            client.send("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n").await;
            client.response().await;
            let head = app.requests.borrow().last().unwrap().clone();
            assert_eq!(head.matches(line).count(), expected, "{head}");
            assert!(head.contains("X-Forwarded-For: 9.9.9.9\r\n"));
        }
    });
}

#[test]
fn hop_by_hop_headers_stay_on_their_hop() {
    run(async {
        let app = Named::start("app01").await;
        let site = Site::start(Plan::new(&[app.address])).await;
        let mut client = site.client().await;
        client
            .send("GET http://b/p?q HTTP/1.1\r\nHost: b\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nX-End: 2\r\n\r\n")
            .await;
        client.response().await;
        assert_eq!(app.requests.borrow()[0], "GET http://b/p?q HTTP/1.1\r\nHost: b\r\nX-End: 2\r\n\r\n");
    });
}

#[test]
fn http_1_0_without_host_goes_as_it_came() {
    run(async {
        let app = Named::start("app01").await;
        let site = Site::start(Plan::new(&[app.address])).await;
        let mut client = site.client().await;
        client.send("GET / HTTP/1.0\r\n\r\n").await;
        assert!(client.response().await.has("Connection: close"));
        assert!(client.is_closed().await);
        assert_eq!(app.requests.borrow()[0], "GET / HTTP/1.0\r\nConnection: close\r\n\r\n");
    });
}
