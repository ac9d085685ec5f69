//! Time without asking for it: one reading per wake of a worker.

use std::cell::Cell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Readings between two looks at the clock while a worker never sleeps.
const READS: u32 = 32;
/// How long the distance between the monotonic clock and the calendar is taken for constant.
const ANCHOR: Duration = Duration::from_secs(1);

thread_local! {
    static WOKEN: Cell<bool> = const { Cell::new(true) };
}

/// A worker's clock. It lags by what happens between two wakes, at most by `READS` readings.
#[derive(Debug)]
pub struct Clock {
    now: Cell<Instant>,
    reads: Cell<u32>,
    anchor: Cell<Anchor>,
}

/// A point in time on both clocks.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    monotonic: Instant,
    /// Since 1970.
    calendar: Duration,
    /// When to look again.
    until: Instant,
}

impl Anchor {
    fn new(monotonic: Instant, calendar: Duration) -> Self {
        Self { monotonic, calendar, until: monotonic + ANCHOR }
    }
}

impl Clock {
    /// A clock that has just been set.
    pub fn new() -> Self {
        let now = Instant::now();
        Self::anchored(now, since_1970())
    }

    /// A clock that was set at a point in time, which the calendar calls so.
    pub(crate) fn anchored(now: Instant, calendar: Duration) -> Self {
        Self { now: Cell::new(now), reads: Cell::new(0), anchor: Cell::new(Anchor::new(now, calendar)) }
    }

    /// Tells the clock of this thread that time may have passed: the thread comes back from waiting.
    pub(crate) fn woken() {
        WOKEN.set(true);
    }

    /// The time of this wake.
    pub fn now(&self) -> Instant {
        let reads = self.reads.get();
        if WOKEN.replace(false) || reads == 0 {
            self.refresh()
        } else {
            self.reads.set(reads - 1);
            self.now.get()
        }
    }

    /// Looks at the clock, whatever it said before.
    pub fn refresh(&self) -> Instant {
        let now = Instant::now();
        self.reads.set(READS);
        self.now.set(now);
        now
    }

    /// Time since 1970 of a reading, in step with corrections of the calendar clock within a second.
    pub fn unix(&self, at: Instant) -> Duration {
        let mut anchor = self.anchor.get();
        if self.now.get() > anchor.until {
            anchor = Anchor::new(Instant::now(), since_1970());
            self.anchor.set(anchor);
        }
        let Anchor { monotonic, calendar, .. } = anchor;
        if at >= monotonic { calendar + (at - monotonic) } else { calendar.saturating_sub(monotonic - at) }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
