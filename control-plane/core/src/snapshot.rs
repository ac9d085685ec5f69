//! All that a Scope serves, and the difference between two of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluicegate_proto::capability::{Capability, needed};
use sluicegate_proto::hash::{ContentHash, SetHash};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::limits::{MAX_RESOURCES, MAX_UPDATE_BYTES};

use crate::entry::Entry;

/// A snapshot that no proxy would take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooLarge {
    /// Too many resources.
    #[error("the configuration has {0} objects, the limit is {MAX_RESOURCES}")]
    Resources(usize),
    /// Too many bytes.
    #[error("the configuration is {0} bytes long, the limit is {MAX_UPDATE_BYTES}")]
    Bytes(u64),
}

/// All resources of a Scope. Immutable; resources are shared with its predecessors.
#[derive(Debug, Clone)]
pub struct Snapshot {
    resources: BTreeMap<ObjectKey, Entry>,
    set: SetHash,
    hash: ContentHash,
    /// How many resources need each.
    needs: BTreeMap<Capability, usize>,
    /// Length of a full Update, without its head.
    bytes: u64,
}

/// What takes one snapshot to another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delta {
    /// New or different in the new one.
    pub changed: Vec<(ObjectKey, Entry)>,
    /// Missing in the new one.
    pub removed: Vec<ObjectKey>,
}

impl Delta {
    /// Nothing differs.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.removed.is_empty()
    }
}

impl Snapshot {
    /// Of nothing.
    pub fn empty() -> Self {
        let set = SetHash::new();
        let hash = set.finish();
        Self { resources: BTreeMap::new(), set, hash, needs: BTreeMap::new(), bytes: 0 }
    }

    /// Of these resources.
    pub fn new(resources: BTreeMap<ObjectKey, Entry>) -> Self {
        Self::empty().followed_by(resources).0
    }

    /// The snapshot of these resources, made from this one by what differs between them. It holds them as they are
    /// given: where only the place differs that a resource was written at, the newer place.
    pub fn followed_by(&self, resources: BTreeMap<ObjectKey, Entry>) -> (Self, Delta) {
        let delta = difference(&self.resources, &resources);
        // Of all: what is no change may have moved to a place that takes more or fewer bytes to tell.
        let bytes = resources.values().map(field_bytes).sum();
        let (set, needs) = (self.set.clone(), self.needs.clone());
        let mut next = Self { resources, set, hash: self.hash, needs, bytes };
        let replaced = delta.changed.iter().map(|(key, _)| key).chain(&delta.removed);
        for (key, old) in replaced.filter_map(|key| self.resources.get_key_value(key)) {
            next.leave(key, old);
        }
        for (key, entry) in &delta.changed {
            next.enter(key, entry);
        }
        if !delta.is_empty() {
            next.hash = next.set.finish();
        }
        (next, delta)
    }

    /// The truth about its content.
    pub fn hash(&self) -> ContentHash {
        self.hash
    }

    /// By identity.
    pub fn resources(&self) -> &BTreeMap<ObjectKey, Entry> {
        &self.resources
    }

    /// Gives its resources away.
    pub fn into_resources(self) -> BTreeMap<ObjectKey, Entry> {
        self.resources
    }

    /// What a proxy must know to serve it, sorted.
    pub fn needs(&self) -> impl Iterator<Item = &str> {
        self.needs.keys().map(|name| &**name)
    }

    /// Whether a proxy would take it.
    ///
    /// # Errors
    /// Where it would not.
    pub fn fits(&self) -> Result<(), TooLarge> {
        // The generation and the capabilities stand in the head.
        const HEAD_BYTES: u64 = 1 << 20;
        if self.resources.len() > MAX_RESOURCES {
            return Err(TooLarge::Resources(self.resources.len()));
        }
        if self.bytes + HEAD_BYTES > MAX_UPDATE_BYTES as u64 {
            return Err(TooLarge::Bytes(self.bytes));
        }
        Ok(())
    }

    fn enter(&mut self, key: &ObjectKey, entry: &Entry) {
        self.set.add(key, entry.hash());
        for need in needed(entry.resource()) {
            *self.needs.entry(need).or_default() += 1;
        }
    }

    fn leave(&mut self, key: &ObjectKey, entry: &Entry) {
        self.set.remove(key, entry.hash());
        for need in needed(entry.resource()) {
            if let Some(count) = self.needs.get_mut(&need) {
                *count -= 1;
                if *count == 0 {
                    self.needs.remove(&need);
                }
            }
        }
    }
}

impl Default for Snapshot {
    fn default() -> Self {
        Self::empty()
    }
}

/// Tag and length (at most five bytes) and the bytes themselves.
fn field_bytes(entry: &Entry) -> u64 {
    entry.encoded().len() as u64 + 6
}

/// What takes `old` to `new`.
pub fn diff(old: &Snapshot, new: &Snapshot) -> Delta {
    if old.hash == new.hash {
        return Delta::default();
    }
    difference(&old.resources, &new.resources)
}

fn difference(old: &BTreeMap<ObjectKey, Entry>, new: &BTreeMap<ObjectKey, Entry>) -> Delta {
    let mut delta = Delta::default();
    let mut before = old.iter().peekable();
    for (key, entry) in new {
        // What is the same in memory has the same name: nothing needs to be read.
        if before.next_if(|(_, other)| Arc::ptr_eq(other.resource(), entry.resource())).is_some() {
            continue;
        }
        while let Some((gone, _)) = before.next_if(|(other, _)| *other < key) {
            delta.removed.push(gone.clone());
        }
        let same = before.next_if(|(other, _)| *other == key).is_some_and(|(_, other)| other == entry);
        if !same {
            delta.changed.push((key.clone(), entry.clone()));
        }
    }
    delta.removed.extend(before.map(|(gone, _)| gone.clone()));
    delta
}

#[cfg(test)]
mod tests;
