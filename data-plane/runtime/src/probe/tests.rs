use std::net::SocketAddr;
use std::ops::RangeInclusive;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const EXPECTED: RangeInclusive<u16> = 200..=399;

fn http_probe() -> HttpProbe {
    HttpProbe {
        method: "GET".into(),
        uri: "/health".into(),
        version: "HTTP/1.1".into(),
        headers: Vec::new(),
        body: Bytes::new(),
        expected: vec![EXPECTED],
    }
}

/// Answers one connection with these bytes; tells what was asked.
async fn endpoint(answer: &'static [u8]) -> (SocketAddr, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).await.unwrap();
            asked.push(byte[0]);
        }
        stream.write_all(answer).await.unwrap();
        String::from_utf8(asked).unwrap()
    });
    (address, served)
}

async fn ask(answer: &'static [u8]) -> Outcome {
    let (address, served) = endpoint(answer).await;
    let stream = Network.connect(&Target::Ip(address)).await.unwrap();
    let outcome = Network.ask(stream, &http_probe()).await;
    assert!(served.await.unwrap().starts_with("GET /health HTTP/1.1\r\n"));
    outcome
}

#[tokio::test]
async fn a_closed_port_is_refused_in_the_systems_words() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let outcome = Network.connect(&Target::Ip(address)).await.unwrap_err();
    assert_eq!((outcome.status, outcome.info.as_str()), (Status::L4Connection, "Connection refused"));
}

#[tokio::test]
async fn a_missing_unix_socket_is_a_connection_problem() {
    let folder = tempfile::tempdir().unwrap();
    let name = sluicegate_model::listener::UnixName::Path(folder.path().join("none"));
    let outcome = Network.connect(&Target::Unix(std::sync::Arc::new(name))).await.unwrap_err();
    assert_eq!(outcome.status, Status::L4Connection);
    assert_eq!(outcome.info, "No such file or directory");
}

#[tokio::test]
async fn answers_are_judged_by_their_status() {
    let passed = ask(b"HTTP/1.1 204 No Content\r\n\r\n").await;
    assert_eq!(passed, Outcome { status: Status::L7Ok, code: Some(204), info: "No Content".into() });
    let failed = ask(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").await;
    assert_eq!((failed.status, failed.code), (Status::L7Status, Some(503)));
    assert_eq!(ask(b"SSH-2.0-OpenSSH_9.2\r\n").await.status, Status::L7Response);
    assert_eq!(ask(b"").await.status, Status::L7Response);
}
