//! Notices a worker that does not turn any more.

use std::sync::Arc;
use std::time::Duration;

use sluicegate_engine::engine::Engine;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// Silence that is told. Workers beat every second.
const PATIENCE: Duration = Duration::from_secs(10);

/// Looks after the workers until it is dropped.
pub(crate) async fn watch(engine: Arc<Engine>) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut watchdog = Watchdog::default();
    loop {
        looks.tick().await;
        for change in watchdog.look(&engine.beats(), Instant::now()) {
            match change {
                Change::Silent { worker, silence } => {
                    tracing::error!(
                        worker,
                        silence_s = silence.as_secs(),
                        "a worker does not turn; its connections hang"
                    );
                }
                Change::Back { worker } => tracing::warn!(worker, "the worker turns again"),
            }
        }
    }
}

/// What the workers' beats were, and when they changed.
#[derive(Debug, Default)]
struct Watchdog {
    seen: Vec<Seen>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    beat: u64,
    at: Instant,
    told: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Silent { worker: usize, silence: Duration },
    Back { worker: usize },
}

impl Watchdog {
    /// Compares with the look before.
    fn look(&mut self, beats: &[u64], now: Instant) -> Vec<Change> {
        let mut changes = Vec::new();
        self.seen.resize(beats.len(), Seen { beat: u64::MAX, at: now, told: false });
        for (worker, (seen, &beat)) in self.seen.iter_mut().zip(beats).enumerate() {
            let silence = now - seen.at;
            if seen.beat != beat {
                if seen.told {
                    changes.push(Change::Back { worker });
                }
                *seen = Seen { beat, at: now, told: false };
            } else if silence >= PATIENCE && !seen.told {
                seen.told = true;
                changes.push(Change::Silent { worker, silence });
            }
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_told_once_and_so_is_its_end() {
        let start = Instant::now();
        let mut watchdog = Watchdog::default();
        let mut look = |beats: &[u64], seconds| watchdog.look(beats, start + Duration::from_secs(seconds));
        assert_eq!(look(&[1, 1], 0), []);
        assert_eq!(look(&[2, 9], 9), []);
        assert_eq!(look(&[2, 10], 18), []);
        let silence = Duration::from_secs(10);
        assert_eq!(look(&[2, 11], 19), [Change::Silent { worker: 0, silence }]);
        assert_eq!(look(&[2, 12], 20), []);
        assert_eq!(look(&[3, 13], 21), [Change::Back { worker: 0 }]);
        assert_eq!(look(&[4, 14], 22), []);
    }
}
