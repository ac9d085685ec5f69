//! Frames in bytes that are cut anywhere.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::multiplex::frames::{Frame, Frames, GOAWAY, RST_STREAM};

fn bytes_of(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, 0xff, 0x80, 7, 3, 1], payload].concat()
}

/// What the other end meant by it.
fn frame(kind: u8, payload: &[u8]) -> Frame {
    let code = match kind {
        RST_STREAM => payload.get(..4),
        GOAWAY => payload.get(4..8),
        _ => None,
    };
    Frame { kind, code: code.map_or(0, |code| u32::from_be_bytes(code.try_into().unwrap())) }
}

proptest! {
    #[test]
    fn each_is_found_once(
        before in 0..40_usize,
        sent in vec((0..10_u8, vec(any::<u8>(), 0..40)), 0..10),
        cuts in vec(1..30_usize, 1..8),
    ) {
        let frames = sent.iter().map(|(kind, payload)| bytes_of(*kind, payload));
        let bytes = [vec![3; before], frames.collect::<Vec<_>>().concat()].concat();
        let (mut walk, mut found) = (Frames::after(before), Vec::new());
        let (mut rest, mut cuts) = (&bytes[..], cuts.iter().cycle());
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
            walk.pass(piece, |frame| found.push(frame));
            rest = behind;
        }
        let expected: Vec<_> = sent.iter().map(|(kind, payload)| frame(*kind, payload)).collect();
        prop_assert_eq!(found, expected);
    }
}
