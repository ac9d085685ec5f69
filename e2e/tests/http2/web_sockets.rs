//! The version of HTTP that WebSockets are opened in to servers (`ws`).

use std::net::SocketAddr;

use sluicegate_e2e::{Connection, HTTP_DEFAULTS, Haproxy, Origin, Sluicegate, free_address};

use super::authority::Authority;
use super::entry_before;
use super::server::Server;

/// The status that an upgrade is answered with; one that is done carries bytes both ways.
async fn upgrade(entry: SocketAddr) -> u16 {
    let mut client = Connection::open(entry).await.unwrap();
    let request = "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let status = client.request(request).await.unwrap().status();
    if status == 101 {
        client.echo(b"hello").await.unwrap();
    }
    status
}

async fn status(entry: SocketAddr, target: &str) -> u16 {
    let mut client = Connection::open(entry).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
    client.request(request).await.unwrap().status()
}

#[tokio::test]
async fn web_sockets_have_a_version_of_their_own_as_with_haproxy() {
    let (old, new) = (Origin::start("a").await, Server::start().await);
    // What the server's line says, whether it is one of HTTP/2, and what an upgrade is answered with.
    let table = [
        ("ws h2", true, 101),
        ("proto h1 ws h2", true, 101),
        ("proto h2 ws h1", false, 101),
        ("proto h2 ws h2", true, 101),
        ("ws h1", false, 101),
    ];
    for (options, is_new, expected) in table {
        let (entry, other) = (free_address(), free_address());
        let address = if is_new { new.address() } else { old.address() };
        let text = |entry| entry_before(entry, &format!("    server s {address} {options}\n"));
        let _sluicegate = Sluicegate::run(&text(entry)).await;
        let _haproxy = Haproxy::run(&text(other)).await;
        let seen = [upgrade(entry).await, upgrade(other).await];
        assert_eq!(seen, [expected; 2], "{options}");
    }
    // Other requests are in the version of the line.
    let entry = free_address();
    let servers = format!("    server s {} proto h2 ws h1\n", new.address());
    let _sluicegate = Sluicegate::run(&entry_before(entry, &servers)).await;
    assert_eq!(status(entry, "/").await, 200);
}

/// Where TLS is to find out what the server speaks, WebSockets are opened in HTTP/1, unless it is said otherwise.
#[tokio::test]
async fn over_tls_they_are_opened_in_http1() {
    let origin = Origin::start("a").await;
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("site.pem");
    Authority::new("all").sign(&["a"]).save(&certificate);
    let (entry, asks, far) = (free_address(), free_address(), free_address());
    let text = format!(
        "{HTTP_DEFAULTS}frontend entry\n    bind {entry}\n    default_backend chooses\n\
         frontend asks\n    bind {asks}\n    default_backend asks\n\
         backend chooses\n    server s {far} ssl verify none alpn h2,http/1.1\n\
         backend asks\n    server s {far} ssl verify none alpn h2,http/1.1 ws h2\n\
         frontend far\n    bind {far} ssl crt {} alpn h2,http/1.1\n\
         http-request return status 202 if {{ req.ver 2.0 }} {{ path /version }}\n    \
         http-request deny status 405 if {{ req.ver 2.0 }} {{ path /echo }}\n    default_backend all\n\
         backend all\n    server s {}\n",
        certificate.display(),
        origin.address()
    );
    let _sluicegate = Sluicegate::run(&text).await;
    for _ in 0..2 {
        assert_eq!(status(entry, "/version").await, 202);
        assert_eq!(upgrade(entry).await, 101);
    }
    assert_eq!(upgrade(asks).await, 405);
}
