//! What is decided over the first bytes that a server says, beside Debian's HAProxy: the same bytes meet the same fate.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "tcp_responses/table.rs"]
mod table;

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use sluicegate_e2e::{Front, Origin, PATIENCE, Syslog, console, fetch, free_address};
use table::{Act, Row, rows};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A server that does the same with each client, and stays until that has gone.
async fn server(acts: Vec<Act>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(play(stream, acts.clone()));
        }
    });
    address
}

async fn play(mut stream: TcpStream, acts: Vec<Act>) {
    stream.set_nodelay(true).unwrap();
    for act in acts {
        match act {
            Act::Says(bytes) => {
                // Who was turned away has gone.
                let _gone = stream.write_all(&bytes).await;
            }
            Act::Hears => {
                let _gone = stream.read(&mut [0; 16]).await;
            }
            Act::Ends => {
                let _gone = stream.shutdown().await;
            }
            Act::Resets => {
                stream.set_zero_linger().unwrap();
                return;
            }
        }
    }
    let _gone = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
}

/// What a client hears to its end: it says `hi`, and ends its side when it has heard the last of an answer, `!`.
async fn heard(entry: SocketAddr) -> String {
    let mut stream = TcpStream::connect(entry).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream.write_all(b"hi").await.unwrap();
    let (mut heard, mut ended) = (Vec::new(), false);
    let conversation = async {
        while let Ok(length) = stream.read_buf(&mut heard).await
            && length > 0
        {
            if heard.ends_with(b"!") && !ended {
                let _gone = stream.shutdown().await;
                ended = true;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), conversation).await.expect("it comes to an end");
    match heard.len() {
        0..=40 => String::from_utf8_lossy(&heard).into_owned(),
        length => format!("{length} bytes"),
    }
}

async fn configuration(rows: &[Row], entries: &[SocketAddr], log: SocketAddr, line: &str) -> String {
    let mut text = format!(
        "global\n    log {log} local0\n    {line}\n\
         defaults\n    mode tcp\n    log global\n    log-format \"%f %b/%s %ts\"\n    retries 0\n    timeout connect 5s\n    \
         timeout client 10s\n    timeout server 10s\n"
    );
    for (number, (row, entry)) in rows.iter().zip(entries).enumerate() {
        let lines: String = row.lines.lines().map(|line| format!("    {}\n", line.trim())).collect();
        let server = server(row.acts.clone()).await;
        text += &format!(
            "frontend f{number}\n    bind {entry}\n    default_backend b{number}\n\
             backend b{number}\n{lines}    server s {server}\n"
        );
    }
    text
}

/// How many responses were denied, of frontend, backend and server, once that is so many: counters are told a while later.
async fn denied(socket: &Path, number: usize, expected: &str) -> String {
    let end = Instant::now() + PATIENCE;
    loop {
        let statistics = console::ask(socket, "show stat\n").await;
        let names = [format!("f{number},FRONTEND"), format!("b{number},BACKEND"), format!("b{number},s")];
        let denied = names.map(|name| console::row(&statistics, &name)("dresp")).concat();
        if denied == expected || Instant::now() > end {
            return denied;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The fate of each row: what its client hears, the flags, and how often each of the three counted it.
async fn fates(rows: &[Row], ours: bool) -> Vec<String> {
    let entries: Vec<_> = rows.iter().map(|_| free_address()).collect();
    let mut syslog = Syslog::udp().await;
    let (_folder, socket, line) = console::socket();
    let configuration = configuration(rows, &entries, syslog.address(), &line).await;
    let _front = Front::of(&configuration, ours).await;
    let mut fates = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        let heard = heard(*entry).await;
        let line = syslog.line().await;
        let flags = line.rsplit(' ').next().unwrap_or_default().to_owned();
        assert!(line.contains(&format!("f{number} b{number}/s")), "{} logs {line}", rows[number].lines);
        fates.push(format!("{heard:?} {flags}"));
    }
    for (number, row) in rows.iter().enumerate() {
        let expected = row.fate.rsplit(' ').next().unwrap_or_default();
        fates[number] += &format!(" {}", denied(&socket, number, expected).await);
    }
    fates
}

#[tokio::test]
async fn the_same_answers_meet_the_same_fate() {
    let rows = rows();
    let (mine, their) = tokio::join!(fates(&rows, true), fates(&rows, false));
    let mut wrong = Vec::new();
    for (row, (mine, their)) in rows.iter().zip(mine.iter().zip(&their)) {
        let (at_ours, at_theirs) = row.fate.split_once("; haproxy: ").unwrap_or((row.fate, row.fate));
        if mine != at_ours || their != at_theirs {
            wrong.push(format!(
                "{}\n  {:?}\n  expected {}\n  haproxy  {their}\n  ours     {mine}",
                row.lines, row.acts, row.fate
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// In HTTP mode the same lines are about each response, and stand before all others.
#[tokio::test]
async fn in_http_mode_responses_are_turned_away() {
    let origin = Origin::start("web").await;
    let entry = free_address();
    let (_folder, socket, line) = console::socket();
    let configuration = format!(
        "global\n    {line}\n{}frontend f0\n    bind {entry}\n    default_backend b0\n\
         backend b0\n    http-response set-header X-Seen yes\n    \
         tcp-response content accept if {{ res.hdr(x-seen) -m found }}\n    \
         tcp-response content reject if {{ status 200 }}\n    server s {}\n",
        sluicegate_e2e::HTTP_DEFAULTS,
        origin.address()
    );
    let mut front = Front::of(&configuration, true).await;
    front.process().wait_for("the console listens").await;
    let answer = fetch(entry, "/").await.unwrap();
    assert_eq!((answer.status(), &*denied(&socket, 0, "111").await), (502, "111"));
}
