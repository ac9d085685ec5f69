use super::*;

fn text(request: &Request, state: Option<&str>) -> String {
    String::from_utf8(request.render(state, is)).unwrap()
}

fn is(text: &Text) -> Vec<u8> {
    match text {
        Text::Is(text) => text.to_vec(),
        Text::Made(formula) => panic!("{formula:?}"),
    }
}

#[test]
fn requests_close_and_tell_their_length() {
    let mut request = Request {
        method: "POST".into(),
        uri: "/health".into(),
        version: "HTTP/1.1".into(),
        headers: vec![
            ("Host".into(), "app".into()),
            ("Connection".into(), "keep-alive".into()),
            ("Transfer-Encoding".into(), "chunked".into()),
            ("X-Empty".into(), "".into()),
        ],
        body: "ping".into(),
    };
    let expected = "POST /health HTTP/1.1\r\nHost: app\r\nContent-Length: 4\r\nConnection: close\r\n\r\nping";
    assert_eq!(text(&request, None), expected);
    request.body = "".into();
    assert!(text(&request, None).contains("Content-Length: 0\r\n"));
    request.method = "OPTIONS".into();
    let expected =
        "OPTIONS /health HTTP/1.1\r\nHost: app\r\nX-Haproxy-Server-State: UP\r\nConnection: close\r\n\r\n";
    assert_eq!(text(&request, Some("UP")), expected);
}

#[test]
fn texts_are_compared_in_five_ways() {
    let bytes = |text: &str| -> Box<[u8]> { text.as_bytes().into() };
    type How = fn(Box<[u8]>) -> TextMatch;
    let table: [(How, &str, &str, bool, bool); 9] = [
        (TextMatch::Is, "Age", "age", true, true),
        (TextMatch::Is, "Age", "age", false, false),
        (TextMatch::Begins, "x-", "X-Age", true, true),
        (TextMatch::Begins, "x-age-long", "x-age", true, false),
        (TextMatch::Ends, "age", "X-AGE", true, true),
        (TextMatch::Ends, "age", "e", true, false),
        (TextMatch::Contains, "ag", "X-age", false, true),
        (TextMatch::Contains, "", "", false, true),
        (TextMatch::Contains, "agee", "age", false, false),
    ];
    for (how, wanted, text, fold, matches) in table {
        let pattern = how(bytes(wanted));
        assert_eq!(pattern.is_match(text.as_bytes(), fold), matches, "{pattern:?} {text}");
    }
}

#[test]
fn what_is_told_is_put_together() {
    let answer = |skip, trimmed, first_line| Piece::Answer { skip, trimmed, first_line };
    let table = [
        (vec![Piece::Literal((*b"is ").into()), answer(0, false, false)], "is 250  ok\r\nmore"),
        (vec![answer(3, true, true)], "ok"),
        (vec![answer(99, true, true)], ""),
    ];
    let none = |formula: &Formula| panic!("{formula:?}");
    for (pieces, wanted) in table {
        assert_eq!(told(&pieces, b"250  ok\r\nmore", none), wanted.as_bytes());
    }
}
