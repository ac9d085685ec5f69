//! How fast counters grow, and when they did last.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{Kind, Rate};
use tokio::time::Instant;

/// The shortest time that tells a rate; rounds that come sooner leave their growth to the one that ends it.
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
    /// The last round that told rates.
    told: Option<Instant>,
    now: Option<Round>,
}

#[derive(Debug, Clone, Copy)]
struct Round {
    moment: Moment,
    span: Span,
}

/// What a round says of the growth that it finds.
#[derive(Debug, Clone, Copy)]
enum Span {
    /// Nothing: nobody knows when it began.
    Unknown,
    /// Nothing yet.
    Short,
    /// It came within so many milliseconds.
    Millis(u64),
}

#[derive(Debug, Clone, Copy, Default)]
struct Pace {
    /// What it was when its rate was told last.
    told: u64,
    /// What it was when it was read last.
    count: u64,
    rate: Rate,
    grown_unix_ms: u64,
}

impl Pace {
    fn read(&mut self, count: u64, round: Round) {
        if count > self.count {
            self.grown_unix_ms = round.moment.unix_ms;
        }
        self.count = count;
        match round.span {
            Span::Short => return,
            Span::Unknown => {}
            Span::Millis(elapsed_ms) => {
                self.rate.now = count.saturating_sub(self.told).saturating_mul(1000) / elapsed_ms.max(1);
                self.rate.most = self.rate.most.max(self.rate.now);
            }
        }
        self.told = count;
    }
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
    pub(super) fn begin(&mut self, moment: Moment) {
        let since = self.told.map(|told| moment.instant.saturating_duration_since(told));
        let span = match since {
            None => Span::Unknown,
            Some(elapsed) if elapsed < SHORTEST => Span::Short,
            Some(elapsed) => Span::Millis(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)),
        };
        if !matches!(span, Span::Short) {
            self.told = Some(moment.instant);
        }
        self.now = Some(Round { moment, span });
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
        let age = self.now.map(|round| now.instant.saturating_duration_since(round.moment.instant));
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
        let Some(round) = self.now else { return Grown::default() };
        if count == 0 {
            return Grown::default();
        }
        let pace = self.known.entry((key.clone(), which)).or_default();
        pace.read(count, round);
        if pace.rate.now > 0 || pace.told < count {
            self.moving.insert(key.clone());
        } else if which == 0 {
            self.moving.remove(key);
        }
        Grown { rate: pace.rate, at_unix_ms: pace.grown_unix_ms }
    }

    /// The highest rates begin anew; with `all` the counters of objects have begun at 0 again, those of the process not.
    pub(super) fn clear(&mut self, all: bool) {
        if all {
            self.retain(|key| *key == *OWN);
        }
        self.known.values_mut().for_each(|pace| pace.rate.most = 0);
    }

    /// Forgets objects that are not served any more.
    pub(super) fn retain(&mut self, served: impl Fn(&ObjectKey) -> bool) {
        self.known.retain(|(key, _), _| served(key));
        self.moving.retain(served);
    }
}

#[cfg(test)]
mod tests;
