//! Servers that answer nonsense, places that do not come free, no servers at all.

use super::site::{Named, Origin, Plan, Site, run};

#[test]
fn what_is_no_response_is_a_bad_gateway() {
    run(async {
        for answer in [
            "SSH-2.0-OpenSSH\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        ] {
            let origin = Origin::start().await;
            let site = Site::start(Plan::new(&[origin.address])).await;
            let mut client = site.client().await;
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
            let mut server = origin.accept().await;
            server.request().await;
            server.send(answer).await;
            assert_eq!(client.response().await.status(), 502, "{answer}");
            assert!(server.is_closed().await);
            assert_eq!(site.outcomes(), ["502 PH"], "{answer}");
        }
    });
}

#[test]
fn without_a_server_the_answer_is_503() {
    run(async {
        let site = Site::start(Plan::new(&[])).await;
        let mut client = site.client().await;
        for _ in 0..2 {
            let response = client.get("/").await;
            assert_eq!(response.status(), 503);
            assert!(response.text().contains("503 Service Unavailable"));
        }
        assert_eq!(site.outcomes(), ["503 SC", "503 SC"]);
    });
}

#[test]
fn without_a_backend_the_answer_is_503() {
    run(async {
        let mut plan = Plan::new(&[]);
        plan.frontend.default_backend = None;
        let site = Site::start(plan).await;
        assert_eq!(site.client().await.get("/").await.status(), 503);
        assert_eq!(site.outcomes(), ["503 SC"]);
    });
}

#[test]
fn over_the_limit_exchanges_wait_for_their_turn() {
    run(async {
        let origin = Origin::start().await;
        let mut plan = Plan::new(&[origin.address]);
        plan.endpoints[0].max_connections = 1;
        let site = Site::start(plan).await;
        let mut first = site.client().await;
        first.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let mut server = origin.accept().await;
        server.request().await;
        let mut second = site.client().await;
        second.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(origin.is_untouched().await);
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1").await;
        assert_eq!(first.response().await.text(), "1");
        assert!(server.request().await.head.starts_with("GET /2"));
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2").await;
        assert_eq!(second.response().await.text(), "2");
    });
}

#[test]
fn waiting_too_long_for_a_place_is_503() {
    run(async {
        let origin = Origin::start().await;
        let mut plan = Plan::new(&[origin.address]).timeouts(|timeouts| timeouts.queue_ms = Some(500));
        plan.endpoints[0].max_connections = 1;
        let site = Site::start(plan).await;
        let mut first = site.client().await;
        first.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let mut server = origin.accept().await;
        server.request().await;
        let mut second = site.client().await;
        assert_eq!(second.get("/2").await.status(), 503);
        assert_eq!(site.outcomes(), ["503 sQ"]);
    });
}

#[test]
fn who_leaves_the_queue_is_not_served() {
    run(async {
        let origin = Origin::start().await;
        let mut plan = Plan::new(&[origin.address]);
        plan.endpoints[0].max_connections = 1;
        let site = Site::start(plan).await;
        let mut first = site.client().await;
        first.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let mut server = origin.accept().await;
        server.request().await;
        let mut second = site.client().await;
        second.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(origin.is_untouched().await);
        second.reset();
        assert!(site.record.until_ended(1).await);
        assert_eq!(site.outcomes(), ["0 CQ"]);
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1").await;
        assert_eq!(first.response().await.text(), "1");
        assert_eq!(first.get_from(&mut server, "/3").await, "3");
    });
}

#[test]
fn servers_take_strict_turns() {
    run(async {
        let (one, two) = (Named::start("app01").await, Named::start("app02").await);
        let site = Site::start(Plan::new(&[one.address, two.address])).await;
        let mut client = site.client().await;
        let mut seen = Vec::new();
        for _ in 0..6 {
            seen.push(client.get("/").await.text().to_owned());
        }
        assert_eq!(seen, ["app01", "app02", "app01", "app02", "app01", "app02"]);
        assert_eq!((*one.connections.borrow(), *two.connections.borrow()), (1, 1));
    });
}
