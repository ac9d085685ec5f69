use super::*;
use crate::h1::{Asked, Limits};

fn parsed(text: &str) -> Message {
    let mut message = Message { bytes: text.as_bytes().to_vec(), ..Message::default() };
    let parsed = match text.starts_with("HTTP/") {
        true => message.head.parse_response(&message.bytes, &Limits::default()),
        false => message.head.parse_request(&message.bytes, &Limits::default()),
    };
    assert!(parsed.is_ok(), "{text}");
    message
}

fn view(message: &Message) -> View<'_> {
    View::new(&message.head, &message.bytes, &message.edits)
}

fn of_types(types: &[&str]) -> Compression {
    let types = types.iter().map(|text| Box::from(*text)).collect();
    let algorithms = [Algorithm { coding: ContentCoding::Gzip, level: 1 }].into();
    Compression { algorithms, types, offload: false, min_bytes: 10, requests: None }
}

/// Whether a response with that status and these lines is compressed.
fn judged(types: &[&str], status: u16, lines: &str) -> bool {
    let response = parsed(&format!("HTTP/1.1 {status} X\r\n{lines}\r\n"));
    let framing = Framing::of_response(&response.head, Asked::default()).unwrap();
    let compression = of_types(types);
    may_be_compressed(&Sides([None, Some(&compression)]), view(&response), framing)
}

#[test]
fn each_rule_of_a_response_counts() {
    const BODY: &str = "Content-Length: 10\r\n";
    let with =
        |lines: &str| judged(&["text/html"], 200, &format!("{BODY}Content-Type: text/html\r\n{lines}"));
    assert!(with(""));
    for (status, expected) in [(200, true), (201, true), (202, true), (203, true), (204, false), (206, false)]
        .into_iter()
        .chain([(301, false), (304, false), (404, false), (500, false)])
    {
        assert_eq!(judged(&[], status, BODY), expected, "{status}");
    }
    for lines in [
        "Content-Encoding: gzip\r\n",
        "Content-Encoding: identity\r\n",
        "Cache-Control: max-age=1, No-Transform\r\n",
        "Cache-Control: public\r\nCache-Control: no-transform\r\n",
        "ETag: unquoted\r\n",
        "ETag: \"\r\n",
        "ETag: w/\"a\"\r\n",
        "ETag: \"a\"\r\nETag: \"b\"\r\n",
    ] {
        assert!(!with(lines), "{lines}");
    }
    for lines in ["ETag: \"a\"\r\n", "ETag: W/\"a\"\r\n", "Cache-Control: no-transforms, public\r\n"] {
        assert!(with(lines), "{lines}");
    }
}

#[test]
fn where_a_body_ends_decides_too() {
    assert!(judged(&[], 200, "Content-Length: 10\r\n"));
    assert!(!judged(&[], 200, "Content-Length: 9\r\n"));
    assert!(!judged(&[], 200, "Content-Length: 0\r\n"));
    assert!(judged(&[], 200, "Transfer-Encoding: chunked\r\n"));
    assert!(!judged(&[], 200, ""));
}

#[test]
fn types_are_beginnings_in_any_case() {
    let of = |types: &[&str], value: &str| {
        let line = if value.is_empty() { String::new() } else { format!("Content-Type: {value}\r\n") };
        judged(types, 200, &format!("Content-Length: 10\r\n{line}"))
    };
    assert!(of(&["image/", "Text/HTML"], "text/html; charset=utf-8"));
    assert!(!of(&["text/html"], "text/htm"));
    assert!(!of(&["text/html"], ""));
    assert!(of(&[], "") && of(&[], "image/png"));
    assert!(!of(&[], "Multipart/byteranges; boundary=a") && !of(&["multipart/"], "multipart/mixed"));
}

#[test]
fn old_browsers_get_what_they_can_read() {
    let agent = |agent: &str| {
        let request = parsed(&format!(
            "GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nUser-Agent: {agent}\r\n\r\n"
        ));
        let compression = of_types(&[]);
        wanted(&Sides([Some(&compression), None]), view(&request)).is_some()
    };
    assert!(agent("Mozilla/5.0 (X11; Linux x86_64)") && agent("curl/8"));
    assert!(!agent("Mozilla/4.0 (X11)") && !agent("Mozilla/4.76 [en] (X11; U; Linux)"));
    assert!(!agent("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.0)"));
    assert!(agent("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)"));
    assert!(agent("Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.0)"));
    assert!(!agent("Mozilla/4.0 (compatible; MSIE 5.5; Windows NT 5.0)"));
}

#[test]
fn the_new_head_says_what_it_is_once() {
    let labelled = |lines: &str| {
        let mut response = parsed(&format!("HTTP/1.1 200 OK\r\n{lines}\r\n"));
        relabel(&mut response, ContentCoding::RawDeflate).unwrap();
        let mut out = Vec::new();
        view(&response).render(&mut out);
        String::from_utf8(out).unwrap()
    };
    assert_eq!(
        labelled("ETag: \"a\"\r\nVary: Cookie\r\n"),
        "HTTP/1.1 200 OK\r\nETag: W/\"a\"\r\nVary: Cookie\r\nContent-Encoding: deflate\r\nVary: Accept-Encoding\r\n\r\n"
    );
    for varies in ["*", "Cookie, accept-encoding"] {
        let expected = format!(
            "HTTP/1.1 200 OK\r\nETag: W/\"a\"\r\nVary: {varies}\r\nContent-Encoding: deflate\r\n\r\n"
        );
        assert_eq!(labelled(&format!("ETag: W/\"a\"\r\nVary: {varies}\r\n")), expected);
    }
}

#[test]
fn a_side_that_leaves_something_open_leaves_it_to_the_other() {
    let (front, back) = (of_types(&["text/"]), Compression { min_bytes: 0, ..of_types(&[]) });
    let sides = Sides([Some(&back), Some(&front)]);
    assert!(sides.takes(Some(b"text/css")) && !sides.takes(Some(b"image/png")) && sides.least() == 10);
    let none = Compression { algorithms: [].into(), offload: true, ..back };
    let sides = Sides([Some(&none), Some(&front)]);
    assert!(sides.algorithms().len() == 1 && sides.offloads());
    assert!(Sides([None, None]).algorithms().is_empty() && Sides([None, None]).takes(None));
}
