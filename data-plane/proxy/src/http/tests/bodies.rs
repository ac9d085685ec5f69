//! Bodies of every framing, large ones, slow readers.

use super::site::{Client, Origin, Plan, Site, run};
use crate::h1::Method;

/// A GET that reached a server which now answers.
async fn asked(request: &str) -> (Site, Client, Client) {
    let origin = Origin::start().await;
    let site = Site::start(Plan::new(&[origin.address])).await;
    let mut client = site.client().await;
    client.send(request).await;
    let mut server = origin.accept().await;
    server.request().await;
    (site, client, server)
}

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const GET_10: &str = "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n";

#[test]
fn chunks_pass_with_extensions_and_trailers_in_both_directions() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let mut client = site.client().await;
        let body = "3;x=1\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nX-Sum: 7\r\n\r\n";
        client.send(format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}")).await;
        let mut server = origin.accept().await;
        let request = server.request().await;
        assert_eq!((request.raw.as_str(), request.text()), (body, "abc0123456789abcdef"));
        server.send(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}")).await;
        let response = client.response().await;
        assert_eq!((response.raw.as_str(), response.text()), (body, "abc0123456789abcdef"));
        client.send(GET).await;
        assert!(server.request().await.head.starts_with("GET"));
    });
}

#[test]
fn a_body_that_ends_with_the_connection_becomes_chunks() {
    run(async {
        let (site, mut client, mut server) = asked(GET).await;
        server.send("HTTP/1.0 200 OK\r\nX: y\r\n\r\nhello ").await;
        server.send("world").await;
        drop(server);
        let response = client.response().await;
        assert!(response.head.starts_with("HTTP/1.1 200 OK\r\n"), "{}", response.head);
        assert!(response.has("Transfer-Encoding: chunked") && !response.has("Connection: close"));
        assert_eq!(response.text(), "hello world");
        assert_eq!(site.outcomes(), ["200 --"]);
    });
}

#[test]
fn for_http_1_0_chunks_become_a_body_that_ends_with_the_connection() {
    run(async {
        let (site, mut client, mut server) = asked(GET_10).await;
        server.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n").await;
        server.send("2\r\nde\r\n0\r\nX: y\r\n\r\n").await;
        let response = client.response().await;
        assert!(!response.head.contains("chunked") && response.has("Connection: close"), "{}", response.head);
        assert_eq!(response.text(), "abcde");
        assert_eq!(site.outcomes(), ["200 --"]);
    });
}

#[test]
fn http_1_0_keeps_its_connection_when_it_asks_to() {
    run(async {
        let (_site, mut client, mut server) = asked(GET_10).await;
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        let response = client.response().await;
        assert!(response.has("Connection: keep-alive"), "{}", response.head);
        client.send("GET /2 HTTP/1.0\r\nHost: a\r\n\r\n").await;
        let second = server.request().await;
        assert!(second.head.starts_with("GET /2 HTTP/1.1\r\n"), "{}", second.head);
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        assert!(client.response().await.has("Connection: close"));
        assert!(client.is_closed().await);
    });
}

#[test]
fn answers_without_a_body_leave_the_connection_in_step() {
    run(async {
        let (_site, mut client, mut server) = asked("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").await;
        assert!(client.response_to(Method::Head).await.has("Content-Length: 1000"));
        for status in ["204 No Content", "304 Not Modified"] {
            client.send(GET).await;
            server.request().await;
            server.send(format!("HTTP/1.1 {status}\r\nETag: x\r\n\r\n")).await;
            assert!(client.response().await.head.contains(status));
        }
        client.send(GET).await;
        server.request().await;
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        assert_eq!(client.response().await.body, b"");
    });
}

#[test]
fn large_bodies_go_through_whole() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let mut client = site.client().await;
        let body: Vec<u8> = (0..5_000_000u32).map(|at| (at % 251) as u8).collect();
        let expected = body.clone();
        let server = tokio::task::spawn_local(async move {
            let mut server = origin.accept().await;
            let request = server.request().await;
            server.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", request.body.len())).await;
            server.send(&request.body).await;
            request.body
        });
        client.send(format!("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len())).await;
        client.send(&body).await;
        let response = client.response().await;
        assert!(response.body == expected);
        assert!(server.await.unwrap() == expected);
        let ended = site.ended().pop().unwrap();
        assert!(ended.bytes_in > 5_000_000 && ended.bytes_out > 5_000_000);
    });
}

#[test]
fn a_client_that_does_not_read_holds_the_server_back() {
    use std::time::Duration;
    use tokio::io::AsyncWriteExt;
    run(async {
        let (site, mut client, mut server) = asked(GET).await;
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n").await;
        let piece = vec![0; 64 * 1024];
        let mut taken: usize = 0;
        // What the server gets rid of is bounded by the kernel's buffers of four sockets and one window of ours.
        while let Ok(written) =
            tokio::time::timeout(Duration::from_secs(1), server.stream.write(&piece)).await
        {
            taken += written.unwrap();
            assert!(taken < 64_000_000, "nothing holds the server back");
        }
        client.bytes(1_000_000).await;
        assert!(site.ended().is_empty());
        drop(client);
        assert!(site.record.until_ended(1).await);
        assert_eq!(site.outcomes(), ["200 CD"]);
    });
}

#[test]
fn a_server_that_breaks_off_is_noticed() {
    run(async {
        for (answer, framed) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", true),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n", true),
        ] {
            let (site, mut client, mut server) = asked(GET).await;
            server.send(answer).await;
            drop(server);
            let got = client.rest().await;
            assert!(framed && got.ends_with(answer.split_once("\r\n\r\n").unwrap().1.as_bytes()));
            assert_eq!(site.outcomes(), ["200 SD"]);
        }
    });
}

#[test]
fn a_server_that_says_more_than_it_announced_is_not_used_again() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let mut client = site.client().await;
        client.send(GET).await;
        let mut server = origin.accept().await;
        server.request().await;
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n").await;
        assert_eq!(client.response().await.text(), "ok");
        assert!(server.is_closed().await);
        client.send(GET).await;
        let mut second = origin.accept().await;
        second.request().await;
        second.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno").await;
        assert_eq!(client.response().await.text(), "no");
    });
}
