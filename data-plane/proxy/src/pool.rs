//! Idle connections to endpoints, kept for the next exchange of the same worker, or of another one that has none itself.

mod shelf;
mod shelves;

use std::cell::Cell;
use std::sync::Arc;

use tokio::time::Instant;

use crate::live::{Reserve, TransportId};
use crate::stream::Stream;
pub(crate) use shelves::Shelves;

/// Idle connections that a worker keeps of one transport key.
pub(crate) const PER_KEY: usize = 256;
/// Idle connections that a worker keeps in all, where the file limit has room for them.
pub(crate) const IN_ALL: usize = 4096;

/// A worker's idle connections: the last one put in comes out first, as the likeliest to live.
#[derive(Debug)]
pub struct IdlePool {
    /// Of all workers, by their number.
    all: Arc<[Shelves]>,
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

/// Which connection will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Any.
    Any,
    /// One that is proven ([`Rested::is_proven`]).
    Proven,
    /// One that was opened ahead and has served nobody.
    Unused,
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
    pub fn is_quiet(&mut self) -> bool {
        self.stream.is_quiet()
    }

    /// Whether it has been seen to outlive a request (HAProxy: a safe connection).
    pub fn is_proven(&self) -> bool {
        self.uses > 1
    }

    fn will_do(&self, wanted: Wanted) -> bool {
        match wanted {
            Wanted::Any => true,
            Wanted::Proven => self.is_proven(),
            Wanted::Unused => self.uses == 0,
        }
    }

    /// The same without a worker, if it is quiet. The worker that it was of may not have heard for a while, so the socket
    /// itself is asked.
    fn moved(mut self) -> Option<Self> {
        if !self.is_quiet() {
            return None;
        }
        let stream = self.stream.unwatch().ok()?;
        stream.is_silent().then_some(Self { stream, uses: self.uses })
    }
}

impl IdlePool {
    /// An empty one, in its place among those of all workers.
    pub(crate) fn new(share: Share, all: Arc<[Shelves]>) -> Self {
        Self { all, limit: Cell::new(IN_ALL), share }
    }

    fn own(&self) -> &Shelves {
        &self.all[self.share.index]
    }

    /// How many are missing here of those that are to be open ahead.
    pub(crate) fn lacks(&self, key: TransportId, reserve: &Reserve) -> usize {
        self.share.of(reserve.pool().warm).saturating_sub(self.own().count(key))
    }

    /// A connection of this worker's that is quiet ([`Rested::is_quiet`]).
    pub fn take(&self, key: TransportId, wanted: Wanted) -> Option<Rested> {
        loop {
            let mut connection = self.own().take(key, wanted)?;
            if connection.is_quiet() {
                return Some(connection);
            }
        }
    }

    /// A connection of another worker's, where the endpoint has as many idle ones as it needs for that (HAProxy:
    /// pool-low-conn). It is taken whether that worker turns or not, and nobody is waited for: who is at its own
    /// connections at this moment is passed over.
    pub fn take_over(&self, key: TransportId, reserve: &Reserve, wanted: Wanted) -> Option<Rested> {
        if !reserve.lends(wanted) {
            return None;
        }
        let workers = self.all.len();
        let others = (1..workers).map(|step| &self.all[(self.share.index + step) % workers]);
        others
            .into_iter()
            .find_map(|other| std::iter::from_fn(|| other.try_take(key, wanted)).find_map(Rested::moved))
    }

    /// Keeps a connection whose exchange came to its end; gives it back where that may not be, or there is no room.
    pub fn put(
        &self,
        key: TransportId,
        reserve: &Arc<Reserve>,
        connection: Rested,
        now: Instant,
    ) -> Option<Rested> {
        if reserve.pool().purge_delay.is_none() {
            return Some(connection);
        }
        self.own().put(key, reserve, connection, (self.limit.get(), now))
    }

    /// Keeps no more than so many from now on.
    pub(crate) fn set_limit(&self, limit: usize) {
        self.limit.set(limit.min(IN_ALL));
    }

    /// Connections kept.
    pub fn len(&self) -> usize {
        self.own().total()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Closes what was closed by the endpoint, or was not needed for long.
    pub(crate) fn sweep(&self, now: Instant) {
        self.own().sweep(now, self.share);
    }

    /// Closes all.
    pub(crate) fn clear(&self) {
        self.own().clear();
    }
}

/// The worker is gone: nobody looks after its connections any more.
impl Drop for IdlePool {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests;
