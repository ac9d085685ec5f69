//! Responses that are compressed, seen from both ends.

use std::io::Read;

use sluicegate_proto::v1::{self, ContentCoding};

use super::site::{Client, Origin, Plan, Received, Site, run};

fn compression(codings: &[ContentCoding]) -> v1::Compression {
    let algorithm =
        |coding: &ContentCoding| v1::CompressionAlgorithm { coding: (*coding).into(), level: None };
    v1::Compression { algorithms: codings.iter().map(algorithm).collect(), ..v1::Compression::default() }
}

struct Ends {
    site: Site,
    client: Client,
    server: Client,
    /// The request as the server has seen it.
    asked: String,
}

/// A GET with these headers has reached a server.
async fn asked(change: impl FnOnce(&mut Plan), headers: &str) -> Ends {
    let origin = Origin::start().await;
    let mut plan = Plan::new(&[origin.address]);
    change(&mut plan);
    let site = Site::start(plan).await;
    let mut client = site.client().await;
    client.send(format!("GET / HTTP/1.1\r\nHost: a\r\n{headers}\r\n")).await;
    let mut server = origin.accept().await;
    let asked = server.request().await.head;
    Ends { site, client, server, asked }
}

async fn answered(change: impl FnOnce(&mut Plan), headers: &str, response: &str) -> (Ends, Received) {
    let mut ends = asked(change, headers).await;
    ends.server.send(response).await;
    let response = ends.client.response().await;
    (ends, response)
}

fn unpacked(body: &[u8]) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(body).read_to_string(&mut text).unwrap();
    text
}

const GZIP: &str = "Accept-Encoding: gzip\r\n";

fn with_gzip(plan: &mut Plan) {
    plan.frontend.compression = Some(compression(&[ContentCoding::Gzip]));
}

/// Sums over the workers: content, coded, bypassed, responses.
fn counted(site: &Site) -> [u64; 4] {
    site.worker.with_active(|active| {
        let frontend = active.frontends.values().next().unwrap();
        let backend = active.backends.values().next().unwrap();
        let of_frontend = [
            frontend.state.counters.sum(|shard| &shard.compression.content),
            frontend.state.counters.sum(|shard| &shard.compression.coded),
            frontend.state.counters.sum(|shard| &shard.compression.bypassed),
            frontend.state.counters.sum(|shard| &shard.compression.responses),
        ];
        let of_backend = [
            backend.state.counters.sum(|shard| &shard.compression.content),
            backend.state.counters.sum(|shard| &shard.compression.coded),
            backend.state.counters.sum(|shard| &shard.compression.bypassed),
            backend.state.counters.sum(|shard| &shard.compression.responses),
        ];
        assert_eq!(of_frontend, of_backend);
        of_frontend
    })
}

#[test]
fn a_response_is_compressed_for_who_accepts_that() {
    run(async {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"v1\"\r\n\r\nhello";
        let (mut ends, response) = answered(with_gzip, GZIP, answer).await;
        for line in [
            "Content-Encoding: gzip",
            "Vary: Accept-Encoding",
            "Transfer-Encoding: chunked",
            "ETag: W/\"v1\"",
        ] {
            assert!(response.has(line), "{line} in {}", response.head);
        }
        assert!(!response.head.contains("Content-Length") && ends.asked.contains("Accept-Encoding: gzip"));
        assert_eq!(unpacked(&response.body), "hello");
        assert_eq!(counted(&ends.site), [5, response.body.len() as u64, 0, 1]);
        // Both connections live on, and the next response is judged for itself.
        ends.client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n").await;
        ends.server.request().await;
        ends.server.send(answer).await;
        let plain = ends.client.response().await;
        assert!(plain.text() == "hello" && plain.has("ETag: \"v1\""), "{}", plain.head);
        assert_eq!(counted(&ends.site)[3], 1);
        assert_eq!(ends.site.worker.coders.spare(), 1);
    });
}

#[test]
fn servers_do_not_see_what_they_are_not_to_do() {
    run(async {
        let offload = |plan: &mut Plan| {
            with_gzip(plan);
            plan.backend.compression = Some(v1::Compression { offload: true, ..v1::Compression::default() });
        };
        assert!(!asked(offload, GZIP).await.asked.contains("Accept-Encoding"));
        // There is nothing in it for this proxy to do.
        let other = asked(offload, "Accept-Encoding: br\r\n").await.asked;
        assert!(other.contains("Accept-Encoding: br"), "{other}");
    });
}

#[test]
fn the_backend_has_the_first_word() {
    run(async {
        let both = |plan: &mut Plan| {
            with_gzip(plan);
            plan.frontend.compression.as_mut().unwrap().types = vec!["text/".into()];
            plan.backend.compression = Some(compression(&[ContentCoding::Zstd]));
        };
        let answer = "HTTP/1.1 200 OK\r\nContent-Type: TEXT/plain\r\nContent-Length: 5\r\n\r\nhello";
        let accepts = "Accept-Encoding: gzip, zstd;q=0.1\r\n";
        let response = answered(both, accepts, answer).await.1;
        assert!(response.has("Content-Encoding: zstd"), "{}", response.head);
        assert_eq!(zstd::stream::decode_all(&*response.body).unwrap(), b"hello");
        let image = answer.replace("TEXT/plain", "image/png");
        assert_eq!(answered(both, accepts, &image).await.1.text(), "hello");
    });
}

#[test]
fn old_versions_and_head_are_left_alone() {
    run(async {
        let answer = "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        let old_server = answered(with_gzip, GZIP, answer).await.1;
        assert!(old_server.text() == "hello" && !old_server.head.contains("Vary"), "{}", old_server.head);
        for (line, body) in [("GET / HTTP/1.0", "hello"), ("HEAD / HTTP/1.1", "")] {
            let origin = Origin::start().await;
            let mut plan = Plan::new(&[origin.address]);
            with_gzip(&mut plan);
            let site = Site::start(plan).await;
            let mut client = site.client().await;
            client.send(format!("{line}\r\nHost: a\r\n{GZIP}Connection: close\r\n\r\n")).await;
            let mut server = origin.accept().await;
            server.request().await;
            server.send(format!("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{body}")).await;
            let whole = String::from_utf8(client.rest().await).unwrap();
            assert!(
                whole.ends_with(&format!("\r\n\r\n{body}")) && whole.contains("Content-Length: 5"),
                "{whole}"
            );
        }
    });
}

#[test]
fn short_bodies_stay_as_they_are() {
    run(async {
        let change = |plan: &mut Plan| {
            with_gzip(plan);
            plan.frontend.compression.as_mut().unwrap().min_bytes = 6;
        };
        let short = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        assert_eq!(answered(change, GZIP, short).await.1.text(), "hello");
        let long = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello!";
        assert_eq!(unpacked(&answered(change, GZIP, long).await.1.body), "hello!");
        let unknown = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
        assert_eq!(unpacked(&answered(change, GZIP, unknown).await.1.body), "hi");
    });
}

#[test]
fn without_room_for_a_compressor_the_body_passes_and_is_counted() {
    run(async {
        let mut ends = asked(with_gzip, GZIP).await;
        ends.site.worker.shared.compressors.exhaust();
        ends.server.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"v1\"\r\n\r\nhello").await;
        let response = ends.client.response().await;
        assert!(response.text() == "hello" && response.has("ETag: \"v1\""), "{}", response.head);
        assert_eq!(counted(&ends.site), [0, 0, 5, 0]);
    });
}

#[test]
fn a_server_that_breaks_off_is_seen_to() {
    run(async {
        let mut ends = asked(with_gzip, GZIP).await;
        ends.server.send("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello").await;
        drop(ends.server);
        let raw = ends.client.rest().await;
        assert!(!raw.ends_with(b"0\r\n\r\n") && !raw.is_empty());
        assert_eq!(ends.site.outcomes(), ["200 SD"]);
        assert_eq!(ends.site.worker.coders.spare(), 1);
    });
}

#[test]
fn a_client_reads_what_has_come_while_its_server_thinks() {
    run(async {
        let mut ends = asked(with_gzip, GZIP).await;
        ends.server.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n").await;
        let (mut seen, mut text) = (Vec::new(), [0; 5]);
        let complete = |seen: &[u8], text: &mut [u8; 5]| {
            let body = seen.windows(4).position(|end| end == b"\r\n\r\n").map(|at| &seen[at + 4..])?;
            let mut packed = Vec::new();
            let mut chunked = crate::h1::Chunked::default();
            let mut at = 0;
            while at < body.len() {
                let step = chunked.step(&body[at..]).unwrap();
                packed.extend_from_slice(&body[at..][step.data]);
                at += step.used;
                assert!(step.used > 0, "the body has ended");
            }
            flate2::read::GzDecoder::new(&*packed).read_exact(text).ok()
        };
        while complete(&seen, &mut text).is_none() {
            seen.extend(ends.client.bytes(1).await);
        }
        assert_eq!(&text, b"hello");
        ends.server.send("0\r\n\r\n").await;
        while !seen.ends_with(b"0\r\n\r\n") {
            seen.extend(ends.client.bytes(1).await);
        }
        assert_eq!(ends.site.outcomes(), ["200 --"]);
    });
}
