use std::collections::BTreeSet;

use crate::expr::Exact;

/// Beginnings or endings, one table over all of them: a question looks once for each length that they have.
#[derive(Debug)]
pub struct Ranked {
    table: Exact,
    /// Longest first.
    lengths: Box<[usize]>,
    of: Side,
}

/// Which part of a value counts, and which of several patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The longest pattern that begins the value.
    Start,
    /// The first pattern of the list that ends it.
    End,
}

impl Ranked {
    /// `fold`: without regard to the case of ASCII letters.
    pub(crate) fn new(patterns: &[Vec<u8>], of: Side, fold: bool) -> Self {
        let lengths: BTreeSet<usize> = patterns.iter().map(Vec::len).collect();
        Self { table: Exact::new(patterns, fold), lengths: lengths.into_iter().rev().collect(), of }
    }

    pub(super) fn find(&self, value: &[u8]) -> Option<usize> {
        let parts =
            self.lengths.iter().filter(|&&length| length <= value.len()).map(|&length| match self.of {
                Side::Start => &value[..length],
                Side::End => &value[value.len() - length..],
            });
        let mut found = parts.filter_map(|part| self.table.place(part));
        if self.of == Side::Start { found.next() } else { found.min() }
    }
}
