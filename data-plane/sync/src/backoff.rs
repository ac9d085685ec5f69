//! Delays between attempts: they double and are never equal over a fleet.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(30);

/// Exponential with full jitter in its upper half.
#[derive(Debug)]
pub(crate) struct Backoff {
    ceiling: Duration,
    random: u64,
}

impl Backoff {
    /// `seed` differs from proxy to proxy, so that a fleet does not come back all at once.
    pub(crate) fn new(seed: u64) -> Self {
        Self { ceiling: FIRST, random: seed }
    }

    /// How long to wait before the next attempt: from half of a span that doubles up to 30 seconds.
    pub(crate) fn next(&mut self) -> Duration {
        let half = self.ceiling / 2;
        let share = (self.draw() >> 40) as u32;
        let wait = half + half.mul_f64(f64::from(share) / f64::from(1 << 24));
        self.ceiling = (self.ceiling * 2).min(LONGEST);
        wait
    }

    /// All is well: the next delay is short again.
    pub(crate) fn reset(&mut self) {
        self.ceiling = FIRST;
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014).
    fn draw(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_a_bound_and_begin_anew() {
        let mut backoff = Backoff::new(1);
        let mut ceiling = FIRST;
        for _ in 0..20 {
            let wait = backoff.next();
            assert!(wait >= ceiling / 2 && wait <= ceiling, "{wait:?} of {ceiling:?}");
            ceiling = (ceiling * 2).min(LONGEST);
        }
        assert_eq!(ceiling, LONGEST);
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }

    #[test]
    fn seeds_tell_proxies_apart() {
        let waits: std::collections::BTreeSet<_> = (0..100).map(|seed| Backoff::new(seed).next()).collect();
        assert!(waits.len() > 95, "{}", waits.len());
    }
}
