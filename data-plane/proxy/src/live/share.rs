//! How much of its backend's traffic an endpoint is to have now.

use std::num::NonZeroU8;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use sluicegate_balance::SIXTEENTHS;

/// Stands for no weight of its own.
const NONE: u32 = u32::MAX;

/// A weight as the configuration has it, what takes its place, and how much of it counts.
#[derive(Debug)]
pub(super) struct Share {
    written: AtomicU32,
    own: AtomicU32,
    warmth: AtomicU8,
    /// Milliseconds that it takes to warm up; 0: it is warm at once.
    slow_ms: AtomicU64,
    /// When it began to.
    since_ms: AtomicU64,
}

impl Default for Share {
    fn default() -> Self {
        Self {
            written: AtomicU32::new(0),
            own: AtomicU32::new(NONE),
            warmth: AtomicU8::new(SIXTEENTHS),
            slow_ms: AtomicU64::new(0),
            since_ms: AtomicU64::new(0),
        }
    }
}

impl Share {
    /// What the configuration says.
    pub(super) fn write(&self, weight: u16, slow_start: Option<Duration>) {
        self.written.store(weight.into(), SeqCst);
        let slow_ms = slow_start.map_or(0, |time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        self.slow_ms.store(slow_ms, SeqCst);
    }

    /// What the endpoint or its name says; `None`: nothing, the configuration counts. Says whether that is new.
    pub(super) fn own(&self, weight: Option<u16>) -> bool {
        let weight = weight.map_or(NONE, u32::from);
        self.own.swap(weight, SeqCst) != weight
    }

    /// It comes back, and warms up from here on if it is to.
    pub(super) fn cool(&self, now_ms: u64) {
        if self.slow_ms.load(SeqCst) > 0 {
            self.since_ms.store(now_ms, SeqCst);
            self.warmth.store(1, SeqCst);
        }
    }

    /// Takes the time into account, in the steps that HAProxy's has. Says whether it is warmer than before.
    pub(super) fn warm(&self, now_ms: u64) -> bool {
        let before = self.warmth.load(SeqCst);
        if before >= SIXTEENTHS {
            return false;
        }
        let past_ms = now_ms.saturating_sub(self.since_ms.load(SeqCst));
        let whole = u64::from(SIXTEENTHS);
        let sixteenths = match self.slow_ms.load(SeqCst) {
            0 => whole,
            slow_ms => (whole.saturating_mul(past_ms) / slow_ms + 1).min(whole),
        };
        let warmth = u8::try_from(sixteenths).unwrap_or(SIXTEENTHS);
        self.warmth.store(warmth, SeqCst);
        warmth != before
    }

    /// How many sixteenths of the weight count; `None`: all.
    pub(super) fn warmth(&self) -> Option<NonZeroU8> {
        NonZeroU8::new(self.warmth.load(SeqCst)).filter(|warmth| warmth.get() < SIXTEENTHS)
    }

    /// All of the weight, 0 to 256.
    pub(super) fn weight(&self) -> u16 {
        let own = self.own.load(SeqCst);
        let weight = if own == NONE { self.written.load(SeqCst) } else { own };
        u16::try_from(weight).unwrap_or(u16::MAX)
    }

    /// What counts of it, in sixteenths of a unit.
    pub(super) fn sixteenths(&self) -> u16 {
        self.weight().saturating_mul(self.warmth.load(SeqCst).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_is_the_weight_in_force_as_far_as_it_has_warmed() {
        let share = Share::default();
        share.write(10, Some(Duration::from_millis(1_600)));
        assert_eq!((share.weight(), share.sixteenths()), (10, 160));
        assert!(share.own(Some(4)));
        assert!(!share.own(Some(4)));
        share.cool(1_000);
        assert_eq!((share.weight(), share.sixteenths()), (4, 4));
        assert!(!share.warm(1_050));
        assert!(share.warm(1_250));
        assert_eq!(share.sixteenths(), 12);
        assert!(share.own(None));
        assert_eq!((share.weight(), share.sixteenths()), (10, 30));
        assert!(share.warm(9_000));
        assert_eq!((share.warmth(), share.sixteenths()), (None, 160));
    }

    #[test]
    fn who_need_not_warm_up_is_warm() {
        let share = Share::default();
        share.write(10, None);
        share.cool(5);
        assert_eq!((share.warmth(), share.warm(6)), (None, false));
    }
}
