//! Where log lines go, in every form that HAProxy has: equal bytes, but for time and process id.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use sluicegate_e2e::{HTTP_DEFAULTS, Haproxy, PATIENCE, Sluicegate, fetch, free_address};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream, UdpSocket, UnixDatagram};
use tokio::time::timeout;

const FORMATS: [&str; 9] = [
    "",
    "format local",
    "format rfc3164",
    "format rfc5424",
    "format priority",
    "format short",
    "format timed",
    "format iso",
    "format raw",
];
/// A line's own text, with no digit that matters.
const LINE: &str = "log-format \"MSG %HM %HP\"";

/// What differs from run to run is made equal: digits, but for those of the priority.
fn normal(bytes: &[u8]) -> String {
    let text = std::str::from_utf8(bytes).unwrap();
    let mut out = String::new();
    let mut priority = false;
    for c in text.chars() {
        priority = (priority || c == '<') && c != '>';
        match c {
            '0'..='9' if !priority => {
                if !out.ends_with('#') {
                    out.push('#');
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// The next datagram that is the line of a request.
async fn datagram(socket: &UdpSocket) -> Vec<u8> {
    let mut bytes = vec![0; 4096];
    loop {
        let length = timeout(PATIENCE, socket.recv(&mut bytes)).await.expect("a line comes").unwrap();
        // HAProxy tells of itself too.
        if bytes[..length].windows(3).any(|word| word == b"MSG") {
            return bytes[..length].to_vec();
        }
    }
}

async fn udp() -> UdpSocket {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap()
}

/// One of the two.
enum Running {
    Theirs(Haproxy),
    Ours(Sluicegate),
}

impl Running {
    async fn start(ours: bool, configuration: &str) -> Self {
        match ours {
            // One worker: its lines are in order.
            true => Self::Ours(Sluicegate::run_with(configuration, &["--workers", "1"]).await),
            false => Self::Theirs(Haproxy::run(configuration).await),
        }
    }

    async fn says(&mut self, words: &str) -> String {
        match self {
            Self::Ours(sluicegate) => sluicegate.process().wait_for(words).await,
            Self::Theirs(haproxy) => haproxy.process().wait_for(words).await,
        }
    }
}

fn web(entry: SocketAddr) -> String {
    format!(
        "{HTTP_DEFAULTS}    log global\n    {LINE}\n    log-format-sd '[a@1 m=\"%HM\"]'\n\
         frontend web\n    bind {entry}\n    http-request return status 200\n"
    )
}

#[tokio::test]
async fn datagrams_are_haproxys() {
    for named in ["", "    log-send-hostname\n", "    log-send-hostname here\n"] {
        let mut heard = Vec::new();
        for ours in [false, true] {
            let entry = free_address();
            let mut sockets = Vec::new();
            let mut global = format!("global\n    log-tag gate\n{named}");
            for format in FORMATS {
                for rest in ["local3 info notice", "local0"] {
                    let socket = udp().await;
                    let to = socket.local_addr().unwrap();
                    global += &format!("    log {to} {format} {rest}\n");
                    sockets.push(socket);
                }
            }
            let _running = Running::start(ours, &format!("{global}{}", web(entry))).await;
            let mut lines = Vec::new();
            for path in ["/a", "/b"] {
                fetch(entry, path).await.unwrap();
                for socket in &sockets {
                    lines.push(normal(&datagram(socket).await));
                }
            }
            heard.push(lines);
        }
        assert_eq!(heard[1], heard[0]);
        assert!(heard[1].iter().all(|line| line.ends_with('\n')));
        assert!(heard[1].iter().any(|line| line.contains(" - [a@# m=\"GET\"] MSG")), "{heard:#?}");
    }
}

#[tokio::test]
async fn lines_are_cut_where_haproxy_cuts_them() {
    let mut heard = Vec::new();
    for ours in [false, true] {
        let (entry, raw, framed) = (free_address(), udp().await, udp().await);
        let (to, other) = (raw.local_addr().unwrap(), framed.local_addr().unwrap());
        // HAProxy cuts the line before it has a header too, by the longest that any target takes.
        let global = format!(
            "global\n    log {to} len 80 format raw local0\n    log {other} len 80 format rfc5424 local0\n    \
             log {to} format raw local0 emerg\n"
        );
        let _running = Running::start(ours, &format!("{global}{}", web(entry))).await;
        fetch(entry, &format!("/{}", "x".repeat(100))).await.unwrap();
        heard.push([datagram(&raw).await, datagram(&framed).await].map(|line| line.len()));
    }
    assert_eq!(heard[0], [81, 81]);
    assert_eq!(heard[1], heard[0]);
}

#[tokio::test]
async fn samples_are_haproxys() {
    let mut heard = Vec::new();
    for ours in [false, true] {
        let (entry, third, some) = (free_address(), udp().await, udp().await);
        let (to, other) = (third.local_addr().unwrap(), some.local_addr().unwrap());
        let global = format!(
            "global\n    log {to} format raw sample 3:3 local0\n    log {other} format raw sample 2-3,8:9 local0\n"
        );
        let _running = Running::start(ours, &format!("{global}{}", web(entry))).await;
        for letter in 'a'..='r' {
            fetch(entry, &format!("/{letter}")).await.unwrap();
        }
        let mut lines = Vec::new();
        for (socket, count) in [(&third, 6), (&some, 6)] {
            for _ in 0..count {
                lines.push(normal(&datagram(socket).await));
            }
        }
        heard.push(lines);
    }
    assert_eq!(heard[1], heard[0]);
    assert_eq!(heard[1][0], "MSG GET /c\n");
    assert_eq!(heard[1][11], "MSG GET /q\n");
}

#[tokio::test]
async fn unix_sockets_and_descriptors_get_haproxys_lines() {
    let mut heard = Vec::new();
    for ours in [false, true] {
        let (entry, folder) = (free_address(), tempfile::tempdir().unwrap());
        let path = folder.path().join("log");
        let socket = UnixDatagram::bind(&path).unwrap();
        let global = format!(
            "global\n    log-tag gate\n    log {} format rfc3164 local2\n    log stdout format short local1\n",
            path.display()
        );
        let mut running = Running::start(ours, &format!("{global}{}", web(entry))).await;
        fetch(entry, "/a").await.unwrap();
        let mut lines = vec![running.says("MSG").await];
        lines.push(next(&socket).await);
        heard.push(lines);
    }
    assert_eq!(heard[1], heard[0]);
    assert_eq!(heard[1][0], "<6>MSG GET /a");
}

/// The next line of a request.
async fn next(socket: &UnixDatagram) -> String {
    let mut bytes = vec![0; 4096];
    loop {
        let length = timeout(PATIENCE, socket.recv(&mut bytes)).await.expect("a line comes").unwrap();
        let line = normal(&bytes[..length]);
        if line.contains("MSG") {
            return line;
        }
    }
}

#[tokio::test]
async fn a_socket_without_a_path_gets_lines() {
    let (entry, name) = (free_address(), format!("sluicegate-log-{}", std::process::id()));
    let socket = abstract_socket(&name);
    let global = format!("global\n    log abns@{name} format iso local2\n");
    let _running = Running::start(true, &format!("{global}{}", web(entry))).await;
    fetch(entry, "/a").await.unwrap();
    assert_eq!(next(&socket).await, "#-#-#T#:#:#.#+#:# MSG GET /a\n");
}

fn abstract_socket(name: &str) -> UnixDatagram {
    use std::os::linux::net::SocketAddrExt as _;
    let address = std::os::unix::net::SocketAddr::from_abstract_name(name).unwrap();
    let socket = std::os::unix::net::UnixDatagram::bind_addr(&address).unwrap();
    socket.set_nonblocking(true).unwrap();
    UnixDatagram::from_std(socket).unwrap()
}

/// What came over a stream, until it has the lines of so many requests.
async fn read(stream: &mut TcpStream, requests: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.windows(3).filter(|word| word == b"MSG").count() < requests
        || !(bytes.ends_with(b"\n") || bytes.ends_with(b"/end"))
    {
        let read = timeout(PATIENCE, stream.read_buf(&mut bytes)).await.expect("more lines come");
        assert_ne!(read.unwrap(), 0, "{}", String::from_utf8_lossy(&bytes));
    }
    bytes
}

/// Messages behind their lengths (RFC 6587 3.4.1).
fn counted(mut bytes: &[u8]) -> Vec<String> {
    let mut messages = Vec::new();
    while !bytes.is_empty() {
        let space = bytes.iter().position(|byte| *byte == b' ').unwrap();
        let length: usize = std::str::from_utf8(&bytes[..space]).unwrap().parse().unwrap();
        let (message, rest) = bytes[space + 1..].split_at(length);
        messages.push(normal(message));
        bytes = rest;
    }
    messages
}

#[tokio::test]
async fn streams_carry_haproxys_lines() {
    let mut heard = Vec::new();
    for ours in [false, true] {
        let entry = free_address();
        let mut listeners = BTreeMap::new();
        for name in ["tcp", "tcp-raw", "legacy", "counted"] {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            listeners.insert(name, (listener.local_addr().unwrap(), listener));
        }
        let at = |name: &str| listeners[name].0;
        let configuration = format!(
            "global\n    log-tag gate\n    log tcp@{} local1\n    log tcp@{} format raw local1\n    log ring@legacy local2\n    \
             log ring@counted local3\n\
             ring legacy\n    timeout connect 5s\n    timeout server 5s\n    server x {} log-proto legacy\n\
             ring counted\n    format rfc5424\n    maxlen 1200\n    size 32764\n    timeout connect 5s\n    timeout server 5s\n    \
             server x {} log-proto octet-count\n{}",
            at("tcp"),
            at("tcp-raw"),
            at("legacy"),
            at("counted"),
            web(entry)
        );
        let _running = Running::start(ours, &configuration).await;
        for path in ["/a", "/b", "/end"] {
            fetch(entry, path).await.unwrap();
        }
        let mut lines = Vec::new();
        for (name, (_, listener)) in &listeners {
            let (mut stream, _) = timeout(PATIENCE, listener.accept()).await.expect("it connects").unwrap();
            let bytes = read(&mut stream, 3).await;
            match *name {
                "counted" => lines.extend(counted(&bytes)),
                _ => lines.extend(normal(&bytes).lines().map(str::to_owned)),
            }
        }
        // HAProxy tells of itself too.
        lines.retain(|line| line.contains("MSG"));
        heard.push(lines);
    }
    assert_eq!(heard[1], heard[0]);
    assert_eq!(heard[1].len(), 12);
}

#[tokio::test]
async fn a_ring_connects_again_and_loses_no_line_that_it_has_room_for() {
    let (entry, address) = (free_address(), free_address());
    let _running = Running::start(
        true,
        &format!(
            "global\n    log ring@r local0\nring r\n    server x {address} log-proto octet-count\n{}",
            web(entry)
        ),
    )
    .await;
    // Nobody listens yet.
    fetch(entry, "/a").await.unwrap();
    fetch(entry, "/end").await.unwrap();
    let listener = TcpListener::bind(address).await.unwrap();
    let (mut stream, _) = timeout(PATIENCE, listener.accept()).await.expect("it connects").unwrap();
    assert_eq!(counted(&read(&mut stream, 2).await), ["MSG GET /a", "MSG GET /end"]);
    drop(stream);
    for path in ["/b", "/end"] {
        fetch(entry, path).await.unwrap();
    }
    let (mut stream, _) = timeout(PATIENCE, listener.accept()).await.expect("it connects again").unwrap();
    assert_eq!(counted(&read(&mut stream, 2).await), ["MSG GET /b", "MSG GET /end"]);
}

/// Bytes are known at the end: HAProxy logs a line as soon as it can fill it in.
const WHOLE: &str = "log-format \"MSG %HM %HP %B\"";
const RULES: &str = "    http-request deny if { path /denied }
    http-request return status 200 if { path /well }
    http-request return status 500 if { path /failed }
    default_backend none
";

#[tokio::test]
async fn errors_are_kept_apart_as_haproxy_does() {
    let mut heard = Vec::new();
    for ours in [false, true] {
        let (apart, only, socket) = (free_address(), free_address(), udp().await);
        let to = socket.local_addr().unwrap();
        let configuration = format!(
            "global\n    log {to} format priority local0\n{HTTP_DEFAULTS}    log global\n    {WHOLE}\n\
             frontend apart\n    option log-separate-errors\n    bind {apart}\n{RULES}\
             frontend only\n    option dontlog-normal\n    bind {only}\n{RULES}backend none\n"
        );
        let _running = Running::start(ours, &configuration).await;
        for path in ["/well", "/denied", "/failed", "/none"] {
            for entry in [apart, only] {
                fetch(entry, path).await.unwrap();
            }
        }
        let mut lines = Vec::new();
        for _ in 0..7 {
            lines.push(normal(&datagram(&socket).await));
        }
        lines.sort();
        heard.push(lines);
    }
    assert_eq!(heard[1], heard[0]);
    let mut expected = vec!["<131>MSG GET /denied #\n", "<131>MSG GET /failed #\n", "<131>MSG GET /none #\n"];
    expected.extend(["<134>MSG GET /denied #\n", "<134>MSG GET /failed #\n", "<134>MSG GET /none #\n"]);
    expected.push("<134>MSG GET /well #\n");
    assert_eq!(heard[1], expected);
}

#[tokio::test]
async fn a_log_that_leads_nowhere_is_told() {
    let (entry, other) = (free_address(), free_address());
    let mut sluicegate = Sluicegate::run(&format!(
        "{}frontend other\n    bind {other}\n    http-request return status 200\n",
        web(entry)
    ))
    .await;
    fetch(entry, "/a").await.unwrap();
    let said = sluicegate.process().output();
    // Where it is read for the first time, and by the provider.
    assert_eq!(said.matches("`log global` logs nothing: `global` has no `log` line").count(), 2, "{said}");
}
