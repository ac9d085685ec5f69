//! How fast counters grow, and when they did last.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::Rate;
use tokio::time::Instant;

/// Readings that come closer together tell the rate of the one before.
const SHORTEST: Duration = Duration::from_millis(500);

/// Counters of objects. Only what has ever counted takes room.
#[derive(Debug, Default)]
pub(super) struct Paces {
    known: HashMap<(ObjectKey, u8), Pace>,
    /// Objects whose rate is not 0.
    moving: BTreeSet<ObjectKey>,
    before: Option<Moment>,
    now: Option<Moment>,
}

#[derive(Debug, Clone, Copy)]
struct Pace {
    count: u64,
    at: Instant,
    rate: Rate,
    grown_unix_ms: u64,
}

/// What is known of one counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Grown {
    /// Per second.
    pub(super) rate: Rate,
    /// When it was last seen to have grown, in milliseconds since 1970; 0: never.
    pub(super) at_unix_ms: u64,
}

/// When all counters are read that may have grown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) instant: Instant,
    pub(super) unix_ms: u64,
}

impl Paces {
    /// Begins a round of readings. Counters that are not read in it have not grown.
    pub(super) fn begin(&mut self, now: Moment) {
        self.before = self.now.replace(now);
    }

    /// Objects whose rate is not what it was, although nothing else may be new of them.
    pub(super) fn moving(&self) -> impl Iterator<Item = &ObjectKey> {
        self.moving.iter()
    }

    /// Takes a reading of an object's counter of number `which`.
    pub(super) fn read(&mut self, key: &ObjectKey, which: u8, count: u64) -> Grown {
        let Some(now) = self.now else { return Grown::default() };
        if count == 0 {
            return Grown::default();
        }
        let since = self.before.unwrap_or(now).instant;
        let fresh = Pace { count: 0, at: since, rate: Rate::default(), grown_unix_ms: 0 };
        let pace = self.known.entry((key.clone(), which)).or_insert(fresh);
        let elapsed = now.instant.saturating_duration_since(pace.at.max(since));
        let grown = count.saturating_sub(pace.count);
        if grown > 0 {
            pace.grown_unix_ms = now.unix_ms;
        }
        if elapsed >= SHORTEST {
            let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
            let rate = grown.saturating_mul(1000) / elapsed_ms;
            *pace = Pace {
                count,
                at: now.instant,
                rate: Rate { now: rate, most: pace.rate.most.max(rate) },
                ..*pace
            };
        }
        let grown = Grown { rate: pace.rate, at_unix_ms: pace.grown_unix_ms };
        // A round too short to tell leaves growth for the next one to tell.
        if grown.rate.now > 0 || pace.count < count {
            self.moving.insert(key.clone());
        } else if which == 0 {
            self.moving.remove(key);
        }
        grown
    }

    /// Forgets objects that are not served any more.
    pub(super) fn retain(&mut self, served: impl Fn(&ObjectKey) -> bool) {
        self.known.retain(|(key, _), _| served(key));
        self.moving.retain(served);
    }
}

#[cfg(test)]
mod tests;
