//! Requests that are compressed on their way to servers.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::io::Read;
use std::net::SocketAddr;

use sluicegate_e2e::{Connection, Front, HTTP_DEFAULTS, Origin, Response, Sluicegate, free_address};

/// What came to a server.
fn unpacked(request: &Response) -> Vec<u8> {
    let (body, mut out) = (&*request.body, Vec::new());
    match request.header("content-encoding") {
        Some("gzip") => drop(flate2::read::GzDecoder::new(body).read_to_end(&mut out).unwrap()),
        Some("deflate") => drop(flate2::read::ZlibDecoder::new(body).read_to_end(&mut out).unwrap()),
        Some("br") => drop(brotli::Decompressor::new(body, 4096).read_to_end(&mut out).unwrap()),
        Some("zstd") => out = zstd::stream::decode_all(body).unwrap(),
        _ => out.extend_from_slice(body),
    }
    out
}

fn site(entry: SocketAddr, server: SocketAddr, front: &str, back: &str) -> String {
    let lines = |text: &str| text.split('|').map(|line| format!("    {line}\n")).collect::<String>();
    format!(
        "{HTTP_DEFAULTS}frontend main\n    bind {entry}\n{}    default_backend app\nbackend app\n{}    server app01 {server}\n",
        lines(front),
        lines(back)
    )
}

/// A request of so many bytes, in one piece or in chunks.
fn request(fields: &str, length: usize, chunked: bool) -> Vec<u8> {
    let body = b"hello ".repeat(length.div_ceil(6));
    let body = &body[..length];
    let framing = match chunked {
        true => "Transfer-Encoding: chunked".to_owned(),
        false => format!("Content-Length: {length}"),
    };
    let mut out = format!("POST /up HTTP/1.1\r\nHost: app\r\n{fields}{framing}\r\n\r\n").into_bytes();
    if !chunked {
        out.extend_from_slice(body);
        return out;
    }
    for piece in body.chunks(1000) {
        out.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        out.extend_from_slice(piece);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

#[tokio::test]
async fn bodies_of_every_size_and_framing_come_through_each_algorithm() {
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let (origin, entry) = (Origin::start("app01").await, free_address());
        let line = format!("compression direction request|compression algo-req {coding}");
        let _sluicegate = Sluicegate::run(&site(entry, origin.address(), &line, "")).await;
        let mut client = Connection::open(entry).await.unwrap();
        for (length, chunked) in
            [(1, false), (5_000, false), (40_000, true), (2_000_000, false), (1_500_000, true)]
        {
            let response = client.request(request("", length, chunked)).await.unwrap();
            assert_eq!(response.status(), 200);
            let told = origin.last_request().unwrap();
            assert_eq!(told.header("content-encoding"), Some(coding));
            assert_eq!(
                (told.header("content-length"), told.head.has_token("transfer-encoding", "chunked")),
                (None, true)
            );
            let whole = unpacked(&told);
            assert!(whole.len() == length && whole.chunks(6).all(|piece| b"hello ".starts_with(piece)));
            assert!(length < 100 || told.body.len() < length / 10, "{} of {length}", told.body.len());
        }
        // Two at once: what follows the body is the next request.
        let mut both = request("", 600, false);
        both.extend_from_slice(b"GET /next HTTP/1.1\r\nHost: app\r\n\r\n");
        client.send(both).await.unwrap();
        assert_eq!(client.response("POST").await.unwrap().status(), 200);
        assert_eq!(client.response("GET").await.unwrap().status(), 200);
        assert_eq!(origin.last_request_for("/next").unwrap().header("content-encoding"), None);
    }
}

/// Lines of the frontend and of the backend, fields of the request, its length, and whether it is compressed.
type Row = (&'static str, &'static str, &'static str, usize, bool);

const ON: &str = "compression direction both|compression algo-req gzip";
const TYPED: &str =
    "compression direction request|compression algo-req gzip|compression type-req application/json";

const ROWS: &[Row] = &[
    (ON, "", "", 100, true),
    ("compression algo-req gzip", "", "", 100, false),
    ("compression direction response|compression algo-req gzip", "", "", 100, false),
    ("compression direction request", "", "", 100, false),
    (
        "compression direction request",
        "compression direction request|compression algo-req gzip",
        "",
        100,
        true,
    ),
    ("", ON, "", 100, true),
    (ON, "", "", 0, false),
    (ON, "", "Content-Encoding: own\r\n", 100, false),
    (ON, "", "Content-Type: multipart/form-data; boundary=x\r\n", 100, false),
    (ON, "", "Cache-Control: no-transform\r\n", 100, false),
    (TYPED, "", "", 100, false),
    (TYPED, "", "Content-Type: text/plain\r\n", 100, false),
    (TYPED, "", "Content-Type: Application/JSON; charset=utf-8\r\n", 100, true),
    (
        "compression direction request|compression algo-req gzip|compression minsize-req 101",
        "",
        "",
        100,
        false,
    ),
    (
        "compression direction request|compression algo-req gzip|compression minsize-req 100",
        "",
        "",
        100,
        true,
    ),
];

#[tokio::test]
async fn the_configuration_says_which() {
    for (front, back, fields, length, compressed) in ROWS.iter().copied() {
        let (origin, entry) = (Origin::start("app01").await, free_address());
        let _sluicegate = Sluicegate::run(&site(entry, origin.address(), front, back)).await;
        let mut client = Connection::open(entry).await.unwrap();
        client.request(request(fields, length, false)).await.unwrap();
        let told = origin.last_request().unwrap();
        let row = format!("{front} / {back} / {fields}");
        assert_eq!(told.header("content-encoding") == Some("gzip"), compressed, "{row}");
        assert_eq!(unpacked(&told).len(), length, "{row}");
    }
}

/// A request that is sent again is compressed again.
#[tokio::test]
async fn another_attempt_has_all_of_it() {
    let (mut app01, app02, entry) =
        (Origin::start("app01").await, Origin::start("app02").await, free_address());
    let back = format!(
        "retry-on all-retryable-errors|retries 3|option redispatch 1|server app00 {}",
        app01.address()
    );
    app01.kill().await;
    let _front = Front::run(&site(entry, app02.address(), "", &format!("{ON}|{back}"))).await;
    for _ in 0..4 {
        let mut client = Connection::open(entry).await.unwrap();
        assert_eq!(client.request(request("", 9_000, false)).await.unwrap().text(), "app02");
        assert_eq!(unpacked(&app02.last_request().unwrap()).len(), 9_000);
    }
}
