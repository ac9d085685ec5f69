//! Idle connections to endpoints, kept for the next exchange of the same worker.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::task::{Context, Waker};

use rustc_hash::FxHashMap;
use tokio::time::Instant;

use crate::live::{Reserve, TransportId};
use crate::stream::Stream;

/// Idle connections that a worker keeps of one transport key.
pub(crate) const PER_KEY: usize = 256;
/// Idle connections that a worker keeps in all, where the file limit has room for them.
pub(crate) const IN_ALL: usize = 4096;

/// A worker's idle connections: the last one put in comes out first, as the likeliest to live.
#[derive(Debug)]
pub struct IdlePool {
    keys: RefCell<FxHashMap<TransportId, Shelf>>,
    total: Cell<usize>,
    limit: Cell<usize>,
    share: Share,
}

/// Which worker's pool it is, of how many: what is kept ahead is shared out among them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    pub(crate) index: usize,
    pub(crate) workers: usize,
}

impl Share {
    fn of(self, all: u32) -> usize {
        let all = all as usize;
        all / self.workers + usize::from(self.index < all % self.workers)
    }
}

/// A connection to an endpoint between two requests.
#[derive(Debug)]
pub struct Rested {
    /// Itself.
    pub stream: Stream,
    /// Requests that it has served.
    pub uses: u32,
}

impl Rested {
    /// Whether the endpoint has sent nothing, not even its end, as far as the worker has heard. Costs no system call.
    pub fn is_quiet(&self) -> bool {
        self.stream.poll_quiet(&mut Context::from_waker(Waker::noop())).is_pending()
    }

    /// Whether it has been seen to outlive a request (HAProxy: a safe connection).
    pub fn is_proven(&self) -> bool {
        self.uses > 1
    }
}

/// Those of one transport key, the oldest first.
#[derive(Debug)]
struct Shelf {
    /// Counts them.
    reserve: Arc<Reserve>,
    idle: Vec<Rested>,
    /// The fewest that lay here since the last purge: that many were not needed.
    least: usize,
    purged: Instant,
}

impl Shelf {
    /// Forgets those that the endpoint has spoken on or ended.
    fn drop_stale(&mut self) {
        let reserve = &self.reserve;
        self.idle.retain(|connection| {
            let quiet = connection.is_quiet();
            if !quiet {
                reserve.release(connection.is_proven());
            }
            quiet
        });
        self.least = self.least.min(self.idle.len());
    }

    /// Closes half of those that were not needed since the last time, if its time has come (HAProxy: pool-purge-delay).
    /// The last one goes too, but for those that are kept ahead.
    fn purge(&mut self, now: Instant, share: Share) {
        let pool = self.reserve.pool();
        if pool.purge_delay.is_some_and(|delay| now.saturating_duration_since(self.purged) < delay) {
            return;
        }
        let over = self.idle.len().saturating_sub(share.of(pool.warm));
        for connection in self.idle.drain(..self.least.div_ceil(2).min(over)) {
            self.reserve.release(connection.is_proven());
        }
        self.least = self.idle.len();
        self.purged = now;
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        for connection in &self.idle {
            self.reserve.release(connection.is_proven());
        }
    }
}

impl IdlePool {
    /// An empty one.
    pub(crate) fn new(share: Share) -> Self {
        Self { keys: RefCell::default(), total: Cell::new(0), limit: Cell::new(IN_ALL), share }
    }

    /// How many are missing here of those that are to be open ahead.
    pub(crate) fn lacks(&self, key: TransportId, reserve: &Reserve) -> usize {
        let there = self.keys.borrow().get(&key).map_or(0, |shelf| shelf.idle.len());
        self.share.of(reserve.pool().warm).saturating_sub(there)
    }

    /// A connection that is quiet ([`Rested::is_quiet`]).
    pub fn take(&self, key: TransportId) -> Option<Rested> {
        self.take_where(key, |_| true)
    }

    /// The same, of those that are proven ([`Rested::is_proven`]).
    pub fn take_proven(&self, key: TransportId) -> Option<Rested> {
        self.take_where(key, Rested::is_proven)
    }

    /// The same, of those that were opened ahead and have served nobody.
    pub fn take_unused(&self, key: TransportId) -> Option<Rested> {
        self.take_where(key, |connection| connection.uses == 0)
    }

    fn take_where(&self, key: TransportId, will_do: impl Fn(&Rested) -> bool) -> Option<Rested> {
        let mut keys = self.keys.borrow_mut();
        let shelf = keys.get_mut(&key)?;
        while let Some(last) = shelf.idle.iter().rposition(&will_do) {
            let connection = shelf.idle.remove(last);
            shelf.least = shelf.least.min(shelf.idle.len());
            shelf.reserve.release(connection.is_proven());
            self.total.set(self.total.get() - 1);
            if connection.is_quiet() {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection whose exchange came to its end; gives it back where that may not be, or there is no room.
    pub fn put(
        &self,
        key: TransportId,
        reserve: &Arc<Reserve>,
        connection: Rested,
        now: Instant,
    ) -> Option<Rested> {
        let mut keys = self.keys.borrow_mut();
        let shelf = keys.entry(key).or_insert_with(|| Shelf {
            reserve: Arc::clone(reserve),
            idle: Vec::new(),
            least: 0,
            purged: now,
        });
        let room = shelf.idle.len() < PER_KEY && self.total.get() < self.limit.get();
        if !room || reserve.pool().purge_delay.is_none() || !shelf.reserve.admit(connection.is_proven()) {
            return Some(connection);
        }
        self.total.set(self.total.get() + 1);
        shelf.idle.push(connection);
        None
    }

    /// Keeps no more than so many from now on.
    pub(crate) fn set_limit(&self, limit: usize) {
        self.limit.set(limit.min(IN_ALL));
    }

    /// Connections kept.
    pub fn len(&self) -> usize {
        self.total.get()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Closes what was closed by the endpoint, or was not needed for long.
    pub(crate) fn sweep(&self, now: Instant) {
        let mut keys = self.keys.borrow_mut();
        keys.retain(|_, shelf| {
            let before = shelf.idle.len();
            shelf.drop_stale();
            shelf.purge(now, self.share);
            if shelf.idle.len() != before {
                shelf.reserve.changed();
            }
            !shelf.idle.is_empty()
        });
        self.total.set(keys.values().map(|shelf| shelf.idle.len()).sum());
    }

    /// Closes all.
    pub(crate) fn clear(&self) {
        self.keys.borrow_mut().clear();
        self.total.set(0);
    }
}

#[cfg(test)]
mod tests;
