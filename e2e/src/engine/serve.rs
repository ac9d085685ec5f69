//! The played engine's end of its socket.

use std::io;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Answers, Call, Shared, State, WAITING};
use crate::wire::Reader;

/// The version of the API that it says it has.
const API: &str = "1.41";
const GARBAGE: &str = "\u{1}not what you asked for";

/// Until it is aborted, which ends all connections too.
pub(super) async fn serve(listener: UnixListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => drop(connections.spawn(talk(stream, Arc::clone(&shared)))),
            // Clients come and go.
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn talk(stream: UnixStream, shared: Arc<Shared>) -> io::Result<()> {
    let mut reader = Reader::new(stream);
    while let Some(head) = reader.head().await? {
        let Some(asked) = Asked::of(head.target()) else {
            answer(reader.stream(), 404, r#"{"message":"page not found"}"#).await?;
            continue;
        };
        shared.change(|state| *state.calls.entry(asked.call).or_default() += 1);
        let answers = |state: &State| state.answers.get(&asked.call).copied().unwrap_or_default();
        shared.until(|state| answers(state) != Answers::Holds).await;
        let how = answers(&shared.state());
        match how {
            Answers::Fails => answer(reader.stream(), 500, r#"{"message":"out of order"}"#).await?,
            Answers::Garbage => answer(reader.stream(), 200, GARBAGE).await?,
            Answers::Well | Answers::Holds if asked.call == Call::Events => {
                return follow(reader, &shared, asked.since).await;
            }
            Answers::Well | Answers::Holds => {
                let (status, body) = asked.answer(&shared.state());
                answer(reader.stream(), status, &body.to_string()).await?;
            }
        }
    }
    Ok(())
}

async fn answer(stream: &mut UnixStream, status: u16, body: &str) -> io::Result<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Played\r\nApi-Version: {API}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    stream.write_all((head + body).as_bytes()).await
}

/// A stream of events, until it is cut or the client goes.
async fn follow(mut reader: Reader<UnixStream>, shared: &Shared, since: Option<u128>) -> io::Result<()> {
    let head = "HTTP/1.1 200 Played\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    reader.stream().write_all(head.as_bytes()).await?;
    let (sender, mut lines) = mpsc::channel(WAITING);
    let past = shared.change(|state| {
        state.followers.push(sender);
        let wanted =
            |(at, line): &(u128, Vec<u8>)| since.is_some_and(|since| *at >= since).then(|| line.clone());
        state.past.iter().filter_map(wanted).collect::<Vec<_>>()
    });
    for line in past {
        chunk(reader.stream(), &line).await?;
    }
    loop {
        tokio::select! {
            line = lines.recv() => match line {
                Some(line) => chunk(reader.stream(), &line).await?,
                None => return Ok(()),
            },
            read = reader.fill() => if read? == 0 { return Ok(()) },
        }
    }
}

async fn chunk(stream: &mut UnixStream, line: &[u8]) -> io::Result<()> {
    let mut chunk = format!("{:x}\r\n", line.len()).into_bytes();
    chunk.extend_from_slice(line);
    chunk.extend_from_slice(b"\r\n");
    stream.write_all(&chunk).await
}

/// A request, as far as this engine knows it.
struct Asked {
    call: Call,
    ids: Vec<String>,
    /// Nanoseconds since 1970.
    since: Option<u128>,
}

impl Asked {
    /// `/v1.41/containers/json?all=true&filters=…`, with or without the version.
    fn of(target: &str) -> Option<Self> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let parts = match &parts[..] {
            [version, rest @ ..] if version.starts_with("v1.") => rest,
            all => all,
        };
        let value = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| unescape(value))
        };
        let filters: Value =
            value("filters").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let ids: Vec<String> = filters["id"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|id| id.as_str().map(str::to_owned))
            .collect();
        let (call, ids) = match parts {
            ["version"] => (Call::Version, ids),
            ["events"] => (Call::Events, ids),
            ["containers", "json"] if ids.is_empty() => (Call::List, ids),
            ["containers", "json"] => (Call::ListSome, ids),
            ["containers", id, "json"] => (Call::Inspect, vec![(*id).to_owned()]),
            _ => return None,
        };
        Some(Self { call, ids, since: value("since").and_then(|text| nanoseconds(&text)) })
    }

    fn answer(&self, state: &State) -> (u16, Value) {
        let mut asked = self.ids.iter().filter_map(|id| state.containers.get_key_value(id));
        match self.call {
            Call::List => (200, state.containers.iter().map(|(id, container)| container.row(id)).collect()),
            Call::ListSome => (200, asked.map(|(id, container)| container.row(id)).collect()),
            Call::Inspect => match asked.next() {
                Some((id, container)) => (200, container.inspection(id)),
                None => (404, json!({ "message": "No such container" })),
            },
            Call::Version | Call::Events => (200, json!({ "ApiVersion": API, "Version": "20.10.24" })),
        }
    }
}

/// `SECONDS` or `SECONDS.NANOSECONDS`.
fn nanoseconds(text: &str) -> Option<u128> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let fraction = format!("{fraction:0<9}");
    Some(seconds.parse::<u128>().ok()? * 1_000_000_000 + fraction.get(..9)?.parse::<u128>().ok()?)
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        let escaped = more.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped =
            escaped.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(if *first == b'+' { b' ' } else { *first }));
        rest = if escaped.is_some() { &more[2..] } else { more };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
