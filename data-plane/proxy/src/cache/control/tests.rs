use super::*;
use crate::h1::{Edits, Head, Limits, Parsed};

const MINUTE: Duration = Duration::from_secs(60);
/// Sun, 06 Nov 1994 08:49:37 GMT.
const THEN: Duration = Duration::from_secs(784_111_777);

fn wish(lines: &str) -> (bool, bool, bool) {
    let text = format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
    let mut head = Head::new();
    assert!(matches!(head.parse_request(text.as_bytes(), &Limits::default()), Ok(Parsed::Complete { .. })));
    let Wish { looks, keeps, authorized } = Wish::of(View::new(&head, text.as_bytes(), &Edits::new()));
    (looks, keeps, authorized)
}

fn freshness(lines: &str, authorized: bool) -> Option<(u64, u64)> {
    let text = format!("HTTP/1.1 200 OK\r\n{lines}\r\n");
    let mut head = Head::new();
    assert!(matches!(head.parse_response(text.as_bytes(), &Limits::default()), Ok(Parsed::Complete { .. })));
    let edits = Edits::new();
    let view = View::new(&head, text.as_bytes(), &edits);
    Freshness::of(view, authorized, MINUTE, THEN).map(|fresh| (fresh.lasts.as_secs(), fresh.age_s))
}

#[test]
fn commas_in_quotes_part_nothing() {
    let members = |line: &'static str| -> Vec<&str> {
        list(line.as_bytes()).map(|member| std::str::from_utf8(member).unwrap()).collect()
    };
    assert_eq!(members(" a ,, b=\"x, \\\"y,\" , c"), ["a", "b=\"x, \\\"y,\"", "c"]);
    assert_eq!(members("\\\",a"), ["\\\",a"]);
    assert_eq!(members("a, \"b, c"), ["a", "\"b, c"]);
}

#[test]
fn directives_have_values() {
    let all: Vec<_> = directives(b"Public, max-age = \"60\", a=, =b").collect();
    let of = |name: &'static [u8], value: Option<&'static [u8]>| Directive { name, value };
    let expected =
        [of(b"Public", None), of(b"max-age", Some(b"60")), of(b"a", Some(b"")), of(b"", Some(b"b"))];
    assert_eq!(all, expected);
}

#[test]
fn requests_that_want_it_fresh_look_for_nothing() {
    assert_eq!(wish(""), (true, true, false));
    for lines in ["no-cache", "No-Cache", "max-age=5", "max-stale", "x, min-fresh=1"] {
        assert_eq!(wish(&format!("Cache-Control: {lines}\r\n")), (false, true, false), "{lines}");
    }
    assert_eq!(wish("Cache-Control: no-store\r\n"), (true, false, false));
    assert_eq!(wish("Cache-Control: only-if-cached\r\n"), (true, true, false));
    assert_eq!(wish("Pragma: no-cache\r\n"), (false, true, false));
    assert_eq!(wish("Pragma: no-cache\r\nCache-Control: x\r\n"), (true, true, false));
    assert_eq!(wish("Authorization: Basic eDp5\r\n"), (false, true, true));
}

#[test]
fn responses_say_how_long_they_are_fresh() {
    for (lines, expected) in [
        ("Cache-Control: max-age=9\r\n", Some((9, 0))),
        ("Cache-Control: max-age=9\r\nCache-Control: s-maxage=\"8\"\r\n", Some((8, 0))),
        ("Cache-Control: max-age=900\r\n", Some((60, 0))),
        ("Cache-Control: max-age=99999999999999999999\r\n", Some((60, 0))),
        ("Cache-Control: max-age=0\r\n", None),
        ("Cache-Control: max-age=-1\r\nETag: \"a\"\r\n", None),
        ("Cache-Control: s-maxage=0, max-age=9\r\n", None),
        ("Cache-Control: public\r\n", None),
        ("", None),
        ("ETag: \"a\"\r\n", Some((60, 0))),
        ("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", Some((60, 0))),
        ("Expires: Sun, 06 Nov 1994 08:49:40 GMT\r\n", Some((3, 0))),
        ("Expires: Sunday, 06-Nov-94 08:49:40 GMT\r\n", Some((3, 0))),
        ("Expires: Sun Nov  6 08:49:40 1994\r\n", Some((3, 0))),
        ("Expires: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"a\"\r\n", None),
        ("Expires: 0\r\nETag: \"a\"\r\n", None),
        ("Cache-Control: max-age=9\r\nExpires: 0\r\n", Some((9, 0))),
        ("Cache-Control: max-age=9\r\nAge: 4\r\n", Some((5, 4))),
        ("Cache-Control: max-age=9\r\nAge: 9\r\n", None),
        ("Cache-Control: max-age=9\r\nAge: x\r\n", None),
        ("ETag: \"a\"\r\nAge: 1\r\n", None),
        ("Cache-Control: max-age=9\r\nPragma: no-cache\r\n", None),
    ] {
        assert_eq!(freshness(lines, false), expected, "{lines}");
    }
    for word in ["private", "no-cache", "no-store", "Private=\"x\"", "no-cache=\"set-cookie\""] {
        assert_eq!(freshness(&format!("Cache-Control: {word}, max-age=9\r\n"), false), None, "{word}");
    }
}

#[test]
fn what_was_asked_for_with_credentials_is_for_all_if_it_says_so() {
    assert_eq!(freshness("Cache-Control: max-age=9\r\n", true), None);
    assert_eq!(freshness("Cache-Control: max-age=9, public\r\n", true), Some((9, 0)));
}
