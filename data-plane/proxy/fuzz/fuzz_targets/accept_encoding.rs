//! Any bytes as the lines of `Accept-Encoding`, parted by line feeds.
//!
//! Checked: no panic; a coding is what stands before its first semicolon, and no weight is above one; what is chosen was
//! named with a weight, or all others were, and nothing that is there has a higher one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_engine::compression::{Choice, members};
use sluicegate_model::compression::{Algorithm, ContentCoding};

/// The highest weight that the lines give a token; `None`: they do not name it.
fn weight(lines: &[&[u8]], token: &[u8]) -> Option<u16> {
    let named = lines.iter().flat_map(|line| members(line)).filter(|it| it.coding.eq_ignore_ascii_case(token));
    named.map(|member| member.weight).max()
}

fuzz_target!(|bytes: &[u8]| {
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let algorithms = ContentCoding::ALL.map(|coding| Algorithm { coding, level: 1 });
    let mut choice = Choice::among(&algorithms);
    for line in &lines {
        for member in members(line) {
            assert!(!member.coding.is_empty() && !member.coding.contains(&b';') && !member.coding.contains(&b','));
            assert!(member.weight <= 1_000);
        }
        choice.hear(line);
    }
    let others = weight(&lines, b"*").unwrap_or_default();
    let weights = algorithms.map(|it| weight(&lines, it.coding.token().as_bytes()).unwrap_or(others));
    let highest = weights.into_iter().max().unwrap_or_default();
    match choice.best() {
        None => assert_eq!(highest, 0),
        Some(best) => {
            let first = weights.iter().position(|weight| *weight == highest);
            assert_eq!(first.map(|at| algorithms[at]), Some(best));
        }
    }
});
