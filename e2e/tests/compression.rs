//! Compression: which responses, with what, and what their heads say is what HAProxy does with the same lines.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "compression/cases.rs"]
mod cases;

use std::io::Read;
use std::net::SocketAddr;

use cases::{CASES, Case, LATER};
use sluicegate_e2e::console::row;
use sluicegate_e2e::{
    Connection, Does, HTTP_DEFAULTS, Haproxy, Origin, Response, Scripted, Sluicegate, Syslog, free_address,
};

/// A body as the client reads it.
fn unpacked(response: &Response) -> Vec<u8> {
    let (body, mut out) = (&*response.body, Vec::new());
    match response.header("content-encoding") {
        Some("gzip") => drop(flate2::read::GzDecoder::new(body).read_to_end(&mut out).unwrap()),
        // Both forms go by this name.
        Some("deflate") if flate2::read::ZlibDecoder::new(body).read_to_end(&mut out).is_ok() => {}
        Some("deflate") => {
            out.clear();
            flate2::read::DeflateDecoder::new(body).read_to_end(&mut out).unwrap();
        }
        Some("br") => drop(brotli::Decompressor::new(body, 4096).read_to_end(&mut out).unwrap()),
        Some("zstd") => out = zstd::stream::decode_all(body).unwrap(),
        _ => out.extend_from_slice(body),
    }
    out
}

/// What a client can tell of a response: status, coding, whether deflate has its frame, tag, whether caches are told, trailers,
/// and the content.
fn told(response: &Response) -> String {
    let varies = response.head.has_token("vary", "accept-encoding");
    let framed =
        response.header("content-encoding") == Some("deflate") && response.body.first() == Some(&0x78);
    // HAProxy writes names in small letters.
    let trailers: Vec<_> =
        response.trailers.iter().map(|(name, value)| format!("{}: {value}", name.to_lowercase())).collect();
    format!(
        "{} {} framed {framed} tag {} varies {varies} trailers {:?} {:?}",
        response.status(),
        response.header("content-encoding").unwrap_or("-"),
        response.header("etag").unwrap_or("-"),
        trailers,
        String::from_utf8_lossy(&unpacked(response)),
    )
}

/// A frontend and a backend for each case, in front of the same server.
fn sites(cases: &[Case], server: SocketAddr) -> (String, Vec<SocketAddr>) {
    let (mut text, mut entries) = (HTTP_DEFAULTS.to_owned() + "    option http-server-close\n", Vec::new());
    for (number, case) in cases.iter().enumerate() {
        let entry = free_address();
        let lines = |text: &str| text.split('|').map(|line| format!("    {line}\n")).collect::<String>();
        let (front, back) = (lines(case.frontend), lines(case.backend));
        text += &format!(
            "frontend f{number}\n    bind {entry}\n{front}    default_backend b{number}\nbackend b{number}\n{back}    server app01 {server}\n"
        );
        entries.push(entry);
    }
    (text, entries)
}

enum Front {
    Ours(#[allow(dead_code)] Sluicegate),
    Theirs(#[allow(dead_code)] Haproxy),
}

impl Front {
    async fn run(text: &str, ours: bool) -> Self {
        if ours { Self::Ours(Sluicegate::run(text).await) } else { Self::Theirs(Haproxy::run(text).await) }
    }
}

/// What a client is told in each case.
async fn all(cases: &[Case], ours: bool) -> Vec<String> {
    let server = Scripted::start(&[]).await;
    let (text, entries) = sites(cases, server.address());
    let _front = Front::run(&text, ours).await;
    let mut rows = Vec::new();
    for (entry, case) in entries.iter().zip(cases) {
        server.set(&[Does::HearsHead, Does::Says(case.response.as_bytes()), Does::Closes]);
        let (line, fields) = case.request.split_once('|').unwrap_or((case.request, ""));
        let fields: String = fields.split_terminator('|').map(|field| format!("{field}\r\n")).collect();
        let request = format!("{line}\r\nHost: app\r\n{fields}\r\n");
        let response = Connection::open(*entry).await.unwrap().request(request).await;
        rows.push(response.map_or_else(|failure| failure.to_string(), |response| told(&response)));
    }
    rows
}

#[tokio::test]
async fn each_rule_of_compression_is_haproxys() {
    let (ours, theirs) = (all(CASES, true).await, all(CASES, false).await);
    let mut wrong = Vec::new();
    for ((ours, theirs), case) in ours.iter().zip(&theirs).zip(CASES) {
        if ours != theirs {
            wrong.push(format!("{case:?}\n  ours   {ours}\n  theirs {theirs}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
    // The table has both kinds.
    let packed = theirs.iter().filter(|row| row.contains(" gzip ") || row.contains(" deflate ")).count();
    assert!(packed > 15 && CASES.len() - packed > 20, "{packed} of {}", CASES.len());
}

/// Where the two differ, and what each of them chooses.
#[tokio::test]
async fn where_the_choice_is_another_than_haproxys() {
    let cases: Vec<Case> = LATER.iter().map(|(case, ..)| *case).collect();
    let coding = |row: &String| row.split(' ').nth(1).unwrap().to_owned();
    let ours: Vec<_> = all(&cases, true).await.iter().map(coding).collect();
    let theirs: Vec<_> = all(&cases, false).await.iter().map(coding).collect();
    for (((case, mine, other), ours), theirs) in LATER.iter().zip(ours).zip(theirs) {
        assert_eq!((ours.as_str(), theirs.as_str()), (*mine, *other), "{case:?}");
    }
}

/// What servers are told that clients accept.
#[tokio::test]
async fn offload_hides_what_clients_accept_as_haproxy_does() {
    const ROWS: &[(&str, &str, &str)] = &[
        ("compression algo gzip", "", "gzip"),
        ("compression algo gzip|compression offload", "", "gzip"),
        ("compression algo gzip|compression offload", "", "br, gzip;q=0.1"),
        ("compression algo gzip|compression offload", "", "br"),
        ("compression algo gzip|compression offload", "", "gzip;q=0"),
        ("compression algo gzip", "compression offload", "gzip"),
        ("compression offload", "compression algo gzip", "gzip"),
        ("compression offload", "", "gzip"),
        ("compression algo identity|compression offload", "", "gzip"),
        ("compression algo identity|compression offload", "", "identity"),
    ];
    let mut seen = Vec::new();
    for ours in [true, false] {
        let origin = Origin::start("app01").await;
        let cases: Vec<_> = ROWS
            .iter()
            .map(|(frontend, backend, _)| Case { frontend, backend, request: "", response: "" })
            .collect();
        let (text, entries) = sites(&cases, origin.address());
        let _front = Front::run(&text, ours).await;
        let mut rows = Vec::new();
        for (entry, (.., accepts)) in entries.iter().zip(ROWS) {
            let request = format!("GET / HTTP/1.1\r\nHost: app\r\nAccept-Encoding: {accepts}\r\n\r\n");
            let response = Connection::open(*entry).await.unwrap().request(request).await.unwrap();
            let told = origin.last_request().unwrap().head.header("accept-encoding").map(str::to_owned);
            rows.push((told, response.header("content-encoding").map(str::to_owned)));
        }
        seen.push(rows);
    }
    for ((ours, theirs), row) in seen[0].iter().zip(&seen[1]).zip(ROWS) {
        assert_eq!(ours, theirs, "{row:?}");
    }
}

/// A proxy that logs what it compressed, and has a page.
fn logging(entry: SocketAddr, server: SocketAddr, log: SocketAddr) -> String {
    format!(
        "global\n    log {log} local0\n{HTTP_DEFAULTS}    log global\nlisten main\n    bind {entry}
    log-format \"%ST %[res.comp] <%[res.comp_algo]>\"\n    compression algo gzip raw-deflate
    http-response set-header X-So-Far %[res.comp]\n    stats enable\n    stats uri /stats\n    server app01 {server}\n"
    )
}

#[tokio::test]
async fn logs_and_statistics_tell_what_was_compressed_as_haproxys_do() {
    let mut seen = Vec::new();
    for ours in [true, false] {
        let (origin, entry, mut log) = (Origin::start("app01").await, free_address(), Syslog::udp().await);
        let _front = Front::run(&logging(entry, origin.address(), log.address()), ours).await;
        let mut rows = Vec::new();
        for accepts in ["gzip", "deflate", "br"] {
            let request =
                format!("GET /bytes/5000 HTTP/1.1\r\nHost: app\r\nAccept-Encoding: {accepts}\r\n\r\n");
            let response = Connection::open(entry).await.unwrap().request(request).await.unwrap();
            assert_eq!(unpacked(&response).len(), 5000);
            let line = log.wait_for("200 ").await;
            let line = line.split_once("200 ").unwrap().1.to_owned();
            rows.push(format!("{line} {}", response.header("x-so-far").unwrap_or("-")));
        }
        let csv = Connection::open(entry).await.unwrap().get("app", "/stats;csv").await.unwrap().text();
        for proxy in ["main,FRONTEND", "main,BACKEND"] {
            let cells = row(&csv, proxy);
            // How small it gets is each one's own.
            let smaller = cells("comp_out").parse::<u32>().unwrap() < cells("comp_in").parse().unwrap();
            rows.push(format!("{} {} {} {smaller}", cells("comp_in"), cells("comp_byp"), cells("comp_rsp")));
        }
        seen.push(rows);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0][0], "1 <gzip> 1");
}

/// What HAProxy has not, and bodies of every framing and size.
#[tokio::test]
async fn large_bodies_come_through_each_algorithm() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let text = format!(
        "{HTTP_DEFAULTS}listen main\n    bind {entry}\n    compression algo br zstd gzip deflate\n    server app01 {}\n",
        origin.address()
    );
    let _sluicegate = Sluicegate::run(&text).await;
    for coding in ["br", "zstd", "gzip", "deflate"] {
        let mut client = Connection::open(entry).await.unwrap();
        for (path, length) in [("/bytes/3000000", 3_000_000), ("/chunks/2000", 2_000_000), ("/bytes/1", 1)] {
            let request = |more: &str| format!("GET {path} HTTP/1.1\r\nHost: app\r\n{more}\r\n");
            let plain = client.request(request("")).await.unwrap();
            let packed = client.request(request(&format!("Accept-Encoding: {coding}\r\n"))).await.unwrap();
            assert_eq!(packed.header("content-encoding"), Some(coding));
            assert!(unpacked(&packed) == plain.body, "{coding} {path}");
            assert_eq!(plain.body.len(), length);
        }
        let trailers = format!("GET /trailers HTTP/1.1\r\nHost: app\r\nAccept-Encoding: {coding}\r\n\r\n");
        assert_eq!(client.request(trailers).await.unwrap().trailers.len(), 1, "{coding}");
    }
    let all = "GET / HTTP/1.1\r\nHost: app\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\r\n";
    let best = Connection::open(entry).await.unwrap().request(all).await.unwrap();
    assert_eq!(best.header("content-encoding"), Some("br"));
}
