use h2::ext::Protocol;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri};
use proptest::prelude::*;

use crate::h1;
use crate::multiplex::conversion;

/// Fields of any value that HTTP/2 has, under names of which some mean something.
fn fields() -> impl Strategy<Value = HeaderMap> {
    let name = prop_oneof![
        3 => "[a-z0-9_-]{1,12}",
        3 => prop::sample::select(vec![
            "host", "cookie", "content-length", "te", "expect", "http2-settings", "trailer", "accept", "x-a",
            "sec-websocket-key", "sec-websocket-accept",
        ]).prop_map(str::to_owned),
    ];
    let value = prop_oneof![
        3 => prop::collection::vec(prop_oneof![Just(b'\t'), 0x20..=0x7e_u8, 0x80..=0xff_u8], 0..20),
        2 => prop::sample::select(vec!["5", "0", "site.test", "a=b", "100-continue", "+5", "5, 5", "a:b", " a "])
            .prop_map(|value| value.as_bytes().to_vec()),
    ];
    prop::collection::vec((name, value), 0..8).prop_map(|lines| {
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            // Of this one the library for frames lets nothing else pass.
            let value = if name == "te" { b"trailers".to_vec() } else { value };
            let name = HeaderName::from_bytes(name.as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(&value)) {
                map.append(name, value);
            }
        }
        map
    })
}

fn method() -> impl Strategy<Value = Method> {
    let known = ["GET", "HEAD", "POST", "PUT", "OPTIONS", "CONNECT", "TRACE"];
    prop_oneof![
        3 => prop::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,10}",
    ]
    .prop_map(|method| Method::from_bytes(method.as_bytes()).unwrap())
}

/// A target as the library for frames gives one.
fn uri() -> impl Strategy<Value = Uri> {
    let authority = prop_oneof![
        3 => prop::sample::select(vec![
            "site.test", "site.test:80", "[::1]:443", "user@site.test", "site.test:", "SITE.test", "a b", "a,b", "*",
        ]).prop_map(str::to_owned),
        1 => "[ -~]{0,12}",
    ];
    let path = prop_oneof![
        3 => prop::sample::select(vec!["/", "/a?b=c", "*", "?a", "//b", "/a#b", "/%0d%0a", "/a?", "/{\"}", "/\u{e4}"])
            .prop_map(str::to_owned),
        1 => "/[ -~\u{a0}-\u{ff}]{0,20}",
    ];
    let scheme = prop::sample::select(vec!["http", "https", "ftp", "a+b"]);
    (authority, path, scheme).prop_filter_map("no address", |(authority, path, scheme)| {
        let mut parts = http::uri::Parts::default();
        parts.authority = match authority.as_str() {
            "" => None,
            text => Some(Authority::try_from(text).ok()?),
        };
        parts.scheme = parts.authority.as_ref().and(Some(Scheme::try_from(scheme).ok()?));
        parts.path_and_query = Some(PathAndQuery::try_from(path.as_str()).ok()?);
        Uri::from_parts(parts).ok()
    })
}

fn protocol() -> impl Strategy<Value = Option<String>> {
    let text = prop_oneof![
        3 => prop::sample::select(vec!["websocket", "WebSocket", "connect-udp", "h2c", "a/1"]).prop_map(str::to_owned),
        2 => prop::sample::select(vec![
            "", " ", "a, b", "a\r\nb: c", "a\r\n\r\nGET /b HTTP/1.1\r\nhost: c\r\n\r\n", "\n", "\0", "a b", "\u{e4}",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::option::of(text)
}

fn request() -> impl Strategy<Value = Request<()>> {
    (method(), uri(), protocol(), fields()).prop_map(|(method, uri, protocol, fields)| {
        let mut request = Request::new(());
        let extended = protocol.is_some() && uri.authority().is_some();
        *request.method_mut() = if extended { Method::CONNECT } else { method };
        *request.uri_mut() = match (request.method() == Method::CONNECT && !extended, uri.authority()) {
            (false, _) => uri,
            (true, None) => Uri::from_static("site.test:443"),
            (true, Some(authority)) => authority.as_str().parse().unwrap(),
        };
        if let Some(protocol) = protocol.filter(|_| extended) {
            request.extensions_mut().insert(Protocol::from(protocol.as_str()));
        }
        *request.headers_mut() = fields;
        request
    })
}

/// Lines that make heads of HTTP/1.1.
fn text(start: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        2 => prop::sample::select(vec![
            "Host: site.test", "Host: site.test:80", "Content-Length: 5", "Content-Length: 0",
            "Transfer-Encoding: chunked", "Connection: close", "Connection: Upgrade", "Connection: TE, X-A",
            "Upgrade: websocket", "TE: trailers", "TE: gzip", "Keep-Alive: timeout=5", "X-A: b", "Cookie: a=b",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Expect: 100-continue",
        ]).prop_map(str::to_owned),
        1 => "[A-Za-z0-9_!-]{1,12}: [ -~\t\u{80}-\u{ff}]{0,20}",
    ];
    (prop::sample::select(start), prop::collection::vec(line, 0..8)).prop_map(|(start, lines)| {
        let mut text = format!("{start}\r\n");
        for line in lines {
            text.push_str(&line);
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
        text.into_bytes()
    })
}

proptest! {
    #[test]
    fn a_request_is_one_head_that_says_the_same(request in request(), ended in any::<bool>()) {
        conversion::request(request, ended);
    }

    #[test]
    fn an_answer_is_one_head_that_says_the_same(
        status in 200..1000_u16,
        fields in fields(),
        head in any::<bool>(),
        ended in any::<bool>(),
    ) {
        let mut response = Response::builder().status(status).body(()).unwrap();
        *response.headers_mut() = fields;
        conversion::response(response, if head { h1::Method::Head } else { h1::Method::Get }, ended);
    }

    #[test]
    fn requests_of_http1_keep_their_fields(bytes in text(&[
        "GET / HTTP/1.1", "POST /a?b HTTP/1.1", "GET http://site.test HTTP/1.1", "GET http://site.test?a HTTP/1.1",
        "OPTIONS * HTTP/1.1", "CONNECT site.test:443 HTTP/1.1", "GET /a HTTP/1.0", "HEAD /?? HTTP/1.1",
    ])) {
        conversion::head(&bytes, h1::Kind::Request);
    }

    #[test]
    fn answers_of_http1_keep_their_fields(bytes in text(&[
        "HTTP/1.1 200 OK", "HTTP/1.1 204 No Content", "HTTP/1.1 103 Early Hints", "HTTP/1.0 404 Not Found",
        "HTTP/1.1 999 ",
    ])) {
        conversion::head(&bytes, h1::Kind::Response);
    }

    #[test]
    fn trailers_end_their_body(fields in fields()) {
        conversion::trailers(&fields);
    }
}
