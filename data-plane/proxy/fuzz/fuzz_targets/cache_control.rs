//! Any bytes as the lines of `Cache-Control`, `Vary`, `Accept-Encoding` and `Content-Encoding`, parted by line feeds; and as
//! the header lines of a request and of a response.
//!
//! Checked: no panic; no member of a list is empty, has a comma outside of quotes, or is not in its line; a directive's name and
//! value are what stands around the first equals sign; what a response varies by does not hang on the order; it is never fresh for
//! longer than it may be, nor where it says that it must not be kept.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use sluicegate_engine::cache::{Freshness, Vary, Wish, accepted, coding, directives, list};
use sluicegate_engine::h1::{Edits, Head, Limits, Parsed, View};

const MOST: Duration = Duration::from_secs(60);
const NOW: Duration = Duration::from_secs(1_800_000_000);

fn lists(line: &[u8]) {
    let members: Vec<&[u8]> = list(line).collect();
    for member in &members {
        assert!(!member.is_empty() && member.trim_ascii() == *member);
        assert!(!member.contains(&b',') || member.contains(&b'"'));
    }
    assert!(members.iter().map(|member| member.len()).sum::<usize>() <= line.len());
    for (directive, member) in directives(line).zip(&members) {
        assert!(member.starts_with(directive.name) && !directive.name.contains(&b'='));
        assert_eq!(directive.value.is_some(), member.contains(&b'='));
    }
}

fn head(start: &[u8], lines: &[u8]) -> Vec<u8> {
    [start, lines, b"\r\n\r\n"].concat()
}

fuzz_target!(|bytes: &[u8]| {
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    lines.iter().for_each(|line| lists(line));
    assert_eq!(Vary::of(lines.iter().copied()), Vary::of(lines.iter().rev().copied()));
    let (taken, coded) = (accepted(lines.iter().copied()), coding(lines.iter().copied()));
    assert!(taken.is_some() || bytes.iter().filter(|byte| **byte == b',' || **byte == b'\n').count() >= 15);
    assert_ne!(coded, Some(0));

    let edits = Edits::new();
    let request = head(b"GET / HTTP/1.1\r\nHost: a\r\n", bytes);
    let mut parsed = Head::new();
    if let Ok(Parsed::Complete { .. }) = parsed.parse_request(&request, &Limits::default()) {
        let wish = Wish::of(View::new(&parsed, &request, &edits));
        assert!(!(wish.looks && wish.authorized));
    }
    let response = head(b"HTTP/1.1 200 OK\r\n", bytes);
    let mut parsed = Head::new();
    if let Ok(Parsed::Complete { .. }) = parsed.parse_response(&response, &Limits::default()) {
        let view = View::new(&parsed, &response, &edits);
        for authorized in [false, true] {
            let Some(fresh) = Freshness::of(view, authorized, MOST, NOW) else { continue };
            assert!(fresh.lasts > Duration::ZERO && fresh.lasts <= MOST);
            let mut said = view.values(b"Cache-Control").flat_map(directives);
            assert!(!said.any(|directive| directive.name.eq_ignore_ascii_case(b"no-store")));
        }
    }
});
