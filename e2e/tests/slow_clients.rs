//! Clients that are slow on purpose, a thousand at once: in the head, in the body, in reading the answer. Each gets the
//! answer that `docs/limits.md` names, and what they cost is bounded.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "slow_clients/endless.rs"]
mod endless;

use std::net::SocketAddr;
use std::time::Duration;

use endless::Endless;
use sluicegate_e2e::{Behaviour, HTTP_DEFAULTS, Origin, PATIENCE, Sluicegate, fetch, free_address};
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

const CLIENTS: usize = 1_000;
/// What one of them may cost at most. Measured: 3 KiB within a head or body.
const BYTES_EACH: u64 = 32 * 1024;
const WORKERS: u64 = 2;
/// What a worker may hold of large reads besides, however many do not read: its account of 32 MiB, and its area.
const BYTES_OF_WORKER: u64 = 34 << 20;
/// Time that they are given.
const LIMIT: &str = "1s";
/// How often one of them sends a line, to look busy.
const PACE: Duration = Duration::from_millis(100);

async fn front(entry: SocketAddr, server: SocketAddr, timeouts: &str) -> Sluicegate {
    let configuration =
        format!("{HTTP_DEFAULTS}{timeouts}listen main\n    bind {entry}\n    server app01 {server}\n");
    Sluicegate::run_with(&configuration, &["--workers", &WORKERS.to_string()]).await
}

/// What a client reads up to the end of its connection, while it sends a first piece and then, at its pace, another.
async fn drip(entry: SocketAddr, first: &'static str, more: &'static str) -> Vec<u8> {
    let mut stream = TcpStream::connect(entry).await.unwrap();
    stream.write_all(first.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let writing = tokio::spawn(async move {
        let mut pace = tokio::time::interval(PACE);
        loop {
            pace.tick().await;
            // Ends with the connection.
            if more.is_empty() || writer.write_all(more.as_bytes()).await.is_err() {
                return writer;
            }
        }
    });
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, reader.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "never answered");
    writing.abort();
    answer
}

/// All clients at once, each of which must be answered 408; prints what they cost the proxy, and bounds it.
async fn told_408(front: &mut Sluicegate, entry: SocketAddr, first: &'static str, more: &'static str) {
    let before = front.process().resident_bytes();
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(drip(entry, first, more));
    }
    let mut answered = 0;
    while let Some(answer) = clients.join_next().await {
        let answer = answer.unwrap();
        let start = String::from_utf8_lossy(&answer[..answer.len().min(60)]).into_owned();
        assert!(answer.starts_with(b"HTTP/1.1 408 "), "{start:?}");
        answered += 1;
    }
    assert_eq!(answered, CLIENTS);
    bounded(front, before, CLIENTS);
}

fn bounded(front: &mut Sluicegate, before: u64, clients: usize) {
    let grown = front.process().peak_resident_bytes().saturating_sub(before);
    println!("{clients} clients: {grown} resident bytes more at the peak, {} each", grown / clients as u64);
    let most = BYTES_EACH * clients as u64;
    assert!(grown <= most, "{grown} bytes more, {most} are allowed");
}

#[tokio::test]
async fn who_drips_a_head_is_told_408() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let mut front = front(entry, origin.address(), &format!("    timeout http-request {LIMIT}\n")).await;
    assert_eq!(fetch(entry, "/").await.unwrap().status(), 200);
    told_408(&mut front, entry, "GET / HTTP/1.1\r\nHost: app\r\n", "X-Slow: y\r\n").await;
    assert_eq!(origin.requests(), 1);
    assert_eq!(fetch(entry, "/").await.unwrap().status(), 200);
}

#[tokio::test]
async fn who_stops_within_a_body_is_told_408() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    origin.behave(Behaviour::Answer);
    let mut front = front(entry, origin.address(), &format!("    timeout client {LIMIT}\n")).await;
    assert_eq!(fetch(entry, "/").await.unwrap().status(), 200);
    told_408(&mut front, entry, "POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 9\r\n\r\nhalf", "").await;
    // None of them was whole.
    assert_eq!(origin.requests(), 1);
    assert_eq!(fetch(entry, "/").await.unwrap().status(), 200);
}

/// A client that asks and does not read. With small segments the kernel buffers little for it, which a thousand of them
/// would feel.
async fn ask(entry: SocketAddr, segment: Option<u32>) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    if let Some(bytes) = segment {
        socket.set_recv_buffer_size(4 * bytes).unwrap();
        SockRef::from(&socket).set_tcp_mss(bytes).unwrap();
    }
    let mut stream = socket.connect(entry).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: app\r\n\r\n").await.unwrap();
    stream
}

/// So many clients never read an endless answer. The server is held back, and after the time-out all is closed.
async fn never_read(clients: usize, segment: Option<u32>, allowed: u64) {
    let (mut server, entry) = (Endless::start(segment).await, free_address());
    let mut front = front(entry, server.address(), &format!("    timeout client {LIMIT}\n")).await;
    let before = front.process().resident_bytes();
    let mut streams = Vec::new();
    for _ in 0..clients {
        streams.push(ask(entry, segment).await);
    }
    let most = server.closed(clients).await;
    println!("{clients} clients that read nothing: the server could send at most {most} bytes to one");
    // What the kernel buffers on the way.
    assert!(most < 32 << 20, "the server was not held back: {most} bytes");
    let grown = front.process().peak_resident_bytes().saturating_sub(before);
    println!("{clients} clients that read nothing: {grown} resident bytes more at the peak");
    assert!(grown <= allowed, "{grown} bytes more, {allowed} are allowed");
    for mut stream in streams {
        // Cut off: all that was on its way, then the end or a reset.
        let mut bytes = Vec::new();
        let read = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
        assert!(read.is_ok() && (bytes.len() as u64) < endless::LENGTH, "{} bytes", bytes.len());
    }
}

#[tokio::test]
async fn who_does_not_read_is_closed() {
    never_read(CLIENTS, Some(1024), CLIENTS as u64 * BYTES_EACH + WORKERS * BYTES_OF_WORKER).await;
}

#[tokio::test]
async fn one_who_does_not_read_holds_its_server_back() {
    never_read(1, None, 4 << 20).await;
}
