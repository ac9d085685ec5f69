//! Clients that go away before they have an answer.

use tokio::io::AsyncWriteExt;

use super::site::{Client, Origin, Plan, Site, run};
use crate::fixture::Deaf;

/// A server with one place, which the request `/1` of the first client has, and a second client.
async fn busy(abort_on_close: bool) -> (Site, Origin, [Client; 3]) {
    let origin = Origin::start().await;
    let mut plan = Plan::new(&[origin.address]);
    plan.endpoints[0].max_connections = 1;
    plan.backend.abort_on_close = abort_on_close;
    let site = Site::start(plan).await;
    let mut first = site.client().await;
    first.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let mut server = origin.accept().await;
    server.request().await;
    let second = site.client().await;
    (site, origin, [first, second, server])
}

async fn queued(site: &Site, count: u32) {
    let backend = site.worker.with_active(|active| active.backends.values().next().cloned()).unwrap();
    for _ in 0..1_000_000 {
        if backend.state.queued() == count {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("{} wait", backend.state.queued());
}

#[test]
fn a_request_whose_client_has_ended_leaves_the_queue_where_that_is_asked_for() {
    run(async {
        let rest = "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
        let pipelined = format!("{rest}{rest}");
        let whole = "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
        let chunks = "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
        for request in [rest, &pipelined, whole, chunks] {
            for abort in [true, false] {
                let (site, origin, [mut first, mut second, mut server]) = busy(abort).await;
                second.send(request).await;
                queued(&site, 1).await;
                second.stream.shutdown().await.unwrap();
                if abort {
                    assert!(second.is_closed().await);
                    assert_eq!(site.outcomes(), ["0 CQ"]);
                    queued(&site, 0).await;
                }
                // Time in which the end is seen.
                assert!(origin.is_untouched().await && origin.is_untouched().await);
                let mut third = site.client().await;
                third.send("GET /3 HTTP/1.1\r\nHost: a\r\n\r\n").await;
                queued(&site, 2 - u32::from(abort)).await;
                server.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1").await;
                assert_eq!(first.response().await.text(), "1");
                let next = if abort { "GET /3" } else { &request[..request.find(" HTTP").unwrap()] };
                assert!(server.request().await.head.starts_with(next), "{request:?} {abort}");
            }
        }
    });
}

#[test]
fn who_ends_amid_a_request_leaves_the_queue_whatever_is_asked_for() {
    run(async {
        for abort in [true, false] {
            let (site, _origin, [_first, mut second, _server]) = busy(abort).await;
            second.send("POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc").await;
            queued(&site, 1).await;
            second.send("def").await;
            second.stream.shutdown().await.unwrap();
            assert!(second.is_closed().await);
            assert_eq!(site.outcomes(), ["0 CQ"]);
        }
    });
}

#[test]
fn a_body_that_comes_while_its_request_waits_goes_with_it() {
    run(async {
        let (site, _origin, [mut first, mut second, mut server]) = busy(false).await;
        second.send("POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n").await;
        queued(&site, 1).await;
        second.send(vec![b'x'; 30_000]).await;
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1").await;
        assert_eq!(first.response().await.text(), "1");
        second.send(vec![b'y'; 10_000]).await;
        let body = server.request().await.body;
        assert_eq!((body.len(), body[29_999], body[30_000]), (40_000, b'x', b'y'));
    });
}

#[test]
fn a_server_learns_that_its_client_has_ended_where_that_is_asked_for() {
    run(async {
        for (said, outcome) in [("", "400 CH"), ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "200 CD")]
        {
            let (site, _origin, [mut first, second, mut server]) = busy(true).await;
            drop(second);
            server.send(said).await;
            if !said.is_empty() {
                first.bytes(said.len()).await;
            }
            first.stream.shutdown().await.unwrap();
            let answer = String::from_utf8(first.rest().await).unwrap();
            assert_eq!(answer.starts_with("HTTP/1.1 400 "), said.is_empty(), "{answer}");
            let mut byte = [0];
            let read = tokio::io::AsyncReadExt::read(&mut server.stream, &mut byte).await;
            assert_eq!(read.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
            assert!(site.outcomes().contains(&outcome.to_owned()), "{:?}", site.outcomes());
        }
    });
}

#[test]
fn who_has_ended_is_answered_where_nothing_else_is_asked_for() {
    run(async {
        let (site, origin, [mut first, _second, mut server]) = busy(false).await;
        first.stream.shutdown().await.unwrap();
        assert!(origin.is_untouched().await && origin.is_untouched().await);
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1").await;
        assert_eq!(first.response().await.text(), "1");
        assert_eq!(site.outcomes(), ["200 --"]);
    });
}

#[test]
fn no_connection_is_awaited_for_who_has_ended_where_that_is_asked_for() {
    run(async {
        let deaf = Deaf::start();
        let mut plan = Plan::new(&[deaf.address]).timeouts(|timeouts| timeouts.connect_ms = Some(60_000));
        plan.backend.abort_on_close = true;
        let site = Site::start(plan).await;
        let mut client = site.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        client.stream.shutdown().await.unwrap();
        assert!(client.is_closed().await);
        assert_eq!(site.outcomes(), ["0 CC"]);
    });
}
