//! When a request goes out again, and when not.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use sluicegate_proto::v1;
use socket2::{Domain, Socket, Type};

use super::site::{Named, Origin, Plan, Site, run};

/// A port that is taken, so that no other test listens there, and where nobody listens.
struct Nobody {
    address: SocketAddr,
    _socket: Socket,
}

fn nobody() -> Nobody {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    Nobody { address: socket.local_addr().unwrap().as_socket().unwrap(), _socket: socket }
}

fn redispatching(servers: &[SocketAddr]) -> Plan {
    let mut plan = Plan::new(servers);
    plan.backend.redispatch = Some(v1::Redispatch { interval: -1 });
    plan
}

#[test]
fn a_refused_connection_goes_to_another_server_at_once() {
    run(async {
        let app = Named::start("app02").await;
        let nobody = nobody();
        let site = Site::start(redispatching(&[nobody.address, app.address])).await;
        let mut client = site.client().await;
        let begun = tokio::time::Instant::now();
        for _ in 0..10 {
            assert_eq!(client.get("/").await.text(), "app02");
        }
        assert!(begun.elapsed() < Duration::from_millis(500));
        let ended = site.ended();
        assert!(ended.iter().any(|end| end.retries == 1 && end.redispatched));
        assert!(ended.iter().all(|end| end.server.as_deref() == Some("s2")));
    });
}

#[test]
fn without_redispatch_the_same_server_is_tried_again_after_a_pause() {
    run(async {
        let nobody = nobody();
        let site = Site::start(Plan::new(&[nobody.address])).await;
        let mut client = site.client().await;
        let begun = tokio::time::Instant::now();
        assert_eq!(client.get("/").await.status(), 503);
        assert!(begun.elapsed() >= Duration::from_secs(3));
        assert_eq!(site.outcomes(), ["503 SC"]);
        assert_eq!(site.ended()[0].retries, 3);
        // The connection lives on: the request was heard out.
        assert_eq!(client.get("/").await.status(), 503);
    });
}

#[test]
fn the_pause_is_no_longer_than_the_time_to_connect() {
    run(async {
        let nobody = nobody();
        let plan = Plan::new(&[nobody.address]).timeouts(|timeouts| timeouts.connect_ms = Some(100));
        let site = Site::start(plan).await;
        let begun = tokio::time::Instant::now();
        assert_eq!(site.client().await.get("/").await.status(), 503);
        assert!(begun.elapsed() < Duration::from_secs(1));
    });
}

#[test]
fn a_stale_pooled_connection_is_replaced_whatever_the_method() {
    run(async {
        for method in ["GET", "POST"] {
            let origin = Origin::start().await;
            let mut plan = Plan::new(&[origin.address]);
            plan.backend.retries = 0;
            let site = Site::start(plan).await;
            let mut client = site.client().await;
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
            let mut first = origin.accept().await;
            first.request().await;
            first.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
            client.response().await;
            // The server reads the request and dies without a word.
            client.send(format!("{method} /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")).await;
            first.request().await;
            drop(first);
            let mut second = origin.accept().await;
            let request = second.request().await;
            assert_eq!((request.head.starts_with(method), request.text()), (true, "abc"));
            second.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes").await;
            assert_eq!(client.response().await.text(), "yes");
            assert_eq!(site.outcomes(), ["200 --", "200 --"]);
        }
    });
}

#[test]
fn a_pooled_connection_that_was_closed_meanwhile_is_not_used() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let mut client = site.client().await;
        for _ in 0..2 {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
            let mut server = origin.accept().await;
            server.request().await;
            server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
            client.response().await;
            drop(server);
            tokio::task::yield_now().await;
        }
        assert!(site.ended().iter().all(|end| end.retries == 0));
    });
}

#[test]
fn a_safe_request_survives_a_server_that_dies_on_a_new_connection() {
    run(async {
        let origin = Origin::start().await;
        let app = Named::start("app02").await;
        let site = Site::start(redispatching(&[origin.address, app.address])).await;
        let mut client = site.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let mut server = origin.accept().await;
        server.request().await;
        drop(server);
        assert_eq!(client.response().await.text(), "app02");
        assert_eq!(site.outcomes(), ["200 --"]);
        assert_eq!(site.ended()[0].retries, 1);
    });
}

#[test]
fn a_post_is_not_sent_twice_over_new_connections() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(redispatching(&[origin.address])).await;
        let mut client = site.client().await;
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc").await;
        let mut server = origin.accept().await;
        server.request().await;
        drop(server);
        assert_eq!(client.response().await.status(), 502);
        assert!(origin.is_untouched().await);
        assert_eq!(site.outcomes(), ["502 SH"]);
    });
}

#[test]
fn a_request_whose_body_went_by_is_not_sent_twice() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let mut client = site.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let mut server = origin.accept().await;
        server.request().await;
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        client.response().await;
        let begun = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc";
        client.send(begun).await;
        server.bytes(begun.len()).await;
        client.send("def").await;
        server.bytes(3).await;
        drop(server);
        assert_eq!(client.response().await.status(), 502);
        assert!(origin.is_untouched().await);
    });
}

#[test]
fn the_first_byte_of_a_response_ends_all_retries() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(redispatching(&[origin.address])).await;
        let mut client = site.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let mut server = origin.accept().await;
        server.request().await;
        server.send("HTTP/1.1 200 O").await;
        drop(server);
        assert_eq!(client.response().await.status(), 502);
        assert!(origin.is_untouched().await);
        assert_eq!(site.outcomes(), ["502 SH"]);
    });
}
