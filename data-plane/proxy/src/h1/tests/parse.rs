use super::{parse_request, parse_response, request, response};
use crate::h1::{Expect, Fault, Head, Known, Limits, Method, Parsed, Persistence, TargetForm, Version};

#[test]
fn a_request_keeps_order_duplicates_and_case() {
    let buf = b"\r\nPoSt /a/b?c=d?e HTTP/1.0\r\nHost: h:1\r\nX-a:1\r\nx-A: \t 2 \t\r\nCookie:\r\n\r\nbody";
    let (head, head_len) = request(buf);
    assert_eq!(&buf[head_len..], b"body");
    assert_eq!(head.method(), Method::Other);
    assert_eq!(head.method_text(buf), b"PoSt");
    assert_eq!(head.version(), Version::Http10);
    assert_eq!(head.path(buf), b"/a/b");
    assert_eq!(head.query(buf), Some(&b"c=d?e"[..]));
    assert_eq!(head.authority(buf), Some(&b"h:1"[..]));
    let names: Vec<_> = head.fields().iter().map(|field| field.name.of(buf)).collect();
    assert_eq!(names, [&b"Host"[..], b"X-a", b"x-A", b"Cookie"]);
    assert_eq!(head.values(buf, b"x-a").collect::<Vec<_>>(), [b"1", b"2"]);
    assert_eq!(head.value(buf, b"COOKIE"), Some(&b""[..]));
    assert_eq!(head.value(buf, b"absent"), None);
    assert_eq!(head.value(buf, b"date"), None);
}

#[test]
fn a_response_is_parsed() {
    let buf = b"HTTP/1.1 404 Not  Found\xe9\r\nServer: x\r\nContent-Length: 7\r\n\r\n";
    let head = response(buf);
    assert_eq!((head.status(), head.reason(buf)), (404, &b"Not  Found\xe9"[..]));
    assert_eq!(head.content_length(), Some(7));
    for (line, status) in [("HTTP/1.1 200", 200), ("HTTP/1.0 100 ", 100), ("HTTP/1.3 999 x", 999)] {
        assert_eq!(response(format!("{line}\r\n\r\n").as_bytes()).status(), status);
    }
}

#[test]
fn bad_responses_are_refused() {
    for (bytes, fault) in [
        (&b"HTTP/1.1 099 x\r\n\r\n"[..], Fault::InvalidStatus),
        (b"HTTP/1.1 20 x\r\n\r\n", Fault::InvalidStatus),
        (b"HTTP/1.1 2000\r\n\r\n", Fault::InvalidStatus),
        (b"HTTP/1.1 +20 x\r\n\r\n", Fault::InvalidStatus),
        (b"HTTP/1.1  200 x\r\n\r\n", Fault::InvalidStatus),
        (b"HTTP/1.1\t200 x\r\n\r\n", Fault::InvalidVersion),
        (b"HTTP/2.0 200 x\r\n\r\n", Fault::InvalidVersion),
        (b"ICY 200 OK\r\n\r\n", Fault::InvalidVersion),
        (b"\r\nHTTP/1.1 200 OK\r\n\r\n", Fault::InvalidVersion),
        (b"HTTP/1.1 200 a\0b\r\n\r\n", Fault::InvalidReason),
        (b"HTTP/1.1 200 OK\n\n", Fault::BareLineFeed),
        (b"HTTP/1.1 200\rOK\r\n\r\n", Fault::BareCarriageReturn),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            Fault::LengthAndTransferEncoding,
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", Fault::RepeatedContentLength),
        (b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Fault::TransferEncodingInHttp10),
        (b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", Fault::BlankInName),
        (b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", Fault::ObsoleteFold),
    ] {
        assert_eq!(parse_response(bytes).expect_err("refused").fault, fault, "{}", bytes.escape_ascii());
    }
}

#[test]
fn the_forms_of_targets() {
    let form = |buf: &'static [u8]| {
        let (head, _) = request(buf);
        (head.target_form(), head.path(buf), head.query(buf), head.authority(buf))
    };
    let (kind, path, query, authority) = form(b"GET http://a:80?x HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(matches!(kind, TargetForm::Absolute { .. }));
    assert_eq!((path, query, authority), (&b"/"[..], Some(&b"x"[..]), Some(&b"a:80"[..])));
    let (_, path, query, authority) = form(b"GET http://a/b?x HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!((path, query, authority), (&b"/b"[..], Some(&b"x"[..]), Some(&b"a"[..])));
    let (kind, path, _, authority) = form(b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!((kind, path, authority), (TargetForm::Authority, &b""[..], Some(&b"a:1"[..])));
    let (kind, path, query, _) = form(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!((kind, path, query), (TargetForm::Asterisk, &b"*"[..], None));
}

#[test]
fn limits_have_their_answers() {
    let limits = Limits { head_bytes: 100, target_bytes: 20, fields: 3 };
    let parse = |buf: &[u8]| Head::new().parse_request(buf, &limits).map_err(|error| error.fault);
    let with = |target: usize, fields: usize, pad: usize| {
        let mut text = format!("GET /{} HTTP/1.1\r\nHost: a\r\n", "x".repeat(target - 1));
        (1..fields).for_each(|_| text.push_str("X: y\r\n"));
        text.push_str(&format!("P: {}\r\n\r\n", "p".repeat(pad)));
        text.into_bytes()
    };
    assert!(matches!(parse(&with(20, 2, 1)), Ok(Parsed::Complete { .. })));
    assert_eq!(parse(&with(21, 2, 1)), Err(Fault::TargetTooLong));
    assert_eq!(parse(&with(20, 3, 1)), Err(Fault::TooManyFields));
    let longest = 100 - with(20, 2, 0).len();
    assert_eq!(parse(&with(20, 2, longest)), Ok(Parsed::Complete { head_len: 100 }));
    assert_eq!(parse(&with(20, 2, longest + 1)), Err(Fault::HeadTooLarge));
    assert_eq!(parse(&[b'A'; 99]), Ok(Parsed::Partial));
    assert_eq!(parse(&[b'A'; 100]), Err(Fault::TargetTooLong));
    assert_eq!(Fault::HeadTooLarge.status(), 431);
    assert_eq!(Fault::TooManyFields.status(), 431);
    assert_eq!(Fault::TargetTooLong.status(), 414);
}

#[test]
fn limits_are_clamped() {
    let wild = Limits { head_bytes: u32::MAX, target_bytes: u32::MAX, fields: u16::MAX }.clamped();
    assert_eq!(wild.head_bytes, Limits::MAX_HEAD_BYTES);
    assert_eq!((wild.target_bytes, wild.fields), (Limits::MAX_HEAD_BYTES, Limits::MAX_FIELDS));
    assert_eq!(Limits::default().clamped(), Limits::default());
}

#[test]
fn offsets_point_at_the_fault() {
    for (bytes, offset) in [
        (&b"GET /\x01 HTTP/1.1\r\n"[..], 5),
        (b"GET / HTTP/1.1\r\nA: b\r\nC : d\r\n", 23),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n", 25),
        (b"GET / HTTQ/1.1\r\n", 9),
        (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 16),
    ] {
        let error = parse_request(bytes).expect_err("refused");
        assert_eq!(error.offset, offset, "{error}");
    }
}

#[test]
fn persistence_follows_version_and_tokens() {
    for (version, connection, expected) in [
        ("1.1", "", Persistence::KeepAlive),
        ("1.1", "Connection: close\r\n", Persistence::Close),
        ("1.1", "Connection: x, CLOSE\r\n", Persistence::Close),
        ("1.1", "Connection: keep-alive\r\nConnection: close\r\n", Persistence::Close),
        ("1.0", "", Persistence::Close),
        ("1.0", "Connection: Keep-Alive\r\n", Persistence::KeepAlive),
        ("1.0", "Connection: keep-alive, close\r\n", Persistence::Close),
        ("1.0", "Proxy-Connection: keep-alive\r\n", Persistence::Close),
    ] {
        let (head, _) = request(format!("GET / HTTP/{version}\r\nHost: a\r\n{connection}\r\n").as_bytes());
        assert_eq!(head.persistence(), expected, "{version} {connection}");
    }
}

#[test]
fn expectations() {
    for (version, lines, expected) in [
        ("1.1", "", Expect::Nothing),
        ("1.1", "Expect: 100-Continue\r\n", Expect::Continue),
        ("1.1", "Expect: 200-ok\r\n", Expect::Unknown),
        ("1.1", "Expect: 100-continue\r\nExpect: x\r\n", Expect::Unknown),
        ("1.0", "Expect: 100-continue\r\n", Expect::Nothing),
    ] {
        let (head, _) = request(format!("POST / HTTP/{version}\r\nHost: a\r\n{lines}\r\n").as_bytes());
        assert_eq!(head.expect(), expected, "{version} {lines}");
    }
}

#[test]
fn upgrades_need_both_fields_and_are_never_to_h2c() {
    for (version, lines, expected) in [
        ("1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n", Some("websocket")),
        ("1.1", "Connection: keep-alive, upgrade\r\nUpgrade: a, b\r\n", Some("a, b")),
        ("1.1", "Upgrade: websocket\r\n", None),
        ("1.1", "Connection: Upgrade\r\n", None),
        ("1.0", "Connection: Upgrade\r\nUpgrade: websocket\r\n", None),
        ("1.1", "Connection: Upgrade\r\nUpgrade: h2c\r\n", None),
        ("1.1", "Connection: Upgrade\r\nUpgrade: websocket, H2C\r\n", None),
        ("1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n", None),
    ] {
        let text = format!("GET / HTTP/{version}\r\nHost: a\r\n{lines}\r\n");
        let (head, _) = request(text.as_bytes());
        assert_eq!(head.upgrade(text.as_bytes()), expected.map(str::as_bytes), "{version} {lines}");
    }
}

#[test]
fn known_names_are_recognised_in_any_case() {
    for &name in Known::ALL {
        assert_eq!(Known::of(name.text().as_bytes()), Some(name));
        assert_eq!(Known::of(name.text().to_uppercase().as_bytes()), Some(name));
        let mut near = name.text().to_owned();
        near.pop();
        assert_ne!(Known::of(near.as_bytes()), Some(name));
        near.push('_');
        assert_ne!(Known::of(near.as_bytes()), Some(name));
    }
}

#[test]
fn a_cleared_head_keeps_its_memory_and_nothing_else() {
    let (mut head, _) = request(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let capacity = head.fields.capacity();
    head.clear();
    assert_eq!(head, Head::new());
    assert_eq!(head.fields.capacity(), capacity);
}

#[test]
fn pipelined_requests_are_told_apart() {
    let buf = b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
    let (first, len) = request(buf);
    assert_eq!(first.path(buf), b"/1");
    let (second, _) = request(&buf[len..]);
    assert_eq!(second.path(&buf[len..]), b"/2");
}

#[test]
fn a_long_line_is_looked_at_again_when_it_ends() {
    let sound = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(6_000)).into_bytes();
    let mut faulty = sound.clone();
    faulty[5_000] = 0;
    for buf in [sound, faulty] {
        let mut head = Head::new();
        let bytewise = (1..=buf.len())
            .map(|end| head.parse_request(&buf[..end], &Limits::default()))
            .find(|parsed| *parsed != Ok(Parsed::Partial));
        assert_eq!(bytewise, Some(parse_request(&buf)));
    }
}
