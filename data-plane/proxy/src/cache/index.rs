//! Where responses are found, and in which order they go.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use tokio::time::Instant;

use super::entry::Entry;
use super::vary::{Asker, Variant};

/// A response, or the place of one that is still coming.
#[derive(Debug)]
pub(super) struct Slot {
    /// Of this place, in its whole store.
    pub(super) id: u64,
    /// Until then it is fresh.
    pub(super) until: Instant,
    /// Whom it is for; `None`: for all.
    pub(super) variant: Option<Variant>,
    /// `None`: it is still coming.
    pub(super) entry: Option<Arc<Entry>>,
    /// Where it stands in the order.
    place: Option<u64>,
}

impl Slot {
    pub(super) fn new(id: u64, until: Instant, variant: Option<Variant>) -> Self {
        Self { id, until, variant, entry: None, place: None }
    }

    /// Whether this one would get it.
    pub(super) fn is_for(&self, asker: Option<&Asker>) -> bool {
        match (&self.variant, asker) {
            (None, _) => true,
            (Some(variant), Some(asker)) => variant.is_for(asker),
            (Some(_), None) => false,
        }
    }
}

/// All slots, by their URLs. Keys come from clients: they are hashed with a key that nobody knows.
#[derive(Debug, Default)]
pub(super) struct Index {
    by_key: HashMap<Arc<[u8]>, Vec<Slot>>,
    /// Whole responses, those first that were asked for longest ago; what was asked for since is found out when its turn comes.
    order: BTreeMap<u64, (Arc<[u8]>, u64)>,
}

impl Index {
    pub(super) fn slots(&self, key: &[u8]) -> &[Slot] {
        self.by_key.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&Arc<[u8]>, &Slot)> {
        self.by_key.iter().flat_map(|(key, slots)| slots.iter().map(move |slot| (key, slot)))
    }

    pub(super) fn insert(&mut self, key: &Arc<[u8]>, slot: Slot) {
        self.by_key.entry(Arc::clone(key)).or_default().push(slot);
    }

    /// Fills a slot, where that is still there, and stands it at `place` in the order.
    pub(super) fn fill(&mut self, key: &Arc<[u8]>, id: u64, entry: Entry, place: u64) -> bool {
        let slots = self.by_key.get_mut(key);
        let Some(slot) = slots.and_then(|slots| slots.iter_mut().find(|slot| slot.id == id)) else {
            return false;
        };
        slot.entry = Some(Arc::new(entry));
        slot.place = Some(place);
        self.order.insert(place, (Arc::clone(key), id));
        true
    }

    /// Takes the slots of a key out that `goes` says.
    pub(super) fn remove(&mut self, key: &[u8], mut goes: impl FnMut(&Slot) -> bool) {
        let Some(slots) = self.by_key.get_mut(key) else { return };
        let order = &mut self.order;
        slots.retain(|slot| {
            let stays = !goes(slot);
            if let Some(place) = slot.place.filter(|_| !stays) {
                order.remove(&place);
            }
            stays
        });
        if slots.is_empty() {
            self.by_key.remove(key);
        }
    }

    /// Takes the response out that was asked for longest ago, of those that nobody reads now; `place` gives places behind
    /// all others. Tells whether there was one.
    pub(super) fn evict(&mut self, mut place: impl FnMut() -> u64) -> bool {
        for _ in 0..self.order.len() {
            let Some((stood, (key, id))) = self.order.pop_first() else { return false };
            let slots = self.by_key.get_mut(&key);
            let Some(slot) = slots.and_then(|slots| slots.iter_mut().find(|slot| slot.id == id)) else {
                continue;
            };
            let touched = slot.entry.as_ref().map_or(0, |entry| entry.touched.load(Relaxed));
            let is_read = slot.entry.as_ref().is_some_and(|entry| Arc::strong_count(entry) > 1);
            if touched <= stood && !is_read {
                self.remove(&key, |slot| slot.id == id);
                return true;
            }
            // Two may not stand at one place, and nobody else has that of its last use.
            let place = if touched > stood { touched } else { place() };
            slot.place = Some(place);
            self.order.insert(place, (key, id));
        }
        false
    }
}
