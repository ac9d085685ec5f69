//! Every time-out, each on its own.

use std::time::Duration;

use sluicegate_proto::v1::{Logging, Timeouts};

use super::site::{Named, Origin, Plan, Site, run};
use crate::fixture::Deaf;

async fn site(set: impl Fn(&mut Timeouts)) -> (Site, Origin) {
    let origin = Origin::start().await;
    let site = Site::start(Plan::new(&[origin.address]).timeouts(set)).await;
    (site, origin)
}

#[test]
fn a_request_that_does_not_come_to_its_end_is_408() {
    run(async {
        let (site, origin) = site(|timeouts| timeouts.http_request_ms = Some(5_000)).await;
        for sent in ["", "GET / HTTP/1.1\r\nHost"] {
            let mut client = site.client().await;
            let begun = tokio::time::Instant::now();
            client.send(sent).await;
            let response = client.response().await;
            assert_eq!(response.status(), 408);
            assert!(response.has("Connection: close"));
            assert!(begun.elapsed() >= Duration::from_secs(4));
            assert!(client.is_closed().await);
        }
        assert!(origin.is_untouched().await);
        assert_eq!(site.outcomes(), ["408 cR", "408 cR"]);
    });
}

#[test]
fn dripping_does_not_move_the_time_for_a_request() {
    run(async {
        let (site, _origin) = site(|timeouts| timeouts.http_request_ms = Some(5_000)).await;
        let mut client = site.client().await;
        let begun = tokio::time::Instant::now();
        for byte in b"GET / HTTP/1.1\r\nX: aaaaaa" {
            if tokio::time::timeout(Duration::from_secs(1), client.stream.readable()).await.is_ok() {
                break;
            }
            client.send([*byte]).await;
        }
        assert_eq!(client.response().await.status(), 408);
        assert!(begun.elapsed() < Duration::from_secs(8));
    });
}

#[test]
fn without_a_time_of_its_own_a_request_has_the_clients() {
    run(async {
        let (site, _origin) = site(|timeouts| timeouts.client_ms = Some(2_000)).await;
        let mut client = site.client().await;
        client.send("GET").await;
        assert_eq!(client.response().await.status(), 408);
    });
}

#[test]
fn an_idle_connection_is_closed_without_a_word() {
    run(async {
        let app = Named::start("app01").await;
        let plan = Plan::new(&[app.address]).timeouts(|timeouts| {
            timeouts.http_request_ms = Some(60_000);
            timeouts.http_keep_alive_ms = Some(1_000);
        });
        let site = Site::start(plan).await;
        let mut client = site.client().await;
        client.get("/").await;
        let begun = tokio::time::Instant::now();
        assert!(client.is_closed().await);
        assert!(begun.elapsed() < Duration::from_secs(3));
        assert_eq!(site.outcomes(), ["200 --"]);
    });
}

#[test]
fn a_connection_that_says_nothing_is_408_but_may_stay_out_of_the_log() {
    run(async {
        let mut plan = Plan::new(&[]).timeouts(|timeouts| timeouts.http_request_ms = Some(1_000));
        plan.frontend.logging = Some(Logging { skip_null: true, ..Default::default() });
        let site = Site::start(plan).await;
        assert_eq!(site.client().await.response().await.status(), 408);
        let frontend = site.frontend();
        assert_eq!(frontend.state.counters.sum(|counters| &counters.bytes_out), 0);
    });
}

#[test]
fn a_server_that_does_not_answer_is_504() {
    run(async {
        let (site, origin) = site(|timeouts| timeouts.server_ms = Some(3_000)).await;
        let mut client = site.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let mut server = origin.accept().await;
        server.request().await;
        assert_eq!(client.response().await.status(), 504);
        assert!(server.is_closed().await);
        assert_eq!(site.outcomes(), ["504 sH"]);
    });
}

#[test]
fn a_server_that_stops_within_its_answer_ends_the_connection() {
    run(async {
        let (site, origin) = site(|timeouts| timeouts.server_ms = Some(3_000)).await;
        let mut client = site.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let mut server = origin.accept().await;
        server.request().await;
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123").await;
        assert!(client.rest().await.ends_with(b"123"));
        assert_eq!(site.outcomes(), ["200 sD"]);
    });
}

#[test]
fn a_server_that_does_not_take_a_connection_is_503() {
    run(async {
        let deaf = Deaf::start();
        let mut plan = Plan::new(&[deaf.address]).timeouts(|timeouts| timeouts.connect_ms = Some(500));
        plan.backend.retries = 1;
        let site = Site::start(plan).await;
        assert_eq!(site.client().await.get("/").await.status(), 503);
        assert_eq!(site.outcomes(), ["503 sC"]);
        assert_eq!(site.ended()[0].retries, 1);
    });
}

#[test]
fn a_client_that_stops_within_its_body_is_408() {
    run(async {
        let (site, origin) = site(|timeouts| {
            timeouts.client_ms = Some(2_000);
            timeouts.server_ms = Some(1_000);
        })
        .await;
        let mut client = site.client().await;
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123").await;
        let mut server = origin.accept().await;
        assert_eq!(client.response().await.status(), 408);
        server.rest().await;
        assert_eq!(site.outcomes(), ["408 cH"]);
    });
}
