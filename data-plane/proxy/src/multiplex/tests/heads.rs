//! Heads that HTTP/1.1 has not, or has otherwise.

use h2::ext::Protocol;
use http::{Method, Request, Uri};

use crate::h1::{Framing, Head, Limits, Method as Known, Parsed};
use crate::multiplex::request::{self, Asked};

fn asked(method: &str, uri: &str, fields: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

fn text(request: Request<()>, ended: bool) -> (String, Asked) {
    let (parts, ()) = request.into_parts();
    let mut out = Vec::new();
    let asked = request::write_head(&parts, ended, || 7, &mut out);
    (String::from_utf8(out).unwrap(), asked)
}

fn is_refused(text: &str) -> bool {
    let parsed = Head::new().parse_request(text.as_bytes(), &Limits::default());
    assert_ne!(parsed, Ok(Parsed::Partial), "{text:?}");
    parsed.is_err()
}

type Fields = &'static [(&'static str, &'static str)];

#[test]
fn requests_are_written_so() {
    let heads: [(&str, &str, Fields, bool, &str); 12] = [
        ("GET", "https://a/b?c", &[], true, "GET https://a/b?c HTTP/1.1\r\nhost: a\r\n"),
        ("GET", "http://a", &[], true, "GET http://a/ HTTP/1.1\r\nhost: a\r\n"),
        ("OPTIONS", "http://a/*", &[], true, "OPTIONS http://a/* HTTP/1.1\r\nhost: a\r\n"),
        ("GET", "/b", &[("host", "a")], true, "GET /b HTTP/1.1\r\nhost: a\r\n"),
        ("GET", "http://a/", &[("host", "b")], true, "GET http://a/ HTTP/1.1\r\nhost: a\r\n"),
        ("CONNECT", "a:443", &[], false, "CONNECT a:443 HTTP/1.1\r\nhost: a:443\r\n"),
        ("POST", "http://a/", &[], true, "POST http://a/ HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n"),
        (
            "POST",
            "http://a/",
            &[],
            false,
            "POST http://a/ HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n",
        ),
        (
            "GET",
            "http://a/",
            &[],
            false,
            "GET http://a/ HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n",
        ),
        (
            "PUT",
            "http://a/",
            &[("content-length", "5")],
            false,
            "PUT http://a/ HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n",
        ),
        (
            "GET",
            "http://a/",
            &[("te", "trailers")],
            true,
            "GET http://a/ HTTP/1.1\r\nhost: a\r\nconnection: te\r\nte: trailers\r\n",
        ),
        (
            "GET",
            "http://a/",
            &[("cookie", "b=c"), ("x-d", "e"), ("cookie", "f=g"), ("cookie", "")],
            true,
            "GET http://a/ HTTP/1.1\r\nhost: a\r\nx-d: e\r\ncookie: b=c; f=g; \r\n",
        ),
    ];
    for (method, uri, fields, ended, wanted) in heads {
        let (written, _) = text(asked(method, uri, fields), ended);
        assert_eq!(written, format!("{wanted}\r\n"));
        assert!(!is_refused(&written), "{written}");
    }
}

/// `*` comes without a scheme in the address that the library makes of it.
#[test]
fn of_the_whole_server_is_asked_with_an_asterisk() {
    let mut request = asked("OPTIONS", "/", &[]);
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(http::uri::Scheme::HTTPS);
    parts.authority = Some("a".parse().unwrap());
    parts.path_and_query = Some("*".parse().unwrap());
    *request.uri_mut() = Uri::from_parts(parts).unwrap();
    let (written, _) = text(request.clone(), true);
    assert_eq!(written, "OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n");
    assert!(!is_refused(&written));
    *request.method_mut() = Method::GET;
    assert!(is_refused(&text(request, true).0));
}

#[test]
fn what_two_readers_could_take_for_two_requests_is_refused() {
    let heads: [(&str, &str, Fields); 8] = [
        ("POST", "http://a/", &[("content-length", "5"), ("content-length", "6")]),
        ("POST", "http://a/", &[("content-length", "+5")]),
        ("POST", "http://a/", &[("content-length", "5, 5")]),
        ("GET", "http://user@a/", &[]),
        ("GET", "http://a:b/", &[]),
        ("GET", "/", &[]),
        ("GET", "/", &[("host", "a"), ("host", "b")]),
        ("CONNECT", "a", &[]),
    ];
    for (method, uri, fields) in heads {
        let Ok(uri) = uri.parse::<Uri>() else { continue };
        let mut request = asked(method, "/", fields);
        *request.uri_mut() = uri;
        let (written, _) = text(request, false);
        assert!(is_refused(&written), "{written}");
    }
}

#[test]
fn only_the_name_of_a_protocol_asks_for_one() {
    let ask = |protocol: &str| {
        let mut request = asked("CONNECT", "http://a/b", &[("sec-websocket-key", "c")]);
        request.extensions_mut().insert(Protocol::from(protocol));
        text(request, false)
    };
    let (written, asked) = ask("connect-udp/1");
    assert_eq!(
        written,
        "GET http://a/b HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: connect-udp/1\r\n\r\n"
    );
    assert!(asked.extended && asked.accept.is_none() && asked.asked.method == Known::Get);
    let (written, asked) = ask("WebSocket");
    assert!(written.ends_with("upgrade: WebSocket\r\nsec-websocket-key: BwAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"));
    assert_eq!(asked.accept.as_ref(), Some(b"6XR4GOS/YxrQiLoKQz9ykzzeTDg="));
    for protocol in
        ["", " ", "a b", "a, b", "a/", "/a", "a/b/c", "a\r\nb: c", "a\r\n\r\nGET /b HTTP/1.1", "\u{e4}"]
    {
        let (written, _) = ask(protocol);
        assert!(is_refused(&written), "{written:?}");
    }
}

/// What a server of HTTP/2 is sent.
#[test]
fn requests_to_servers_are_made_so() {
    let made = |text: &str, extends| {
        let mut head = Head::new();
        head.parse_request(text.as_bytes(), &Limits::default()).unwrap();
        request::of_head(&head, text.as_bytes(), "https", extends)
    };
    let (request, framing, _) = made(
        "POST /a?b HTTP/1.1\r\nHost: a:1\r\nContent-Length: 5\r\nConnection: close, X-A\r\nKeep-Alive: a\r\n\
         Proxy-Connection: a\r\nHTTP2-Settings: a\r\nTE: trailers\r\nX-B: c\r\nx-b: d\r\n\r\n",
        false,
    )
    .unwrap();
    assert_eq!((request.uri().to_string().as_str(), framing), ("https://a:1/a?b", Framing::Length(5)));
    let mut fields: Vec<_> = request
        .headers()
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    fields.sort_unstable();
    assert_eq!(fields, ["content-length: 5", "te: trailers", "x-b: c", "x-b: d"]);
    // One that has no host.
    let (request, _, _) = made("GET /a HTTP/1.0\r\n\r\n", false).unwrap();
    assert_eq!(request.uri().to_string(), "/a");
    let (request, framing, _) = made("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", false).unwrap();
    assert_eq!((request.uri().to_string().as_str(), framing), ("a:443", Framing::Tunnel));
    let upgrade = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: b\r\n\r\n";
    assert!(made(upgrade, false).is_err(), "the server does not know how");
    let (request, framing, wanted) = made(upgrade, true).unwrap();
    assert_eq!((request.method(), framing), (&Method::CONNECT, Framing::Tunnel));
    assert_eq!(request.extensions().get::<Protocol>().map(Protocol::as_str), Some("websocket"));
    assert!(request.headers().is_empty() && wanted.accept.is_some());
}
