//! Lists of patterns, and maps: what tests and converters name, and operators change.

use bytes::Bytes;
use rustc_hash::{FxHashMap, FxHashSet};
use sluicegate_proto::catalog::ValueType;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::pattern_file::entries;
use sluicegate_proto::v1::Match;

/// A list under its name. What it holds is that of its blob, changed by what operators said.
#[derive(Debug)]
pub struct PatternList {
    /// Its identity; the name is the file's, as the configuration writes it.
    pub key: ObjectKey,
    /// The key of the order among lists.
    pub order: Box<str>,
    /// Its entries are keys with values.
    pub map: bool,
    pub(crate) blob: Bytes,
    pub(crate) cleared: bool,
    pub(crate) removed: FxHashSet<Bytes>,
    pub(crate) changed: FxHashMap<Bytes, Bytes>,
    pub(crate) added: Vec<(Bytes, Bytes)>,
}

/// One entry of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Names it among those of the list as it is now.
    pub reference: Reference,
    /// What values are compared with, or the key.
    pub pattern: &'a [u8],
    /// Empty where the list is no map.
    pub value: &'a [u8],
}

/// Which entry of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reference {
    /// Of that line of the blob, from 1.
    Line(usize),
    /// The one added at that place, from 0.
    Added(usize),
}

/// A way in which a list is used: by a test, or by a converter that looks values up in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListUse {
    /// How its patterns are compared.
    pub how: Match,
    /// Without regard to the case of ASCII letters.
    pub ignore_case: bool,
    /// What a converter gives of its values; `None`: it is a test.
    pub gives: Option<ValueType>,
}

/// Where the numbers of added entries begin.
const ADDED: u64 = 1 << 32;

impl Reference {
    /// As one number: HAProxy has a pointer in its place.
    pub fn number(self) -> u64 {
        match self {
            Self::Line(line) => line as u64,
            Self::Added(at) => ADDED + at as u64,
        }
    }
}

impl PatternList {
    /// All entries, in the order in which they were written and added.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let blob: &[u8] = if self.cleared { &[] } else { &self.blob };
        let kept = entries(blob, self.map).filter(|line| !self.removed.contains(line.pattern));
        let kept = kept.map(|line| Entry {
            reference: Reference::Line(line.number),
            pattern: line.pattern,
            value: self.changed.get(line.pattern).map_or(line.value, |value| &value[..]),
        });
        let added = self.added.iter().enumerate().map(|(at, (pattern, value))| Entry {
            reference: Reference::Added(at),
            pattern,
            value,
        });
        kept.chain(added)
    }
}
