//! What operators do to a list of patterns.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sluicegate_proto::limits::MAX_PATTERN_EDITS;
use sluicegate_proto::v1::{PatternEntry, PatternList};

type Text = Box<[u8]>;

/// Changes of a list, as they stand over what its file has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    cleared: bool,
    removed: BTreeSet<Text>,
    changed: BTreeMap<Text, Text>,
    added: Vec<(Text, Text)>,
}

impl Edits {
    /// Nothing is left of the list.
    pub fn clear() -> Self {
        Self { cleared: true, ..Self::default() }
    }

    /// Every entry with this pattern goes.
    pub fn remove(pattern: &[u8]) -> Self {
        Self { removed: BTreeSet::from([pattern.into()]), ..Self::default() }
    }

    /// Every entry with this key has that value.
    pub fn change(key: &[u8], value: &[u8]) -> Self {
        Self { changed: BTreeMap::from([(key.into(), value.into())]), ..Self::default() }
    }

    /// These entries come behind the others; of what is no map without a value.
    pub fn add<'a>(entries: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Self {
        let added = entries.into_iter().map(|(pattern, value)| (pattern.into(), value.into()));
        Self { added: added.collect(), ..Self::default() }
    }

    /// What comes behind the others, in its order.
    pub fn added(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.added.iter().map(|(pattern, value)| (&**pattern, &**value))
    }

    /// The list is what its file has.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether there are more than a list may have.
    pub fn are_too_many(&self) -> bool {
        [self.removed.len(), self.changed.len(), self.added.len()]
            .iter()
            .any(|&count| count > MAX_PATTERN_EDITS)
    }

    /// These, and `later` over them.
    pub(super) fn then(&self, later: &Self) -> Self {
        if later.cleared {
            return later.clone();
        }
        let mut all = self.clone();
        for (pattern, value) in &mut all.added {
            if let Some(changed) = later.changed.get(pattern) {
                value.clone_from(changed);
            }
        }
        all.added.retain(|(pattern, _)| !later.removed.contains(pattern));
        all.added.extend(later.added.iter().cloned());
        all.changed.extend(later.changed.iter().map(|(key, value)| (key.clone(), value.clone())));
        all.changed.retain(|key, _| !later.removed.contains(key));
        if all.cleared {
            // Nothing of the file is left that could be changed.
            all.changed.clear();
        } else {
            all.removed.extend(later.removed.iter().cloned());
        }
        all
    }

    pub(super) fn write(&self, list: &mut PatternList) {
        let entry = |(pattern, value): (&Text, &Text)| PatternEntry {
            pattern: pattern.to_vec().into(),
            value: value.to_vec().into(),
        };
        list.cleared = self.cleared;
        list.removed = self.removed.iter().map(|pattern| pattern.to_vec().into()).collect();
        list.changed = self.changed.iter().map(entry).collect();
        list.added = self.added.iter().map(|(pattern, value)| entry((pattern, value))).collect();
    }
}

impl fmt::Display for Edits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts =
            [(self.removed.len(), "removed"), (self.changed.len(), "changed"), (self.added.len(), "added")];
        let mut first = true;
        if self.cleared {
            f.write_str("cleared")?;
            first = false;
        }
        for (count, word) in counts.into_iter().filter(|(count, _)| *count > 0) {
            let comma = if std::mem::take(&mut first) { "" } else { ", " };
            write!(f, "{comma}{count} {word}")?;
        }
        if first { f.write_str("nothing") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(edits: &Edits) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut list = PatternList::default();
        edits.write(&mut list);
        let removed: Vec<_> = list.removed.iter().map(|pattern| format!("-{}", text(pattern))).collect();
        let pairs = |sign: &str, entries: &[PatternEntry]| -> Vec<String> {
            entries
                .iter()
                .map(|entry| format!("{sign}{}={}", text(&entry.pattern), text(&entry.value)))
                .collect()
        };
        let cleared = if list.cleared { vec!["!".to_owned()] } else { Vec::new() };
        [cleared, removed, pairs("~", &list.changed), pairs("+", &list.added)].concat().join(" ")
    }

    #[test]
    fn later_edits_stand_over_earlier_ones() {
        let add = |key: &'static str, value: &'static str| Edits::add([(key.as_bytes(), value.as_bytes())]);
        let steps = [
            (add("a", "1"), "+a=1"),
            (add("b", "2"), "+a=1 +b=2"),
            (Edits::change(b"a", b"9"), "~a=9 +a=9 +b=2"),
            (Edits::remove(b"a"), "-a +b=2"),
            (add("a", "3"), "-a +b=2 +a=3"),
            (Edits::change(b"file", b"x"), "-a ~file=x +b=2 +a=3"),
            (Edits::remove(b"file"), "-a -file +b=2 +a=3"),
            (Edits::clear(), "!"),
            (add("c", ""), "! +c="),
            (Edits::change(b"c", b"5"), "! +c=5"),
            (Edits::remove(b"c"), "!"),
        ];
        let mut all = Edits::default();
        for (step, expected) in steps {
            all = all.then(&step);
            assert_eq!(shown(&all), expected);
        }
    }

    #[test]
    fn they_are_told_by_their_number() {
        let edits = Edits::remove(b"a").then(&Edits::add([(&b"b"[..], &b""[..]), (&b"c"[..], &b""[..])]));
        assert_eq!(edits.to_string(), "1 removed, 2 added");
        assert_eq!(Edits::clear().to_string(), "cleared");
        assert!(Edits::default().is_empty() && Edits::default().to_string() == "nothing");
        let many = vec![(&b"a"[..], &b""[..]); MAX_PATTERN_EDITS + 1];
        assert!(Edits::add(many).are_too_many());
    }
}
