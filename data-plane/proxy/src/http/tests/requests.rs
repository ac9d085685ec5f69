//! What clients send: shapes that are refused, pieces, pipelines, aborts.

use tokio::io::AsyncWriteExt;

use super::site::{Named, Origin, Plan, Site, run};
use crate::h1::smuggling;

#[test]
fn every_smuggling_shape_is_answered_closed_and_kept_from_the_server() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        for case in smuggling::cases() {
            let mut client = site.client().await;
            client.send(case.bytes).await;
            let response = client.response().await;
            assert_eq!(response.status(), case.status, "{}", case.name);
            assert!(response.has("Connection: close"), "{}", case.name);
            assert!(client.is_closed().await, "{}", case.name);
            let ended = site.ended().pop().unwrap();
            assert_eq!(
                (ended.status, ended.termination.as_str()),
                (Some(case.status), "PR"),
                "{}",
                case.name
            );
        }
        assert!(origin.is_untouched().await);
        let frontend = site.frontend();
        let counted = frontend.state.counters.sum(|counters| &counters.bad_requests);
        assert_eq!(counted, smuggling::cases().count() as u64);
    });
}

#[test]
fn a_chunked_body_that_is_malformed_from_the_start_is_kept_from_the_server() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        for case in smuggling::CHUNKS {
            let mut client = site.client().await;
            let mut bytes = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
            bytes.extend_from_slice(case.bytes);
            client.send(bytes).await;
            assert_eq!(client.response().await.status(), 400, "{}", case.name);
            assert!(client.is_closed().await, "{}", case.name);
        }
        assert!(origin.is_untouched().await);
    });
}

#[test]
fn a_chunk_that_turns_bad_later_ends_the_request_at_the_server_too() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let mut client = site.client().await;
        client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n").await;
        let mut server = origin.accept().await;
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
        assert_eq!(server.bytes(head.len()).await, head.as_bytes());
        client.send("zz\r\n").await;
        assert_eq!(client.response().await.status(), 400);
        assert!(server.is_closed().await);
        assert_eq!(site.outcomes(), ["400 PH"]);
    });
}

#[test]
fn a_head_may_come_byte_by_byte() {
    run(async {
        let app = Named::start("app01").await;
        let site = Site::start(Plan::new(&[app.address])).await;
        let mut client = site.client().await;
        for byte in b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" {
            client.send([*byte]).await;
            tokio::task::yield_now().await;
        }
        assert_eq!(client.response().await.text(), "app01");
    });
}

#[test]
fn too_large_a_head_is_told_apart() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let long = "a".repeat(20_000);
        for (bytes, status) in [
            (format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"), 414),
            (format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n"), 431),
        ] {
            let mut client = site.client().await;
            client.send(bytes).await;
            assert_eq!(client.response().await.status(), status);
        }
        assert!(origin.is_untouched().await);
    });
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    run(async {
        let app = Named::start("app01").await;
        let site = Site::start(Plan::new(&[app.address])).await;
        let mut client = site.client().await;
        let all: String =
            (0..50).map(|number| format!("GET /{number} HTTP/1.1\r\nHost: a\r\n\r\n")).collect();
        client.send(all).await;
        for _ in 0..50 {
            assert_eq!(client.response().await.text(), "app01");
        }
        let seen: Vec<String> =
            app.requests.borrow().iter().map(|head| head[..8].trim_end().to_owned()).collect();
        assert_eq!(
            seen,
            (0..50).map(|number| format!("GET /{number} H")[..8].trim_end().to_owned()).collect::<Vec<_>>()
        );
        assert_eq!(*app.connections.borrow(), 1);
    });
}

#[test]
fn a_body_and_the_next_request_in_one_piece_are_told_apart() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let mut client = site.client().await;
        client
            .send("POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            .await;
        let mut server = origin.accept().await;
        assert_eq!(server.request().await.text(), "abc");
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1").await;
        assert_eq!(client.response().await.text(), "1");
        assert!(server.request().await.head.starts_with("GET /2 "));
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2").await;
        assert_eq!(client.response().await.text(), "2");
    });
}

#[test]
fn a_client_that_resets_before_its_answer_is_not_served_to_the_end() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let mut client = site.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let mut server = origin.accept().await;
        server.request().await;
        client.reset();
        assert!(server.is_closed().await);
        assert_eq!(site.outcomes(), ["400 CH"]);
    });
}

#[test]
fn a_client_that_has_said_everything_is_answered() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let mut client = site.client().await;
        client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n").await;
        client.stream.shutdown().await.unwrap();
        let mut server = origin.accept().await;
        for body in ["1", "2"] {
            let asked = server.request().await;
            assert!(asked.head.starts_with(&format!("GET /{body} ")), "{}", asked.head);
            // The proxy sees the client's end while it waits for this.
            assert!(origin.is_untouched().await);
            server.send(format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{body}")).await;
            assert_eq!(client.response().await.text(), body);
        }
        assert!(client.is_closed().await);
        assert_eq!(site.outcomes(), ["200 --", "200 --"]);
    });
}

#[test]
fn a_hard_stop_within_an_exchange_is_logged() {
    let (record, _peers) = run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let mut client = site.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let mut server = origin.accept().await;
        server.request().await;
        assert!(site.ended().is_empty());
        // The tasks are dropped with the event loop, as a worker's are.
        (site.record.clone(), (client, server))
    });
    let ended = record.ended.borrow();
    assert_eq!((ended.len(), ended[0].status, ended[0].termination.as_str()), (1, Some(503), "KH"));
}

#[test]
fn a_client_that_leaves_within_its_head_is_logged() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let mut client = site.client().await;
        client.send("GET / HT").await;
        tokio::task::yield_now().await;
        drop(client);
        assert!(origin.is_untouched().await);
        assert_eq!(site.outcomes(), ["400 CR"]);
        assert_eq!(site.ended()[0].bytes_in, 8);
    });
}

#[test]
fn a_connection_without_data_is_logged_unless_it_is_not_to_be() {
    for (skip_null, lines) in [(false, 1), (true, 0)] {
        run(async {
            let origin = Origin::start().await;
            let mut plan = Plan::new(&[origin.address]);
            plan.frontend.logging = Some(sluicegate_proto::v1::Logging { skip_null, ..Default::default() });
            let site = Site::start(plan).await;
            drop(site.client().await);
            assert!(origin.is_untouched().await);
            assert_eq!(site.ended().len(), lines);
        });
    }
}

#[test]
fn a_request_aborted_in_its_body_ends_at_the_server() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let mut client = site.client().await;
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123").await;
        let mut server = origin.accept().await;
        server.bytes("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123".len()).await;
        drop(client);
        assert!(server.is_closed().await);
        assert_eq!(site.outcomes(), ["400 CH"]);
    });
}
