//! Connections to servers that begin with a header.

use std::net::{Ipv6Addr, SocketAddr};
use std::path::Path;

use sluicegate_e2e::{Connection, Does, HTTP_DEFAULTS, Nginx, PATIENCE, Scripted, Syslog, free_address};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::mpsc;

use crate::Either;
use crate::headers::{binary, line, proxied, summed, value};

const TCP_DEFAULTS: &str = "
defaults
    mode tcp
    timeout connect 5s
    timeout client 30s
    timeout server 30s
";

/// The options of a server, and the header that it gets about these two ends; `None`: about ends that are not of TCP.
type Case = (&'static str, fn(Option<(SocketAddr, SocketAddr)>) -> Vec<u8>);

const TLS: &[u8] = &[0x20, 0, 5, 0, 0, 0, 0, 0];

const CASES: [Case; 7] = [
    ("send-proxy", told),
    // An option of version 2 without it is a wish for version 1.
    ("proxy-v2-options crc32c", told),
    ("send-proxy-v2-ssl no-send-proxy-v2", told),
    ("send-proxy-v2", |ends| of_client(ends, b"")),
    ("send-proxy send-proxy-v2", |ends| of_client(ends, b"")),
    ("send-proxy-v2-ssl", |ends| of_client(ends, TLS)),
    ("send-proxy-v2-ssl proxy-v2-options crc32c", |ends| {
        summed(of_client(ends, &[value(3, &[0; 4]), TLS.to_vec()].concat()))
    }),
];

fn told(ends: Option<(SocketAddr, SocketAddr)>) -> Vec<u8> {
    match ends {
        Some((client, local)) => line(client, local),
        None => b"PROXY UNKNOWN\r\n".to_vec(),
    }
}

fn of_client(ends: Option<(SocketAddr, SocketAddr)>, values: &[u8]) -> Vec<u8> {
    match ends {
        Some((client, local)) => proxied(client, local, values),
        None => binary(0x20, 0x00, values),
    }
}

/// A server that hears so much of its next connection.
async fn heard(server: &TcpListener, length: usize) -> Vec<u8> {
    let (mut connection, _) = server.accept().await.unwrap();
    let mut bytes = vec![0; length];
    connection.read_exact(&mut bytes).await.unwrap();
    bytes
}

/// The header comes at once, whether the client speaks or not, and what it says comes behind it.
#[tokio::test]
async fn servers_are_told_who_connects() {
    for ours in [false, true] {
        for (options, header) in CASES {
            let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("front.sock");
            let four = free_address();
            let six = SocketAddr::from((Ipv6Addr::LOCALHOST, free_address().port()));
            let retold = free_address();
            let _front = Either::run(
                ours,
                &format!(
                    "{TCP_DEFAULTS}listen main\n    bind {four}\n    bind {six}\n    bind unix@{}\n    \
                     bind {retold} accept-proxy\n    server app01 {} {options}\n",
                    path.display(),
                    server.local_addr().unwrap()
                ),
            )
            .await;
            for entry in [four, six] {
                let mut client = TcpStream::connect(entry).await.unwrap();
                let expected = header(Some((client.local_addr().unwrap(), entry)));
                assert_eq!(heard(&server, expected.len()).await, expected, "{ours} {options}");
                drop(client);
                client = TcpStream::connect(entry).await.unwrap();
                client.write_all(b"hello").await.unwrap();
                let expected =
                    [header(Some((client.local_addr().unwrap(), entry))), b"hello".to_vec()].concat();
                assert_eq!(heard(&server, expected.len()).await, expected, "{ours} {options}");
            }
            let mut client = UnixStream::connect(Path::new(&path)).await.unwrap();
            client.write_all(b"hello").await.unwrap();
            let expected = [header(None), b"hello".to_vec()].concat();
            assert_eq!(heard(&server, expected.len()).await, expected, "{ours} {options}");
            // Told by one proxy, told on to the next.
            let (from, to) = ("192.0.2.7:1111".parse().unwrap(), "198.51.100.9:2222".parse().unwrap());
            let mut client = TcpStream::connect(retold).await.unwrap();
            client.write_all(&[&line(from, to)[..], b"hello"].concat()).await.unwrap();
            let expected = [header(Some((from, to))), b"hello".to_vec()].concat();
            assert_eq!(heard(&server, expected.len()).await, expected, "{ours} {options}");
        }
    }
}

#[tokio::test]
async fn the_name_that_a_client_asked_for_is_told_on() {
    for ours in [false, true] {
        let (server, entry) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), free_address());
        let _front = Either::run(
            ours,
            &format!(
                "{TCP_DEFAULTS}listen main\n    bind {entry} accept-proxy\n    \
                 server app01 {} send-proxy-v2 proxy-v2-options authority\n",
                server.local_addr().unwrap()
            ),
        )
        .await;
        let (from, to) = ("192.0.2.7:1111".parse().unwrap(), "198.51.100.9:2222".parse().unwrap());
        let name = value(2, b"example.org");
        let mut client = TcpStream::connect(entry).await.unwrap();
        client.write_all(&proxied(from, to, &[name.clone(), value(0xe4, b"x")].concat())).await.unwrap();
        let expected = proxied(from, to, &name);
        assert_eq!(heard(&server, expected.len()).await, expected, "{ours}");
    }
}

/// A reader of the protocol that is neither ours nor HAProxy's.
#[tokio::test]
async fn nginx_is_told_who_connects() {
    for options in ["send-proxy", "send-proxy-v2", "send-proxy-v2-ssl proxy-v2-options crc32c,authority"] {
        let mut log = Syslog::udp().await;
        let nginx = Nginx::run_told(log.address()).await;
        let four = free_address();
        let six = SocketAddr::from((Ipv6Addr::LOCALHOST, four.port()));
        let _front = Either::run(
            true,
            &format!(
                "{HTTP_DEFAULTS}listen main\n    bind {four}\n    bind {six}\n    server app01 {} {options}\n",
                nginx.address()
            ),
        )
        .await;
        for entry in [four, six] {
            let mut client = Connection::open(entry).await.unwrap();
            let own = client.local_address();
            for _ in 0..2 {
                assert_eq!(client.get("app", "/").await.unwrap().status(), 200);
                let expected = format!(" {} {} {} {}", own.ip(), own.port(), entry.ip(), entry.port());
                assert!(log.line().await.ends_with(&expected), "{options} {expected}");
            }
        }
    }
}

/// A server that notes the header of each connection and the requests that follow it, and answers all of them.
async fn notes(server: TcpListener, noted: mpsc::Sender<(usize, String)>) {
    let mut number = 0;
    loop {
        let (mut connection, _) = server.accept().await.unwrap();
        number += 1;
        let noted = noted.clone();
        tokio::spawn(async move {
            let mut bytes = Vec::new();
            while connection.read_buf(&mut bytes).await.is_ok_and(|length| length > 0) {
                let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
                let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
                bytes.drain(..end + 4);
                noted.send((number, head)).await.unwrap();
                connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
            }
        });
    }
}

/// The connection is reused for its own client, without another header, and for no other.
#[tokio::test]
async fn a_connection_with_a_header_is_its_client_s_alone() {
    for ours in [false, true] {
        let (server, entry) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), free_address());
        let address = server.local_addr().unwrap();
        let (noted, mut seen) = mpsc::channel(16);
        let server = tokio::spawn(notes(server, noted));
        let _front = Either::run(
            ours,
            &format!(
                "{HTTP_DEFAULTS}    http-reuse always\nlisten main\n    bind {entry}\n    server app01 {address} send-proxy\n"
            ),
        )
        .await;
        let mut clients = [Connection::open(entry).await.unwrap(), Connection::open(entry).await.unwrap()];
        for round in 0..3 {
            for (index, client) in clients.iter_mut().enumerate() {
                assert_eq!(client.get("app", "/").await.unwrap().status(), 200);
                let (number, head) = seen.recv().await.unwrap();
                let header = String::from_utf8(line(client.local_address(), entry)).unwrap();
                let expected = if round == 0 {
                    format!("{header}GET / HTTP/1.1\r\n")
                } else {
                    "GET / HTTP/1.1\r\n".into()
                };
                assert!(head.starts_with(&expected), "{ours} {round} {index}: {head}");
                assert_eq!(number, index + 1, "{ours} {round}");
            }
        }
        server.abort();
    }
}

/// Whatever is sent once more begins as it did.
#[tokio::test]
async fn a_retry_sends_the_header_again() {
    for ours in [false, true] {
        let entry = free_address();
        let server = Scripted::start(&[Does::Hears(28 + 16), Does::Closes]).await;
        let _front = Either::run(
            ours,
            &format!(
                "{HTTP_DEFAULTS}    retries 2\n    retry-on empty-response\nlisten main\n    bind {entry}\n    \
                 server app01 {} send-proxy-v2\n",
                server.address()
            ),
        )
        .await;
        let mut client = Connection::open(entry).await.unwrap();
        let header = proxied(client.local_address(), entry, b"");
        assert_eq!(client.get("app", "/").await.unwrap().status(), 502);
        let heard = server.heard();
        assert_eq!(heard.len(), 3, "{ours}");
        for bytes in heard {
            let expected = [&header[..], b"GET / HTTP/1.1\r\n"].concat();
            assert!(bytes.starts_with(&expected), "{ours}: {}", bytes.escape_ascii());
        }
    }
}

/// The first thing that a server heard whole: a request behind `before` bytes.
async fn first(server: &Scripted, before: usize) -> Vec<u8> {
    let heard = async {
        loop {
            let is_whole =
                |bytes: &Vec<u8>| bytes.get(before..).is_some_and(|rest| rest.ends_with(b"\r\n\r\n"));
            match server.heard().into_iter().find(is_whole) {
                Some(bytes) => return bytes,
                None => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(PATIENCE, heard).await.unwrap_or_else(|_| panic!("heard: {:?}", server.heard()))
}

/// Checks of a server begin as its traffic does, about themselves; but not where they go elsewhere.
#[tokio::test]
async fn checks_begin_as_traffic_does() {
    for ours in [false, true] {
        let script = [Does::HearsHead, Does::Says(b"HTTP/1.0 200 OK\r\n\r\n"), Does::Closes];
        let [traffic, elsewhere] = [Scripted::start(&script).await, Scripted::start(&script).await];
        // The signature has an empty line in it.
        let second = Scripted::start(&[Does::Hears(16 + 20), script[1], Does::Closes]).await;
        let (entry, nobody) = (free_address(), free_address());
        let _front = Either::run(
            ours,
            &format!(
                "{HTTP_DEFAULTS}listen main\n    bind {entry}\n    option httpchk GET /up\n    \
                 default-server check inter 50ms\n    server traffic {} send-proxy\n    \
                 server binary {} send-proxy-v2\n    server elsewhere {nobody} send-proxy addr {} port {}\n",
                traffic.address(),
                second.address(),
                elsewhere.address().ip(),
                elsewhere.address().port()
            ),
        )
        .await;
        let line = String::from_utf8(first(&traffic, 0).await).unwrap();
        assert!(line.starts_with("PROXY TCP4 127.0.0.1 127.0.0.1 "), "{ours}: {line}");
        assert!(line.contains(&format!(" {}\r\nGET /up ", traffic.address().port())), "{ours}: {line}");
        let of_itself = binary(0x20, 0x00, b"");
        let bytes = first(&second, of_itself.len()).await;
        let (header, request) = bytes.split_at(of_itself.len());
        assert_eq!(header, of_itself, "{ours}");
        assert!(request.starts_with(b"GET /up "), "{ours}");
        assert!(first(&elsewhere, 0).await.starts_with(b"GET /up "), "{ours}");
    }
}
