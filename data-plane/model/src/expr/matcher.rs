use std::net::IpAddr;

use regex::bytes::RegexSet;

use super::IpSet;
use super::ip::{merged, within};

mod affix;
mod exact;

pub use affix::{Affixes, Substrings};
pub use exact::{Exact, Words};

/// What a value is compared with. A match is of one of the patterns.
#[derive(Debug, Clone)]
pub enum Matcher {
    /// The value is there.
    Found,
    /// The value is true.
    Bool,
    /// The number is in the set.
    Int(IntSet),
    /// The address is in the set.
    Ip(IpSet),
    /// The length in bytes is in the set.
    Len(IntSet),
    /// The bytes match.
    Bytes(Patterns),
}

/// Ways for bytes to match.
#[derive(Debug, Clone)]
pub enum Patterns {
    /// str, bin: a pattern is the value.
    Exact(Exact),
    /// beg: a pattern begins the value.
    Begins(Affixes),
    /// end: a pattern ends the value.
    Ends(Affixes),
    /// sub: a pattern is in the value.
    Contains(Substrings),
    /// dir, dom: a pattern is in the value, between delimiters or its ends.
    Words(Words),
    /// reg: a regular expression matches somewhere in the value.
    Regex(RegexSet),
}

impl Patterns {
    /// Whether `value` matches. Allocates nothing.
    pub fn matches(&self, value: &[u8]) -> bool {
        match self {
            Self::Exact(set) => set.matches(value),
            Self::Begins(set) => set.matches_start(value),
            Self::Ends(set) => set.matches_end(value),
            Self::Contains(set) => set.matches(value),
            Self::Words(set) => set.matches(value),
            Self::Regex(set) => set.is_match(value),
        }
    }
}

/// Numbers and ranges of numbers: sorted and merged, one binary search a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntSet(Box<[(i64, i64)]>);

impl IntSet {
    /// The set of all numbers of `ranges`, ends included.
    pub(crate) fn new(ranges: Vec<(i64, i64)>) -> Self {
        Self(merged(ranges))
    }

    /// Whether `value` is in it.
    pub fn contains(&self, value: i64) -> bool {
        within(&self.0, value)
    }
}

impl Matcher {
    /// Whether it asks for addresses and `ip` is one of them.
    pub fn matches_ip(&self, ip: IpAddr) -> bool {
        matches!(self, Self::Ip(set) if set.contains(ip))
    }
}

#[cfg(test)]
mod tests;
