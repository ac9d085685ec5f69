//! Which of many patterns a value matches.

use std::net::IpAddr;

use regex::bytes::{Regex, RegexSet};

use super::{Exact, Substrings, Words};

mod affix;
mod network;
mod range;

pub(crate) use affix::{Ranked, Side};
pub(crate) use network::Networks;
pub(crate) use range::Ranges;

/// Patterns by their place in a list. Where several match, the way says which one it is.
#[derive(Debug)]
pub enum Lookup {
    /// str: the first that is the value.
    Exact(Exact),
    /// beg, end: the longest or the first that begins or ends it.
    Affixes(Ranked),
    /// sub: the first that is in it.
    Contains(Substrings),
    /// dir, dom: the first that is in it, between delimiters or its ends.
    Words(Words),
    /// reg: the first that matches somewhere in it.
    Regex {
        /// Finds it.
        set: RegexSet,
        /// All of them, where what their groups matched is asked for; else none.
        each: Box<[Regex]>,
    },
    /// int: the first that it is in.
    Int(Ranges),
    /// ip: the smallest network that it is in.
    Ip(Networks),
}

impl Lookup {
    /// The place of the pattern for these bytes; `None` too where it asks for numbers or addresses.
    pub fn find(&self, value: &[u8]) -> Option<usize> {
        match self {
            Self::Exact(table) => table.place(value),
            Self::Affixes(table) => table.find(value),
            Self::Contains(parts) => parts.first(value),
            Self::Words(words) => words.first(value),
            Self::Regex { set, .. } => set.matches(value).iter().next(),
            Self::Int(_) | Self::Ip(_) => None,
        }
    }

    /// The place of the range that a number is in.
    pub fn find_number(&self, number: i64) -> Option<usize> {
        if let Self::Int(ranges) = self { ranges.find(number) } else { None }
    }

    /// The place of the network that an address is in.
    pub fn find_address(&self, address: IpAddr) -> Option<usize> {
        if let Self::Ip(networks) = self { networks.find(address) } else { None }
    }
}

#[cfg(test)]
mod tests;
