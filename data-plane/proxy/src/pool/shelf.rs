//! Idle connections of one transport key.

use std::sync::Arc;

use tokio::time::Instant;

use super::{Rested, Share, Wanted};
use crate::live::Reserve;

/// Those of one worker, the oldest first.
#[derive(Debug)]
pub(super) struct Shelf {
    /// Counts them.
    reserve: Arc<Reserve>,
    idle: Vec<Rested>,
    /// The fewest that lay here since the last purge: that many were not needed.
    least: usize,
    purged: Instant,
}

impl Shelf {
    pub(super) fn new(reserve: &Arc<Reserve>, now: Instant) -> Self {
        Self { reserve: Arc::clone(reserve), idle: Vec::new(), least: 0, purged: now }
    }

    pub(super) fn len(&self) -> usize {
        self.idle.len()
    }

    pub(super) fn reserve(&self) -> &Arc<Reserve> {
        &self.reserve
    }

    /// The one that was put here last, of those that will do.
    pub(super) fn take(&mut self, wanted: Wanted) -> Option<Rested> {
        let last = self.idle.iter().rposition(|connection| connection.will_do(wanted))?;
        let connection = self.idle.remove(last);
        self.least = self.least.min(self.idle.len());
        self.reserve.release(connection.is_proven());
        Some(connection)
    }

    /// Keeps one, unless the endpoint has as many as may be.
    pub(super) fn put(&mut self, connection: Rested) -> Option<Rested> {
        if !self.reserve.admit(connection.is_proven()) {
            return Some(connection);
        }
        self.idle.push(connection);
        None
    }

    /// Gives up those that the endpoint has spoken on or ended.
    pub(super) fn give_up_stale(&mut self, over: &mut Vec<Rested>) {
        let (reserve, before) = (&self.reserve, over.len());
        over.extend(self.idle.extract_if(.., |connection| !connection.is_quiet()));
        over[before..].iter().for_each(|connection| reserve.release(connection.is_proven()));
        self.least = self.least.min(self.idle.len());
    }

    /// Gives up half of those that were not needed since the last time, if its time has come (HAProxy: pool-purge-delay).
    /// The last one goes too, but for those that are kept ahead.
    pub(super) fn purge(&mut self, now: Instant, share: Share, over: &mut Vec<Rested>) {
        let pool = self.reserve.pool();
        if pool.purge_delay.is_some_and(|delay| now.saturating_duration_since(self.purged) < delay) {
            return;
        }
        let spare = self.idle.len().saturating_sub(share.of(pool.warm));
        for connection in self.idle.drain(..self.least.div_ceil(2).min(spare)) {
            self.reserve.release(connection.is_proven());
            over.push(connection);
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
