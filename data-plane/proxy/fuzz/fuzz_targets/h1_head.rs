//! Any bytes as a message head. The first input byte chooses request or response and where the input is split.
//!
//! Checked: no panic; every range lies within the head; a split input gets the same verdict; what is rendered parses
//! to the same message; framing, hop-by-hop removal and rendering accept every head that the parser accepts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_engine::h1::{Asked, Edits, Framing, Head, InvalidHead, Kind, Limits, Parsed, View};

const LIMITS: Limits = Limits { head_bytes: 2_048, target_bytes: 256, fields: 16 };

fn parse(head: &mut Head, kind: Kind, buf: &[u8]) -> Result<Parsed, InvalidHead> {
    match kind {
        Kind::Request => head.parse_request(buf, &LIMITS),
        Kind::Response => head.parse_response(buf, &LIMITS),
    }
}

fn lines<'a>(head: &'a Head, buf: &'a [u8]) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
    head.fields().iter().map(|field| (field.name.of(buf), field.value.of(buf)))
}

fuzz_target!(|data: &[u8]| {
    let Some((&control, buf)) = data.split_first() else { return };
    let kind = if control & 1 == 0 { Kind::Request } else { Kind::Response };
    let mut head = Head::new();
    let verdict = parse(&mut head, kind, buf);

    let step = usize::from(control >> 1) + 1;
    let mut pieces = Head::new();
    let split = (step..buf.len())
        .step_by(step)
        .map(|end| parse(&mut pieces, kind, &buf[..end]))
        .find(|parsed| *parsed != Ok(Parsed::Partial));
    let split = split.unwrap_or_else(|| parse(&mut pieces, kind, buf));
    assert_eq!(split, verdict);

    let Ok(Parsed::Complete { head_len }) = verdict else { return };
    assert_eq!(pieces, head);
    for field in head.fields() {
        assert!(field.name.start < field.name.end && field.name.end < field.value.start + 1);
        assert!(field.value.start <= field.value.end && field.value.end as usize <= head_len);
        assert!(!field.value.of(buf).iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
    }
    let asked = Asked::of(&head);
    let framing = match kind {
        Kind::Request => Some(Framing::of_request(&head)),
        Kind::Response => Framing::of_response(&head, asked).ok(),
    };

    let mut edits = Edits::new();
    let mut sent = Vec::new();
    View::new(&head, buf, &edits).render(&mut sent);
    let mut room = vec![0; sent.len() + 1];
    assert_eq!(View::new(&head, buf, &edits).render_before(&mut room), Some(1));
    assert_eq!(room[1..], sent);
    let mut again = Head::new();
    let limits = Limits { head_bytes: 8_192, target_bytes: 8_192, ..LIMITS };
    let reparsed = match kind {
        Kind::Request => again.parse_request(&sent, &limits),
        Kind::Response => again.parse_response(&sent, &limits),
    };
    assert_eq!(reparsed, Ok(Parsed::Complete { head_len: sent.len() }));
    assert!(lines(&again, &sent).eq(lines(&head, buf)));
    assert_eq!(again.target(&sent), head.target(buf));

    // What goes on to the next hop ends where the received message ended.
    let hop = edits.strip_hop_by_hop(&head, buf, head.asks_upgrade()).expect("bounded by the head");
    edits.set_connection(hop, None).expect("bounded");
    edits.settle_host(&head, buf).expect("bounded by the head");
    sent.clear();
    View::new(&head, buf, &edits).render(&mut sent);
    again.clear();
    let limits = Limits { fields: LIMITS.fields + 2, ..limits };
    match kind {
        Kind::Request => {
            assert_eq!(again.parse_request(&sent, &limits), Ok(Parsed::Complete { head_len: sent.len() }));
            assert_eq!(Some(Framing::of_request(&again)), framing);
        }
        Kind::Response => {
            assert_eq!(again.parse_response(&sent, &limits), Ok(Parsed::Complete { head_len: sent.len() }));
            assert_eq!(Framing::of_response(&again, asked).ok(), framing);
        }
    }
});
