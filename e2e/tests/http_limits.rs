//! Limits and time: queues, timeouts, error pages, what is too large.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::net::SocketAddr;

use sluicegate_e2e::{Behaviour, Connection, Front, HTTP_DEFAULTS, Origin, Sluicegate, fetch, free_address};
use sluicegate_engine::h1::Limits;
use tokio::task::JoinHandle;

/// One server with these words behind it, in a section with these lines.
fn site(entry: SocketAddr, origin: &Origin, lines: &str, server: &str) -> String {
    let address = origin.address();
    format!("{HTTP_DEFAULTS}listen main\n    bind {entry}\n{lines}    server app01 {address} {server}\n")
}

async fn front(lines: &str) -> (Front, Origin, Connection) {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let front = Front::run(&site(entry, &origin, lines, "")).await;
    let client = Connection::open(entry).await.unwrap();
    (front, origin, client)
}

fn ask(entry: SocketAddr, target: String) -> JoinHandle<u16> {
    tokio::spawn(async move { fetch(entry, &target).await.unwrap().status() })
}

#[tokio::test]
async fn what_a_server_cannot_take_waits_in_the_order_it_came() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    origin.behave(Behaviour::Held);
    let front = Sluicegate::run(&site(entry, &origin, "", "maxconn 1")).await;
    let mut clients = vec![ask(entry, "/0".to_owned())];
    origin.reached(1).await;
    for number in 1..=4 {
        clients.push(ask(entry, format!("/{number}")));
        front.status_where("one more in the queue", |status| queued(status) == number).await;
    }
    for number in 0..=4 {
        origin.reached(number + 1).await;
        assert_eq!(origin.last_request().unwrap().head.target(), format!("/{number}"));
        origin.release(1);
    }
    for client in clients {
        assert_eq!(client.await.unwrap(), 200);
    }
}

/// Requests that wait, in all queues.
fn queued(status: &serde_json::Value) -> u64 {
    let report = &status["scopes"][0]["proxies"][0]["report"];
    let sum = |kind: &str| -> u64 {
        report[kind].as_array().into_iter().flatten().filter_map(|one| one["queued"].as_u64()).sum()
    };
    sum("backends").max(sum("endpoints"))
}

#[tokio::test]
async fn who_waits_too_long_is_told() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    origin.behave(Behaviour::Held);
    let _front = Front::run(&site(entry, &origin, "    timeout queue 100ms\n", "maxconn 1")).await;
    let first = ask(entry, "/first".to_owned());
    origin.reached(1).await;
    assert_eq!(fetch(entry, "/second").await.unwrap().status(), 503);
    origin.release(1);
    assert_eq!((first.await.unwrap(), origin.requests()), (200, 1));
}

#[tokio::test]
async fn a_head_that_does_not_end_is_answered_408() {
    let (_front, origin, mut client) = front("    timeout http-request 150ms\n").await;
    client.send("GET / HTTP/1.1\r\nHost:").await.unwrap();
    assert_eq!(client.response("GET").await.unwrap().status(), 408);
    assert_eq!((client.closed().await, origin.connections()), (Ok(()), 0));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_a_504() {
    let (_front, origin, mut client) = front("    timeout server 150ms\n").await;
    origin.behave(Behaviour::Hang);
    assert_eq!(client.get("app", "/").await.unwrap().status(), 504);
}

#[tokio::test]
async fn an_idle_connection_is_closed_without_a_word() {
    let (_front, _origin, mut client) = front("    timeout http-keep-alive 100ms\n").await;
    assert_eq!(client.get("app", "/").await.unwrap().status(), 200);
    assert_eq!(client.closed().await, Ok(()));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_answered_408() {
    let (_front, _origin, mut client) = front("    timeout client 150ms\n").await;
    client.send("POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 10\r\n\r\nhalf").await.unwrap();
    assert_eq!(client.response("POST").await.unwrap().status(), 408);
}

#[tokio::test]
async fn an_idle_tunnel_ends_by_its_own_timeout() {
    let (_front, _origin, mut client) = front("    timeout tunnel 150ms\n    timeout client 30s\n").await;
    client.upgrade("app").await.unwrap();
    client.echo(b"hello").await.unwrap();
    assert_eq!(client.closed().await, Ok(()));
}

#[tokio::test]
async fn error_files_are_sent_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let page = |status: u16| {
        let file = folder.path().join(format!("{status}.http"));
        let body = format!("our own {status}\n");
        let length = body.len();
        let text = format!(
            "HTTP/1.1 {status} Ours\r\nContent-Type: text/plain\r\nX-Page: {status}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        std::fs::write(&file, text).unwrap();
        format!("    errorfile {status} {}\n", file.display())
    };
    let lines = format!(
        "{}{}{}    http-request deny if {{ path /denied }}\n    retries 0\n",
        page(400),
        page(403),
        page(503)
    );
    let (_front, mut origin, mut client) = front(&lines).await;
    origin.kill().await;
    for (target, status) in [("/denied", 403), ("/", 503)] {
        let answer = fetch(client.peer_address(), target).await.unwrap();
        assert_eq!((answer.status(), answer.text()), (status, format!("our own {status}")), "{target}");
        assert_eq!(answer.header("x-page"), Some(status.to_string().as_str()), "{target}");
    }
    assert_eq!(client.request("G<>T / HTTP/1.1\r\n\r\n").await.unwrap().text(), "our own 400");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let _front = Sluicegate::run(&site(entry, &origin, "", "")).await;
    let mut client = Connection::open(entry).await.unwrap();
    let large = "x".repeat(200_000);
    let answer = client.request(format!("GET / HTTP/1.1\r\nHost: app\r\nX-Large: {large}\r\n\r\n")).await;
    assert_eq!(answer.map(|answer| answer.status()), Ok(431));
    let mut client = Connection::open(entry).await.unwrap();
    let many: String = (0..2000).map(|number| format!("a{number}: b\r\n")).collect();
    let answer = client.request(format!("GET / HTTP/1.1\r\nHost: app\r\n{many}\r\n")).await;
    assert_eq!(answer.map(|answer| answer.status()), Ok(431));
    assert_eq!(origin.requests(), 0);
    assert_eq!(fetch(entry, "/").await.unwrap().status(), 200);
}

/// `docs/limits.md` names the figures.
#[tokio::test]
async fn the_greatest_head_and_target_pass_and_one_byte_more_does_not() {
    let limits = Limits::default();
    let (head, target) = (limits.head_bytes as usize, limits.target_bytes as usize);
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let _front = Sluicegate::run(&site(entry, &origin, "", "")).await;
    let of_head = |bytes: usize| {
        let rest = "GET / HTTP/1.1\r\nHost: app\r\nX-Large: \r\n\r\n".len();
        format!("GET / HTTP/1.1\r\nHost: app\r\nX-Large: {}\r\n\r\n", "x".repeat(bytes - rest))
    };
    let of_target = |bytes: usize| format!("GET /{} HTTP/1.1\r\nHost: app\r\n\r\n", "x".repeat(bytes - 1));
    let of_fields = |count: u16| {
        let fields: String = (1..count).map(|number| format!("a{number}: b\r\n")).collect();
        format!("GET / HTTP/1.1\r\nHost: app\r\n{fields}\r\n")
    };
    for (request, status) in [
        (of_head(head), 200),
        (of_head(head + 1), 431),
        (of_head(64 * 1024 + 1), 431),
        (of_target(target), 200),
        (of_target(target + 1), 414),
        (of_fields(limits.fields), 200),
        (of_fields(limits.fields + 1), 431),
    ] {
        let mut client = Connection::open(entry).await.unwrap();
        let answer = client.request(&request).await.map(|answer| answer.status());
        assert_eq!(answer, Ok(status), "{} bytes: {:.60}", request.len(), request);
        if status != 200 {
            assert_eq!(client.closed().await, Ok(()));
        }
    }
    assert_eq!(origin.requests(), 3);
}

#[tokio::test]
async fn connections_over_the_frontends_limit_wait_to_be_accepted() {
    let (_front, _origin, mut first) = front("    maxconn 1\n").await;
    assert_eq!(first.get("app", "/").await.unwrap().status(), 200);
    let second = ask(first.peer_address(), "/second".to_owned());
    // The one that is in is served on.
    assert_eq!(first.get("app", "/first").await.unwrap().status(), 200);
    assert!(!second.is_finished());
    drop(first);
    assert_eq!(second.await.unwrap(), 200);
}

#[tokio::test]
async fn a_server_that_refuses_is_left_for_another() {
    let (mut dead, alive) = (Origin::absent("dead"), Origin::start("alive").await);
    let entry = free_address();
    let configuration = format!(
        "{HTTP_DEFAULTS}listen main\n    bind {entry}\n    retries 2\n    option redispatch 1\n    balance roundrobin\n    \
         server dead {}\n    server alive {}\n",
        dead.address(),
        alive.address()
    );
    let _front = Front::run(&configuration).await;
    for _ in 0..6 {
        assert_eq!(fetch(entry, "/").await.unwrap().text(), "alive");
    }
    assert_eq!(alive.requests(), 6);
    dead.revive().await;
    let answers: Vec<String> =
        [fetch(entry, "/").await.unwrap().text(), fetch(entry, "/").await.unwrap().text()].into();
    assert!(answers.contains(&"dead".to_owned()), "{answers:?}");
}

#[tokio::test]
async fn weights_and_backups() {
    let (mut heavy, mut light, backup) =
        (Origin::start("heavy").await, Origin::start("light").await, Origin::start("backup").await);
    let entry = free_address();
    let configuration = format!(
        "{HTTP_DEFAULTS}listen main\n    bind {entry}\n    retries 3\n    option redispatch 1\n    \
         server heavy {} weight 3 check inter 50ms fall 1 rise 1\n    server light {} weight 1 check inter 50ms fall 1 rise 1\n    \
         server spare {} backup\n    server off {} disabled\n",
        heavy.address(),
        light.address(),
        backup.address(),
        free_address(),
    );
    let mut front = Sluicegate::run(&configuration).await;
    for _ in 0..20 {
        fetch(entry, "/").await.unwrap();
    }
    assert_eq!((heavy.requests(), light.requests(), backup.requests()), (15, 5, 0));
    heavy.kill().await;
    light.kill().await;
    front.process().wait_for("is DOWN").await;
    front.process().wait_for("is DOWN").await;
    assert_eq!(fetch(entry, "/").await.unwrap().text(), "backup");
    heavy.revive().await;
    front.process().wait_for("heavy is UP").await;
    assert_eq!(fetch(entry, "/").await.unwrap().text(), "heavy");
}
