//! One cache, for all workers.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use sluicegate_model::cache::Cache;
use tokio::time::Instant;

use super::entry::{Budget, Entry, Share};
use super::filling::{Draft, Filling};
use super::index::{Index, Slot};
use super::vary::Asker;

/// What it takes to keep a response, beside its bytes and its key: measured, and rounded up.
pub(super) const FRAME: usize = 512;

/// What is kept of one section `cache`. Those who look do so at the same time; who changes something is alone for as long
/// as it takes to enter it.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) settings: Arc<Cache>,
    budget: Arc<Budget>,
    index: RwLock<Index>,
    ticks: AtomicU64,
    /// For what people are shown of a key.
    hasher: RandomState,
}

/// What a cache has.
#[derive(Debug)]
pub struct Shown {
    /// As configured.
    pub settings: Arc<Cache>,
    /// Bytes that are taken.
    pub taken: usize,
    /// Whole responses that are fresh.
    pub responses: Vec<Kept>,
}

/// A response that is kept.
#[derive(Debug)]
pub struct Kept {
    /// Of its URL.
    pub hash: u32,
    /// Bytes that it takes.
    pub bytes: usize,
    /// Exchanges that read it.
    pub readers: usize,
    /// How long it is fresh yet.
    pub lasts: Duration,
    /// Others that ask for its URL do not get it.
    pub varies: bool,
}

impl Store {
    pub(crate) fn new(settings: Arc<Cache>) -> Arc<Self> {
        Arc::new(Self {
            budget: Budget::new(settings.total_bytes),
            settings,
            index: RwLock::default(),
            ticks: AtomicU64::new(1),
            hasher: RandomState::new(),
        })
    }

    /// The response for this request, if there is one that is fresh.
    pub(crate) fn find(&self, key: &[u8], asker: Option<&Asker>, now: Instant) -> Option<Arc<Entry>> {
        let index = self.read();
        let mut fresh = index.slots(key).iter().filter(|slot| slot.until > now && slot.is_for(asker));
        let entry = fresh.find_map(|slot| slot.entry.as_ref())?;
        entry.touched.store(self.tick(), Relaxed);
        Some(Arc::clone(entry))
    }

    /// Begins to keep a response to this request, in the place of what it would have got before. `None`: it is too large,
    /// it comes already on another way, or there are too many of its URL.
    pub(crate) fn begin(
        self: &Arc<Self>,
        key: &[u8],
        asker: Option<&Asker>,
        mut draft: Draft,
        now: Instant,
    ) -> Option<Filling> {
        let most = self.settings.object_bytes;
        let length = draft.length.and_then(|length| usize::try_from(length).ok());
        if draft.head.len().saturating_add(length.unwrap_or_default()) > most {
            return None;
        }
        let key: Arc<[u8]> = key.into();
        let id = self.tick();
        let slot = Slot::new(id, now + draft.lasts, draft.variant.take());
        {
            let mut index = self.write();
            let replaced = |old: &Slot| old.until <= now || slot.variant.is_none() || old.is_for(asker);
            if index.slots(&key).iter().any(|old| old.entry.is_none() && old.until > now && replaced(old)) {
                return None;
            }
            index.remove(&key, replaced);
            if index.slots(&key).len() >= self.settings.max_variants {
                return None;
            }
            index.insert(&key, slot);
        }
        let bytes = FRAME + key.len() + draft.head.len();
        let mut filling = Filling::new(self, key, id, draft, Share::of(&self.budget));
        filling.reserve(bytes).then_some(filling)
    }

    /// Forgets what is kept for a URL: it has changed.
    pub(crate) fn forget(&self, key: &[u8]) {
        self.write().remove(key, |_| true);
    }

    /// Makes `share` larger; what was asked for longest ago goes, where there is no room.
    pub(super) fn grow(&self, share: &mut Share, bytes: usize) -> bool {
        while !share.grow(bytes) {
            if !self.write().evict(|| self.tick()) {
                return false;
            }
        }
        true
    }

    /// What was coming is there.
    pub(super) fn fill(&self, key: &Arc<[u8]>, id: u64, entry: Entry) {
        let place = self.tick();
        entry.touched.store(place, Relaxed);
        self.write().fill(key, id, entry, place);
    }

    /// What was coming does not come.
    pub(super) fn give_up(&self, key: &[u8], id: u64) {
        self.write().remove(key, |slot| slot.id == id && slot.entry.is_none());
    }

    /// What there is, `most` responses at most, and how many were left out.
    pub(crate) fn shown(&self, most: usize, now: Instant) -> (Shown, usize) {
        let index = self.read();
        let mut omitted = 0;
        let mut responses = Vec::new();
        for (key, slot) in index.all().filter(|(_, slot)| slot.until > now) {
            let Some(entry) = &slot.entry else { continue };
            if responses.len() == most {
                omitted += 1;
                continue;
            }
            responses.push(Kept {
                hash: self.hasher.hash_one(key) as u32,
                bytes: entry.share.bytes(),
                readers: Arc::strong_count(entry) - 1,
                lasts: slot.until - now,
                varies: slot.variant.is_some(),
            });
        }
        let settings = Arc::clone(&self.settings);
        (Shown { settings, taken: self.budget.taken(), responses }, omitted)
    }

    fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, Relaxed)
    }

    fn read(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
