//! Ten thousand requests on one connection, sent without waiting for an answer.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use sluicegate_e2e::{HTTP_DEFAULTS, Origin, PATIENCE, Sluicegate, fetch, free_address};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const REQUESTS: usize = 10_000;
/// What they may cost the proxy at most. Measured: 256 KiB.
const BYTES: u64 = 4 << 20;

/// The size of the body that request asks for: its place in the row, as far as it fits.
fn size(number: usize) -> usize {
    number % 251
}

/// The sizes of the bodies of 200s that follow each other.
fn sizes(mut bytes: &[u8]) -> Vec<usize> {
    let mut sizes = Vec::new();
    while !bytes.is_empty() {
        let end = bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        assert!(head.starts_with("http/1.1 200 "), "{head} behind {} answers", sizes.len());
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        sizes.push(length.parse().unwrap());
        bytes = &bytes[end + sizes[sizes.len() - 1]..];
    }
    sizes
}

#[tokio::test]
async fn ten_thousand_requests_in_a_row_are_answered_in_order() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let server = origin.address();
    let configuration = format!("{HTTP_DEFAULTS}listen main\n    bind {entry}\n    server app01 {server}\n");
    let mut front = Sluicegate::run(&configuration).await;
    assert_eq!(fetch(entry, "/").await.unwrap().status(), 200);
    let before = front.process().resident_bytes();
    let mut requests = String::new();
    for number in 0..REQUESTS {
        let last = if number + 1 == REQUESTS { "Connection: close\r\n" } else { "" };
        requests += &format!("GET /bytes/{} HTTP/1.1\r\nHost: app\r\n{last}\r\n", size(number));
    }
    let (mut reader, mut writer) = TcpStream::connect(entry).await.unwrap().into_split();
    let writing = tokio::spawn(async move { writer.write_all(requests.as_bytes()).await.map(|()| writer) });
    let mut answers = Vec::new();
    timeout(PATIENCE, reader.read_to_end(&mut answers)).await.unwrap().unwrap();
    writing.await.unwrap().unwrap();
    let expected: Vec<_> = (0..REQUESTS).map(size).collect();
    assert!(sizes(&answers) == expected, "answered in another order, or not all");
    assert_eq!(origin.requests(), REQUESTS as u64 + 1);
    let grown = front.process().peak_resident_bytes().saturating_sub(before);
    println!("{REQUESTS} requests in a row: {grown} resident bytes more at the peak");
    assert!(grown <= BYTES, "{grown} bytes more, {BYTES} are allowed");
}

/// RFC 9112 section 9.6: a close with bytes unread resets the connection, and what is still on its way is lost.
#[tokio::test]
async fn the_last_answer_survives_a_request_behind_it() {
    const LENGTH: usize = 8 << 20;
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let server = origin.address();
    let configuration = format!(
        "{HTTP_DEFAULTS}    option httpclose\nlisten main\n    bind {entry}\n    server app01 {server}\n"
    );
    let _front = Sluicegate::run(&configuration).await;
    let mut client = TcpStream::connect(entry).await.unwrap();
    let request = |length: usize| format!("GET /bytes/{length} HTTP/1.1\r\nHost: app\r\n\r\n");
    client.write_all(request(LENGTH).as_bytes()).await.unwrap();
    let mut answer = vec![0; 1000];
    client.read_exact(&mut answer).await.unwrap();
    // The answer is under way, and this client does not know yet that it is the last.
    client.write_all(request(1).as_bytes()).await.unwrap();
    let read = timeout(PATIENCE, client.read_to_end(&mut answer)).await.unwrap();
    assert!(read.is_ok(), "{read:?} behind {} bytes", answer.len());
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(answer.len() - head, LENGTH);
    assert_eq!(origin.requests(), 1);
}
