//! Changes of the configuration, and the end of the process, as a connection sees them.

use std::time::Duration;

use super::site::{Named, Origin, Plan, Site, run};

#[test]
fn a_kept_connection_is_served_by_the_newest_generation() {
    run(async {
        let (one, two) = (Named::start("app01").await, Named::start("app02").await);
        let mut site = Site::start(Plan::new(&[one.address])).await;
        let mut client = site.client().await;
        assert_eq!(client.get("/").await.text(), "app01");
        site.commit(&Plan::new(&[two.address]));
        assert_eq!(client.get("/").await.text(), "app02");
    });
}

#[test]
fn a_request_in_flight_ends_where_it_began_and_holds_no_generation() {
    run(async {
        let origin = Origin::start().await;
        let two = Named::start("app02").await;
        let mut site = Site::start(Plan::new(&[origin.address])).await;
        let mut client = site.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let mut server = origin.accept().await;
        server.request().await;
        site.commit(&Plan::new(&[two.address]));
        assert_eq!(site.client().await.get("/").await.text(), "app02");
        assert_eq!(site.worker.shared.live.retained_generations(), 1);
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold").await;
        assert_eq!(client.response().await.text(), "old");
        assert_eq!(client.get("/").await.text(), "app02");
    });
}

#[test]
fn a_soft_stop_closes_idle_connections_and_ends_the_others_politely() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let mut idle = site.client().await;
        let mut server = {
            idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
            let mut server = origin.accept().await;
            server.request().await;
            server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
            idle.response().await;
            server
        };
        let mut busy = site.client().await;
        busy.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n").await;
        server.request().await;
        site.worker.soft_stop();
        assert!(tokio::time::timeout(Duration::from_secs(1), idle.is_closed()).await.unwrap());
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        assert!(busy.response().await.has("Connection: close"));
        assert!(busy.is_closed().await);
    });
}

#[test]
fn a_disabled_frontend_keeps_the_connections_that_it_has() {
    run(async {
        let (one, two) = (Named::start("app01").await, Named::start("app02").await);
        let mut site = Site::start(Plan::new(&[one.address])).await;
        let mut client = site.client().await;
        assert_eq!(client.get("/").await.text(), "app01");
        let mut disabled = Plan::new(&[two.address]);
        disabled.frontend.disabled = true;
        site.commit(&disabled);
        let answer = client.get("/").await;
        assert_eq!((answer.text(), answer.has("Connection: close")), ("app02", false));
        // When it listens again, it does so on another socket.
        site.closed = true;
        site.commit(&Plan::new(&[one.address]));
        let answer = client.get("/").await;
        assert_eq!((answer.text(), answer.has("Connection: close")), ("app01", false));
    });
}
