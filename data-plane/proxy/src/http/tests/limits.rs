//! `docs/limits.md` is made from the constants that hold.

use std::fmt::Write;
use std::path::Path;

use crate::compression::MEMORY;
use crate::h1::{
    ADDED_FIELDS, ARENA_BYTES, EXTENSION_BYTES, EXTENSIONS_BYTES, Limits, SIZE_DIGITS, TRAILER_BYTES,
};
use crate::http::connection::{LINGER, LINGER_BYTES};
use crate::http::leaving::AHEAD_BYTES;
use crate::http::response::{INTERIMS, WINDOW};
use crate::pool::{IN_ALL, PER_KEY};
use crate::transfer::MOST;
use crate::transfer::Scratch;

const BEFORE: &str = "# Limits of HTTP/1, and what is answered

Made from the constants of the crate `sluicegate-engine`; do not edit. `UPDATE=1 cargo test -p sluicegate-engine limits`
writes it anew. Who is refused is answered and closed, since nobody knows where the next request would start; the log's
termination state starts with `P`, of who was too slow with `c`. Where an answer has begun there can be no other, so the
connection is closed. The limits of the console stand in [runtime.md](runtime.md).

## Sizes

| what | limit | beyond it |
|---|---|---|
";

const BETWEEN: &str = "
Bytes that the kernel holds for a connection (`net.ipv4.tcp_rmem`, `tcp_wmem`) come on top, and are most of what a
client costs that does not read.

## Times

| who is slow | what counts | answer |
|---|---|---|
| a client with its request head | `timeout http-request` from its first byte (of the first request: from the accept), else `timeout client`; a byte now and then does not prolong it | 408 |
| a client between two requests | `timeout http-keep-alive`, else as above | close without a word |
| a client with its request body | `timeout client` since bytes last moved, so each byte prolongs it (as in HAProxy) | 408, or close where the answer has begun |
| a client that does not read its answer | `timeout client` since bytes last moved | close |
| a request that waits for a place | `timeout queue`, else `timeout connect` | 503 |
| a server that does not take the connection | `timeout connect`, then `retries` | 503 |
| a server that does not answer, or stops | `timeout server` | 504, or close where the answer has begun |
| either side of a tunnel | `timeout tunnel` | close |

## Requests that are refused

| what | answer |
|---|---|
| anything that two readers could take for two different requests: Content-Length twice or not a plain number, with Transfer-Encoding, Transfer-Encoding in HTTP/1.0 or not plain `chunked`, lines that do not end in CRLF, folded lines, blanks before a colon, control bytes, a Host that is missing, double or none, malformed chunks and trailers | 400 |
| an expectation other than `100-continue` | 417 |
| a transfer coding before `chunked` | 501 |
| a version from 2 up | 505 |
| a response for which the same holds, or a 101 that no one asked for | 502 |
";

fn bytes(bytes: usize) -> String {
    if bytes.is_multiple_of(1024) && bytes > 16 * 1024 {
        format!("{} KiB", bytes / 1024)
    } else {
        format!("{bytes} bytes")
    }
}

fn documented() -> String {
    let limits = Limits::default();
    let (head, target) = (bytes(limits.head_bytes as usize), bytes(limits.target_bytes as usize));
    let small = format!("{} each from then on", bytes(WINDOW));
    let rows = [
        (
            "request head, from the first byte to the empty line",
            head.clone(),
            "431 (414 within the request line)",
        ),
        ("request target", target, "414"),
        ("fields of a head", limits.fields.to_string(), "431"),
        ("empty lines before a request line", Limits::LEADING_EMPTY_LINES.to_string(), "400"),
        ("response head", head, "502"),
        ("interim responses to one request", INTERIMS.to_string(), "502"),
        ("Content-Length", "2^63 - 1".to_owned(), "400, of a response 502"),
        ("digits of a chunk size", SIZE_DIGITS.to_string(), "400, of a response 502 or close"),
        ("extensions of a chunk", bytes(usize::from(EXTENSION_BYTES)), "400, of a response 502 or close"),
        ("extensions of a body", bytes(EXTENSIONS_BYTES as usize), "400, of a response 502 or close"),
        ("trailers", bytes(TRAILER_BYTES as usize), "400, of a response 502 or close"),
        (
            "what the proxy writes into one head, by rules and for itself",
            bytes(ARENA_BYTES),
            "500 by a rule, else 431, of a response 502",
        ),
        ("fields that are added to one head", ADDED_FIELDS.to_string(), "as above"),
        ("body bytes held for a receiver that is slow", bytes(Scratch::WINDOW), "the sender is not read"),
        ("the same of all connections of a worker", bytes(MOST), &small),
        (
            "what the responses in a cache take",
            "`total-max-size`".to_owned(),
            "who was asked for longest ago goes; while all are read, none is added",
        ),
        ("what the compressors of all bodies take", bytes(MEMORY), "the next ones pass as they are"),
        ("bytes of later requests held while one is answered", bytes(AHEAD_BYTES), "the client is not read"),
        (
            "what a client may go on sending behind its last answer",
            format!("{}, {} s", bytes(LINGER_BYTES), LINGER.as_secs()),
            "reset",
        ),
        (
            "client connections",
            "`maxconn`, and what the file limit (`ulimit -n`) has room for".to_owned(),
            "they wait to be accepted",
        ),
        (
            "idle connections to servers, a worker",
            format!("{IN_ALL}, less where the file limit is low; of them {PER_KEY} to one"),
            "closed after its exchange",
        ),
    ];
    let mut text = BEFORE.to_owned();
    for (what, limit, beyond) in rows {
        writeln!(text, "| {what} | {limit} | {beyond} |").unwrap();
    }
    text + BETWEEN
}

#[test]
fn the_limits_are_documented() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/limits.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, documented()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap_or_default(), documented(), "{}", file.display());
}
