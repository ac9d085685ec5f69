use std::time::Duration;

use super::*;

#[test]
fn a_request_line_is_kept_in_parts() {
    let mut line = RequestLine::default();
    assert_eq!(line.line(), None);
    line.keep(b"GET", b"/a?b", b"HTTP/1.1");
    assert_eq!(line.line(), Some(&b"GET /a?b HTTP/1.1"[..]));
    assert_eq!(line.method(), Some(&b"GET"[..]));
    assert_eq!(line.target(), Some(&b"/a?b"[..]));
    assert_eq!(line.version(), Some(&b"HTTP/1.1"[..]));
}

#[test]
fn a_long_request_line_is_cut() {
    let mut line = RequestLine::default();
    line.keep(b"GET", &[b'a'; MAX_REQUEST_LINE], b"HTTP/1.1");
    assert_eq!(line.line().map(<[u8]>::len), Some(MAX_REQUEST_LINE));
    assert_eq!(line.version(), Some(&b""[..]));
    line.keep(&[b'M'; MAX_REQUEST_LINE * 2], b"/", b"HTTP/1.1");
    assert_eq!(line.method().map(<[u8]>::len), Some(MAX_REQUEST_LINE));
    assert_eq!(line.target(), Some(&b""[..]));
}

#[test]
fn a_pooled_record_starts_anew() {
    let pool = Exchanges::default();
    let now = Instant::now();
    let mut first = pool.take(now, Peer::Unix);
    first.request.keep(b"GET", b"/", b"HTTP/1.1");
    first.bytes_in = 7;
    first.status = Some(200);
    pool.put(first);
    let second = pool.take(now, Peer::Unix);
    assert_eq!(second.request.line(), None);
    assert_eq!((second.bytes_in, second.status), (0, None));
}

#[test]
fn the_time_of_the_server_is_that_of_the_exchange_where_nothing_else_took_any() {
    let began = Instant::now();
    let after = |ms| Some(began + Duration::from_millis(ms));
    let mut times = Times::new(began);
    (times.began, times.requested, times.dispatched, times.connected) =
        (after(0), after(0), after(0), after(0));
    (times.responded, times.ended) = (after(7), after(7));
    assert_eq!(Durations(&times).response_and_active(), (7, 7));
    times.ended = after(9);
    assert_eq!(Durations(&times).response_and_active(), (7, 9));
    (times.connected, times.ended) = (after(2), after(7));
    assert_eq!(Durations(&times).response_and_active(), (5, 7));
    (times.connected, times.responded) = (None, None);
    assert_eq!(Durations(&times).response_and_active(), (-1, 7));
}
