//! The cache: what is kept, who gets it, and what is told of that is what HAProxy does with the same lines.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "cache/cases.rs"]
mod cases;

use std::io::Read;
use std::net::SocketAddr;

use cases::{ASKED, Case, DIFFERENT, KEPT, OTHERS, Step};
use sluicegate_e2e::console::{ask, row, socket};
use sluicegate_e2e::{
    Connection, Does, Front, HTTP_DEFAULTS, Origin, Response, Scripted, Sluicegate, Syslog, free_address,
};

const FRONTS: [&str; 2] = ["small", "vary"];

/// What a client can tell of a response, and whether a server was asked. How it is framed is each one's own.
fn told(response: &Response, asked: bool) -> String {
    let framing = ["connection", "content-length", "transfer-encoding"];
    let fields = response.head.headers.iter().map(|(name, value)| (name.to_lowercase(), value));
    let fields = fields.filter(|(name, _)| !framing.contains(&name.as_str()));
    let mut fields: Vec<String> = fields.map(|(name, value)| format!("{name}: {value}")).collect();
    fields.sort();
    let by = if asked { "server" } else { "cache" };
    format!("{} by {by} {fields:?} {:?}", response.status(), response.text())
}

async fn all(cases: &[Case], ours: bool) -> Vec<Vec<String>> {
    let server = Scripted::start(&[]).await;
    let entries = FRONTS.map(|_| free_address());
    let mut text = HTTP_DEFAULTS.to_owned()
        + "    option http-server-close\ncache small\n    total-max-size 4\ncache vary\n    total-max-size 4\n    process-vary on\n    max-secondary-entries 2\n";
    for (name, entry) in FRONTS.iter().zip(entries) {
        text += &format!(
            "frontend {name}\n    bind {entry}\n    http-request cache-use {name}\n    http-response cache-store {name}
    http-response set-header X-Hit %[res.cache_hit]\n    default_backend app\n"
        );
    }
    text += &format!("backend app\n    server app01 {}\n", server.address());
    let _front = Front::of(&text, ours).await;
    let mut rows = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let entry = entries[FRONTS.iter().position(|name| *name == case.cache).unwrap()];
        let mut row = Vec::new();
        for step in case.steps {
            server.set(&[Does::HearsHead, Does::Says(step.response.as_bytes()), Does::Closes]);
            let before = server.connections();
            let (line, fields) = step.request.split_once('|').unwrap_or((step.request, ""));
            let (method, version) = line.split_once(' ').unwrap();
            let fields: String = fields.split_terminator('|').map(|field| format!("{field}\r\n")).collect();
            let request = format!("{method} /{number} HTTP/{version}\r\nHost: app\r\n{fields}\r\n");
            let response = Connection::open(entry).await.unwrap().request(request).await;
            let asked = server.connections() > before;
            row.push(response.map_or_else(|failure| failure.to_string(), |response| told(&response, asked)));
        }
        rows.push(row);
    }
    rows
}

#[tokio::test]
async fn each_exchange_is_haproxys() {
    let cases: Vec<Case> = KEPT.iter().chain(&ASKED).chain(OTHERS).copied().collect();
    let (ours, theirs) = (all(&cases, true).await, all(&cases, false).await);
    let mut wrong = Vec::new();
    for ((ours, theirs), case) in ours.iter().zip(&theirs).zip(&cases) {
        for ((ours, theirs), step) in ours.iter().zip(theirs).zip(case.steps) {
            if ours != theirs {
                wrong.push(format!(
                    "{:?}\n  at {}\n  ours   {ours}\n  theirs {theirs}",
                    case.steps[0], step.request
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// Who answers, in both.
#[tokio::test]
async fn where_what_is_kept_is_something_else_than_haproxys() {
    let cases: Vec<Case> = DIFFERENT.iter().map(|(case, ..)| *case).collect();
    let by = |row: &Vec<String>| -> String {
        row.iter().map(|told| if told.contains(" by cache ") { 'c' } else { 's' }).collect()
    };
    let (ours, theirs) = (all(&cases, true).await, all(&cases, false).await);
    for (((case, mine, other), ours), theirs) in DIFFERENT.iter().zip(&ours).zip(&theirs) {
        assert_eq!((by(ours).as_str(), by(theirs).as_str()), (*mine, *other), "{case:?}");
    }
}

/// HAProxy takes the age from the response that it keeps, for who asked too.
#[tokio::test]
async fn the_age_of_a_response_is_for_all_who_get_it() {
    let steps = &[Step { request: "GET 1.1", response: AGED }, Step { request: "GET 1.1", response: AGED }];
    let case = [Case { cache: "small", steps }];
    let ages = |rows: &[Vec<String>]| -> Vec<bool> {
        rows[0].iter().map(|told| told.contains("\"age: 10\"")).collect()
    };
    assert_eq!(ages(&all(&case, true).await), [true, true]);
    assert_eq!(ages(&all(&case, false).await), [false, true]);
}

const AGED: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nCache-Control: max-age=60\r\nAge: 10\r\n\r\n";

/// A response that is kept, with this path.
async fn get(entry: SocketAddr, path: &str, fields: &str) -> Response {
    let kept = "X-Say: Cache-Control: max-age=60\r\nX-Say: Content-Type: text/plain\r\n";
    let request = format!("GET {path} HTTP/1.1\r\nHost: app\r\n{kept}{fields}\r\n");
    Connection::open(entry).await.unwrap().request(request).await.unwrap()
}

/// A cache of the frontend `one` and of the backend of `two`.
fn logging(console: &str, [one, two, page]: [SocketAddr; 3], server: SocketAddr, log: SocketAddr) -> String {
    format!(
        "global\n    log {log} local0\n    {console}\n{HTTP_DEFAULTS}    log global\n    option http-server-close
    log-format \"end %f %b %s %ST %tsc %[res.cache_hit] <%[res.cache_name]>\"
cache small\n    total-max-size 4
frontend one\n    bind {one}\n    http-request cache-use small\n    http-response cache-store small\n    default_backend plain
frontend two\n    bind {two}\n    default_backend caching
frontend page\n    bind {page}\n    no log\n    stats enable\n    stats uri /stats
backend plain\n    server app01 {server}
backend caching\n    http-request cache-use small if !{{ path /never }}\n    http-response cache-store small\n    server app01 {server}\n"
    )
}

#[tokio::test]
async fn logs_and_statistics_tell_of_it_as_haproxys_do() {
    let mut seen = Vec::new();
    for ours in [true, false] {
        let (origin, mut log) = (Origin::start("app01").await, Syslog::udp().await);
        let (entries, (_folder, path, line)) = ([free_address(), free_address(), free_address()], socket());
        let _front = Front::of(&logging(&line, entries, origin.address(), log.address()), ours).await;
        let mut rows = Vec::new();
        for (entry, path, fields) in [
            (entries[0], "/a", ""),
            (entries[0], "/a", ""),
            (entries[0], "/a", "If-None-Match: *\r\n"),
            (entries[0], "/a", "Cache-Control: no-cache\r\n"),
            (entries[1], "/a", ""),
            (entries[1], "/b", ""),
            (entries[1], "/b", ""),
            (entries[1], "/never", ""),
        ] {
            get(entry, path, fields).await;
            let line = log.wait_for("end ").await;
            rows.push(line.split_once("end ").unwrap().1.to_owned());
        }
        let csv = Connection::open(entries[2]).await.unwrap().get("app", "/stats;csv").await.unwrap().text();
        for proxy in ["one,FRONTEND", "two,FRONTEND", "plain,BACKEND", "caching,BACKEND", "caching,app01"] {
            let cells = row(&csv, proxy);
            let columns =
                ["cache_lookups", "cache_hits", "stot", "req_tot", "hrsp_2xx", "hrsp_3xx", "intercepted"];
            rows.push(format!("{proxy} {:?}", columns.map(cells)));
        }
        // Two URLs, in both.
        let shown = ask(&path, "show cache\n").await;
        assert!(shown.contains("small (") && shown.contains("available blocks:"), "{shown}");
        assert_eq!(shown.matches(" hash:").count(), 2, "{shown}");
        assert!(shown.contains("refcount:") && shown.contains("expire:"), "{shown}");
        assert_eq!(origin.requests(), 4);
        seen.push(rows);
    }
    for (ours, theirs) in seen[0].iter().zip(&seen[1]) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(seen[0][1], "one one <CACHE> 200 LR-- 1 <small>");
}

#[tokio::test]
async fn what_is_kept_is_compressed_for_who_takes_it() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let text = format!(
        "{HTTP_DEFAULTS}cache small\n    total-max-size 4\nlisten main\n    bind {entry}
    http-request cache-use small\n    http-response cache-store small\n    compression algo gzip\n    server app01 {}\n",
        origin.address()
    );
    for ours in [true, false] {
        let before = origin.requests();
        let _front = Front::of(&text, ours).await;
        let gzip = "Accept-Encoding: gzip\r\n";
        for fields in [gzip, "", gzip] {
            let response = get(entry, "/bytes/9000", fields).await;
            let mut body = Vec::new();
            match response.header("content-encoding") {
                Some("gzip") => {
                    flate2::read::GzDecoder::new(&*response.body).read_to_end(&mut body).unwrap();
                }
                _ => body.clone_from(&response.body),
            }
            assert_eq!(response.header("content-encoding").is_some(), !fields.is_empty());
            assert_eq!(body.len(), 9000, "{:?}", response.head);
        }
        assert_eq!(origin.requests() - before, 1, "ours: {ours}");
    }
}

#[tokio::test]
async fn bodies_of_every_size_come_back_whole_to_many_at_once() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let text = format!(
        "{HTTP_DEFAULTS}cache large\n    total-max-size 32\n    max-object-size 4000000\nlisten main\n    bind {entry}
    http-request cache-use large\n    http-response cache-store large\n    http-response set-header X-Hit %[res.cache_hit]
    server app01 {}\n",
        origin.address()
    );
    let _sluicegate = Sluicegate::run(&text).await;
    for (path, length) in [
        ("/bytes/0", 0),
        ("/bytes/1", 1),
        ("/bytes/40000", 40_000),
        ("/bytes/3900000", 3_900_000),
        ("/chunks/3000", 3_000_000),
        ("/trailers", 1),
    ] {
        let first = get(entry, path, "").await;
        let asked = origin.requests();
        let readers = (0..8).map(|_| tokio::spawn(async move { get(entry, path, "").await }));
        for reader in readers.collect::<Vec<_>>() {
            let again = reader.await.unwrap();
            assert_eq!((again.header("x-hit"), again.header("age").is_some()), (Some("1"), true), "{path}");
            assert!(again.body == first.body, "{path}: {} of {}", again.body.len(), first.body.len());
        }
        assert!(first.body.len() >= length && origin.requests() == asked, "{path}");
    }
    // More than one may have.
    for _ in 0..2 {
        assert_eq!(get(entry, "/bytes/4000001", "").await.header("x-hit"), Some("0"));
    }
}

#[tokio::test]
async fn a_change_keeps_what_the_cache_has_unless_it_is_the_caches() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let text = |mark: &str, age: u32| {
        format!(
            "{HTTP_DEFAULTS}cache small\n    total-max-size 4\n    max-age {age}\nlisten main\n    bind {entry}
    http-request cache-use small\n    http-response cache-store small\n    http-response set-header X-Mark {mark}
    server app01 {}\n",
            origin.address()
        )
    };
    let mut sluicegate = Sluicegate::run(&text("one", 60)).await;
    get(entry, "/", "").await;
    sluicegate.edit(&text("two", 60));
    sluicegate.committed().await;
    assert_eq!(get(entry, "/", "").await.header("x-mark"), Some("two"));
    assert_eq!(origin.requests(), 1);
    sluicegate.edit(&text("three", 59));
    sluicegate.committed().await;
    assert_eq!(get(entry, "/", "").await.header("x-mark"), Some("three"));
    assert_eq!(origin.requests(), 2);
}
