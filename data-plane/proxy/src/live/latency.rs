//! How long an endpoint's answers took, as the workers see it together.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use sluicegate_balance::{Latency, PeakEwma};

use super::uptime;

/// Milliseconds that have gone by so far are the upper half, those of the average, in 64ths, the lower one; 0: no answer
/// yet. Two answers at once may count as one: what is an average bears that, and nobody waits for anybody.
#[derive(Debug, Default)]
pub(super) struct Latencies(AtomicU64);

const PARTS: f64 = 64_000.0;

impl Latencies {
    /// An answer came after so long.
    pub(super) fn observe(&self, rule: &PeakEwma, took: Duration) {
        let now = now();
        let after = rule.observe(self.latency(), took, now);
        let average = (after.average_seconds * PARTS).clamp(1.0, f64::from(u32::MAX));
        // Within the range by the line before; a clock of 32 bits of milliseconds runs for 49 days.
        self.0.store(u64::from(now.as_millis() as u32) << 32 | average as u64, Relaxed);
    }

    /// What one more exchange costs where so many are under way.
    pub(super) fn cost(&self, rule: &PeakEwma, pending: u32) -> f64 {
        rule.cost(self.latency(), pending, now())
    }

    fn latency(&self) -> Option<Latency> {
        match self.0.load(Relaxed) {
            0 => None,
            bits => Some(Latency {
                average_seconds: f64::from(bits as u32) / PARTS,
                at: Duration::from_millis(bits >> 32),
            }),
        }
    }
}

/// Begins anew after 49 days, when what is known counts as fresh for once.
fn now() -> Duration {
    Duration::from_millis(u64::from(uptime::now_ms() as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_answers_cost_more_and_pending_ones_too() {
        let rule = PeakEwma { decay: Duration::from_secs(10), penalty: Duration::from_secs(1) };
        let (fast, slow, fresh) = (Latencies::default(), Latencies::default(), Latencies::default());
        fast.observe(&rule, Duration::from_millis(2));
        slow.observe(&rule, Duration::from_millis(40));
        assert!(fast.cost(&rule, 0) < slow.cost(&rule, 0));
        assert!(fast.cost(&rule, 5) > fast.cost(&rule, 0));
        assert!(fresh.cost(&rule, 0) < fast.cost(&rule, 0));
        assert!(fresh.cost(&rule, 1) > slow.cost(&rule, 1));
    }
}
