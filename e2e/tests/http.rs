//! HTTP/1 messages through the proxy: bodies, interim answers, upgrades, connections.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use sluicegate_e2e::{Behaviour, Connection, Failure, Front, HTTP_DEFAULTS, Origin, fetch, free_address};

/// One server, with these lines in its section; the connection is to the proxy.
async fn site(lines: &str) -> (Front, Origin, Connection) {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let server = origin.address();
    let configuration =
        format!("{HTTP_DEFAULTS}listen main\n    bind {entry}\n{lines}    server app01 {server}\n");
    let front = Front::run(&configuration).await;
    let client = Connection::open(entry).await.unwrap();
    (front, origin, client)
}

#[tokio::test]
async fn bodies_of_known_length_pass_both_ways() {
    let (_front, origin, mut client) = site("").await;
    for length in [0, 1, 1000, 100_000, 3_000_000] {
        let body = "b".repeat(length);
        let post = format!("POST /reflect HTTP/1.1\r\nHost: app\r\nContent-Length: {length}\r\n\r\n{body}");
        let answer = client.request(post).await.unwrap();
        assert_eq!((answer.status(), answer.body.len()), (200, length));
        assert_eq!(client.get("app", &format!("/bytes/{length}")).await.unwrap().body.len(), length);
    }
    assert_eq!(origin.connections(), 1, "both sides are kept alive");
}

#[tokio::test]
async fn chunks_and_trailers_pass_both_ways() {
    let (_front, origin, mut client) = site("").await;
    let post = "POST /reflect HTTP/1.1\r\nHost: app\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n\
                3\r\nabc\r\n2;extension=1\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n";
    assert_eq!(client.request(post).await.unwrap().text(), "abcde");
    let seen = origin.last_request().unwrap();
    let names: Vec<_> =
        seen.trailers.iter().map(|(name, value)| (name.to_lowercase(), value.as_str())).collect();
    assert_eq!(names, [("x-sum".to_owned(), "5")]);

    let answer = client.get("app", "/trailers").await.unwrap();
    assert_eq!(answer.text(), "abc");
    let names: Vec<_> =
        answer.trailers.iter().map(|(name, value)| (name.to_lowercase(), value.as_str())).collect();
    assert_eq!(names, [("x-sum".to_owned(), "3")]);
    assert_eq!(client.get("app", "/chunks/500").await.unwrap().body.len(), 500_000);
}

#[tokio::test]
async fn a_body_arrives_in_pieces() {
    let (_front, _origin, mut client) = site("").await;
    client.send("POST /reflect HTTP/1.1\r\nHost: app\r\nTransfer-Enc").await.unwrap();
    for piece in ["oding: chunked\r\n\r", "\n1", "0\r\n01234567", "89abcdef", "\r", "\n0\r\n", "\r", "\n"] {
        client.send(piece).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(client.response("POST").await.unwrap().text(), "0123456789abcdef");
}

#[tokio::test]
async fn the_answer_to_head_has_no_body() {
    let (_front, _origin, mut client) = site("").await;
    for target in ["/bytes/5", "/chunks/1"] {
        let answer = client.request(format!("HEAD {target} HTTP/1.1\r\nHost: app\r\n\r\n")).await.unwrap();
        assert_eq!((answer.status(), answer.body.len()), (200, 0), "{target}");
    }
    assert_eq!(client.get("app", "/").await.unwrap().text(), "app01", "nothing was left over");
}

#[tokio::test]
async fn a_malformed_request_after_head_is_answered_whole() {
    let (_front, _origin, mut client) = site("").await;
    client.request("HEAD / HTTP/1.1\r\nHost: app\r\n\r\n").await.unwrap();
    let answer = client.request("GET / HTTP/1.1\r\nHost : app\r\n\r\n").await.unwrap();
    assert!(answer.status() == 400 && !answer.body.is_empty(), "{:?}", answer.head);
}

#[tokio::test]
async fn a_client_waits_for_100_continue() {
    let (_front, _origin, mut client) = site("").await;
    let head = "POST /reflect HTTP/1.1\r\nHost: app\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
    client.send(head).await.unwrap();
    assert_eq!(client.any_response("POST").await.unwrap().status(), 100);
    client.send("abcde").await.unwrap();
    assert_eq!(client.any_response("POST").await.unwrap().text(), "abcde");
    assert_eq!(client.get("app", "/").await.unwrap().status(), 200);
}

#[tokio::test]
async fn an_upgraded_connection_carries_bytes_both_ways() {
    let (_front, mut origin, mut client) = site("").await;
    client.upgrade("app").await.unwrap();
    client.echo(b"hello").await.unwrap();
    client.echo(&[7; 300_000]).await.unwrap();
    assert!(client.is_open());
    origin.kill().await;
    assert_eq!(client.closed().await, Ok(()));
}

#[tokio::test]
async fn the_end_of_an_upgraded_connection_reaches_the_server() {
    let (_front, origin, mut client) = site("").await;
    client.upgrade("app").await.unwrap();
    client.echo(b"last words").await.unwrap();
    client.finish_sending().await.unwrap();
    assert_eq!(client.read_to_end().await.unwrap(), b"");
    assert_eq!(origin.requests(), 1);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let (_front, origin, mut client) = site("").await;
    let requests: String =
        (1..=20).map(|length| format!("GET /bytes/{length} HTTP/1.1\r\nHost: app\r\n\r\n")).collect();
    client.send(requests).await.unwrap();
    for length in 1..=20 {
        assert_eq!(client.response("GET").await.unwrap().body.len(), length);
    }
    assert_eq!(origin.requests(), 20);
}

#[tokio::test]
async fn a_pipelined_request_follows_a_body() {
    let (_front, _origin, mut client) = site("").await;
    let post =
        "POST /reflect HTTP/1.1\r\nHost: app\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    client.send(format!("{post}GET /bytes/4 HTTP/1.1\r\nHost: app\r\n\r\n")).await.unwrap();
    assert_eq!(client.response("POST").await.unwrap().text(), "abc");
    assert_eq!(client.response("GET").await.unwrap().body.len(), 4);
}

#[tokio::test]
async fn http_1_0_closes_unless_it_asks_to_keep_alive() {
    let (_front, _origin, mut client) = site("").await;
    let answer = client.request("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").await.unwrap();
    assert_eq!((answer.status(), answer.text().as_str()), (200, "app01"));
    assert!(answer.head.has_token("connection", "keep-alive"), "{:?}", answer.head);
    let answer = client.request("GET / HTTP/1.0\r\n\r\n").await.unwrap();
    assert_eq!(answer.text(), "app01");
    assert_eq!(client.closed().await, Ok(()));
}

#[tokio::test]
async fn http_1_0_gets_no_chunks() {
    let (_front, _origin, mut client) = site("").await;
    let answer = client.request("GET /chunks/3 HTTP/1.0\r\n\r\n").await.unwrap();
    assert_eq!((answer.header("transfer-encoding"), answer.body.len()), (None, 3000));
}

#[tokio::test]
async fn server_close_keeps_the_client_alone() {
    let (_front, origin, mut client) = site("    option http-server-close\n").await;
    for _ in 0..3 {
        let answer = client.get("app", "/").await.unwrap();
        assert!(!answer.head.closes());
    }
    assert_eq!((origin.requests(), origin.connections()), (3, 3));
    assert!(origin.last_request().unwrap().head.closes(), "the server is told");
}

#[tokio::test]
async fn httpclose_closes_both_sides() {
    let (_front, origin, mut client) = site("    option httpclose\n").await;
    let answer = client.get("app", "/").await.unwrap();
    assert!(answer.head.closes(), "{:?}", answer.head);
    assert_eq!(client.closed().await, Ok(()));
    assert!(origin.last_request().unwrap().head.closes());
}

#[tokio::test]
async fn a_client_that_says_close_is_closed() {
    let (_front, origin, mut client) = site("").await;
    let answer = client.request("GET / HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n").await.unwrap();
    assert!(answer.head.closes());
    assert_eq!(client.closed().await, Ok(()));
    assert_eq!(origin.requests(), 1);
}

#[tokio::test]
async fn the_close_of_a_server_is_not_the_clients() {
    let (_front, origin, mut client) = site("").await;
    origin.behave(Behaviour::AnswerAndClose);
    for _ in 0..3 {
        assert!(!client.get("app", "/").await.unwrap().head.closes());
    }
    assert_eq!(origin.connections(), 3);
}

#[tokio::test]
async fn the_clients_address_is_forwarded() {
    let (_front, origin, mut client) = site("    option forwardfor\n").await;
    let request = "GET / HTTP/1.1\r\nHost: app\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n";
    client.request(request).await.unwrap();
    let seen = origin.last_request().unwrap();
    assert_eq!(seen.head.headers_named("x-forwarded-for").collect::<Vec<_>>(), ["192.0.2.1", "127.0.0.1"]);

    let (_front, origin, mut client) = site("    option forwardfor if-none header X-Client\n").await;
    client.request("GET / HTTP/1.1\r\nHost: app\r\nX-Client: me\r\n\r\n").await.unwrap();
    assert_eq!(origin.last_request().unwrap().head.headers_named("x-client").collect::<Vec<_>>(), ["me"]);
    client.get("app", "/").await.unwrap();
    assert_eq!(origin.last_request().unwrap().header("x-client"), Some("127.0.0.1"));

    let (_front, origin, mut client) = site("    option forwardfor except 127.0.0.0/8\n").await;
    client.get("app", "/").await.unwrap();
    assert_eq!(origin.last_request().unwrap().header("x-forwarded-for"), None);
}

#[tokio::test]
async fn a_server_that_closes_without_a_word_is_a_502() {
    let (_front, origin, mut client) = site("").await;
    origin.behave(Behaviour::Close);
    assert_eq!(client.get("app", "/").await.unwrap().status(), 502);
}

#[tokio::test]
async fn an_answer_that_ends_too_early_is_seen_as_such() {
    let (_front, origin, mut client) = site("").await;
    origin.behave(Behaviour::Truncate);
    let seen = client.get("app", "/").await.map(|answer| answer.status());
    assert!(matches!(seen, Err(Failure::Truncated | Failure::Reset)), "{seen:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_503() {
    let (_front, mut origin, mut client) = site("    retries 1\n").await;
    origin.kill().await;
    assert_eq!(client.get("app", "/").await.unwrap().status(), 503);
    origin.revive().await;
    assert_eq!(fetch(client.peer_address(), "/").await.unwrap().text(), "app01");
}
