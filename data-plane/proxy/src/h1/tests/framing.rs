use super::{request, response};
use crate::h1::{Asked, Body, Fault, Framing, Method};

#[test]
fn bodies_of_requests() {
    for (lines, expected) in [
        ("", Framing::Empty),
        ("Content-Length: 0\r\n", Framing::Empty),
        ("Content-Length: 12\r\n", Framing::Length(12)),
        ("Transfer-Encoding: Chunked\r\n", Framing::Chunked),
    ] {
        let (head, _) = request(format!("POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n").as_bytes());
        assert_eq!(Framing::of_request(&head), expected, "{lines}");
    }
}

#[test]
fn bodies_of_responses() {
    const LENGTH: &str = "Content-Length: 5\r\n";
    const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";
    for (method, status, lines, expected) in [
        (Method::Get, 200, LENGTH, Framing::Length(5)),
        (Method::Get, 200, CHUNKED, Framing::Chunked),
        (Method::Get, 200, "", Framing::UntilClose),
        (Method::Get, 500, "Content-Length: 0\r\n", Framing::Empty),
        (Method::Head, 200, LENGTH, Framing::Empty),
        (Method::Head, 200, CHUNKED, Framing::Empty),
        (Method::Head, 200, "", Framing::Empty),
        (Method::Get, 204, LENGTH, Framing::Empty),
        (Method::Get, 304, LENGTH, Framing::Empty),
        (Method::Get, 100, CHUNKED, Framing::Empty),
        (Method::Connect, 200, LENGTH, Framing::Tunnel),
        (Method::Connect, 299, "", Framing::Tunnel),
        (Method::Connect, 407, LENGTH, Framing::Length(5)),
    ] {
        let head = response(format!("HTTP/1.1 {status} x\r\n{lines}\r\n").as_bytes());
        let framing = Framing::of_response(&head, Asked { method, upgrade: false });
        assert_eq!(framing, Ok(expected), "{method:?} {status} {lines}");
    }
}

#[test]
fn switching_protocols_must_be_asked_for() {
    let head = response(b"HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    assert!(!head.is_interim());
    let framing = |upgrade| Framing::of_response(&head, Asked { method: Method::Get, upgrade });
    assert_eq!(framing(true), Ok(Framing::Tunnel));
    assert_eq!(framing(false).map_err(|error| error.fault), Err(Fault::UnaskedUpgrade));
}

#[test]
fn what_was_asked_comes_from_the_request() {
    let (head, _) = request(b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
    assert_eq!(Asked::of(&head), Asked { method: Method::Get, upgrade: true });
}

#[test]
fn a_body_of_known_length_ends_there() {
    let mut body = Body::new(Framing::Length(5));
    assert_eq!(body.opaque(), Some(5));
    assert_eq!(body.feed(b"abc").expect("plain").used, 3);
    assert!(!body.is_done() && !body.may_end());
    let fed = body.feed(b"deGET /").expect("plain");
    assert_eq!((fed.used, fed.data), (2, 2));
    assert!(body.is_done() && body.may_end());
    assert_eq!(body.feed(b"GET /").expect("plain").used, 0);
}

#[test]
fn a_body_until_close_never_ends_by_itself() {
    let mut body = Body::new(Framing::UntilClose);
    assert_eq!(body.feed(b"abc").expect("plain").used, 3);
    assert!(!body.is_done() && body.may_end());
    assert_eq!(body.opaque(), None);
    assert!(Body::new(Framing::Empty).is_done());
}
