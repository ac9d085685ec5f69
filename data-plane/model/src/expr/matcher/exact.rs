use std::hash::Hasher;

use rustc_hash::FxHasher;

/// Whole values to look for: an open-addressing table, filled to a half at most, that compares without regard to case
/// where asked, and allocates nothing to look.
#[derive(Debug, Clone)]
pub struct Exact {
    patterns: Box<[Box<[u8]>]>,
    /// Where each was among all of them; empty where none came twice.
    places: Box<[u32]>,
    /// Index of a pattern plus one; 0: free. A power of two long.
    slots: Box<[u32]>,
    fold: bool,
}

impl Exact {
    /// A table of `patterns`; `fold`: without regard to the case of ASCII letters.
    pub(crate) fn new(patterns: &[Vec<u8>], fold: bool) -> Self {
        let size = (patterns.len() * 2).next_power_of_two().max(2);
        let slots = vec![0; size].into_boxed_slice();
        let mut table = Self { patterns: Box::default(), places: Box::default(), slots, fold };
        let mut kept: Vec<Box<[u8]>> = Vec::with_capacity(patterns.len());
        let mut places = Vec::with_capacity(patterns.len());
        for (place, pattern) in (0..).zip(patterns) {
            if let Err(free) = table.find(&kept, pattern) {
                kept.push(pattern.as_slice().into());
                places.push(place);
                table.slots[free] = u32::try_from(kept.len()).unwrap_or(u32::MAX);
            }
        }
        if kept.len() < patterns.len() {
            table.places = places.into_boxed_slice();
        }
        table.patterns = kept.into_boxed_slice();
        table
    }

    /// Whether a pattern is `value`.
    pub(crate) fn matches(&self, value: &[u8]) -> bool {
        self.find(&self.patterns, value).is_ok()
    }

    /// The place of the first pattern that is `value` among those that it was made of.
    pub(crate) fn place(&self, value: &[u8]) -> Option<usize> {
        let kept = self.find(&self.patterns, value).ok()?;
        Some(self.places.get(kept).map_or(kept, |&place| place as usize))
    }

    /// The index of `value` in `patterns`, else the free slot that it would take.
    fn find(&self, patterns: &[Box<[u8]>], value: &[u8]) -> Result<usize, usize> {
        let mask = self.slots.len() - 1;
        let mut at = self.hash(value) & mask;
        loop {
            let Some(index) = (self.slots[at] as usize).checked_sub(1) else { return Err(at) };
            if self.same(&patterns[index], value) {
                return Ok(index);
            }
            at = (at + 1) & mask;
        }
    }

    fn same(&self, pattern: &[u8], value: &[u8]) -> bool {
        if self.fold { pattern.eq_ignore_ascii_case(value) } else { pattern == value }
    }

    fn hash(&self, value: &[u8]) -> usize {
        let mut hasher = FxHasher::default();
        for chunk in value.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            if self.fold {
                word.make_ascii_lowercase();
            }
            hasher.write_u64(u64::from_le_bytes(word));
        }
        hasher.write_usize(value.len());
        hasher.finish() as usize
    }
}

/// Words to look for: parts between delimiters (or the ends), which may hold delimiters themselves.
#[derive(Debug, Clone)]
pub struct Words {
    words: Exact,
    delimiters: &'static [u8],
    /// Most delimiters within one pattern.
    inner: usize,
}

impl Words {
    /// HAProxy: dir.
    pub(crate) const PATH_DELIMITERS: &'static [u8] = b"/?";
    /// HAProxy: dom.
    pub(crate) const DOMAIN_DELIMITERS: &'static [u8] = b"/?.:";

    /// Delimiters at the ends of a pattern do not count.
    pub(crate) fn new(patterns: &[Vec<u8>], delimiters: &'static [u8], fold: bool) -> Self {
        let trimmed: Vec<Vec<u8>> =
            patterns.iter().map(|pattern| trim(pattern, delimiters).to_vec()).collect();
        let inner = |pattern: &Vec<u8>| pattern.iter().filter(|byte| delimiters.contains(byte)).count();
        let inner = trimmed.iter().map(inner).max().unwrap_or(0);
        Self { words: Exact::new(&trimmed, fold), delimiters, inner }
    }

    /// Whether a pattern stands in `value` between delimiters or its ends.
    pub(crate) fn matches(&self, value: &[u8]) -> bool {
        self.parts(value).any(|part| self.words.matches(part))
    }

    /// The place of the first pattern of the list that does.
    pub(crate) fn first(&self, value: &[u8]) -> Option<usize> {
        self.parts(value).filter_map(|part| self.words.place(part)).min()
    }

    /// What a pattern can be: what stands between delimiters or the ends, with as many delimiters within as patterns have.
    fn parts<'v>(&self, value: &'v [u8]) -> impl Iterator<Item = &'v [u8]> {
        let (delimiters, inner) = (self.delimiters, self.inner);
        let is_delimiter = move |byte: &u8| delimiters.contains(byte);
        let behind = (0..value.len()).filter(move |&at| is_delimiter(&value[at])).map(|at| at + 1);
        std::iter::once(0).chain(behind).flat_map(move |start| {
            let rest = &value[start..];
            let ends = (0..rest.len()).filter(move |&at| is_delimiter(&rest[at])).chain([rest.len()]);
            ends.take(inner + 1).map(move |end| &rest[..end])
        })
    }
}

fn trim<'a>(mut pattern: &'a [u8], delimiters: &[u8]) -> &'a [u8] {
    while let [first, rest @ ..] = pattern
        && delimiters.contains(first)
    {
        pattern = rest;
    }
    while let [rest @ .., last] = pattern
        && delimiters.contains(last)
    {
        pattern = rest;
    }
    pattern
}
