use std::cmp::Ordering;

use aho_corasick::AhoCorasick;

/// Beginnings or endings to look for: sorted, none the beginning of another, one binary search a question.
#[derive(Debug, Clone)]
pub struct Affixes {
    /// Endings are kept reversed.
    patterns: Box<[Box<[u8]>]>,
    fold: bool,
}

impl Affixes {
    /// Beginnings; `fold`: without regard to the case of ASCII letters.
    pub(crate) fn starts(patterns: &[Vec<u8>], fold: bool) -> Self {
        Self::new(
            patterns.iter().map(|pattern| pattern.iter().map(|&b| folded(b, fold)).collect()).collect(),
            fold,
        )
    }

    /// Endings.
    pub(crate) fn ends(patterns: &[Vec<u8>], fold: bool) -> Self {
        let reversed =
            patterns.iter().map(|pattern| pattern.iter().rev().map(|&b| folded(b, fold)).collect());
        Self::new(reversed.collect(), fold)
    }

    fn new(mut patterns: Vec<Box<[u8]>>, fold: bool) -> Self {
        patterns.sort_unstable();
        // What begins with the one before it can be left out: where it matches, that one does.
        patterns.dedup_by(|later, earlier| later.starts_with(earlier));
        Self { patterns: patterns.into_boxed_slice(), fold }
    }

    /// Whether a pattern begins `value`.
    pub(crate) fn matches_start(&self, value: &[u8]) -> bool {
        self.matches(|| value.iter().copied())
    }

    /// Whether a pattern ends `value`.
    pub(crate) fn matches_end(&self, value: &[u8]) -> bool {
        self.matches(|| value.iter().rev().copied())
    }

    /// Among strings of which none begins another, only the greatest that is not above the value can begin it.
    fn matches<I: Iterator<Item = u8>>(&self, value: impl Fn() -> I) -> bool {
        let value = || value().map(|byte| folded(byte, self.fold));
        let after = self
            .patterns
            .partition_point(|pattern| pattern.iter().copied().cmp(value()) != Ordering::Greater);
        let Some(candidate) = after.checked_sub(1).map(|at| &self.patterns[at]) else { return false };
        let mut value = value();
        candidate.iter().all(|&byte| value.next() == Some(byte))
    }
}

fn folded(byte: u8, fold: bool) -> u8 {
    if fold { byte.to_ascii_lowercase() } else { byte }
}

/// Parts to look for: one automaton over all of them.
#[derive(Debug, Clone)]
pub struct Substrings(AhoCorasick);

impl Substrings {
    /// Builds the automaton; `fold`: without regard to the case of ASCII letters.
    ///
    /// # Errors
    /// Where there are more states than the automaton can number.
    pub(crate) fn new(patterns: &[Vec<u8>], fold: bool) -> Result<Self, aho_corasick::BuildError> {
        AhoCorasick::builder().ascii_case_insensitive(fold).build(patterns).map(Self)
    }

    pub(crate) fn matches(&self, value: &[u8]) -> bool {
        self.0.is_match(value)
    }

    /// The place of the first pattern of the list that is in `value`.
    pub(crate) fn first(&self, value: &[u8]) -> Option<usize> {
        self.0.find_overlapping_iter(value).map(|found| found.pattern().as_usize()).min()
    }
}
