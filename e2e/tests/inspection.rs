//! What is decided over the first bytes of a connection, beside Debian's HAProxy: the same bytes meet the same fate.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "inspection/table.rs"]
mod table;
#[path = "inspection/tls.rs"]
mod tls;

use std::net::SocketAddr;
use std::time::Duration;

use sluicegate_e2e::{Haproxy, Origin, Sluicegate, Syslog, free_address};
use table::{Row, Step, rows};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Says its name, and then all that it hears.
async fn echo(name: &'static str) -> SocketAddr {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = server.accept().await {
            tokio::spawn(async move {
                let (mut reader, mut writer) = stream.split();
                // A client that breaks off has heard what it has heard.
                let _gone = writer.write_all(name.as_bytes()).await;
                let _gone = tokio::io::copy(&mut reader, &mut writer).await;
                let _gone = writer.shutdown().await;
            });
        }
    });
    address
}

struct Servers {
    a: SocketAddr,
    b: SocketAddr,
    web: Origin,
}

fn configuration(rows: &[Row], entries: &[SocketAddr], log: SocketAddr, servers: &Servers) -> String {
    let frontends: String = rows
        .iter()
        .zip(entries)
        .enumerate()
        .map(|(number, (row, entry))| {
            let lines: String = row.lines.lines().map(|line| format!("    {}\n", line.trim())).collect();
            format!("frontend f{number}\n    bind {entry}\n{lines}")
        })
        .collect();
    let (a, b, web) = (servers.a, servers.b, servers.web.address());
    format!(
        "global\n    log {log} local0\n\
         defaults\n    mode tcp\n    log global\n    log-format \"%f %b/%s %ts\"\n    timeout connect 5s\n    \
         timeout client 5s\n    timeout server 5s\n\
         {frontends}\
         backend a\n    server a {a}\n\
         backend b\n    server b {b}\n\
         backend careful\n    tcp-request inspect-delay 100ms\n    \
         tcp-request content reject if {{ req.payload(0,3) -m str BAD }}\n    server a {a}\n\
         backend pair\n    use-server b if {{ req.ssl_sni -m found }}\n    server a {a}\n    server b {b} weight 0\n\
         backend web\n    mode http\n    server web {web}\n"
    )
}

/// What a client of a row hears to the end.
async fn heard(row: &Row, entry: SocketAddr) -> String {
    let mut stream = TcpStream::connect(entry).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut heard = Vec::new();
    for step in &row.steps {
        match step {
            Step::Says(bytes) => stream.write_all(bytes).await.unwrap(),
            // The servers' names are of one letter.
            Step::Hears => {
                let mut byte = [0];
                if stream.read(&mut byte).await.is_ok_and(|length| length > 0) {
                    heard.push(byte[0]);
                }
            }
            Step::Ends => stream.shutdown().await.unwrap(),
            Step::Resets => {
                stream.set_zero_linger().unwrap();
                return "reset".to_owned();
            }
        }
    }
    let end = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut heard)).await;
    // Whether bytes that nobody read make a reset of the close is chance.
    let _closed = end.unwrap_or_else(|_| panic!("no end of {:?}", row.lines));
    let said = row.steps.iter().filter_map(|step| match step {
        Step::Says(bytes) => Some(bytes.as_slice()),
        _ => None,
    });
    // All that it said, once and in order.
    if let [name @ (b'A' | b'B'), rest @ ..] = &*heard
        && rest == said.collect::<Vec<_>>().concat()
    {
        return format!("{} echoes", char::from(*name));
    }
    let answer = String::from_utf8_lossy(&heard).trim_end().to_owned();
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if answer.starts_with("HTTP/") => {
            let status = head.split(' ').nth(1).unwrap_or_default();
            // Each has pages of its own for errors.
            if status == "200" { format!("{status} {body}") } else { status.to_owned() }
        }
        _ if answer.is_empty() => "closed".to_owned(),
        _ => answer,
    }
}

/// The fate of each row: what its client hears, then the log line.
async fn fates(rows: &[Row], entries: &[SocketAddr], syslog: &mut Syslog) -> Vec<String> {
    let mut fates = Vec::new();
    for (row, entry) in rows.iter().zip(entries) {
        let heard = heard(row, *entry).await;
        let line = syslog.line().await;
        let line = line.split_once("]: ").map_or(&*line, |(_, message)| message).to_owned();
        let (front, rest) = line.split_once(' ').unwrap_or_default();
        assert_eq!(front, format!("f{}", fates.len()), "{} logs {line}", row.lines);
        fates.push(format!("{heard:.60}, {}", rest.replace(&format!("{front}/"), "front/")));
    }
    fates
}

#[tokio::test]
async fn the_same_bytes_meet_the_same_fate() {
    let rows = rows();
    let servers = Servers { a: echo("A").await, b: echo("B").await, web: Origin::start("web").await };
    let entries = || rows.iter().map(|_| free_address()).collect::<Vec<_>>();
    let (ours, theirs) = (entries(), entries());
    let (mut our_log, mut their_log) = (Syslog::udp().await, Syslog::udp().await);
    let _sluicegate = Sluicegate::run(&configuration(&rows, &ours, our_log.address(), &servers)).await;
    let _haproxy = Haproxy::run(&configuration(&rows, &theirs, their_log.address(), &servers)).await;
    let (mine, their) =
        tokio::join!(fates(&rows, &ours, &mut our_log), fates(&rows, &theirs, &mut their_log));
    let mut wrong = Vec::new();
    for (row, (mine, their)) in rows.iter().zip(mine.iter().zip(&their)) {
        // HAProxy does the same but where the row says otherwise.
        let (at_ours, at_theirs) = row.fate.split_once("; haproxy: ").unwrap_or((row.fate, row.fate));
        if mine != at_ours || their != at_theirs {
            wrong.push(format!(
                "{}\n  expected {}\n  haproxy  {their}\n  ours     {mine}",
                row.lines, row.fate
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
