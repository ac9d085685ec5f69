//! Connections that begin with a header.

use std::net::{Ipv6Addr, SocketAddr};
use std::time::Duration;

use sluicegate_e2e::{Connection, Failure, HTTP_DEFAULTS, Haproxy, Origin, Sluicegate, Syslog, free_address};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, UnixStream};

use crate::Either;
use crate::headers::{binary, line, proxied, summed, value};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n";
/// What a frontend says of its connections.
const SAYS: &str = "http-request return status 200 content-type text/plain lf-string \
                    \"%ci:%cp %[src]:%[src_port] %[dst]:%[dst_port] %[fc_rcvd_proxy] \
                    a=%[fc_pp_authority] u=%[fc_pp_unique_id]\"";

const CLIENT: &str = "192.0.2.7:1111";
const LOCAL: &str = "198.51.100.9:2222";

fn at(address: &str) -> SocketAddr {
    address.parse().unwrap()
}

/// What comes of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comes {
    /// These two are the ends of the connection; of values the authority and the identifier.
    Of(&'static str, &'static str, &'static str),
    /// The connection's own are.
    Own,
    /// Nothing: it is closed, and the log says why.
    Refused(&'static str),
}

use Comes::{Of, Own, Refused};

const FOREIGN: Comes = Refused("Received something which does not look like a PROXY protocol header");
const INVALID: Comes = Refused("Received an invalid PROXY protocol header");
const UNHANDLED: Comes = Refused("Received an unhandled protocol in the PROXY protocol header");
const TRUNCATED: Comes = Refused("Truncated PROXY protocol header received");
const FOUR: Comes = Of(CLIENT, LOCAL, "a= u=");
const SIX: Comes = Of("::1:3333", "::2:4444", "a= u=");

/// A header, what comes of it with HAProxy 2.6, and with us where that is something else: where HAProxy takes what the
/// protocol forbids, or refuses what it lets pass.
fn table() -> Vec<(Vec<u8>, Comes, Option<Comes>)> {
    let (client, local) = (at(CLIENT), at(LOCAL));
    let (client6, local6) = (at("[::1]:3333"), at("[::2]:4444"));
    let four = |values: &[u8]| proxied(client, local, values);
    let text = |text: &str| text.as_bytes().to_vec();
    let names = [value(2, b"example.org"), value(5, b"id-1")].concat();
    let unix = [b"/a".as_slice(), &[0; 106], b"/b", &[0; 106]].concat();
    let mut wrong = summed(four(&value(3, &[0; 4])));
    *wrong.last_mut().unwrap() ^= 1;
    vec![
        (line(client, local), FOUR, None),
        (line(client6, local6), SIX, None),
        (text("PROXY UNKNOWN\r\n"), Own, None),
        (text("PROXY UNKNOWN ff:: 1 whatever\r\n"), UNHANDLED, Some(Own)),
        (text("PROXY TCP4 192.0.2.7 198.51.100.9 1111 2222\n"), INVALID, None),
        (text("PROXY TCP4 192.0.2.7 198.51.100.9 01111 2222\r\n"), FOUR, Some(INVALID)),
        (text("PROXY TCP4 192.0.2.007 198.51.100.9 1111 2222\r\n"), FOUR, Some(INVALID)),
        (text("PROXY TCP4 192.0.2.7 198.51.100.9 66647 2222\r\n"), FOUR, Some(INVALID)),
        (text("PROXY TCP4 192.0.2.7  198.51.100.9 1111 2222\r\n"), INVALID, None),
        (text("PROXY TCP4 192.0.2.7 198.51.100.9 1111 2222 \r\n"), INVALID, None),
        (text("PROXY TCP4 192.0.2.7 198.51.100.9 1111 2222 x\r\n"), INVALID, None),
        (text("PROXY TCP4 ::1 ::2 1111 2222\r\n"), INVALID, None),
        (text("PROXY UDP4 192.0.2.7 198.51.100.9 1111 2222\r\n"), UNHANDLED, None),
        (text("PROXY tcp4 192.0.2.7 198.51.100.9 1111 2222\r\n"), UNHANDLED, None),
        (text(&format!("PROXY TCP4 {}\r\n", "x".repeat(120))), INVALID, None),
        (text("proxy TCP4 192.0.2.7 198.51.100.9 1111 2222\r\n"), FOREIGN, None),
        (Vec::new(), FOREIGN, None),
        (four(b""), FOUR, None),
        (proxied(client6, local6, b""), SIX, None),
        (four(&names), Of(CLIENT, LOCAL, "a=example.org u=id-1"), None),
        (summed(four(&value(3, &[0; 4]))), FOUR, None),
        (wrong, INVALID, None),
        (four(&value(3, b"abc")), INVALID, None),
        (four(&[2, 0]), INVALID, None),
        (four(b"\x02\x00\x09abc"), INVALID, None),
        (four(&value(4, &[0; 15_000])), FOUR, None),
        (four(&value(4, &[0; 17_000])), TRUNCATED, None),
        (binary(0x20, 0x00, b""), Own, None),
        (binary(0x20, 0x11, &names), Own, None),
        (binary(0x21, 0x00, b""), INVALID, Some(Own)),
        (binary(0x21, 0x31, &unix), INVALID, Some(Of("unix:0", "unix:0", "a= u="))),
        (binary(0x21, 0x12, &[0; 12]), INVALID, None),
        (binary(0x21, 0x11, &[0; 8]), INVALID, None),
        (binary(0x21, 0x41, &[0; 12]), INVALID, None),
        (binary(0x22, 0x11, &[0; 12]), INVALID, None),
        (binary(0x11, 0x11, &[0; 12]), FOREIGN, None),
    ]
}

#[tokio::test]
async fn headers_are_read_as_haproxy_reads_them() {
    for ours in [false, true] {
        let (mut log, entry) = (Syslog::udp().await, free_address());
        let _front = Either::run(
            ours,
            &format!(
                "{HTTP_DEFAULTS}    log {} local0\nfrontend main\n    bind {entry} name edge accept-proxy\n    {SAYS}\n",
                log.address()
            ),
        )
        .await;
        for (header, theirs, otherwise) in table() {
            let comes = otherwise.filter(|_| ours).unwrap_or(theirs);
            let mut client = Connection::open(entry).await.unwrap();
            let own = client.local_address();
            let answer = client.request([&header, REQUEST].concat()).await;
            let shown = header[..header.len().min(70)].escape_ascii().to_string();
            let said = log.line().await;
            let expected = match comes {
                Refused(why) => {
                    assert!(
                        matches!(answer, Err(Failure::Reset | Failure::Closed)),
                        "{ours} {shown}: {answer:?}"
                    );
                    assert!(said.ends_with(&format!("] main/edge: {why}")), "{ours} {shown}: {said}");
                    // HAProxy names whom the header names, as far as it has read.
                    assert!(!ours || said.contains(&format!(" {own} [")), "{ours} {shown}: {said}");
                    continue;
                }
                Of(client, local, values) => told(client, local, values),
                Own => told(&own.to_string(), &entry.to_string(), "a= u="),
            };
            assert_eq!(answer.unwrap().text(), expected, "{ours} {shown}");
        }
    }
}

/// What a frontend says of these ends; over unix there are no addresses.
fn told(client: &str, local: &str, values: &str) -> String {
    match client {
        "unix:0" => format!("{client} : : 1 {values}"),
        _ => format!("{client} {client} {local} 1 {values}"),
    }
}

/// HAProxy has it whole at once or not at all.
#[tokio::test]
async fn a_header_may_come_in_pieces() {
    let entry = free_address();
    let _front = Sluicegate::run(&format!(
        "{HTTP_DEFAULTS}frontend main\n    bind {entry} accept-proxy\n    {SAYS}\n"
    ))
    .await;
    for header in [line(at(CLIENT), at(LOCAL)), proxied(at(CLIENT), at(LOCAL), b"")] {
        let mut client = Connection::open(entry).await.unwrap();
        for piece in header.chunks(5) {
            client.send(piece).await.unwrap();
        }
        assert_eq!(client.request(REQUEST).await.unwrap().text(), told(CLIENT, LOCAL, "a= u="));
    }
}

#[tokio::test]
async fn who_says_nothing_or_leaves_is_told_apart() {
    for ours in [false, true] {
        let (mut log, entry, quiet) = (Syslog::udp().await, free_address(), free_address());
        let _front = Either::run(
            ours,
            &format!(
                "{HTTP_DEFAULTS}    timeout client 400ms\n    log {} local0\n\
                 frontend main\n    bind {entry} name edge accept-proxy\n    {SAYS}\n\
                 frontend quiet\n    bind {quiet} name edge accept-proxy\n    option dontlognull\n    {SAYS}\n",
                log.address()
            ),
        )
        .await;
        for (entry, of) in [(quiet, "quiet"), (entry, "main")] {
            let mut silent = Connection::open(entry).await.unwrap();
            assert_eq!(silent.closed().await, Ok(()), "{ours} {of}");
            let mut gone = Connection::open(entry).await.unwrap();
            gone.finish_sending().await.unwrap();
            assert_eq!(gone.closed().await, Ok(()), "{ours} {of}");
            let mut part = Connection::open(entry).await.unwrap();
            part.send(b"PROXY TCP4 192.0.2.7").await.unwrap();
            part.finish_sending().await.unwrap();
            assert!(matches!(part.closed().await, Ok(()) | Err(Failure::Reset)), "{ours} {of}");
        }
        // Of those that sent nothing nothing is said where that is asked for. Lines of two threads have no order.
        let mut said = Vec::new();
        for _ in 0..4 {
            let line = log.line().await;
            said.push(line.rsplit_once("] ").unwrap().1.to_owned());
        }
        said.sort();
        let expected = [
            "main/edge: Connection closed while waiting for PROXY protocol header",
            "main/edge: Timeout while waiting for PROXY protocol header",
            "main/edge: Truncated PROXY protocol header received",
            "quiet/edge: Truncated PROXY protocol header received",
        ];
        assert_eq!(said, expected, "{ours}");
    }
}

/// HAProxy 2.6 does not have it yet.
#[tokio::test]
async fn a_header_has_a_time_of_its_own() {
    let entry = free_address();
    let mut front = Sluicegate::run(&format!(
        "global\n    log stdout format raw local0\n{HTTP_DEFAULTS}    log global\n    timeout client-hs 200ms\n\
         frontend main\n    bind {entry} name edge accept-proxy\n    {SAYS}\n"
    ))
    .await;
    let mut silent = Connection::open(entry).await.unwrap();
    assert_eq!(silent.closed().await, Ok(()));
    front.process().wait_for("main/edge: Timeout while waiting for PROXY protocol header").await;
}

/// A client that connects from one address of the loopback or another.
async fn ask_from(from: &str, entry: SocketAddr, bytes: Vec<u8>) -> String {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(at(from)).unwrap();
    // Who is turned away may hear of it that early.
    let Ok(mut stream) = socket.connect(entry).await else { return String::new() };
    let mut answer = Vec::new();
    let _ = stream.write_all(&bytes).await;
    let _ = stream.read_to_end(&mut answer).await;
    let text = String::from_utf8_lossy(&answer).into_owned();
    text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

/// Rules over connections see who connects, those over sessions whom the header names.
#[tokio::test]
async fn rules_over_connections_see_their_own_addresses() {
    for ours in [false, true] {
        let (expects, takes) = (free_address(), free_address());
        let says = "http-request return status 200 content-type text/plain lf-string %[src]";
        let _front = Either::run(
            ours,
            &format!(
                "{HTTP_DEFAULTS}frontend expects\n    bind {expects}\n    \
                     tcp-request connection reject if {{ src 127.0.0.9 }}\n    \
                     tcp-request connection accept if {{ src 127.0.0.3 }}\n    \
                     tcp-request connection expect-proxy layer4 if {{ src 127.0.0.2 127.0.0.3 }}\n    \
                     tcp-request session reject if {{ src 192.0.2.8 }}\n    {says}\n\
                 frontend takes\n    bind {takes} accept-proxy\n    \
                     tcp-request connection reject if !{{ src 127.0.0.2 }}\n    {says}\n"
            ),
        )
        .await;
        let with = |client: &str| [line(at(client), at(LOCAL)), REQUEST.to_vec()].concat();
        let refused = "";
        let table = [
            (expects, "127.0.0.1:0", REQUEST.to_vec(), "127.0.0.1"),
            (expects, "127.0.0.2:0", with("192.0.2.7:1"), "192.0.2.7"),
            (expects, "127.0.0.2:0", REQUEST.to_vec(), refused),
            // What it is not for is no header.
            (expects, "127.0.0.3:0", REQUEST.to_vec(), "127.0.0.3"),
            (expects, "127.0.0.9:0", REQUEST.to_vec(), refused),
            (expects, "127.0.0.2:0", with("127.0.0.9:1"), "127.0.0.9"),
            (takes, "127.0.0.2:0", with("192.0.2.7:1"), "192.0.2.7"),
            (takes, "127.0.0.1:0", with("127.0.0.2:1"), refused),
        ];
        for (entry, from, bytes, expected) in table {
            let shown = bytes[..bytes.len().min(40)].escape_ascii().to_string();
            assert_eq!(ask_from(from, entry, bytes).await, expected, "{ours} {from} {shown}");
        }
        let session = ask_from("127.0.0.2:0", expects, with("192.0.2.8:1")).await;
        assert!(!session.starts_with("192.0.2.8"), "{ours}: {session}");
    }
}

#[tokio::test]
async fn a_header_comes_over_unix_sockets_too() {
    for ours in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("front.sock");
        let _front = Either::run(
            ours,
            &format!(
                "{HTTP_DEFAULTS}frontend main\n    bind unix@{} accept-proxy\n    {SAYS}\n",
                path.display()
            ),
        )
        .await;
        let table = [
            (line(at(CLIENT), at(LOCAL)), told(CLIENT, LOCAL, "a= u=")),
            (proxied(at("[::1]:3333"), at("[::2]:4444"), b""), told("::1:3333", "::2:4444", "a= u=")),
        ];
        for (header, expected) in table {
            let mut client = UnixStream::connect(&path).await.unwrap();
            client.write_all(&[&header, REQUEST].concat()).await.unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            assert!(answer.ends_with(&expected), "{ours}: {answer}");
        }
    }
}

/// The server sees the client that the first proxy had, whoever of the two is the first.
#[tokio::test]
async fn each_tells_the_other_who_connects() {
    let origin = Origin::start("app01").await;
    let folder = tempfile::tempdir().unwrap();
    for ours_first in [false, true] {
        for (index, send) in SENDS.iter().enumerate() {
            let first = free_address();
            let six = SocketAddr::from((Ipv6Addr::LOCALHOST, first.port()));
            let between = match index {
                3 => format!("unix@{}", folder.path().join(format!("{ours_first}.sock")).display()),
                _ => SocketAddr::from((Ipv6Addr::LOCALHOST, free_address().port())).to_string(),
            };
            let front = format!(
                "{HTTP_DEFAULTS}frontend main\n    bind {first}\n    bind {six}\n    default_backend app\n\
                 backend app\n    server next {between} {send}\n"
            );
            let back = format!(
                "{HTTP_DEFAULTS}    option forwardfor\nfrontend main\n    bind {between} accept-proxy\n    \
                     http-request set-header X-To %[dst]:%[dst_port]\n    default_backend app\n\
                 backend app\n    server app01 {}\n",
                origin.address()
            );
            let _back = Either::run(!ours_first, &back).await;
            let _front = Either::run(ours_first, &front).await;
            for entry in [first, six] {
                let mut client = Connection::open(entry).await.unwrap();
                for _ in 0..2 {
                    assert_eq!(client.get("app", "/").await.unwrap().status(), 200);
                    let seen = origin.last_request().unwrap();
                    let ip = client.local_address().ip().to_string();
                    assert_eq!(seen.header("X-Forwarded-For"), Some(&*ip), "{ours_first} {send}");
                    let to = format!("{}:{}", entry.ip(), entry.port());
                    assert_eq!(seen.header("X-To"), Some(&*to), "{ours_first} {send}");
                }
            }
        }
    }
}

/// The last over a unix socket.
const SENDS: [&str; 4] =
    ["send-proxy", "send-proxy-v2", "send-proxy-v2-ssl proxy-v2-options crc32c,authority", "send-proxy-v2"];

/// The socket stays; what its connections begin with changes for those that come after.
#[tokio::test]
async fn a_listener_takes_headers_from_a_change_on() {
    let entry = free_address();
    let text =
        |option: &str| format!("{HTTP_DEFAULTS}frontend main\n    bind {entry} {option}\n    {SAYS}\n");
    let mut front = Sluicegate::run(&text("")).await;
    let plain = |client: &Connection| told(&client.local_address().to_string(), &entry.to_string(), "a= u=");
    let keep = b"GET / HTTP/1.1\r\nHost: app\r\n\r\n";
    let mut before = Connection::open(entry).await.unwrap();
    let expected = plain(&before).replace(" 1 ", " 0 ");
    assert_eq!(before.request(keep).await.unwrap().text(), expected);
    front.edit(&text("accept-proxy"));
    front.committed().await;
    assert_eq!(before.request(keep).await.unwrap().text(), expected);
    let mut after = Connection::open(entry).await.unwrap().patience(Duration::from_secs(5));
    let answer = after.request([&line(at(CLIENT), at(LOCAL)), REQUEST].concat()).await.unwrap();
    assert_eq!(answer.text(), told(CLIENT, LOCAL, "a= u="));
    let answer = Connection::open(entry).await.unwrap().request(REQUEST).await;
    assert!(matches!(answer, Err(Failure::Reset | Failure::Closed)), "{answer:?}");
}

/// Each request of a connection is its client's.
#[tokio::test]
async fn every_request_of_a_connection_has_its_client() {
    for ours in [false, true] {
        let (mut log, entry) = (Syslog::udp().await, free_address());
        let format = "%ci:%cp>%fi:%fp";
        let _front = match ours {
            false => Either::Theirs(Haproxy::run(&configuration(&log, entry, format)).await),
            true => Either::Ours(Sluicegate::run(&configuration(&log, entry, format)).await),
        };
        let mut client = Connection::open(entry).await.unwrap();
        let request = b"GET / HTTP/1.1\r\nHost: app\r\n\r\n";
        client.send(line(at(CLIENT), at(LOCAL))).await.unwrap_or_default();
        // Two at once, then one that waits for its answer.
        client.send([&request[..], request].concat()).await.unwrap();
        for _ in 0..2 {
            assert_eq!(client.response("GET").await.unwrap().text(), told(CLIENT, LOCAL, "a= u="));
        }
        assert_eq!(client.request(request).await.unwrap().text(), told(CLIENT, LOCAL, "a= u="));
        for _ in 0..3 {
            let said = log.line().await;
            assert!(said.ends_with(&format!("{CLIENT}>{LOCAL}")), "{ours}: {said}");
        }
    }
}

fn configuration(log: &Syslog, entry: SocketAddr, format: &str) -> String {
    format!(
        "{HTTP_DEFAULTS}    log {} local0\nfrontend main\n    bind {entry} accept-proxy\n    log-format {format}\n    {SAYS}\n",
        log.address()
    )
}
