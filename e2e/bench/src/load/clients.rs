//! What a load drives: places, each with one request under way at most.

use std::io;
use std::ops::Sub;
use std::time::{Duration, Instant};

/// All places of a load, and what they speak.
pub(super) trait Clients {
    /// Sends the request of a place, opening what it needs. False: that failed.
    fn start(&mut self, place: usize) -> bool;

    /// Waits at most so long; tells which requests are over.
    fn turn(&mut self, limit: Duration, done: &mut Vec<Done>) -> io::Result<()>;

    /// What all of them did so far.
    fn totals(&self) -> Totals;
}

/// A request that is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done {
    pub(super) place: usize,
    /// It was answered 200, and in full.
    pub(super) ok: bool,
}

/// Counts that only grow.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    /// Bytes of bodies received.
    pub(super) bytes: u64,
    /// Requests with a handshake of their own, and those of them for which an earlier session went on.
    pub(super) handshakes: u64,
    pub(super) resumed: u64,
}

impl Sub for Totals {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            bytes: self.bytes - before.bytes,
            handshakes: self.handshakes - before.handshakes,
            resumed: self.resumed - before.resumed,
        }
    }
}

/// How long until `instant`; nothing where it has passed.
pub(super) fn until(instant: Instant) -> Duration {
    instant.saturating_duration_since(Instant::now())
}
