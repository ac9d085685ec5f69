//! Generations of one Scope: the newest whole, those before it as what changed, and the shortest way between two.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use sluicegate_proto::chunk::{self, InvalidChunk};
use sluicegate_proto::generation::Generation;
use sluicegate_proto::hash::ContentHash;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{ObjectId, Update};

use crate::entry::Entry;
use crate::snapshot::{Delta, Snapshot, TooLarge, diff};

/// Generations that can be a base or be shown, the newest not counted.
pub const KEPT_GENERATIONS: usize = 128;
/// Changes of resources that all kept generations may have together.
pub const KEPT_CHANGES: usize = 500_000;

/// A snapshot under its generation.
#[derive(Debug, Clone)]
pub struct Published {
    /// Its number and hash.
    pub generation: Generation,
    /// Its content.
    pub snapshot: Arc<Snapshot>,
    /// When, in milliseconds since 1970.
    pub at_unix_ms: u64,
}

/// An Update as it travels; all receivers with one base share the bytes.
#[derive(Debug, Clone)]
pub struct EncodedUpdate {
    /// Where it leads.
    pub generation: Generation,
    /// Where it starts; `None`: from nothing.
    pub base: Option<ContentHash>,
    /// A v1 Update.
    pub bytes: Bytes,
}

impl EncodedUpdate {
    /// For a receiver in the same process.
    ///
    /// # Errors
    /// Only where the schema's limits were overrun, which [`History::publish`] prevents.
    pub fn decode(&self) -> Result<Update, InvalidChunk> {
        chunk::decode(self.bytes.clone())
    }
}

/// What a generation had in place of what its successor changed.
#[derive(Debug)]
struct Step {
    from: Generation,
    at_unix_ms: u64,
    before: Vec<(ObjectKey, Option<Entry>)>,
}

/// Numbers the snapshots of one Scope in one epoch.
#[derive(Debug)]
pub struct History {
    epoch: u64,
    number: u64,
    current: Option<Published>,
    /// Oldest first.
    steps: VecDeque<Step>,
    changes: usize,
    /// Updates to the newest generation, by base.
    encoded: HashMap<Option<ContentHash>, EncodedUpdate>,
}

impl History {
    /// Of a control plane that started at `epoch`, in microseconds since 1970.
    pub fn new(epoch: u64) -> Self {
        Self { epoch, number: 0, current: None, steps: VecDeque::new(), changes: 0, encoded: HashMap::new() }
    }

    /// The newest generation.
    pub fn newest(&self) -> Option<&Published> {
        self.current.as_ref()
    }

    /// Publishes a snapshot; `None` where its content is that of the newest generation, which then tells receivers
    /// to come what this one tells about where things were written. `now` in milliseconds since 1970.
    ///
    /// # Errors
    /// Where no proxy would take it.
    pub fn publish(&mut self, snapshot: Arc<Snapshot>, now: u64) -> Result<Option<Generation>, TooLarge> {
        snapshot.fits()?;
        let hash = snapshot.hash();
        if let Some(current) = self.current.as_mut().filter(|current| current.generation.hash == hash) {
            current.snapshot = snapshot;
            self.encoded.clear();
            return Ok(None);
        }
        self.number += 1;
        let generation = Generation { epoch: self.epoch, number: self.number, hash };
        let next = Published { generation, snapshot, at_unix_ms: now };
        if let Some(last) = self.current.replace(next) {
            self.remember(last);
        }
        self.encoded.clear();
        Ok(Some(generation))
    }

    /// The shortest Update that takes a receiver from `base` to the newest generation: what differs where the base is
    /// remembered, else everything. `None` where there is nothing to send.
    pub fn update_from(&mut self, base: Option<ContentHash>) -> Option<EncodedUpdate> {
        let newest = self.current.as_ref()?;
        if base == Some(newest.generation.hash) {
            return None;
        }
        let known = base.and_then(|base| Some((base, self.delta_from(base)?)));
        let base = known.as_ref().map(|(base, _)| *base);
        if let Some(encoded) = self.encoded.get(&base) {
            return Some(encoded.clone());
        }
        let delta = known.map_or_else(|| diff(&Snapshot::empty(), &newest.snapshot), |(_, delta)| delta);
        let bytes = encode(newest, base, &delta);
        let encoded = EncodedUpdate { generation: newest.generation, base, bytes };
        self.encoded.insert(base, encoded.clone());
        Some(encoded)
    }

    /// Objects that the newest generation has no more and the one before it had.
    pub fn removed_last(&self) -> impl Iterator<Item = &ObjectKey> {
        let before = self.steps.back().map(|step| step.before.as_slice()).unwrap_or_default();
        let gone = |key: &&ObjectKey| {
            self.current.as_ref().is_some_and(|newest| !newest.snapshot.resources().contains_key(*key))
        };
        before.iter().map(|(key, _)| key).filter(gone)
    }

    /// Generations from the one with this content to the newest; all of them where it is not remembered.
    pub fn lag(&self, held: Option<ContentHash>) -> u64 {
        if self.current.as_ref().is_none_or(|newest| Some(newest.generation.hash) == held) {
            return 0;
        }
        let behind = self.steps.iter().rev().position(|step| Some(step.from.hash) == held);
        behind.map_or(self.number, |behind| behind as u64 + 1)
    }

    /// Remembered generations and when each was published, oldest first, the newest included.
    pub fn generations(&self) -> impl Iterator<Item = (Generation, u64)> {
        let newest = self.current.iter().map(|newest| (newest.generation, newest.at_unix_ms));
        self.steps.iter().map(|step| (step.from, step.at_unix_ms)).chain(newest)
    }

    /// The snapshot of a remembered generation, by its number.
    pub fn snapshot(&self, number: u64) -> Option<Arc<Snapshot>> {
        let newest = self.current.as_ref()?;
        if newest.generation.number == number {
            return Some(newest.snapshot.clone());
        }
        let first = self.steps.iter().position(|step| step.from.number == number)?;
        let mut resources = newest.snapshot.resources().clone();
        for (key, entry) in self.steps.range(first..).rev().flat_map(|step| &step.before) {
            match entry {
                Some(entry) => resources.insert(key.clone(), entry.clone()),
                None => resources.remove(key),
            };
        }
        Some(Arc::new(newest.snapshot.followed_by(resources).0))
    }

    fn remember(&mut self, last: Published) {
        let Some(newest) = &self.current else { return };
        let delta = diff(&last.snapshot, &newest.snapshot);
        let keys = delta.changed.into_iter().map(|(key, _)| key).chain(delta.removed);
        let before: Vec<_> = keys
            .map(|key| {
                let entry = last.snapshot.resources().get(&key).cloned();
                (key, entry)
            })
            .collect();
        self.changes += before.len();
        self.steps.push_back(Step { from: last.generation, at_unix_ms: last.at_unix_ms, before });
        while self.steps.len() > KEPT_GENERATIONS || self.changes > KEPT_CHANGES {
            let Some(oldest) = self.steps.pop_front() else { break };
            self.changes -= oldest.before.len();
        }
    }

    /// Costs what changed since, not what there is.
    fn delta_from(&self, base: ContentHash) -> Option<Delta> {
        let newest = &self.current.as_ref()?.snapshot;
        let first = self.steps.iter().rposition(|step| step.from.hash == base)?;
        let mut before: BTreeMap<&ObjectKey, Option<&Entry>> = BTreeMap::new();
        for (key, entry) in self.steps.range(first..).flat_map(|step| &step.before) {
            before.entry(key).or_insert(entry.as_ref());
        }
        let mut delta = Delta::default();
        for (key, before) in before {
            match newest.resources().get(key) {
                now if now == before => {}
                Some(entry) => delta.changed.push((key.clone(), entry.clone())),
                None => delta.removed.push(key.clone()),
            }
        }
        Some(delta)
    }
}

/// Field numbers of v1 Update.
const CHANGED: u32 = 4;
const REMOVED: u32 = 5;

/// A v1 Update from resources that are encoded already.
fn encode(to: &Published, base: Option<ContentHash>, delta: &Delta) -> Bytes {
    let head = Update {
        generation: Some(to.generation.into()),
        base: base.map(|base| Bytes::copy_from_slice(&base.0)).unwrap_or_default(),
        capabilities: to.snapshot.needs().map(str::to_owned).collect(),
        ..Update::default()
    };
    let body: usize = delta.changed.iter().map(|(_, entry)| entry.encoded().len() + 6).sum();
    let mut bytes = BytesMut::with_capacity(head.encoded_len() + body);
    head.encode_raw(&mut bytes);
    for (_, entry) in &delta.changed {
        field(CHANGED, entry.encoded(), &mut bytes);
    }
    for key in &delta.removed {
        field(REMOVED, &ObjectId::from(key).encode_to_vec(), &mut bytes);
    }
    bytes.freeze()
}

fn field(number: u32, content: &[u8], bytes: &mut BytesMut) {
    encode_key(number, WireType::LengthDelimited, bytes);
    encode_varint(content.len() as u64, bytes);
    bytes.put_slice(content);
}

#[cfg(test)]
mod tests;
