use proptest::prelude::*;

use super::rendered;
use crate::h1::{Chunked, Edits, Fed, Head, InvalidChunk, InvalidHead, Limits, Parsed, Span, View};

const LIMITS: Limits = Limits { head_bytes: 400, target_bytes: 60, fields: 8 };

/// Pieces that make heads which are right, or nearly.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => prop::sample::select(vec![
            &b"GET / HTTP/1.1\r\n"[..],
            b"POST /a?b HTTP/1.1\r\n",
            b"OPTIONS http://a/b HTTP/1.0\r\n",
            b"HTTP/1.1 200 OK\r\n",
            b"Host: a\r\n",
            b"Content-Length: 3\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"Connection: close\r\n",
            b"X:\t y \r\n",
            b"Empty:\r\n",
            b"\r\n",
        ]),
        1 => prop::sample::select(vec![
            &b" "[..], b"\r", b"\n", b":", b"\t", b"\0", b"X", b"\xff", b"HTTP/", b"1.", b"/", b" HTTP/1.1\r\n",
        ]),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![4 => pieces(), 1 => prop::collection::vec(any::<u8>(), 0..500)]
}

/// A head that parses, of random names and values.
fn sound_request() -> impl Strategy<Value = Vec<u8>> {
    let field = ("[A-Za-z0-9_-]{1,12}", "[ \t]{0,2}", "([!-~]([ -~\t]{0,20}[!-~])?)?", "[ \t]{0,2}");
    let fields = prop::collection::vec(field, 0..8);
    ("[A-Z]{1,8}", "/[!-\"$-~]{0,30}", 0..10u8, fields).prop_map(|(method, target, minor, fields)| {
        let mut text = format!("{method}x {target} HTTP/1.{minor}\r\nHost: a\r\n");
        for (name, before, value, behind) in fields {
            text.push_str(&format!("Q{name}:{before}{value}{behind}\r\n"));
        }
        text.push_str("\r\n");
        text.into_bytes()
    })
}

fn parse(head: &mut Head, response: bool, buf: &[u8]) -> Result<Parsed, InvalidHead> {
    if response { head.parse_response(buf, &LIMITS) } else { head.parse_request(buf, &LIMITS) }
}

/// Feeds prefixes that end at each of `ends`, then the whole, until there is a verdict.
fn parse_split(head: &mut Head, response: bool, buf: &[u8], ends: &[usize]) -> Result<Parsed, InvalidHead> {
    for &end in ends {
        let parsed = parse(head, response, &buf[..end.min(buf.len())])?;
        if parsed != Parsed::Partial {
            return Ok(parsed);
        }
    }
    parse(head, response, buf)
}

fn spans(head: &Head) -> Vec<Span> {
    let fields = head.fields().iter().flat_map(|field| [field.name, field.value]);
    [head.method_text, head.target, head.reason, head.start_line].into_iter().chain(fields).collect()
}

/// Everything about a head but where in which buffer it stands.
type Shape = (Vec<u8>, Vec<u8>, u16, Vec<u8>, Vec<(Vec<u8>, Vec<u8>)>);

fn shape(head: &Head, buf: &[u8]) -> Shape {
    let edits = Edits::new();
    let view = View::new(head, buf, &edits);
    let fields = view.fields().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
    (view.method_text().to_vec(), view.target().to_vec(), view.status(), view.reason().to_vec(), fields)
}

fn feed_split(bytes: &[u8], size: usize) -> (Result<Fed, InvalidChunk>, bool) {
    let (mut chunked, mut total) = (Chunked::default(), Fed::default());
    for piece in bytes.chunks(size) {
        match chunked.feed(piece) {
            Ok(fed) => {
                total.used += fed.used;
                total.data += fed.data;
            }
            Err(error) => return (Err(error), false),
        }
    }
    (Ok(total), chunked.is_done())
}

fn chunk_bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        &b"3\r\nabc\r\n"[..],
        b"1;a=b\r\nx\r\n",
        b"0\r\n",
        b"\r\n",
        b"A: b\r\n",
        b"\r",
        b"\n",
        b";",
        b"\"",
        b"\\",
        b"f",
        b"0",
        b" ",
        b"x",
        b"Host: a\r\n",
        b"te",
        b":",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ranges_are_within_the_buffer(buf in bytes(), response in any::<bool>()) {
        let mut head = Head::new();
        let verdict = parse(&mut head, response, &buf);
        if let Ok(Parsed::Complete { head_len }) = verdict {
            prop_assert!(head_len <= buf.len());
            for span in spans(&head) {
                prop_assert!(span.start <= span.end && span.end as usize <= head_len, "{:?}", span);
            }
        }
        if let Err(error) = verdict {
            prop_assert!(error.offset as usize <= buf.len());
        }
    }

    #[test]
    fn splits_do_not_matter(buf in bytes(), response in any::<bool>(), mut ends in prop::collection::vec(0..500usize, 0..6)) {
        ends.sort_unstable();
        let (mut whole, mut split, mut bytewise) = (Head::new(), Head::new(), Head::new());
        let verdict = parse(&mut whole, response, &buf);
        prop_assert_eq!(parse_split(&mut split, response, &buf, &ends), verdict);
        let every: Vec<_> = (0..=buf.len()).collect();
        prop_assert_eq!(parse_split(&mut bytewise, response, &buf, &every), verdict);
        if let Ok(Parsed::Complete { .. }) = verdict {
            prop_assert_eq!(&split, &whole);
            prop_assert_eq!(&bytewise, &whole);
        }
    }

    #[test]
    fn what_is_sent_reads_the_same(buf in sound_request()) {
        let mut head = Head::new();
        let limits = Limits::default();
        prop_assert!(matches!(head.parse_request(&buf, &limits), Ok(Parsed::Complete { .. })), "{}", buf.escape_ascii());
        let sent = rendered(&head, &buf, &Edits::new());
        let mut again = Head::new();
        prop_assert_eq!(again.parse_request(&sent, &limits), Ok(Parsed::Complete { head_len: sent.len() }));
        prop_assert_eq!(shape(&again, &sent), shape(&head, &buf));
        prop_assert_eq!(again.facts, head.facts);
        prop_assert_eq!(rendered(&again, &sent, &Edits::new()), sent);
    }

    #[test]
    fn whatever_parses_renders_to_what_parses(buf in bytes(), response in any::<bool>()) {
        let mut head = Head::new();
        if let Ok(Parsed::Complete { .. }) = parse(&mut head, response, &buf) {
            let sent = rendered(&head, &buf, &Edits::new());
            let mut again = Head::new();
            let reparsed = if response {
                again.parse_response(&sent, &Limits::default())
            } else {
                again.parse_request(&sent, &Limits::default())
            };
            prop_assert_eq!(reparsed, Ok(Parsed::Complete { head_len: sent.len() }));
            prop_assert_eq!(shape(&again, &sent), shape(&head, &buf));
        }
    }

    #[test]
    fn chunks_may_arrive_in_any_pieces(buf in prop_oneof![chunk_bytes(), prop::collection::vec(any::<u8>(), 0..60)], size in 1..9usize) {
        let whole = feed_split(&buf, usize::MAX);
        prop_assert_eq!(feed_split(&buf, 1), whole);
        prop_assert_eq!(feed_split(&buf, size), whole);
    }
}
