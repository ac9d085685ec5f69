//! The connections of a worker that carry many exchanges to endpoints, in use and idle. Idle ones are kept by the rules of
//! those of HTTP/1.

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use tokio::time::Instant;

use super::lane::Lane;
use super::trunk::Trunk;
use crate::live::{Reserve, TransportId};

/// By what they are good for.
#[derive(Default)]
pub(crate) struct Trunks(RefCell<FxHashMap<TransportId, Bundle>>);

/// Those of one transport key, the oldest first.
struct Bundle {
    reserve: Arc<Reserve>,
    trunks: Vec<Trunk>,
    /// The fewest that were idle since the last purge: that many were not needed.
    least: usize,
    purged: Instant,
}

impl std::fmt::Debug for Trunks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trunks").field("keys", &self.0.borrow().len()).finish()
    }
}

impl Trunks {
    /// A stream of one that `will_do`.
    pub(crate) fn lane(&self, key: TransportId, will_do: impl Fn(&Trunk) -> bool) -> Option<Lane> {
        let mut all = self.0.borrow_mut();
        let bundle = all.get_mut(&key)?;
        let mut fitting = bundle.trunks.iter_mut().filter(|trunk| will_do(trunk));
        let lane = fitting.find_map(Trunk::lane)?;
        bundle.least = bundle.least.min(bundle.idle());
        Some(lane)
    }

    /// Keeps one for others.
    pub(crate) fn keep(&self, key: TransportId, trunk: Trunk, (reserve, now): (&Arc<Reserve>, Instant)) {
        let mut all = self.0.borrow_mut();
        let new = || Bundle { reserve: Arc::clone(reserve), trunks: Vec::new(), least: 0, purged: now };
        all.entry(key).or_insert_with(new).trunks.push(trunk);
    }

    /// A stream has ended: its connection may be idle now, and is closed where it may not be.
    pub(crate) fn settle(&self, key: TransportId) {
        if let Some(bundle) = self.0.borrow_mut().get_mut(&key) {
            bundle.settle();
        }
    }

    /// Lets go of those that were closed, and of those that nobody needed for long.
    pub(crate) fn sweep(&self, now: Instant) {
        self.0.borrow_mut().retain(|_, bundle| {
            let before = bundle.idle();
            bundle.trunks.retain_mut(|trunk| !trunk.is_over());
            bundle.settle();
            bundle.least = bundle.least.min(bundle.idle());
            bundle.purge(now);
            if bundle.idle() != before {
                bundle.reserve.changed();
            }
            !bundle.trunks.is_empty()
        });
    }

    /// Lets go of all: each ends when its last exchange does.
    pub(crate) fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}

impl Bundle {
    fn idle(&self) -> usize {
        self.trunks.iter().filter(|trunk| trunk.rests()).count()
    }

    fn settle(&mut self) {
        let reserve = &self.reserve;
        self.trunks.retain_mut(|trunk| trunk.settle(reserve));
    }

    /// Gives up half of the idle ones that were not needed since the last time, if its time has come (HAProxy:
    /// pool-purge-delay). The last one goes too.
    fn purge(&mut self, now: Instant) {
        let delay = self.reserve.pool().purge_delay;
        if delay.is_some_and(|delay| now.saturating_duration_since(self.purged) < delay) {
            return;
        }
        let mut left = self.least.div_ceil(2);
        self.trunks.retain(|trunk| {
            let goes = left > 0 && trunk.rests();
            left -= usize::from(goes);
            !goes
        });
        (self.least, self.purged) = (self.idle(), now);
    }
}
