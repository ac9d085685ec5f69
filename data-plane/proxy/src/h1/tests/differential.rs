use proptest::prelude::*;

use crate::h1::differential::compare;
use crate::h1::naive::{self, Reading, Role};
use crate::h1::smuggling::{CHUNKS, cases};
use crate::h1::{Asked, Method};

/// A stream, read whole and bytewise.
fn ends(stream: &[u8], asked: Option<Asked>) -> Vec<usize> {
    let agreed = compare(stream, asked, usize::MAX);
    assert_eq!(compare(stream, asked, 1), agreed);
    agreed.ends
}

#[test]
fn what_may_be_smuggled_is_seen_as_such_by_the_grammar_too() {
    for case in cases() {
        assert!(compare(case.bytes, None, usize::MAX).refused, "{}", case.name);
    }
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for case in CHUNKS {
        assert_eq!(ends(&[head, case.bytes].concat(), None), [], "{}", case.name);
    }
}

#[test]
fn the_naive_reader_finds_the_end_of_each_kind_of_body() {
    for (bytes, length) in [
        (&b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..], 27),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcd", 50),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;a=\"\\\"\"\r\nx\r\n0\r\nT: u\r\n\r\nG", 80),
    ] {
        let Reading::Message(message) = naive::read(bytes, Role::Request) else {
            panic!("{}", bytes.escape_ascii());
        };
        assert_eq!(message.end, naive::End::At(length), "{}", bytes.escape_ascii());
    }
}

#[test]
fn a_pipeline_falls_into_the_same_requests() {
    let requests: [&[u8]; 5] = [
        b"\r\nGET http://a/ HTTP/1.1\r\nHost: A\r\nConnection: content-length, te\r\nTE: trailers\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n00a;b=c\r\nGET / HTTP\r\n0\r\nT: GET\r\n\r\n",
        b"HEAD / HTTP/1.1\r\nHost:a\r\nContent-Length: 27\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n",
        b"POST /old HTTP/1.0\r\nConnection: keep-alive\r\nHost: a\r\nContent-Length: 2\r\n\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost:\r\nX:\r\n\r\n",
    ];
    let mut expected = Vec::new();
    for request in requests {
        expected.push(expected.last().unwrap_or(&0) + request.len());
    }
    assert_eq!(ends(&requests.concat(), None), expected);
}

fn lengths() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(vec![
        &b""[..],
        b"Content-Length: 3\r\n",
        b"Content-Length: 03\r\n",
        b"content-length:3\t\r\n",
        b"Content-Length: 3\r\nContent-Length: 3\r\n",
        b"Content-Length: 3, 3\r\n",
        b"Content-Length: 18446744073709551616\r\n",
        b"Content-Length: -3\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: CHUNKED\r\n",
        b"Transfer-Encoding:chunked \r\nContent-Length: 3\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: chunked,\r\n",
        b"Transfer-Encoding: identity\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    ])
    .prop_map(<[u8]>::to_vec)
}

fn fields() -> impl Strategy<Value = Vec<u8>> {
    let field = prop::sample::select(vec![
        &b"Host: a\r\n"[..],
        b"Host: [::1]:80\r\n",
        b"Host:\r\n",
        b"Connection: close, content-length, x\r\n",
        b"Connection: upgrade\r\nUpgrade: x\r\n",
        b"TE: trailers\r\nX:\r\n",
        b"Expect: 100-continue\r\n",
        b"Y: \t\xff z\t \r\n",
        b"X: a\r\n b\r\n",
        b"X: a\n",
    ]);
    prop::collection::vec(field, 0..4).prop_map(|fields| fields.concat())
}

fn starts() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(vec![
        &b"GET / HTTP/1.1\r\n"[..],
        b"POST /a?b HTTP/1.1\r\n",
        b"POST / HTTP/1.0\r\n",
        b"GET / HTTP/1.0\r\n",
        b"HEAD http://a/ HTTP/1.1\r\n",
        b"PUT http://a:80?x HTTP/1.9\r\n",
        b"CONNECT a:1 HTTP/1.1\r\n",
        b"OPTIONS * HTTP/1.1\r\n",
        b"GET  / HTTP/1.1\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 200\r\n",
        b"HTTP/1.1 100 Continue\r\n",
        b"HTTP/1.1 101 \r\n",
        b"HTTP/1.1 204 \xff\r\n",
        b"HTTP/1.1 999 a b\r\n",
    ])
    .prop_map(<[u8]>::to_vec)
}

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        &b"abc"[..],
        b"3\r\nabc\r\n",
        b"3;a\r\nabc\r\n",
        b"3;a=\"b;\\\"\r\nabc\r\n",
        b"3;a=\"b\\\"\";c=d\r\n\r\n\r\r\n",
        b"3;=\r\nabc\r\n",
        b"00000000000000003\r\nabc\r\n",
        b"0\r\n\r\n",
        b"0\r\nA: b\r\n\r\n",
        b"0\r\nHost: b\r\n\r\n",
        b"\r\n",
    ]);
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

/// A few messages, with a few bytes of them changed.
fn streams() -> impl Strategy<Value = Vec<u8>> {
    let message = (starts(), fields(), lengths(), bodies())
        .prop_map(|(start, fields, length, body)| [&start[..], &fields, &length, b"\r\n", &body].concat());
    let change = (
        any::<prop::sample::Index>(),
        prop::sample::select(b"\r\n\0 \t:;,=\"\\/0aZ\x7f\xff".to_vec()),
        0..3u8,
    );
    (prop::collection::vec(message, 1..4), prop::collection::vec(change, 0..3)).prop_map(
        |(messages, changes)| {
            let mut stream = messages.concat();
            for (index, byte, how) in changes {
                let at = index.index(stream.len());
                match how {
                    0 => stream[at] = byte,
                    1 => stream.insert(at, byte),
                    _ => drop(stream.remove(at)),
                }
            }
            stream
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn streams_fall_into_the_same_messages(stream in streams(), piece in 1..40usize) {
        let asked = |method, upgrade| Some(Asked { method, upgrade });
        for asked in [None, asked(Method::Get, true), asked(Method::Head, false), asked(Method::Connect, false)] {
            let whole = compare(&stream, asked, usize::MAX);
            prop_assert_eq!(compare(&stream, asked, piece), whole);
        }
    }
}
