//! 100-continue, other interim responses, early responses.

use super::site::{Client, Origin, Plan, Site, run};

async fn expecting(length: usize) -> (Site, Client, Client) {
    let origin = Origin::start().await;
    let site = Site::start(Plan::new(&[origin.address])).await;
    let mut client = site.client().await;
    client
        .send(format!(
            "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        ))
        .await;
    let mut server = origin.accept().await;
    let head =
        format!("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n");
    assert_eq!(server.bytes(head.len()).await, head.as_bytes());
    (site, client, server)
}

#[test]
fn the_servers_100_reaches_the_client_and_the_body_the_server() {
    run(async {
        let (site, mut client, mut server) = expecting(5).await;
        server.send("HTTP/1.1 100 Continue\r\n\r\n").await;
        assert_eq!(client.response().await.status(), 100);
        client.send("hello").await;
        assert_eq!(server.bytes(5).await, b"hello");
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        assert_eq!(client.response().await.text(), "ok");
        assert_eq!(site.outcomes(), ["200 --"]);
    });
}

#[test]
fn a_refusal_instead_of_100_ends_the_connection_after_it() {
    run(async {
        let (site, mut client, mut server) = expecting(5).await;
        server.send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n").await;
        let response = client.response().await;
        assert_eq!(response.status(), 417);
        assert!(response.has("Connection: close"));
        assert!(client.is_closed().await);
        assert_eq!(site.outcomes(), ["417 --"]);
    });
}

#[test]
fn interim_responses_in_one_piece_with_the_final_one_are_told_apart() {
    run(async {
        let (_site, mut client, mut server) = expecting(0).await;
        server
            .send("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            .await;
        assert_eq!(client.response().await.status(), 102);
        assert!(client.response().await.has("Link: x"));
        assert_eq!(client.response().await.text(), "ok");
    });
}

#[test]
fn endless_interim_responses_are_a_bad_gateway() {
    run(async {
        let (site, mut client, mut server) = expecting(0).await;
        for _ in 0..17 {
            server.send("HTTP/1.1 102 Processing\r\n\r\n").await;
        }
        for _ in 0..16 {
            assert_eq!(client.response().await.status(), 102);
        }
        assert_eq!(client.response().await.status(), 502);
        assert_eq!(site.outcomes(), ["502 PH"]);
    });
}

#[test]
fn an_early_response_does_not_wait_for_the_body() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let mut client = site.client().await;
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nstart").await;
        let mut server = origin.accept().await;
        server.bytes(10).await;
        server.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig").await;
        let response = client.response().await;
        assert_eq!((response.status(), response.text()), (413, "big"));
        assert!(response.has("Connection: close"));
        assert!(client.is_closed().await);
        assert_eq!(site.outcomes(), ["413 --"]);
    });
}

#[test]
fn a_server_that_answers_as_it_reads_is_let_do_so() {
    run(async {
        let origin = Origin::start().await;
        let site = Site::start(Plan::new(&[origin.address])).await;
        let mut client = site.client().await;
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc").await;
        let mut server = origin.accept().await;
        server.bytes("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc".len()).await;
        server.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc").await;
        let head = client.bytes("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc".len()).await;
        assert!(head.ends_with(b"abc"));
        client.send("def").await;
        assert_eq!(server.bytes(3).await, b"def");
        server.send("def").await;
        assert_eq!(client.bytes(3).await, b"def");
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(server.request().await.head.starts_with("GET"));
        assert_eq!(site.outcomes(), ["200 --"]);
    });
}
