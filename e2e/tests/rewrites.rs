//! Rules that rewrite messages: what the server and the client get is what they get from HAProxy.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::net::SocketAddr;

use sluicegate_e2e::{Connection, HTTP_DEFAULTS, Haproxy, Origin, Sluicegate, free_address};

/// A rule, and the head of a request: what follows the version and Host.
const REQUESTS: &[(&str, &str)] = &[
    ("http-request set-method PUT", "GET /a"),
    ("http-request set-path /v2%[path]", "GET /a/b?c=d"),
    ("http-request set-path /fixed", "GET /a/b"),
    ("http-request set-path /%[req.hdr(x-to)]", "GET /a?b|X-To: there"),
    ("http-request set-pathq /x%[path]?from=%[method]", "GET /a?b=c"),
    ("http-request set-pathq /x", "GET /a?b=c"),
    ("http-request set-query %[query,lower]", "GET /a?B=C"),
    ("http-request set-query a=1", "GET /a"),
    ("http-request set-query %[req.hdr(x-none)]", "GET /a"),
    ("http-request set-query %[req.hdr(x-none)]", "GET /a?b"),
    ("http-request set-query x", "GET /a?b?c"),
    ("http-request set-uri /%[req.hdr(host)]", "GET /a?b"),
    ("http-request set-uri http://example.org%[path]", "GET /a?b"),
    ("http-request replace-path ^/static/(.*) /\\1", "GET /static/a?q"),
    ("http-request replace-path b(.) /[\\0|\\1]", "GET /abc?q"),
    ("http-request replace-path ^/none /never", "GET /abc?q"),
    ("http-request replace-path ^/(.*) /\\1\\x2fend\\.\\%%", "GET /abc?q"),
    ("http-request replace-path ^/(a)|(b) /\\2-\\1-\\9", "GET /a"),
    ("http-request replace-path ^/(.*) /%[src]/\\1", "GET /a"),
    ("http-request replace-pathq '^(/[^?]*)\\?(.*)$' /\\2\\1", "GET /a?b=c"),
    ("http-request replace-uri ^/(.*) /u/\\1", "GET /a?b=c"),
    ("http-request set-header X-A b", "GET http://app/a?b"),
    ("http-request set-header X-A b", "GET http://app:80/a?b"),
    ("http-request set-header X-A b", "GET https://app/a"),
    ("http-request set-header X-A b", "GET http://app"),
    ("http-request set-header X-A b", "OPTIONS http://app"),
    ("http-request set-path /v2%[path]", "GET http://app/a?b"),
    ("http-request replace-path ^/(.*) /x/\\1", "GET http://app/a?b"),
    ("http-request set-query x", "GET http://app/a"),
    ("http-request set-uri /b", "GET http://app/a"),
    ("http-request set-uri http://example.org%[path]", "GET http://app/a"),
    ("http-request set-header Host other:8080", "GET http://app/a"),
    ("http-request replace-header Host ^(.*)$ www.\\1", "GET http://app/"),
    (
        "http-request replace-header Cookie foo=([^;]*);(.*) foo=\\1;ip=%[src];\\2",
        "GET /|Cookie: foo=1; bar=2",
    ),
    ("http-request replace-header X-List one two", "GET /|X-List: one, one|x-list: three|X-List: none one"),
    ("http-request replace-header X-List ^$ empty", "GET /|X-List: a"),
    ("http-request replace-header Host ^(.*)$ www.\\1", "GET /"),
    (
        "http-request replace-value X-List ^o(.*) <\\1>",
        "GET /|X-List: one,  other , two|X-List: \"on,e\", oh",
    ),
    ("http-request replace-value X-List ^(.*)$ <\\1>", "GET /|X-List: a"),
];

/// A rule, and the path that the origin answers.
const RESPONSES: &[(&str, &str)] = &[
    ("http-response set-status 431", "/a"),
    ("http-response set-status 503 reason \"Slow down\"", "/a"),
    ("http-response set-status 299", "/a"),
    ("http-response set-status 600", "/a"),
    ("http-response set-status 399", "/a"),
    ("http-response replace-header X-Origin app(.*) <\\1>", "/a"),
    ("http-response replace-header X-Origin none never", "/a"),
    ("http-response replace-value X-Origin ^(.).*$ \\1%[status]", "/a"),
];

/// A frontend and a backend for each rule.
fn sites(rules: impl Iterator<Item = &'static str>, server: SocketAddr) -> (String, Vec<SocketAddr>) {
    let (mut text, mut entries) = (HTTP_DEFAULTS.to_owned(), Vec::new());
    for (number, rule) in rules.enumerate() {
        let entry = free_address();
        text += &format!(
            "frontend f{number}\n    bind {entry}\n    {rule}\n    default_backend b{number}\n\
             backend b{number}\n    server app01 {server}\n"
        );
        entries.push(entry);
    }
    (text, entries)
}

async fn run(text: &str, ours: bool) -> (Option<Haproxy>, Option<Sluicegate>) {
    if ours { (None, Some(Sluicegate::run(text).await)) } else { (Some(Haproxy::run(text).await), None) }
}

/// What the origin was sent for each row: its request line, and its fields, whose names HAProxy sends in small letters.
/// Space around commas is left out: HAProxy takes that around a replaced value away, which says the same.
async fn sent(ours: bool) -> Vec<String> {
    let origin = Origin::start("app01").await;
    let (text, entries) = sites(REQUESTS.iter().map(|(rule, _)| *rule), origin.address());
    let _proxy = run(&text, ours).await;
    let mut rows = Vec::new();
    for (entry, (_, request)) in entries.iter().zip(REQUESTS) {
        let mut lines = request.split('|');
        let mut text = format!("{} HTTP/1.1\r\nHost: app\r\n", lines.next().unwrap());
        lines.for_each(|line| text += &format!("{line}\r\n"));
        let answer = Connection::open(*entry).await.unwrap().request(text + "\r\n").await.unwrap();
        assert_eq!(answer.status(), 200);
        let head = origin.last_request().unwrap().head;
        let fields = head.headers.iter().map(|(name, value)| {
            let values: Vec<_> = value.split(',').map(str::trim).collect();
            format!("{}: {}", name.to_lowercase(), values.join(","))
        });
        rows.push(format!("{}\n{}", head.start_line, fields.collect::<Vec<_>>().join("\n")));
    }
    rows
}

#[tokio::test]
async fn requests_are_rewritten_as_haproxy_rewrites_them() {
    for ((ours, theirs), row) in sent(true).await.iter().zip(sent(false).await).zip(REQUESTS) {
        assert_eq!(*ours, theirs, "{row:?}");
    }
}

/// What the client got for each row: status line and the header that rules touch.
async fn received(ours: bool) -> Vec<(String, Option<String>)> {
    let origin = Origin::start("app01").await;
    let (text, entries) = sites(RESPONSES.iter().map(|(rule, _)| *rule), origin.address());
    let _proxy = run(&text, ours).await;
    let mut rows = Vec::new();
    for (entry, (_, target)) in entries.iter().zip(RESPONSES) {
        let answer = Connection::open(*entry).await.unwrap().get("app", target).await.unwrap();
        rows.push((answer.head.start_line.clone(), answer.header("x-origin").map(str::to_owned)));
    }
    rows
}

#[tokio::test]
async fn responses_are_rewritten_as_haproxy_rewrites_them() {
    for ((ours, theirs), row) in received(true).await.iter().zip(received(false).await).zip(RESPONSES) {
        assert_eq!(*ours, theirs, "{row:?}");
    }
}

#[tokio::test]
async fn a_rewrite_that_would_break_the_message_is_an_error() {
    let origin = Origin::start("app01").await;
    let rules = [
        "http-request set-path %[req.hdr(x-to)]",
        "http-request set-method %[req.hdr(x-to)]",
        "http-request set-method HEAD",
        "http-request replace-header Content-Length .* 9",
    ];
    let (text, entries) = sites(rules.into_iter(), origin.address());
    let _proxy = Sluicegate::run(&text).await;
    for (entry, rule) in entries.iter().zip(rules) {
        let mut client = Connection::open(*entry).await.unwrap();
        let request = "GET / HTTP/1.1\r\nHost: app\r\nX-To: a b\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(client.request(request).await.unwrap().status(), 500, "{rule}");
    }
    assert_eq!(origin.requests(), 0);
}
