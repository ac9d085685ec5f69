use std::collections::HashSet;

use super::{Head, Limits, parse_request};
use crate::h1::smuggling::{CHUNKS, cases};
use crate::h1::{Chunked, Parsed};

#[test]
fn every_smuggling_shape_is_refused() {
    for case in cases() {
        let error = parse_request(case.bytes).expect_err(case.name);
        assert_eq!(error.fault, case.fault, "{}", case.name);
        assert_eq!(error.status(), case.status, "{}", case.name);
        assert!((error.offset as usize) <= case.bytes.len(), "{}: {error}", case.name);
    }
}

#[test]
fn every_smuggling_shape_is_refused_bytewise() {
    for case in cases() {
        let mut head = Head::new();
        let error = (1..=case.bytes.len())
            .find_map(|end| head.parse_request(&case.bytes[..end], &Limits::default()).err())
            .expect(case.name);
        assert_eq!(Err(error), parse_request(case.bytes), "{}", case.name);
    }
}

#[test]
fn every_bad_chunked_body_is_refused() {
    for case in CHUNKS {
        assert_eq!(Chunked::default().feed(case.bytes), Err(case.fault), "{}", case.name);
        let mut bytewise = Chunked::default();
        let error = case.bytes.iter().find_map(|&byte| bytewise.feed(&[byte]).err());
        assert_eq!(error, Some(case.fault), "{}", case.name);
    }
}

#[test]
fn names_of_cases_are_unique() {
    let names: Vec<_> = cases().map(|case| case.name).chain(CHUNKS.iter().map(|case| case.name)).collect();
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
    assert!(names.len() > 190, "the table shrank to {}", names.len());
}

/// What looks odd and is sound: a parser that refuses everything would pass the tests above.
#[test]
fn odd_but_sound_requests_are_accepted() {
    for bytes in [
        &b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..],
        b"\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.0\r\nContent-Length: 0\r\n\r\n",
        b"GET / HTTP/1.7\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a:\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost:a.b-c_d~%41:65535\t \r\n\r\n",
        b"GET /?a={b}|\"c\"^` HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET //x HTTP/1.1\r\nHost: a\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT a:443 HTTP/1.1\r\nHost: A:443\r\nContent-Length: 0\r\n\r\n",
        b"GET HTTP://a HTTP/1.1\r\nHost: A:80\r\n\r\n",
        b"GET https://a:443?q HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: \t\r\nY: \xff\xc3\xa9\ta\r\n\r\n",
        b"m-search / HTTP/1.1\r\nHost: a\r\n!#$%&'*+-.^_`|~09: ok\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0000000000000000007\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\tCHUNKED \r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close, content-length,,\r\n\r\n",
    ] {
        let parsed = parse_request(bytes);
        assert!(matches!(parsed, Ok(Parsed::Complete { .. })), "{parsed:?} {}", bytes.escape_ascii());
    }
}
