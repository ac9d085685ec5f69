use super::{rendered, request, response};
use crate::h1::{Edits, Framing, Head, Hop, InvalidEdit, Kind, Persistence, Version, View};

const GET: &[u8] = b"GET /a?b HTTP/1.1\r\nHost: a\r\nX:1\r\nCookie: c\r\nx: 2\r\n\r\n";

/// The request `buf` after `edit`, as sent.
fn sent(buf: &[u8], edit: impl FnOnce(&mut Edits, &Head) -> Result<(), InvalidEdit>) -> String {
    let (head, _) = request(buf);
    let mut edits = Edits::new();
    edit(&mut edits, &head).expect("a sound edit");
    String::from_utf8(rendered(&head, buf, &edits)).expect("text")
}

#[test]
fn an_unedited_head_is_sent_with_its_blanks_made_regular() {
    assert_eq!(sent(GET, |_, _| Ok(())), "GET /a?b HTTP/1.1\r\nHost: a\r\nX: 1\r\nCookie: c\r\nx: 2\r\n\r\n");
    assert_eq!(
        sent(b"\r\nGET / HTTP/1.9\r\nhOst:\t a \r\nEmpty:\r\n\r\n", |_, _| Ok(())),
        "GET / HTTP/1.1\r\nhOst: a\r\nEmpty: \r\n\r\n"
    );
    assert_eq!(sent(b"GET / HTTP/1.0\r\n\r\n", |_, _| Ok(())), "GET / HTTP/1.0\r\n\r\n");
}

#[test]
fn set_takes_all_away_and_adds_behind() {
    assert_eq!(
        sent(GET, |edits, head| edits.set(head, GET, b"X", b"3")),
        "GET /a?b HTTP/1.1\r\nHost: a\r\nCookie: c\r\nX: 3\r\n\r\n"
    );
}

#[test]
fn edits_apply_in_their_order() {
    assert_eq!(
        sent(GET, |edits, head| {
            edits.add(b"N", b"1")?;
            edits.add(b"n", b"2")?;
            edits.set(head, GET, b"N", b"3")?;
            edits.add(b"N", b"4")?;
            edits.delete(head, GET, b"x")?;
            edits.add(b"Y", b"5")?;
            edits.delete(head, GET, b"y")
        }),
        "GET /a?b HTTP/1.1\r\nHost: a\r\nCookie: c\r\nN: 3\r\nN: 4\r\n\r\n"
    );
}

#[test]
fn replace_keeps_the_place() {
    assert_eq!(
        sent(GET, |edits, head| {
            edits.replace(head, 2, b"first")?;
            edits.replace(head, 2, b"second")?;
            edits.replace(head, 99, b"nowhere")
        }),
        "GET /a?b HTTP/1.1\r\nHost: a\r\nX: 1\r\nCookie: second\r\nx: 2\r\n\r\n"
    );
    let gone = sent(GET, |edits, head| {
        edits.replace(head, 2, b"new")?;
        edits.delete(head, GET, b"cookie")
    });
    assert!(!gone.contains("ookie"), "{gone}");
}

#[test]
fn start_lines_are_edited() {
    let line = |edit: fn(&mut Edits, &Head) -> Result<(), InvalidEdit>| {
        sent(GET, edit).lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(line(|edits, _| edits.set_method(b"HEAD")), "HEAD /a?b HTTP/1.1");
    assert_eq!(line(|edits, _| edits.set_target(b"/c")), "GET /c HTTP/1.1");
    assert_eq!(
        line(|edits, _| {
            edits.set_version(Version::Http10);
            Ok(())
        }),
        "GET /a?b HTTP/1.0"
    );
    let buf = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
    let head = response(buf);
    let mut edits = Edits::new();
    assert_eq!(rendered(&head, buf, &edits), buf);
    edits.set_status(503, b"Gone fishing").expect("sound");
    assert_eq!(rendered(&head, buf, &edits), b"HTTP/1.1 503 Gone fishing\r\nA: b\r\n\r\n");
}

#[test]
fn a_response_without_a_space_gets_one() {
    let buf = b"HTTP/1.1 200\r\nA: b\r\n\r\n";
    assert_eq!(rendered(&response(buf), buf, &Edits::new()), b"HTTP/1.1 200 \r\nA: b\r\n\r\n");
}

#[test]
fn a_message_is_made_from_nothing() {
    let head = Head::bare(Kind::Response);
    let mut edits = Edits::new();
    edits.set_status(200, b"OK").expect("sound");
    edits.set_framing(&head, Framing::Length(3)).expect("sound");
    assert_eq!(rendered(&head, b"", &edits), b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
}

#[test]
fn absolute_targets_stay_and_agree_with_host() {
    for (line, host, rule, expected) in [
        ("GET http://a/b?c", "a", None, "GET http://a/b?c"),
        ("GET http://a", "a", None, "GET http://a"),
        ("GET http://a:80?q", "a", None, "GET http://a?q"),
        ("GET https://a:443/", "a", None, "GET https://a/"),
        ("GET https://a:80/", "a:80", None, "GET https://a:80/"),
        ("GET ftp://a:80/", "a:80", None, "GET ftp://a:80/"),
        ("GET http://[::1]:80/", "[::1]", None, "GET http://[::1]/"),
        ("OPTIONS http://a", "a", None, "OPTIONS http://a"),
        ("GET http://a/b", "a", Some("other:8080"), "GET http://other:8080/b"),
        ("GET http://a/b", "a", Some("A"), "GET http://a/b"),
        ("GET http://a/b", "a", Some("no host/"), "GET http://a/b"),
        ("GET /x", "a", Some("other"), "GET /x"),
    ] {
        let buf = format!("{line} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let out = sent(buf.as_bytes(), |edits, head| {
            if let Some(host) = rule {
                edits.set(head, buf.as_bytes(), b"Host", host.as_bytes())?;
            }
            edits.settle_host(head, buf.as_bytes())
        });
        assert_eq!(out, format!("{expected} HTTP/1.1\r\nHost: {}\r\n\r\n", rule.unwrap_or(host)));
    }
}

#[test]
fn edits_that_would_split_a_message_are_refused() {
    let (head, _) = request(GET);
    let mut edits = Edits::new();
    assert_eq!(edits.add(b"A", b"b\r\nC: d"), Err(InvalidEdit::Value));
    assert_eq!(edits.add(b"A", b"b\0"), Err(InvalidEdit::Value));
    assert_eq!(edits.add(b"A:", b"b"), Err(InvalidEdit::Name));
    assert_eq!(edits.add(b"", b"b"), Err(InvalidEdit::Name));
    assert_eq!(edits.set(&head, GET, b"Cookie", b"\n"), Err(InvalidEdit::Value));
    assert_eq!(edits.set_target(b"/a b"), Err(InvalidEdit::Target));
    assert_eq!(edits.set_target(b""), Err(InvalidEdit::Target));
    assert_eq!(edits.set_target(b"a"), Err(InvalidEdit::Target));
    assert_eq!(edits.set_method(b"GET /x"), Err(InvalidEdit::Method));
    assert_eq!(edits.set_status(99, b""), Err(InvalidEdit::Status));
    assert_eq!(edits.set_status(200, b"a\r\nb"), Err(InvalidEdit::Value));
    assert_eq!(edits.replace(&head, 0, b"\r"), Err(InvalidEdit::Value));
    for name in [&b"content-length"[..], b"Transfer-Encoding"] {
        assert_eq!(edits.add(name, b"1"), Err(InvalidEdit::Framing));
        assert_eq!(edits.set(&head, GET, name, b"1"), Err(InvalidEdit::Framing));
        assert_eq!(edits.delete(&head, GET, name), Err(InvalidEdit::Framing));
    }
    let untouched = rendered(&head, GET, &Edits::new());
    assert_eq!(rendered(&head, GET, &edits), untouched, "a refused edit left a trace");
    assert!(edits.arena.is_empty());
}

#[test]
fn edits_are_bounded() {
    let mut edits = Edits::new();
    assert_eq!(edits.add(b"A", &[b'x'; 70_000]), Err(InvalidEdit::TooLarge));
    let made = (0..1_000).take_while(|_| edits.add(b"A", b"").is_ok()).count();
    assert_eq!(made, 512);
    edits.clear();
    assert!(edits.capacity() > 0);
    assert_eq!(edits.add(b"A", b""), Ok(()));
}

#[test]
fn framing_fields_are_the_engines() {
    let buf = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";
    let with = |framing| sent(buf, |edits, head| edits.set_framing(head, framing));
    assert_eq!(with(Framing::Chunked), "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_eq!(with(Framing::Length(0)), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(with(Framing::Empty), "POST / HTTP/1.1\r\nHost: a\r\n\r\n");
    let twice = sent(buf, |edits, head| {
        edits.set_framing(head, Framing::Length(9))?;
        edits.set_framing(head, Framing::Chunked)
    });
    assert!(twice.ends_with("\r\nTransfer-Encoding: chunked\r\n\r\n") && !twice.contains("9"), "{twice}");
}

#[test]
fn fields_for_the_next_hop_go() {
    let buf = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close, x-Secret, host, Content-Length\r\nX-Secret: s\r\n\
        Keep-Alive: timeout=5\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nHTTP2-Settings: y\r\nTE: gzip, trailers\r\n\
        Content-Length: 0\r\nX-Kept: k\r\n\r\n";
    let out = sent(buf, |edits, head| {
        edits.add(b"X-Secret", b"the proxy's own")?;
        let hop = edits.strip_hop_by_hop(head, buf, head.asks_upgrade())?;
        assert_eq!(hop, Hop { upgrade: false, te: true });
        edits.set_connection(hop, Some(Persistence::KeepAlive))
    });
    assert_eq!(
        out,
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nX-Kept: k\r\nX-Secret: the proxy's own\r\nTE: trailers\r\n\
         Connection: keep-alive, TE\r\n\r\n"
    );
}

#[test]
fn an_upgrade_is_kept_where_it_is_taken_up() {
    let buf = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n";
    let out = sent(buf, |edits, head| {
        let hop = edits.strip_hop_by_hop(head, buf, head.asks_upgrade())?;
        edits.set_connection(hop, Some(Persistence::Close))
    });
    assert_eq!(out, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
}

#[test]
fn without_hop_by_hop_fields_nothing_changes() {
    let out = sent(GET, |edits, head| {
        let hop = edits.strip_hop_by_hop(head, GET, false)?;
        edits.set_connection(hop, None)
    });
    assert_eq!(out, sent(GET, |_, _| Ok(())));
}

#[test]
fn a_view_shows_the_message_after_its_edits() {
    let (head, _) = request(GET);
    let mut edits = Edits::new();
    edits.set(&head, GET, b"Cookie", b"new").expect("sound");
    edits.replace(&head, 1, b"one").expect("sound");
    edits.add(b"x", b"3").expect("sound");
    edits.set_target(b"/p?q").expect("sound");
    let view = View::new(&head, GET, &edits);
    assert_eq!(view.value(b"cookie"), Some(&b"new"[..]));
    assert_eq!(view.values(b"X").collect::<Vec<_>>(), [&b"one"[..], b"2", b"3"]);
    assert_eq!((view.path(), view.query()), (&b"/p"[..], Some(&b"q"[..])));
    let mut lines = Vec::new();
    for (name, value) in view.fields() {
        lines.extend_from_slice(&[name, b": ", value, b"\r\n"].concat());
    }
    let sent = rendered(&head, GET, &edits);
    assert_eq!(sent, [b"GET /p?q HTTP/1.1\r\n", &lines[..], b"\r\n"].concat());
}
