//! What one worker keeps, where the others find it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use rustc_hash::FxHashMap;
use tokio::time::Instant;

use super::shelf::Shelf;
use super::{PER_KEY, Rested, Share, Wanted};
use crate::live::{Reserve, TransportId};

/// The idle connections of one worker. Its own thread waits for the lock, the others never do: so it is free as good as
/// always. No connection is opened or closed under it.
#[derive(Debug, Default)]
pub(crate) struct Shelves(Mutex<Stock>);

/// By key, and how many in all.
#[derive(Debug, Default)]
pub(super) struct Stock {
    keys: FxHashMap<TransportId, Shelf>,
    total: usize,
}

impl Shelves {
    /// Those of so many workers, all empty.
    pub(crate) fn of(workers: usize) -> Arc<[Self]> {
        (0..workers).map(|_| Self::default()).collect()
    }

    pub(super) fn stock(&self) -> MutexGuard<'_, Stock> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Connections of all keys.
    pub(super) fn total(&self) -> usize {
        self.stock().total
    }

    /// Connections of one key.
    pub(super) fn count(&self, key: TransportId) -> usize {
        self.stock().keys.get(&key).map_or(0, Shelf::len)
    }

    /// One that may have ended meanwhile.
    pub(super) fn take(&self, key: TransportId, wanted: Wanted) -> Option<Rested> {
        self.stock().take(key, wanted)
    }

    /// The same, if nobody else is here.
    pub(super) fn try_take(&self, key: TransportId, wanted: Wanted) -> Option<Rested> {
        match self.0.try_lock() {
            Ok(mut stock) => stock.take(key, wanted),
            Err(TryLockError::Poisoned(stock)) => stock.into_inner().take(key, wanted),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Keeps one where there is room, `limit` being that of all keys.
    pub(super) fn put(
        &self,
        key: TransportId,
        reserve: &Arc<Reserve>,
        connection: Rested,
        (limit, now): (usize, Instant),
    ) -> Option<Rested> {
        let mut stock = self.stock();
        if stock.total >= limit {
            return Some(connection);
        }
        let shelf = stock.keys.entry(key).or_insert_with(|| Shelf::new(reserve, now));
        if shelf.len() >= PER_KEY {
            return Some(connection);
        }
        let unwanted = shelf.put(connection);
        stock.total += usize::from(unwanted.is_none());
        unwanted
    }

    /// Closes what the endpoints have ended, or nobody needed for long.
    pub(super) fn sweep(&self, now: Instant, share: Share) {
        let (mut over, mut changed) = (Vec::new(), Vec::new());
        {
            let mut stock = self.stock();
            stock.keys.retain(|_, shelf| {
                let before = over.len();
                shelf.give_up_stale(&mut over);
                shelf.purge(now, share, &mut over);
                if over.len() > before {
                    changed.push(Arc::clone(shelf.reserve()));
                }
                shelf.len() > 0
            });
            stock.total -= over.len();
        }
        changed.iter().for_each(|reserve| reserve.changed());
    }

    /// Closes all.
    pub(super) fn clear(&self) {
        let stock = std::mem::take(&mut *self.stock());
        drop(stock);
    }
}

impl Stock {
    fn take(&mut self, key: TransportId, wanted: Wanted) -> Option<Rested> {
        let taken = self.keys.get_mut(&key)?.take(wanted)?;
        self.total -= 1;
        Some(taken)
    }
}
