use super::*;
use crate::h1::{Asked, Limits, Method};

fn request(text: &str, policy: &RequestPolicy<'_>) -> (String, bool) {
    let mut head = Head::new();
    head.parse_request(text.as_bytes(), &Limits::default()).unwrap();
    let mut edits = Edits::new();
    let keep = policy.apply(&head, text.as_bytes(), &mut edits).unwrap();
    let mut out = Vec::new();
    View::new(&head, text.as_bytes(), &edits).render(&mut out);
    (String::from_utf8(out).unwrap(), keep)
}

fn plain(keep: bool) -> RequestPolicy<'static> {
    RequestPolicy { frontend: None, backend: None, client: None, keep, whole_uri: false }
}

/// The response `text` to a request of `method` by a client of `version`: what is sent, and how.
fn response(text: &str, method: Method, version: Version) -> (String, Delivery) {
    let mut head = Head::new();
    head.parse_response(text.as_bytes(), &Limits::default()).unwrap();
    let framing = Framing::of_response(&head, Asked { method, upgrade: true }).unwrap();
    let mut edits = Edits::new();
    let policy = ResponsePolicy { version, framing, compressed: false, keep: true };
    let delivery = policy.apply(&head, text.as_bytes(), &mut edits).unwrap();
    let mut out = Vec::new();
    View::new(&head, text.as_bytes(), &edits).render(&mut out);
    (String::from_utf8(out).unwrap(), delivery)
}

#[test]
fn modes_of_both_sides_meet() {
    use ConnectionMode::{Close, KeepAlive, ServerClose};
    for (frontend, backend, client, server) in [
        (KeepAlive, KeepAlive, true, true),
        (ServerClose, KeepAlive, true, false),
        (KeepAlive, ServerClose, true, false),
        (Close, KeepAlive, false, true),
        (KeepAlive, Close, true, false),
        (Close, Close, false, false),
    ] {
        assert_eq!(Keep::of(frontend, backend), Keep { client, server }, "{frontend:?} {backend:?}");
    }
}

#[test]
fn a_request_says_close_where_its_connection_ends() {
    let (kept, keep) = request("GET / HTTP/1.1\r\nHost: a\r\n\r\n", &plain(true));
    assert_eq!((kept.as_str(), keep), ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true));
    let (closed, keep) = request("GET / HTTP/1.1\r\nHost: a\r\n\r\n", &plain(false));
    assert_eq!((closed.as_str(), keep), ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false));
}

#[test]
fn an_offer_of_h2c_is_not_passed_on() {
    let (sent, _) = request(
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n",
        &plain(true),
    );
    assert_eq!(sent, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

#[test]
fn both_sides_together_add_one_address() {
    let option = |if_none| ForwardedFor {
        header: sluicegate_model::rule::HeaderName::new("X-Forwarded-For").unwrap(),
        except: Default::default(),
        if_none,
    };
    for (frontend, backend, added) in [(true, true, false), (true, false, true), (false, true, true)] {
        let (frontend, backend) = (option(frontend), option(backend));
        let policy = RequestPolicy {
            whole_uri: false,
            frontend: Some(&frontend),
            backend: Some(&backend),
            client: Some("192.0.2.1".parse().unwrap()),
            keep: true,
        };
        let (sent, _) = request("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: x\r\n\r\n", &policy);
        let count = sent.matches("X-Forwarded-For: ").count();
        assert_eq!(count, if added { 2 } else { 1 }, "{sent}");
    }
}

#[test]
fn addresses_are_written_as_they_are_read() {
    for ip in ["0.0.0.0", "192.0.2.255", "2001:db8::1"] {
        let mut out = Vec::new();
        write_ip(ip.parse().unwrap(), &mut out);
        assert_eq!(out, ip.as_bytes());
    }
    let mut out = Vec::new();
    write_ip("::ffff:10.1.2.3".parse().unwrap(), &mut out);
    assert_eq!(out, b"10.1.2.3");
}

#[test]
fn a_response_goes_to_each_version_in_a_form_that_it_reads() {
    let length = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let open = "HTTP/1.0 200 OK\r\n\r\n";
    let (as_is, chunk, unchunk) = (Coding::AsIs, Coding::Chunk, Coding::Unchunk);
    for (text, version, coding, keep, sent) in [
        (length, Version::Http11, as_is, true, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"),
        (
            length,
            Version::Http10,
            as_is,
            true,
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\n",
        ),
        (chunked, Version::Http11, as_is, true, chunked),
        (chunked, Version::Http10, unchunk, false, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"),
        (open, Version::Http11, chunk, true, chunked),
        (open, Version::Http10, as_is, false, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"),
    ] {
        let (out, delivery) = response(text, Method::Get, version);
        assert_eq!((out.as_str(), delivery), (sent, Delivery { coding, keep }), "{text:?} to {version:?}");
    }
}

#[test]
fn what_cannot_have_a_body_does_not_announce_one() {
    let (out, _) =
        response("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", Method::Get, Version::Http11);
    assert_eq!(out, "HTTP/1.1 204 No Content\r\n\r\n");
    let (out, _) =
        response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Method::Connect, Version::Http11);
    assert_eq!(out, "HTTP/1.1 200 OK\r\n\r\n");
    let (out, _) = response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Method::Head, Version::Http11);
    assert_eq!(out, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
}
