//! How long things take of late.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// About how many exchanges an average is over (HAProxy: TIME_STATS_SAMPLES is 512 a thread; its pages say 1 024).
const SAMPLES: u64 = 1024;

/// A number of milliseconds: its average over the last exchanges, and the most it has been. One thread adds.
#[derive(Debug, Default)]
pub struct Average {
    /// The average times `seen`.
    sum: AtomicU64,
    /// How many it is over, up to [`SAMPLES`].
    seen: AtomicU64,
    most: AtomicU64,
}

impl Average {
    /// Adds one; less than 0 is none (what has not happened).
    pub fn add(&self, ms: i64) {
        let Ok(ms) = u64::try_from(ms) else { return };
        let (sum, seen) = (self.sum.load(Relaxed), self.seen.load(Relaxed));
        // Nothing leaves before there are as many: an average that lets go sooner is too low until then.
        let kept = if seen < SAMPLES {
            self.seen.store(seen + 1, Relaxed);
            sum
        } else {
            // By hand: `div_ceil` takes five instructions more, four times an exchange.
            sum - (sum.wrapping_add(SAMPLES - 1) >> SAMPLES.ilog2())
        };
        self.sum.store(kept.wrapping_add(ms), Relaxed);
        if ms > self.most.load(Relaxed) {
            self.most.store(ms, Relaxed);
        }
    }

    /// The average, rounded up; what was before the last 1 024 counts ever less. 0 where nothing was added.
    pub fn mean(&self) -> u64 {
        self.sum.load(Relaxed).div_ceil(self.seen.load(Relaxed).max(1))
    }

    /// Begins anew, or its highest value alone; for the one who adds.
    fn clear(&self, all: bool) {
        self.most.store(0, Relaxed);
        if all {
            self.sum.store(0, Relaxed);
            self.seen.store(0, Relaxed);
        }
    }

    /// The most.
    pub fn most(&self) -> u64 {
        self.most.load(Relaxed)
    }
}

/// The phases of an exchange, in the order in which logs tell them.
#[derive(Debug, Default)]
pub struct Averages {
    /// For a place.
    pub queue: Average,
    /// For a connection.
    pub connect: Average,
    /// For the head of an answer.
    pub response: Average,
    /// For everything.
    pub total: Average,
}

impl Averages {
    pub(super) fn clear(&self, all: bool) {
        [&self.queue, &self.connect, &self.response, &self.total].into_iter().for_each(|of| of.clear(all));
    }
}

#[cfg(test)]
mod tests;
