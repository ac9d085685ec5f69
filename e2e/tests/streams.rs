//! Pipelines of requests, made by dice, sound and damaged, in pieces of any size: a server that reads by the letter of
//! RFC 9112 gets the requests that the grammar finds in what the client sent, one by one, up to the first that is
//! refused.
//!
//! `SLUICEGATE_STREAMS_SEED` and `SLUICEGATE_STREAMS` choose other streams, and more of them.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "streams/generated.rs"]
mod generated;
#[path = "streams/server.rs"]
mod server;

use std::env;
use std::net::SocketAddr;

use generated::stream;
use server::{Request, Server, request};
use sluicegate_e2e::{Dice, HTTP_DEFAULTS, PATIENCE, Sluicegate, free_address};
use sluicegate_engine::h1::differential::compare;
use sluicegate_engine::h1::naive::{self, Reading, Role};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const STREAMS: u64 = 1_500;

/// The requests of a stream that are to be forwarded.
fn expected(stream: &[u8]) -> Vec<Request> {
    let (mut requests, mut from) = (Vec::new(), 0);
    for end in compare(stream, None, usize::MAX).ends {
        let Reading::Message(message) = naive::read(&stream[from..end], Role::Request) else {
            panic!("the reader that found it does not find it again")
        };
        from = end;
        requests.push(request(&message));
        if closes(&message) {
            break;
        }
    }
    requests
}

/// RFC 9112 section 9.3.
fn closes(message: &naive::Message) -> bool {
    let connection = message.fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case(b"connection"));
    let values: Vec<String> =
        connection.map(|(_, value)| String::from_utf8_lossy(value).to_lowercase()).collect();
    let has = |token: &str| values.iter().flat_map(|value| value.split(',')).any(|word| word.trim() == token);
    has("close") || (message.minor == 0 && !has("keep-alive"))
}

/// Sends a stream in pieces, and ends. What comes back.
async fn tell(entry: SocketAddr, stream: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut client = TcpStream::connect(entry).await.unwrap();
    client.set_nodelay(true).unwrap();
    let (mut reader, mut writer) = client.split();
    let piece = [1 + dice.index(40), 1 + dice.index(3_000), stream.len().max(1)][dice.index(3)];
    let sending = async {
        for piece in stream.chunks(piece.max(stream.len() / 200 + 1)) {
            // It may refuse, and say so, before it has everything.
            if writer.write_all(piece).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
        let _ = writer.shutdown().await;
    };
    let mut answers = Vec::new();
    let reading = timeout(PATIENCE, reader.read_to_end(&mut answers));
    let ((), read) = tokio::join!(sending, reading);
    assert!(read.is_ok(), "no end behind {} for {}", answers.escape_ascii(), stream.escape_ascii());
    answers
}

fn number(name: &str, otherwise: u64) -> u64 {
    env::var(name).map_or(otherwise, |number| number.parse().unwrap())
}

#[tokio::test]
async fn a_server_gets_the_requests_that_the_client_sent() {
    let (server, entry) = (Server::start().await, free_address());
    let at = server.address();
    let configuration = format!("{HTTP_DEFAULTS}listen main\n    bind {entry}\n    server app01 {at}\n");
    let mut front = Sluicegate::run(&configuration).await;
    let mut dice = Dice::new(number("SLUICEGATE_STREAMS_SEED", 1));
    let streams = number("SLUICEGATE_STREAMS", STREAMS);
    let (mut forwarded, mut refused) = (0, 0);
    for round in 0..streams {
        let stream = stream(&mut dice);
        let answers = tell(entry, &stream, &mut dice).await;
        let (expected, seen) = (expected(&stream), server.seen());
        let told =
            || format!("stream {round}: {}\nanswers: {}", stream.escape_ascii(), answers.escape_ascii());
        let seen: Vec<Request> =
            seen.into_iter().map(|seen| seen.unwrap_or_else(|why| panic!("{why}\n{}", told()))).collect();
        assert_eq!(seen, expected, "{}", told());
        let good = answers.windows(13).filter(|window| *window == b"HTTP/1.1 200 ").count();
        assert_eq!(good, expected.len(), "{}", told());
        forwarded += good;
        refused += usize::from(answers.windows(10).any(|window| window == b"HTTP/1.1 4"));
    }
    println!("{streams} streams, {forwarded} requests forwarded, {refused} streams refused");
    assert!(forwarded > 0 && refused > 0 && front.process().is_running());
}
