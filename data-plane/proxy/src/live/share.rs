//! How much of its backend's traffic an endpoint is to have now.

use std::num::NonZeroU8;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::SeqCst};

use sluicegate_balance::SIXTEENTHS;

/// Stands for no weight of its own.
const NONE: u32 = u32::MAX;

/// A weight as the configuration has it, what takes its place, and how much of it counts.
#[derive(Debug)]
pub(super) struct Share {
    written: AtomicU32,
    own: AtomicU32,
    warmth: AtomicU8,
}

impl Default for Share {
    fn default() -> Self {
        Self { written: AtomicU32::new(0), own: AtomicU32::new(NONE), warmth: AtomicU8::new(SIXTEENTHS) }
    }
}

impl Share {
    /// What the configuration says.
    pub(super) fn write(&self, weight: u16) {
        self.written.store(weight.into(), SeqCst);
    }

    /// What the endpoint or its name says; `None`: nothing, the configuration counts. Says whether that is new.
    pub(super) fn own(&self, weight: Option<u16>) -> bool {
        let weight = weight.map_or(NONE, u32::from);
        self.own.swap(weight, SeqCst) != weight
    }

    /// How many sixteenths of the weight count, from 1. Says whether that is new.
    pub(super) fn warm(&self, sixteenths: u8) -> bool {
        let sixteenths = sixteenths.clamp(1, SIXTEENTHS);
        self.warmth.swap(sixteenths, SeqCst) != sixteenths
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
        share.write(10);
        assert_eq!((share.weight(), share.sixteenths()), (10, 160));
        assert!(share.own(Some(4)));
        assert!(!share.own(Some(4)));
        assert!(share.warm(3));
        assert_eq!((share.weight(), share.sixteenths()), (4, 12));
        assert!(share.own(None));
        assert!(share.warm(0));
        assert_eq!((share.weight(), share.sixteenths()), (10, 10));
    }
}
