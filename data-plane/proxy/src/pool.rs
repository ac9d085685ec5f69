//! Idle connections to endpoints, kept for the next exchange of the same worker.

use std::cell::{Cell, RefCell};
use std::task::{Context, Waker};
use std::time::Duration;

use rustc_hash::FxHashMap;
use tokio::time::Instant;

use crate::live::TransportId;
use crate::stream::Stream;

/// Idle connections that a worker keeps of one transport key.
pub(crate) const PER_KEY: usize = 256;
/// Idle connections that a worker keeps in all, where the file limit has room for them.
pub(crate) const IN_ALL: usize = 4096;
/// An idle connection is closed after this time (HAProxy: pool-purge-delay).
pub const IDLE: Duration = Duration::from_secs(5);

/// A worker's idle connections: the last one put in comes out first, as the likeliest to live.
#[derive(Debug)]
pub struct IdlePool {
    keys: RefCell<FxHashMap<TransportId, Vec<Idle>>>,
    total: Cell<usize>,
    limit: Cell<usize>,
}

impl Default for IdlePool {
    fn default() -> Self {
        Self { keys: RefCell::default(), total: Cell::new(0), limit: Cell::new(IN_ALL) }
    }
}

#[derive(Debug)]
struct Idle {
    stream: Stream,
    since: Instant,
}

impl IdlePool {
    /// A connection on which the endpoint has sent nothing and which it has not closed, as far as the worker has heard.
    /// Costs no system call.
    pub fn take(&self, key: TransportId, now: Instant) -> Option<Stream> {
        let mut keys = self.keys.borrow_mut();
        let idle = keys.get_mut(&key)?;
        let mut quiet = Context::from_waker(Waker::noop());
        while let Some(connection) = idle.pop() {
            self.total.set(self.total.get() - 1);
            let young = now.saturating_duration_since(connection.since) < IDLE;
            if young && connection.stream.poll_quiet(&mut quiet).is_pending() {
                return Some(connection.stream);
            }
        }
        None
    }

    /// Keeps a connection whose exchange came to its end; closes it where the pool is full.
    pub fn put(&self, key: TransportId, stream: Stream, now: Instant) {
        let mut keys = self.keys.borrow_mut();
        let idle = keys.entry(key).or_default();
        if idle.len() < PER_KEY && self.total.get() < self.limit.get() {
            self.total.set(self.total.get() + 1);
            idle.push(Idle { stream, since: now });
        }
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

    /// Closes what has been idle for too long or was closed by the endpoint.
    pub(crate) fn sweep(&self, now: Instant) {
        let mut quiet = Context::from_waker(Waker::noop());
        let mut keys = self.keys.borrow_mut();
        keys.retain(|_, idle| {
            idle.retain(|connection| {
                now.saturating_duration_since(connection.since) < IDLE
                    && connection.stream.poll_quiet(&mut quiet).is_pending()
            });
            !idle.is_empty()
        });
        self.total.set(keys.values().map(Vec::len).sum());
    }

    /// Closes all.
    pub(crate) fn clear(&self) {
        self.keys.borrow_mut().clear();
        self.total.set(0);
    }
}

#[cfg(test)]
mod tests;
