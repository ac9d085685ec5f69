//! How fast counters grow, and when they did last.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{Kind, Rate};
use tokio::time::Instant;

/// Readings that come closer together tell the rate of the one before.
const SHORTEST: Duration = Duration::from_millis(500);

/// Readings that are older are no rate of now: nobody asks for reports.
const STALE: Duration = Duration::from_secs(5);

/// What the process's own counters are known by.
pub(super) static OWN: LazyLock<ObjectKey> = LazyLock::new(|| {
    ObjectKey::new("process", "", Kind::Process, "process")
        .expect("invariant: these are names that objects may have")
});

/// Counters of objects. Only what has ever counted takes room.
#[derive(Debug, Default)]
pub(crate) struct Paces {
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

impl Moment {
    /// This moment.
    pub(super) fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { instant: Instant::now(), unix_ms: u64::try_from(since.as_millis()).unwrap_or(u64::MAX) }
    }
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

    /// Takes readings.
    pub(super) fn reader(&mut self) -> impl FnMut(&ObjectKey, u8, u64) -> Grown {
        |key, which, count| self.read(key, which, count)
    }

    /// Tells what the last readings came to: rates as long as they are fresh. What has grown since grew now.
    pub(super) fn knower(&self, now: Moment) -> impl FnMut(&ObjectKey, u8, u64) -> Grown {
        let age = self.now.map(|last| now.instant.saturating_duration_since(last.instant));
        let fresh = age.is_some_and(|age| age < STALE);
        move |key, which, count| {
            let pace = self.known.get(&(key.clone(), which));
            let rate = pace.map(|pace| pace.rate).unwrap_or_default();
            let known = pace.map_or((0, 0), |pace| (pace.count, pace.grown_unix_ms));
            Grown {
                rate: Rate { now: if fresh { rate.now } else { 0 }, ..rate },
                at_unix_ms: if count > known.0 { now.unix_ms } else { known.1 },
            }
        }
    }

    /// Takes a reading of an object's counter of number `which`.
    fn read(&mut self, key: &ObjectKey, which: u8, count: u64) -> Grown {
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
