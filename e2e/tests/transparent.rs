//! Connections that keep the addresses of their client's, beside Debian's HAProxy: servers take the client for their own
//! (`usesrc`), and it gets where it wanted to go (`option transparent`, servers at `0.0.0.0`).
//!
//! Who the client is and where it wanted to go is told by PROXY headers. All addresses are of the loopback network, to which
//! answers come back without rules of the kernel.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "transparent/redirected.rs"]
mod redirected;

use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use sluicegate_e2e::{Front, Process, Syslog, free_address, free_port, sluicegate_binary};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Tells each client which address it has, and nothing else.
async fn teller() -> SocketAddr {
    teller_at(("127.0.0.1", 0)).await
}

async fn teller_at(address: (&str, u16)) -> SocketAddr {
    let server = TcpListener::bind(address).await.unwrap();
    let address = server.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, peer)) = server.accept().await {
            tokio::spawn(async move {
                let _gone = stream.write_all(peer.to_string().as_bytes()).await;
            });
        }
    });
    address
}

/// The same in HTTP, over connections that stay.
async fn site() -> SocketAddr {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, peer)) = server.accept().await {
            tokio::spawn(answer(stream, peer.to_string()));
        }
    });
    address
}

async fn answer(stream: TcpStream, peer: String) {
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    while lines.read_line(&mut line).await.is_ok_and(|length| length > 0) {
        if line.ends_with("\r\n\r\n") {
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{peer}", peer.len());
            let _gone = lines.get_mut().write_all(answer.as_bytes()).await;
            line.clear();
        }
    }
}

/// A client that a PROXY header tells of.
async fn client(entry: SocketAddr, from: SocketAddr, to: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(entry).await.unwrap();
    let header = format!("PROXY TCP4 {} {} {} {}\r\n", from.ip(), to.ip(), from.port(), to.port());
    stream.write_all(header.as_bytes()).await.unwrap();
    stream
}

async fn to_end(stream: &mut TcpStream) -> String {
    let mut heard = String::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_string(&mut heard));
    // A reset ends it too.
    let _closed = read.await.expect("it comes to an end");
    heard
}

/// The body of the answer to a request, over a connection that stays.
async fn asked(stream: &mut TcpStream, told: &str) -> String {
    let request = format!("GET / HTTP/1.1\r\nHost: a\r\n{told}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    loop {
        let length = stream.read_buf(&mut heard).await.unwrap();
        assert!(length > 0, "no answer: {}", String::from_utf8_lossy(&heard));
        let text = String::from_utf8_lossy(&heard);
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && !body.is_empty()
        {
            return if head.contains(" 200 ") { body.to_owned() } else { head[9..12].to_owned() };
        }
    }
}

fn ip(told: &str) -> &str {
    told.split(':').next().unwrap_or_default()
}

const DEFAULTS: &str =
    "defaults\n    mode tcp\n    timeout connect 5s\n    timeout client 5s\n    timeout server 5s\n";

/// Backends in TCP mode, and whom their server is to see, or where the client gets to: the port of the client is PORT.
const ROWS: [(&str, &str); 8] = [
    ("source 0.0.0.0 usesrc clientip\nserver s SERVER", "127.0.0.9"),
    ("source 0.0.0.0 usesrc client\nserver s SERVER", "127.0.0.9:PORT"),
    ("source 0.0.0.0 usesrc 127.0.0.77\nserver s SERVER", "127.0.0.77"),
    ("source 127.0.0.5\nserver s SERVER", "127.0.0.5"),
    ("server s SERVER source 127.0.0.5 usesrc clientip", "127.0.0.9"),
    ("option transparent", "127.0.0.1"),
    ("option transparent\nsource 0.0.0.0 usesrc clientip", "127.0.0.9"),
    ("server s 0.0.0.0", "127.0.0.1"),
];

async fn seen(ours: bool) -> Vec<String> {
    let server = teller().await;
    let mut configuration = DEFAULTS.to_owned();
    let mut entries = Vec::new();
    for (number, (lines, _)) in ROWS.iter().enumerate() {
        let entry = free_address();
        let lines: String = lines.lines().map(|line| format!("    {line}\n")).collect();
        let lines = lines.replace("SERVER", &server.to_string());
        configuration += &format!(
            "frontend f{number}\n    bind {entry} accept-proxy\n    default_backend b{number}\nbackend b{number}\n{lines}"
        );
        entries.push(entry);
    }
    let _front = Front::of(&configuration, ours).await;
    let mut seen = Vec::new();
    for (entry, (_, expected)) in entries.into_iter().zip(ROWS) {
        let from = SocketAddr::from(([127, 0, 0, 9], free_port()));
        let heard = to_end(&mut client(entry, from, server).await).await;
        let port = format!(":{}", from.port());
        let heard = heard.replace(&port, ":PORT");
        seen.push(if expected.contains(':') { heard } else { ip(&heard).to_owned() });
    }
    seen
}

#[tokio::test]
async fn servers_see_the_client_and_clients_get_where_they_wanted() {
    let (mine, their) = tokio::join!(seen(true), seen(false));
    for ((lines, expected), (mine, their)) in ROWS.iter().zip(mine.iter().zip(&their)) {
        assert_eq!([mine, their], [expected, expected], "{lines}");
    }
}

/// What the server is told that requests of clients come from, one after the other.
async fn shared(ours: bool) -> [bool; 4] {
    let (entry, server) = (free_address(), site().await);
    let configuration = format!(
        "{DEFAULTS}frontend f\n    mode http\n    bind {entry} accept-proxy\n    default_backend b\n\
         backend b\n    mode http\n    http-reuse always\n    source 0.0.0.0 usesrc clientip\n    server s {server}\n"
    );
    let _front = Front::of(&configuration, ours).await;
    let [a, b] = [11, 12].map(|last| SocketAddr::from(([127, 0, 0, last], 4_000)));
    let mut first = client(entry, a, server).await;
    let one = asked(&mut first, "").await;
    let again = asked(&mut first, "").await;
    drop(first);
    let other = asked(&mut client(entry, b, server).await, "").await;
    let back = asked(&mut client(entry, a, server).await, "").await;
    [again == one, ip(&one) == "127.0.0.11", ip(&other) == "127.0.0.12", ip(&back) == "127.0.0.11"]
}

#[tokio::test]
async fn no_request_goes_over_a_connection_of_another_client() {
    let (mine, their) = tokio::join!(shared(true), shared(false));
    assert_eq!([mine, their], [[true; 4]; 2]);
}

async fn told(ours: bool) -> Vec<String> {
    let (entry, server) = (free_address(), site().await);
    let configuration = format!(
        "{DEFAULTS}frontend f\n    mode http\n    bind {entry} accept-proxy\n    default_backend b\n\
         backend b\n    mode http\n    retries 0\n    source 0.0.0.0 usesrc hdr_ip(x-client,-1)\n    server s {server}\n"
    );
    let _front = Front::of(&configuration, ours).await;
    let from = SocketAddr::from(([127, 0, 0, 13], 4_000));
    let mut heard = Vec::new();
    for header in ["X-Client: 127.0.0.21\r\n", "X-Client: 127.0.0.21, 127.0.0.22\r\n", ""] {
        let told = asked(&mut client(entry, from, server).await, header).await;
        heard.push(ip(&told).to_owned());
    }
    heard
}

#[tokio::test]
async fn a_request_tells_whom_it_is_of() {
    assert_eq!(told(true).await, ["127.0.0.21", "127.0.0.22", "503"]);
    assert_eq!(told(false).await, ["127.0.0.21", "127.0.0.22", "500"]);
}

/// Without the right to it that is told at the start, and again when a connection fails.
#[tokio::test]
async fn who_may_not_leave_from_there_is_told() {
    let (entry, server) = (free_address(), teller().await);
    let mut syslog = Syslog::udp().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("haproxy.cfg");
    let configuration = format!(
        "global\n    log {} local0\n{DEFAULTS}    log global\n    log-format \"%b/%s %ts\"\n    retries 0\n\
         listen app\n    bind {entry}\n    source 0.0.0.0 usesrc 192.0.2.9\n    server s {server}\n",
        syslog.address()
    );
    fs::write(&path, configuration).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set", "-net_raw,-net_admin"]);
    command.arg(sluicegate_binary("sluicegate")).arg("run").arg(&path);
    command.env("SLUICEGATE_ADMIN", folder.path().join("admin.sock"));
    let mut sluicegate = Process::spawn(command);
    sluicegate.wait_for("takes CAP_NET_RAW or CAP_NET_ADMIN").await;
    sluicegate.wait_for("serving generation 1").await;
    assert_eq!(to_end(&mut TcpStream::connect(entry).await.unwrap()).await, "");
    sluicegate.wait_for("leaving from 192.0.2.9").await;
    assert!(syslog.line().await.ends_with("app/s RC"));
}
