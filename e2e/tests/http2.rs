//! HTTP/2 of clients and towards servers: what passes, how it is told of, and what is too much.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "tls/client.rs"]
#[allow(dead_code)] // its client speaks TLS
mod authority;
#[path = "http2/client.rs"]
mod client;
#[path = "http2/limits.rs"]
mod limits;
#[path = "http2/raw.rs"]
mod raw;
#[path = "http2/server.rs"]
mod server;
#[path = "http2/tuning.rs"]
mod tuning;
#[path = "http2/web_sockets.rs"]
mod web_sockets;

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use sluicegate_e2e::{
    Behaviour, Does, HTTP_DEFAULTS, Haproxy, Origin, PATIENCE, Scripted, Sluicegate, free_address,
};
use tokio::time::timeout;

use authority::Authority;
use client::Client;
use server::Server;

fn entry_before(entry: SocketAddr, servers: &str) -> String {
    format!("{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    default_backend all\nbackend all\n{servers}")
}

fn get(target: &str) -> Request<()> {
    Request::get(format!("http://site.test{target}")).body(()).unwrap()
}

type Build = fn(http::request::Builder) -> http::request::Builder;

/// What a server of HTTP/1 hears of it is what it hears through HAProxy.
#[tokio::test]
async fn requests_pass_as_with_haproxy() {
    const REQUESTS: [(&str, Option<&[u8]>, Build); 12] = [
        ("/", None, |it| it),
        ("/a/b?c=d&e", None, |it| it.header("X-One", "1").header("x-one", "2")),
        ("/", None, |it| it.header("cookie", "a=b").header("cookie", "c=d")),
        ("/", None, |it| it.method(Method::HEAD)),
        ("/reflect", Some(b"12345"), |it| it.method(Method::POST).header("content-length", "5")),
        ("/reflect", Some(b"12345"), |it| it.method(Method::PUT)),
        ("/", None, |it| it.method(Method::DELETE)),
        ("/", None, |it| it.method(Method::OPTIONS)),
        ("/", None, |it| it.method("PURGE").header("host", "other.test")),
        ("/", None, |it| it.header("expect", "100-continue")),
        ("/", None, |it| it.header("x-say", "X-Name: a").header("x-say", "x-name: b")),
        ("/trailers", None, |it| it),
    ];
    let (ours, theirs) = (Origin::start("a").await, Origin::start("a").await);
    let (entry, other) = (free_address(), free_address());
    let servers = |origin: &Origin| format!("    server s {}\n", origin.address());
    let _sluicegate = Sluicegate::run(&entry_before(entry, &servers(&ours))).await;
    let _haproxy = Haproxy::run(&entry_before(other, &servers(&theirs))).await;
    for (target, body, build) in REQUESTS {
        let mut seen = Vec::new();
        for (front, origin) in [(entry, &ours), (other, &theirs)] {
            let request = build(Request::get(format!("http://site.test{target}"))).body(()).unwrap();
            let told = Client::open(front).await.ask(request.clone(), body).await.map_err(|it| it.reason());
            let heard = origin.last_request().unwrap();
            let mut fields = heard.head.headers.clone();
            fields.sort_unstable();
            seen.push((told, heard.head.start_line.clone(), fields, heard.body.clone()));
        }
        assert_eq!(seen[0], seen[1], "{target}");
    }
    // Where HAProxy says nothing, a server of ours is told that there is nothing (RFC 9110 section 8.6).
    let request = Request::post("http://site.test/reflect").body(()).unwrap();
    Client::open(entry).await.ask(request, None).await.unwrap();
    assert_eq!(ours.last_request().unwrap().header("content-length"), Some("0"));
}

/// What a server of HTTP/1 answers comes to the client as through HAProxy.
#[tokio::test]
async fn answers_pass_as_with_haproxy() {
    const ANSWERS: [&[u8]; 9] = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Name: a\r\nx-name: b\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-End: yes\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\nX-Name: a\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close, X-Hop\r\nKeep-Alive: timeout=5\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nuntil the end",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ];
    let (ours, theirs) = (Scripted::start(&[]).await, Scripted::start(&[]).await);
    let (entry, other) = (free_address(), free_address());
    let servers = |origin: &Scripted| format!("    server s {}\n", origin.address());
    let _sluicegate = Sluicegate::run(&entry_before(entry, &servers(&ours))).await;
    let _haproxy = Haproxy::run(&entry_before(other, &servers(&theirs))).await;
    for answer in ANSWERS {
        for method in [Method::GET, Method::HEAD] {
            let mut seen = Vec::new();
            for (front, server) in [(entry, &ours), (other, &theirs)] {
                server.set(&[Does::HearsHead, Does::Says(answer), Does::Closes]);
                let request = Request::builder().method(&method).uri("http://site.test/").body(()).unwrap();
                let told = Client::open(front).await.ask(request, None).await;
                seen.push(told.map_err(|it| it.reason()));
            }
            assert_eq!(seen[0], seen[1], "{method} {}", answer.escape_ascii());
        }
    }
}

#[tokio::test]
async fn a_connection_carries_many_exchanges_at_once() {
    let origin = Origin::start("a").await;
    origin.behave(Behaviour::Held);
    let entry = free_address();
    let _sluicegate =
        Sluicegate::run(&entry_before(entry, &format!("    server s {}\n", origin.address()))).await;
    let client = Arc::new(Client::open(entry).await);
    let asked: Vec<_> = (0..100)
        .map(|number| {
            let client = Arc::clone(&client);
            tokio::spawn(async move { client.ask(get(&format!("/{number}")), None).await.unwrap() })
        })
        .collect();
    origin.reached(100).await;
    origin.release(100);
    for answer in asked {
        assert_eq!(answer.await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn large_bodies_pass_both_ways() {
    let origin = Origin::start("a").await;
    let entry = free_address();
    let _sluicegate =
        Sluicegate::run(&entry_before(entry, &format!("    server s {}\n", origin.address()))).await;
    let body: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    let client = Client::open(entry).await;
    for length in [Some(body.len()), None] {
        let mut request = Request::post("http://site.test/reflect");
        if let Some(length) = length {
            request = request.header("content-length", length);
        }
        let answer = client.ask(request.body(()).unwrap(), Some(&body)).await.unwrap();
        assert!(answer.body == body, "{length:?}: {} bytes", answer.body.len());
    }
}

/// Log lines, and what rules see.
#[tokio::test]
async fn rules_and_logs_see_the_whole_address() {
    let entry = free_address();
    let mut sluicegate = Sluicegate::run(&format!(
        "global\n    log stdout format raw local0\n{HTTP_DEFAULTS}    log global\n    option httplog\n\
         frontend main\n    bind {entry}\n    http-request return status 200 content-type text/plain \
         lf-string \"%[method] %[url] %[path] %[query] %[base] %[req.ver] %[req.hdr(host)]\"\n"
    ))
    .await;
    let answer = Client::open(entry).await.ask(get("/a?b=c"), None).await.unwrap();
    assert_eq!(answer.text(), "GET http://site.test/a?b=c /a b=c site.test/a 2.0 site.test");
    sluicegate.process().wait_for("\"GET http://site.test/a?b=c HTTP/2.0\"").await;
}

#[tokio::test]
async fn servers_are_spoken_to_in_http2() {
    let server = Server::start().await;
    let entry = free_address();
    let _sluicegate =
        Sluicegate::run(&entry_before(entry, &format!("    server s {} proto h2\n", server.address()))).await;
    let client = Client::open(entry).await;
    let mut trailers = http::HeaderMap::new();
    trailers.insert("x-end", "yes".parse().unwrap());
    let request = || Request::post("http://site.test/a?b").body(()).unwrap();
    let answer = client.ask_with(request(), Some(b"hello"), Some(trailers)).await.unwrap();
    assert_eq!(answer.text(), "hello");
    assert_eq!(answer.field("x-heard"), Some("POST http://site.test/a?b"));
    assert_eq!(answer.trailers, [("x-end".to_owned(), "yes".to_owned())]);
    // Clients of HTTP/1 too.
    let mut old = sluicegate_e2e::Connection::open(entry).await.unwrap();
    let answer =
        old.request("POST /old HTTP/1.1\r\nHost: site.test\r\nContent-Length: 3\r\n\r\nabc").await.unwrap();
    assert_eq!((answer.status(), answer.text()), (200, "abc".to_owned()));
    assert_eq!(answer.header("x-heard"), Some("POST http://site.test/old"));
    let head = Request::head("http://site.test/").body(()).unwrap();
    assert_eq!(client.ask(head, None).await.unwrap().body, b"");
    // Many go over one connection, and as many as it takes when it ends.
    let before = server.connections();
    for _ in 0..20 {
        client.ask(get("/"), None).await.unwrap();
    }
    assert_eq!(server.connections(), before);
    assert_eq!(client.ask(get("/goaway"), None).await.unwrap().status, 200);
    assert_eq!(client.ask(get("/refuse-once"), None).await.unwrap().status, 200);
    assert!(server.connections() > before);
    assert_eq!(server.last().uri().path(), "/refuse-once");
}

/// Extended CONNECT (RFC 8441) to servers of HTTP/1, and upgrades of HTTP/1 to servers of HTTP/2.
#[tokio::test]
async fn websocket_passes_between_the_versions() {
    let (origin, server) = (Origin::start("a").await, Server::start().await);
    let (entry, other) = (free_address(), free_address());
    let text = format!(
        "{}frontend other\n    bind {other}\n    default_backend new\nbackend new\n    server s {} proto h2\n",
        entry_before(entry, &format!("    server s {}\n", origin.address())),
        server.address()
    );
    let _sluicegate = Sluicegate::run(&text).await;
    for front in [entry, other] {
        let client = Client::open(front).await;
        // Its settings are here by then.
        client.ask(get("/"), None).await.unwrap();
        assert!(client.extends());
        let mut request = Request::connect("http://site.test/chat").body(()).unwrap();
        request.extensions_mut().insert(h2::ext::Protocol::from_static("websocket"));
        request.headers_mut().insert("sec-websocket-version", "13".parse().unwrap());
        let (response, mut stream) = client.begin(request, false).await.unwrap();
        let response = timeout(PATIENCE, response).await.unwrap().unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let mut said = response.into_body();
        for word in ["hello", "world"] {
            stream.send_data(Bytes::from_static(word.as_bytes()), false).unwrap();
            let data = timeout(PATIENCE, said.data()).await.unwrap().unwrap().unwrap();
            assert_eq!(data, word);
        }
        stream.send_data(Bytes::new(), true).unwrap();
        // The end may come in a frame of its own.
        while let Some(data) = timeout(PATIENCE, said.data()).await.unwrap() {
            assert_eq!(data.unwrap(), "");
        }
    }
    let mut old = sluicegate_e2e::Connection::open(other).await.unwrap();
    old.upgrade("site.test").await.unwrap();
    old.echo(b"hello").await.unwrap();
    assert_eq!(server.last().method(), Method::CONNECT);
}

/// What a client sends into a tunnel that it is not given is nobody's request.
#[tokio::test]
async fn a_stream_carries_one_request() {
    let origin = Origin::start("a").await;
    let entry = free_address();
    let text = entry_before(entry, &format!("    server s {}\n", origin.address()));
    let denied =
        "    http-request deny status 405 if METH_CONNECT or { hdr(upgrade) -m found }\n    default_backend";
    let _sluicegate = Sluicegate::run(&text.replace("    default_backend", denied)).await;
    let client = Client::open(entry).await;
    client.ask(get("/"), None).await.unwrap();
    let smuggled = b"GET /smuggled HTTP/1.1\r\nHost: site.test\r\n\r\n";
    for extended in [false, true] {
        let uri = if extended { "http://site.test/chat" } else { "site.test:80" };
        let mut request = Request::connect(uri).body(()).unwrap();
        if extended {
            request.extensions_mut().insert(h2::ext::Protocol::from_static("websocket"));
        }
        let answer = client.ask(request, Some(smuggled)).await.unwrap();
        assert_eq!(answer.status, 405);
    }
    client.ask(get("/"), None).await.unwrap();
    assert_eq!(origin.requests(), 2);
}

/// Who speaks something else to an entry of HTTP/2 is closed; nothing that it has sent makes a reset of that.
#[tokio::test]
async fn who_speaks_http1_where_http2_is_wanted_is_closed() {
    let (origin, entry) = (Origin::start("a").await, free_address());
    let text = entry_before(entry, &format!("    server s {}\n", origin.address()));
    let _sluicegate =
        Sluicegate::run(&text.replace(&format!("bind {entry}"), &format!("bind {entry} proto h2"))).await;
    let mut old = sluicegate_e2e::Connection::open(entry).await.unwrap();
    old.send(b"GET / HTTP/1.1\r\nHost: site.test\r\n\r\n").await.unwrap();
    let frames = old.read_to_end().await.unwrap();
    assert!(!frames.starts_with(b"HTTP/1.1"), "{}", frames.escape_ascii());
    assert_eq!(Client::open(entry).await.ask(get("/"), None).await.unwrap().status, 200);
    assert_eq!(origin.requests(), 1);
}

/// Over TLS a server chooses among what its line offers.
#[tokio::test]
async fn servers_choose_the_version_by_alpn() {
    let authority = Authority::new("all");
    let files = tempfile::tempdir().unwrap();
    let pem = files.path().join("site.pem");
    authority.sign(&["site.test"]).save(&pem);
    let (old, new, known) = (free_address(), free_address(), free_address());
    let (behind_old, behind_new) = (free_address(), free_address());
    let telling = |name: &str, address: SocketAddr, alpn: &str| {
        format!(
            "frontend {name}\n    bind {address} ssl crt {} alpn {alpn}\n    http-request return status 200 \
             content-type text/plain lf-string \"%[req.ver] %[ssl_fc_alpn] %[url]\"\n",
            pem.display()
        )
    };
    let before = |name: &str, address: SocketAddr, server: SocketAddr, options: &str| {
        format!(
            "frontend {name}\n    bind {address}\n    http-response set-header x-spoken \"%[res.ver] %[ssl_bc_alpn]\"\n    \
             default_backend {name}\nbackend {name}\n    server s {server} ssl verify none {options}\n"
        )
    };
    let _sluicegate = Sluicegate::run(
        &[
            HTTP_DEFAULTS.to_owned(),
            telling("only-old", behind_old, "http/1.1"),
            telling("both", behind_new, "h2,http/1.1"),
            before("old", old, behind_old, "alpn h2,http/1.1"),
            before("new", new, behind_new, "alpn h2,http/1.1"),
            before("known", known, behind_new, "proto h2"),
        ]
        .concat(),
    )
    .await;
    for (entry, said, spoken) in [
        (old, "1.1 http/1.1 /a", "1.1 http/1.1"),
        (new, "2.0 h2 https://site.test/a", "2.0 h2"),
        (known, "2.0 h2 https://site.test/a", "2.0 h2"),
    ] {
        for _ in 0..2 {
            let answer = Client::open(entry).await.ask(get("/a"), None).await.unwrap();
            assert_eq!((answer.status, answer.text()), (200, said.to_owned()));
            assert_eq!(answer.field("x-spoken"), Some(spoken));
        }
    }
}
