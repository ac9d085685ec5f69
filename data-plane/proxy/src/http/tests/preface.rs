//! How a connection shows that it is HTTP/2: its first bytes, in whatever pieces they come.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::site::{Client, Named, Plan, Site, run};
use crate::multiplex::PREFACE;

/// An empty frame of settings (RFC 9113 section 6.5).
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

async fn site() -> (Site, Named) {
    let origin = Named::start("a").await;
    let plan = Plan::new(&[origin.address]).timeouts(|timeouts| timeouts.http_request_ms = Some(5_000));
    (Site::start(plan).await, origin)
}

/// Sends it in pieces of that length, each of which is read for itself.
async fn send_in_pieces(client: &mut Client, bytes: &[u8], length: usize) {
    for piece in bytes.chunks(length) {
        client.send(piece).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[test]
fn a_preface_in_pieces_begins_http2() {
    run(async {
        let (site, _origin) = site().await;
        for length in 1..=5 {
            let mut client = site.client().await;
            send_in_pieces(&mut client, &[PREFACE, SETTINGS].concat(), length).await;
            let mut head = [0; 9];
            client.stream.read_exact(&mut head).await.unwrap();
            // Its settings come first.
            assert_eq!(head[3..5], [4, 0], "pieces of {length}");
        }
    });
}

#[test]
fn what_only_begins_like_the_preface_is_a_request() {
    run(async {
        let (site, origin) = site().await;
        for (method, length) in [("PRINT", 1), ("PUT", 1), ("P", 1), ("PRO", 2)] {
            let mut client = site.client().await;
            let request = format!("{method} /a HTTP/1.1\r\nHost: site.test\r\nContent-Length: 0\r\n\r\n");
            send_in_pieces(&mut client, request.as_bytes(), length).await;
            assert_eq!(client.response().await.status(), 200);
            let heard = origin.requests.borrow().last().cloned().unwrap();
            assert!(heard.starts_with(&format!("{method} /a HTTP/1.1\r\n")), "{heard}");
        }
    });
}

#[test]
fn a_beginning_alone_is_a_request_that_breaks_off() {
    run(async {
        let (site, origin) = site().await;
        let mut client = site.client().await;
        client.send("PR").await;
        assert_eq!(client.response().await.status(), 408);
        let mut client = site.client().await;
        send_in_pieces(&mut client, b"PRI", 1).await;
        client.stream.shutdown().await.unwrap();
        assert!(client.is_closed().await);
        assert_eq!(*origin.connections.borrow(), 0);
        assert_eq!(site.outcomes(), ["408 cR", "400 CR"]);
    });
}
