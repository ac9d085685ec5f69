//! Any bytes as lines of `Cookie` and `Set-Cookie`, and as the first message of an RDP client.
//!
//! Checked: no panic; what is found has the name that was asked for; a line without a pair has one less and keeps the
//! others; an RDP cookie lies within its message.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_balance::rdp_cookie;
use sluicegate_engine::cookie::{Pair, pairs, set_pair, without};

const NAME: &[u8] = b"SRV";

fn names(line: &[u8]) -> Vec<Vec<u8>> {
    let name = |pair: &[u8]| pair.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii().to_vec();
    let parts = line.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    parts.filter(|part| !part.is_empty()).map(name).collect()
}

fuzz_target!(|line: &[u8]| {
    let found: Vec<Pair> = pairs(line, NAME).collect();
    for pair in &found {
        assert!(line[pair.whole.clone()].starts_with(NAME));
        assert!(pair.whole.start <= pair.value.start && pair.value.end == pair.whole.end);
    }
    if let Some(first) = found.first() {
        let mut rest = Vec::new();
        without(line, &first.whole, &mut rest);
        assert_eq!(pairs(&rest, NAME).count(), found.len() - 1);
        assert_eq!(names(&rest).len() + 1, names(line).len());
    }
    if let Some(pair) = set_pair(line, NAME) {
        assert!(!line[..pair.whole.end].contains(&b';'));
    }
    if let Some(value) = rdp_cookie(line, b"mstshash") {
        assert!(!value.is_empty() && line.windows(value.len()).any(|bytes| bytes == value));
    }
});
