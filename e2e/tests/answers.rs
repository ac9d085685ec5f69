//! Responses made by dice, sound and damaged, in pieces of any size, with more behind them or cut off: a client gets the
//! one that the grammar finds, whole, or sees that there was none; and never what was meant for another.
//!
//! `SLUICEGATE_ANSWERS_SEED` and `SLUICEGATE_ANSWERS` choose other responses, and more of them.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "answers/generated.rs"]
mod generated;
#[path = "answers/server.rs"]
mod server;

use std::env;
use std::net::SocketAddr;

use generated::response;
use server::{Saying, Server};
use sluicegate_e2e::{Dice, HTTP_DEFAULTS, PATIENCE, Sluicegate, free_address};
use sluicegate_engine::h1::naive::{self, Asked, End, Framing, Message, Reading, Role, Start};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const RESPONSES: u64 = 2_000;
/// Interim responses that are passed on, as `docs/limits.md` says.
const INTERIMS: usize = 16;

/// What counts of a response: status, the number of the round, content.
type Answer = (u16, Option<Vec<u8>>, Vec<u8>);

/// What a side made of the bytes of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Whole(Answer),
    /// Malformed, or cut off.
    Broken,
    /// Legal, and may be refused.
    Delicate,
    /// More has to come.
    Waiting,
}

/// The final response in the bytes, of which no more come if `closed`.
fn outcome(bytes: &[u8], asked: Asked, closed: bool) -> Outcome {
    let (mut at, mut interims) = (0, 0);
    let waiting = if closed { Outcome::Broken } else { Outcome::Waiting };
    loop {
        let message = match naive::read(&bytes[at..], Role::Response(asked)) {
            Reading::Message(message) => message,
            Reading::Incomplete => return waiting,
            Reading::Invalid(_) => return Outcome::Broken,
        };
        if !message.delicate.is_empty() {
            return Outcome::Delicate;
        }
        let Start::Response(status, _) = message.start else { return Outcome::Broken };
        match (message.end, message.framing) {
            (End::At(length), _) if status < 200 => {
                (at, interims) = (at + length, interims + 1);
                if interims > INTERIMS {
                    return Outcome::Broken;
                }
            }
            (End::At(_), _) => return Outcome::Whole(answer(status, *message)),
            (End::Later, Framing::Close) if closed => return Outcome::Whole(answer(status, *message)),
            (End::Later, _) => return waiting,
            (End::Never(_), _) => return Outcome::Broken,
        }
    }
}

fn answer(status: u16, message: Message) -> Answer {
    let round = message.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"x-round"));
    (status, round.map(|(_, round)| round.clone()), message.content)
}

/// What one client sees.
async fn ask(entry: SocketAddr, asked: Asked, said: &str) -> (Outcome, Vec<u8>) {
    let mut client = TcpStream::connect(entry).await.unwrap();
    let method = if asked.head { "HEAD" } else { "GET" };
    client.write_all(format!("{method} / HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    loop {
        let read = timeout(PATIENCE, client.read_buf(&mut bytes)).await;
        let read = read.unwrap_or_else(|_| panic!("no end behind {} for {said}", bytes.escape_ascii()));
        let closed = !matches!(read, Ok(1..));
        let outcome = outcome(&bytes, asked, closed);
        if closed || outcome != Outcome::Waiting {
            return (outcome, bytes);
        }
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    env::var(name).map_or(otherwise, |number| number.parse().unwrap())
}

#[tokio::test]
async fn a_client_gets_the_answer_that_its_server_gave() {
    let (server, entry) = (Server::start().await, free_address());
    let at = server.address();
    let configuration = format!(
        "{HTTP_DEFAULTS}    timeout server 5s\nlisten main\n    bind {entry}\n    server app01 {at}\n"
    );
    let mut front = Sluicegate::run(&configuration).await;
    let mut dice = Dice::new(number("SLUICEGATE_ANSWERS_SEED", 1));
    let (rounds, mut whole, mut broken) = (number("SLUICEGATE_ANSWERS", RESPONSES), 0, 0);
    // Something stood behind the last response: where it comes late, it stands before the next one.
    let mut left_over = false;
    for round in 0..rounds {
        let bytes = response(&mut dice, round);
        let asked = Asked { head: dice.below(8) == 0, ..Asked::default() };
        let waits = outcome(&bytes, asked, false) == Outcome::Waiting;
        let closes = waits || dice.below(4) == 0;
        let expected = outcome(&bytes, asked, true);
        let piece = [1 + dice.index(30), 1 + dice.index(2_000), usize::MAX][dice.index(3)];
        server.say(Saying { bytes: bytes.clone(), piece: piece.max(bytes.len() / 200 + 1), closes });
        let (got, answer) = ask(entry, asked, &bytes.escape_ascii().to_string()).await;
        let told = || {
            let [bytes, answer] = [&bytes, &answer].map(|bytes| bytes.escape_ascii().to_string());
            format!(
                "round {round}, {asked:?}, closes {closes}, in pieces of {piece}: {bytes}\nanswer: {answer}"
            )
        };
        let refused = matches!(&got, Outcome::Whole((502, None, _)) | Outcome::Broken);
        match &expected {
            Outcome::Whole(_) if left_over && refused => {}
            Outcome::Whole(_) => assert_eq!(got, expected, "{}", told()),
            Outcome::Broken => assert!(refused, "{got:?}, {}", told()),
            Outcome::Delicate | Outcome::Waiting => {}
        }
        let shorter = bytes.split_last().map_or(&[][..], |(_, shorter)| shorter);
        left_over = matches!(outcome(shorter, asked, false), Outcome::Whole(_));
        whole += u64::from(matches!(expected, Outcome::Whole(_)));
        broken += u64::from(expected == Outcome::Broken);
    }
    println!("{rounds} responses, {whole} whole, {broken} broken; {} connections", server.connections());
    assert!(whole > 0 && broken > 0 && server.connections() < rounds && front.process().is_running());
}
