//! Any bytes as a stream of messages. The first input byte chooses requests or what the responses answer, and in which
//! pieces the stream arrives.
//!
//! Checked: the engine and a naive reader written from RFC 9112's grammar find the same messages, field by field, with
//! the same content, and the same end of each; what the grammar forbids the engine refuses, what the engine refuses
//! has a listed reason; what it would send on reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_engine::h1::differential::compare;
use sluicegate_engine::h1::{Asked, Method};

/// The engine's `EAGER_LINE_BYTES`.
const LONG_LINE: usize = 2_048;

fuzz_target!(|data: &[u8]| {
    let Some((&control, stream)) = data.split_first() else { return };
    let asked = |method, upgrade| Some(Asked { method, upgrade });
    let asked = match control & 7 {
        1 => asked(Method::Get, false),
        2 => asked(Method::Head, false),
        3 => asked(Method::Connect, false),
        4 => asked(Method::Get, true),
        _ => None,
    };
    let whole = compare(stream, asked, usize::MAX);
    let piece = usize::from(control >> 3);
    if piece > 0 {
        let pieces = compare(stream, asked, piece);
        assert_eq!(pieces.ends, whole.ends);
        // A long line that arrives in pieces is judged at its end, so that its cost is linear.
        let end = whole.ends.last().map_or(0, |end| *end);
        assert!(pieces.refused == whole.refused || (whole.refused && stream.len() - end > LONG_LINE));
    }
});
