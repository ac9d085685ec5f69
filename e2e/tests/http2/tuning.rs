//! What connections may take (`tune.h2`), and what is counted of them.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use sluicegate_e2e::{
    Behaviour, HTTP_DEFAULTS, Haproxy, Origin, PATIENCE, Sluicegate, console, free_address,
};
use tokio::time::{Instant, sleep};

use super::client::Client;
use super::raw::Raw;
use super::{entry_before, get};

/// A request for `/`, as RFC 7541 has it: `:method GET`, `:scheme http`, `:path /`, `:authority a`.
const GET: [u8; 6] = [0x82, 0x86, 0x84, 0x41, 1, b'a'];
/// The same with POST.
const POST: [u8; 6] = [0x83, 0x86, 0x84, 0x41, 1, b'a'];
/// `x: y`, and `connection: y`, which none may have.
const FIELD: &[u8] = b"\0\x01x\x01y";
const WRONG: &[u8] = b"\0\x0aconnection\x01y";
const CANCEL: [u8; 4] = [0, 0, 0, 8];

/// What a client is told at first, by the number of each setting (RFC 9113 section 6.5.2).
async fn settings(entry: SocketAddr) -> Vec<(u16, u32)> {
    let mut raw = Raw::open(entry).await;
    loop {
        let (kind, _, payload) = raw.next().await.unwrap();
        if kind == 4 && !payload.is_empty() {
            let numbers = payload.chunks(6).map(|it| {
                let value = u32::from_be_bytes(it[2..6].try_into().unwrap());
                (u16::from_be_bytes([it[0], it[1]]), value)
            });
            return numbers.collect();
        }
    }
}

#[tokio::test]
async fn clients_are_told_what_is_asked_for_as_by_haproxy() {
    const TUNED: &str = "global\n    tune.bufsize 65536\n    tune.h2.header-table-size 8192\n    \
        tune.h2.initial-window-size 131072\n    tune.h2.max-concurrent-streams 250\n    \
        tune.h2.max-frame-size 20000\n";
    let (entry, other) = (free_address(), free_address());
    let text = |entry| format!("{TUNED}{}", entry_before(entry, "    server s 127.0.0.1:1\n"));
    let _sluicegate = Sluicegate::run(&text(entry)).await;
    let _haproxy = Haproxy::run(&text(other)).await;
    let (ours, theirs) = (settings(entry).await, settings(other).await);
    for asked in [(1, 8_192), (3, 250), (4, 131_072), (5, 20_000)] {
        assert!(theirs.contains(&asked), "HAProxy: {asked:?} in {theirs:?}");
        assert!(ours.contains(&asked), "{asked:?} in {ours:?}");
    }
}

/// Streams that have begun come to their end, and others go over another connection.
#[tokio::test]
async fn a_client_that_has_had_its_share_is_sent_away() {
    let origin = Origin::start("a").await;
    origin.behave(Behaviour::Held);
    let entry = free_address();
    let servers = format!("    server s {}\n", origin.address());
    let _sluicegate = Sluicegate::run(&format!(
        "global\n    tune.h2.fe.max-total-streams 3\n{}",
        entry_before(entry, &servers)
    ))
    .await;
    let mut raw = Raw::open(entry).await;
    for stream in [1, 3, 5] {
        assert!(raw.send(1, 0x5, stream, &GET).await);
    }
    origin.reached(3).await;
    assert_eq!(raw.goaway().await, Some(0));
    origin.release(3);
    let mut answered = 0;
    while let Some((kind, _, payload)) = raw.next().await {
        answered += u32::from(kind == 1);
        if kind == 6 {
            // Who knows that it is to go may answer.
            raw.send(6, 1, 0, &payload).await;
        }
    }
    assert_eq!(answered, 3);
    origin.behave(Behaviour::Answer);
    assert_eq!(Client::open(entry).await.ask(get("/"), None).await.unwrap().status, 200);
}

/// Waits until a row of the statistics has these cells.
async fn until(socket: &Path, row: &str, expected: &[(&str, &str)]) {
    let begun = Instant::now();
    loop {
        let told = console::ask(socket, "show stat\n").await;
        let cell = console::row(&told, row);
        let seen: Vec<_> = expected.iter().map(|(name, _)| (*name, cell(name))).collect();
        if seen.iter().zip(expected).all(|((_, seen), (_, wanted))| seen == wanted) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{row}: {seen:?}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// What the columns of a row come to, once both connections are over.
async fn columns(socket: &Path, row: &str) -> Vec<(&'static str, String)> {
    const ALL: [&str; 13] = [
        "h2_headers_rcvd",
        "h2_data_rcvd",
        "h2_settings_rcvd",
        "h2_rst_stream_rcvd",
        "h2_goaway_rcvd",
        "h2_detected_conn_protocol_errors",
        "h2_detected_strm_protocol_errors",
        "h2_rst_stream_resp",
        "h2_goaway_resp",
        "h2_open_connections",
        "h2_backend_open_streams",
        "h2_total_connections",
        "h2_backend_total_streams",
    ];
    until(socket, row, &[("h2_open_connections", "0"), ("h2_total_connections", "2")]).await;
    let told = console::ask(socket, "show stat\n").await;
    let cell = console::row(&told, row);
    ALL.map(|name| (name, cell(name))).to_vec()
}

/// Some of all that is counted.
async fn go_through_everything(entry: SocketAddr) {
    let mut raw = Raw::open(entry).await;
    raw.send(1, 0x5, 1, &GET).await;
    raw.send(1, 0x4, 3, &POST).await;
    raw.send(0, 0, 3, b"hello").await;
    raw.send(0, 0, 3, b"world").await;
    raw.send(1, 0x5, 3, FIELD).await;
    raw.send(1, 0x4, 5, &POST).await;
    raw.send(3, 0, 5, &CANCEL).await;
    raw.send(1, 0x5, 7, &[&GET, WRONG].concat()).await;
    let (mut ended, mut reset) = (0, false);
    while ended < 2 || !reset {
        let (kind, stream, payload) = raw.next().await.unwrap();
        assert!(kind != 7, "{payload:?}");
        ended += u32::from(kind == 0 && stream != 7);
        reset |= kind == 3 && stream == 7;
    }
    // It goes, in order.
    raw.send(7, 0, 0, &[0; 8]).await;
    raw.send(6, 0, 0, b"the last").await;
    while raw.next().await.is_some_and(|(kind, _, payload)| kind != 6 || payload != b"the last") {}
    drop(raw);
    // A window that does not grow.
    let mut raw = Raw::open(entry).await;
    raw.send(8, 0, 0, &[0; 4]).await;
    raw.goaway().await;
}

#[tokio::test]
async fn frames_are_counted_as_by_haproxy() {
    let origin = Origin::start("a").await;
    let (entry, other) = (free_address(), free_address());
    let (_folder, socket, line) = console::socket();
    let (_other_folder, other_socket, other_line) = console::socket();
    let servers = format!("    server s {}\n", origin.address());
    let text = |entry, line| format!("global\n    {line}\n{}", entry_before(entry, &servers));
    let mut sluicegate = Sluicegate::run(&text(entry, line)).await;
    sluicegate.process().wait_for("the console listens on").await;
    let _haproxy = Haproxy::run(&text(other, other_line)).await;
    go_through_everything(entry).await;
    go_through_everything(other).await;
    let mut ours = columns(&socket, "main,FRONTEND").await;
    let mut theirs = columns(&other_socket, "main,FRONTEND").await;
    // HAProxy counts settings twice, and heads that it has to look at again; it does not call it an error of the other
    // end that a head has a field which it may not have.
    let own =
        [("h2_headers_rcvd", "5"), ("h2_settings_rcvd", "2"), ("h2_detected_strm_protocol_errors", "1")];
    for (name, number) in own {
        let at = ours.iter().position(|(column, _)| *column == name).unwrap();
        assert_eq!(ours.remove(at), (name, number.to_owned()));
        theirs.remove(at);
    }
    assert_eq!(ours, theirs);
    let none = ours.iter().filter(|(_, number)| number == "0").count();
    assert_eq!(none, 2, "what is open now: {ours:?}");
}

#[tokio::test]
async fn connections_to_servers_are_counted() {
    let origin = Origin::start("a").await;
    origin.behave(Behaviour::Held);
    let (entry, second) = (free_address(), free_address());
    let (_folder, socket, line) = console::socket();
    let text = format!(
        "global\n    {line}\n{HTTP_DEFAULTS}\
         listen first\n    bind {entry}\n    server s {second} proto h2\n\
         listen second\n    bind {second} proto h2\n    server s {}\n",
        origin.address()
    );
    let mut sluicegate = Sluicegate::run(&text).await;
    sluicegate.process().wait_for("the console listens on").await;
    let asked: Vec<_> = (0..5)
        .map(|_| {
            tokio::spawn(async move {
                let mut client = sluicegate_e2e::Connection::open(entry).await.unwrap();
                client.request("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap().status()
            })
        })
        .collect();
    origin.reached(5).await;
    for row in ["first,BACKEND", "second,FRONTEND"] {
        let streams = [("h2_backend_open_streams", "5"), ("h2_backend_total_streams", "5")];
        until(&socket, row, &streams).await;
    }
    until(&socket, "first,FRONTEND", &[("h2_total_connections", "0")]).await;
    origin.release(5);
    for answer in asked {
        assert_eq!(answer.await.unwrap(), 200);
    }
    until(&socket, "first,BACKEND", &[("h2_backend_open_streams", "0")]).await;
}

/// They are so many as the streams of one make needed, and the idle ones count as such.
#[tokio::test]
async fn a_full_connection_to_a_server_is_followed_by_another() {
    let origin = Origin::start("a").await;
    let (entry, second) = (free_address(), free_address());
    let (_folder, socket, line) = console::socket();
    let text = format!(
        "global\n    nbthread 1\n    tune.h2.be.max-concurrent-streams 2\n    {line}\n{HTTP_DEFAULTS}\
         listen first\n    bind {entry}\n    server s {second} proto h2\n\
         listen second\n    bind {second} proto h2\n    server s {}\n",
        origin.address()
    );
    let mut sluicegate = Sluicegate::run(&text).await;
    sluicegate.process().wait_for("the console listens on").await;
    let mut asked = Vec::new();
    let ask = || async move {
        let mut client = sluicegate_e2e::Connection::open(entry).await.unwrap();
        client.request("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap().status()
    };
    // One after the other: those that come at once open a connection each.
    assert_eq!(ask().await, 200);
    origin.behave(Behaviour::Held);
    for count in 2..7 {
        asked.push(tokio::spawn(ask()));
        origin.reached(count).await;
    }
    let three = [("h2_open_connections", "3"), ("h2_backend_open_streams", "5")];
    for row in ["first,BACKEND", "second,FRONTEND"] {
        until(&socket, row, &three).await;
    }
    origin.release(5);
    for answer in asked {
        assert_eq!(answer.await.unwrap(), 200);
    }
    until(&socket, "first,s", &[("srv_icur", "3")]).await;
}

/// Idle connections are kept as far as the server's line says.
#[tokio::test]
async fn idle_connections_to_servers_have_limits_as_with_haproxy() {
    let (entry, other) = (free_address(), free_address());
    let (ours, theirs) = (super::Server::start().await, super::Server::start().await);
    let text = |entry, server: &super::Server| {
        let line = format!("    server s {} proto h2 pool-max-conn 0\n", server.address());
        format!("global\n    nbthread 1\n{}", entry_before(entry, &format!("    http-reuse always\n{line}")))
    };
    let _sluicegate = Sluicegate::run(&text(entry, &ours)).await;
    let _haproxy = Haproxy::run(&text(other, &theirs)).await;
    for (front, server) in [(entry, &ours), (other, &theirs)] {
        let client = Client::open(front).await;
        for count in 1..4 {
            assert_eq!(client.ask(get("/"), None).await.unwrap().status, 200);
            assert_eq!(server.connections(), count);
        }
    }
}
