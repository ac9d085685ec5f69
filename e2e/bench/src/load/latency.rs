//! Latencies, and what is told of them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Microseconds that the given share of requests did not exceed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
    pub(crate) max: f64,
}

/// Collects latencies; a tenth of a microsecond is told apart, and 429 s are the most.
#[derive(Debug, Default)]
pub(crate) struct Latencies {
    tenths: Vec<u32>,
}

impl Latencies {
    /// With space for so many, so that no growth disturbs the run.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        let mut tenths = vec![1; capacity];
        // The pages are there now.
        tenths.clear();
        Self { tenths }
    }

    pub(crate) fn add(&mut self, latency: Duration) {
        self.tenths.push(u32::try_from(latency.as_nanos() / 100).unwrap_or(u32::MAX));
    }

    /// `None` where there are none.
    pub(crate) fn summary(mut self) -> Option<Latency> {
        self.tenths.sort_unstable();
        let max = f64::from(*self.tenths.last()?) / 10.0;
        // The smallest that at least this share does not exceed.
        let at = |permille: usize| {
            let rank = (self.tenths.len() * permille).div_ceil(1000).max(1);
            f64::from(self.tenths[rank - 1]) / 10.0
        };
        Some(Latency { p50: at(500), p90: at(900), p99: at(990), p999: at(999), max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_seen() {
        let mut latencies = Latencies::with_capacity(4);
        for microseconds in (1..=1000).rev() {
            latencies.add(Duration::from_micros(microseconds));
        }
        let expected = Latency { p50: 500.0, p90: 900.0, p99: 990.0, p999: 999.0, max: 1000.0 };
        assert_eq!(latencies.summary(), Some(expected));
    }

    #[test]
    fn one_latency_is_every_percentile() {
        let mut latencies = Latencies::default();
        latencies.add(Duration::from_nanos(12_345));
        let expected = Latency { p50: 12.3, p90: 12.3, p99: 12.3, p999: 12.3, max: 12.3 };
        assert_eq!(latencies.summary(), Some(expected));
        assert_eq!(Latencies::default().summary(), None);
    }
}
