//! Numbers by chance, for expressions: not for secrets.

use std::cell::Cell;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// A worker's own sequence (SplitMix64), begun anew in each process.
#[derive(Debug)]
pub(crate) struct Chance(Cell<u64>);

impl Chance {
    pub(crate) fn new() -> Self {
        // The hasher's keys are the one source of chance in the standard library.
        Self(Cell::new(RandomState::new().hash_one(0_u8)))
    }

    /// The next number.
    pub(crate) fn next(&self) -> u32 {
        let state = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(state);
        mix(state)
    }
}

/// Numbers that differ in few bits become numbers that differ in about half of theirs (the finaliser of SplitMix64).
pub(crate) fn mix(bits: u64) -> u32 {
    let mixed = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_differ_and_fill_their_range() {
        let chance = Chance::new();
        let numbers: Vec<u32> = (0..1_000).map(|_| chance.next()).collect();
        assert!((0..8).all(|part| numbers.iter().any(|number| number >> 29 == part)));
        assert_ne!(numbers[0], Chance::new().next());
    }
}
