//! The cost of an endpoint by how long its answers took, as in Finagle and linkerd: peaks count at once, and are
//! forgotten slowly. Choose the cheaper of two drawn at random.

use std::time::Duration;

/// How answers become a cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PeakEwma {
    /// After this time without an answer an old one counts 1/e of what it did.
    pub decay: Duration,
    /// What an endpoint is taken to need that never answered and has requests: it gets one, then others are cheaper.
    pub penalty: Duration,
}

/// What is known of an endpoint's answers; `None` in its owner's hands before the first one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latency {
    /// Average at `at`, in seconds.
    pub average_seconds: f64,
    /// When the last answer came, by a clock of the owner's that does not go back.
    pub at: Duration,
}

impl PeakEwma {
    /// What is known after an answer that came at `now` and took `took`.
    pub fn observe(&self, before: Option<Latency>, took: Duration, now: Duration) -> Latency {
        let took = took.as_secs_f64();
        let average_seconds = match before {
            Some(before) if took < before.average_seconds => {
                let kept = self.kept(before, now);
                before.average_seconds * kept + took * (1.0 - kept)
            }
            _ => took,
        };
        Latency { average_seconds, at: now }
    }

    /// What one more request costs, in seconds: the average as it has faded by `now`, for each that is pending and itself.
    /// Nothing is free: of endpoints that need no time, fewer pending requests are cheaper.
    pub fn cost(&self, latency: Option<Latency>, pending: u32, now: Duration) -> f64 {
        let average = match latency {
            Some(latency) => latency.average_seconds * self.kept(latency, now),
            None if pending > 0 => self.penalty.as_secs_f64(),
            None => 0.0,
        };
        average.max(1e-9) * (f64::from(pending) + 1.0)
    }

    /// How much of what was known then counts now.
    fn kept(&self, latency: Latency, now: Duration) -> f64 {
        let age = now.saturating_sub(latency.at).as_secs_f64();
        match self.decay.as_secs_f64() {
            0.0 => 0.0,
            decay => (-age / decay).exp(),
        }
    }
}

#[cfg(test)]
mod tests;
