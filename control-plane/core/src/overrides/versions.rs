//! Versions of lists of patterns that are made ready before they are put into force (HAProxy: prepare, commit).

use std::collections::BTreeMap;

use sluicegate_proto::id::ObjectKey;

use super::Edits;

/// Versions that may be ready at one time, of all lists together.
pub const MAX_VERSIONS: usize = 64;

/// Why a version was not made or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoVersion {
    /// Over [`MAX_VERSIONS`].
    #[error("There are {MAX_VERSIONS} prepared versions, which is the limit.")]
    Full,
    /// Over [`sluicegate_proto::limits::MAX_PATTERN_EDITS`].
    #[error("A version has no more entries than may be added at run time: change its file.")]
    TooLong,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct List {
    current: u32,
    newest: u32,
    ready: BTreeMap<u32, Edits>,
}

/// What is ready and not in force, by its list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Versions {
    lists: BTreeMap<ObjectKey, List>,
}

impl Versions {
    /// The number of the version in force and that of the newest one; 0 is what the configuration has.
    pub fn numbers(&self, list: &ObjectKey) -> (u32, u32) {
        self.lists.get(list).map_or((0, 0), |list| (list.current, list.newest))
    }

    /// What a version that is ready will have.
    pub fn ready(&self, list: &ObjectKey, version: u32) -> Option<&Edits> {
        self.lists.get(list)?.ready.get(&version)
    }

    /// Begins a new version, which is empty. Returns its number.
    ///
    /// # Errors
    /// Over [`MAX_VERSIONS`].
    pub fn prepare(&mut self, list: &ObjectKey) -> Result<u32, NoVersion> {
        if self.lists.values().map(|list| list.ready.len()).sum::<usize>() >= MAX_VERSIONS {
            return Err(NoVersion::Full);
        }
        let list = self.lists.entry(list.clone()).or_default();
        list.newest = list.newest.wrapping_add(1);
        list.ready.insert(list.newest, Edits::clear());
        Ok(list.newest)
    }

    /// Changes a version that is ready. Of one that is past nothing is left to change, as with HAProxy.
    ///
    /// # Errors
    /// Where it would have too many entries.
    pub fn edit(&mut self, list: &ObjectKey, version: u32, edits: &Edits) -> Result<(), NoVersion> {
        let Some(ready) = self.lists.get_mut(list).and_then(|list| list.ready.get_mut(&version)) else {
            return Ok(());
        };
        let all = ready.then(edits);
        if all.are_too_many() {
            return Err(NoVersion::TooLong);
        }
        *ready = all;
        Ok(())
    }

    /// A version is in force: it and those before it are ready no more.
    pub fn commit(&mut self, list: &ObjectKey, version: u32) {
        if let Some(list) = self.lists.get_mut(list) {
            list.current = version;
            list.ready.retain(|ready, _| *ready > version);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluicegate_proto::v1::Kind;

    fn list(name: &str) -> ObjectKey {
        ObjectKey::new("haproxy", "", Kind::Patterns, name).unwrap()
    }

    #[test]
    fn versions_are_apart_until_one_is_in_force() {
        let (a, mut versions) = (list("a"), Versions::default());
        assert_eq!((versions.prepare(&a), versions.prepare(&a)), (Ok(1), Ok(2)));
        assert_eq!((versions.numbers(&a), versions.numbers(&list("b"))), ((0, 2), (0, 0)));
        let entry = |key: &'static str| Edits::add([(key.as_bytes(), &b"v"[..])]);
        versions.edit(&a, 1, &entry("x")).unwrap();
        versions.edit(&a, 2, &entry("y")).unwrap();
        assert_eq!(versions.ready(&a, 1), Some(&Edits::clear().then(&entry("x"))));
        versions.commit(&a, 1);
        assert_eq!((versions.numbers(&a), versions.ready(&a, 1)), ((1, 2), None));
        assert_eq!(versions.ready(&a, 2), Some(&Edits::clear().then(&entry("y"))));
        versions.edit(&a, 2, &Edits::clear()).unwrap();
        assert_eq!(versions.ready(&a, 2), Some(&Edits::clear()));
        versions.commit(&a, 2);
        assert_eq!(versions.prepare(&a), Ok(3));
    }

    #[test]
    fn there_are_only_so_many() {
        let mut versions = Versions::default();
        let prepared = (0..=MAX_VERSIONS).map(|number| versions.prepare(&list(&number.to_string())));
        let refused: Vec<_> = prepared.filter(Result::is_err).collect();
        assert_eq!(refused, [Err(NoVersion::Full)]);
        let many = vec![(&b"a"[..], &b""[..]); sluicegate_proto::limits::MAX_PATTERN_EDITS + 1];
        assert_eq!(versions.edit(&list("0"), 1, &Edits::add(many)), Err(NoVersion::TooLong));
        assert_eq!(versions.ready(&list("0"), 1), Some(&Edits::clear()));
    }
}
