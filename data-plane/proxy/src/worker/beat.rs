//! What a worker says of itself every second.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

/// As of the last second.
#[derive(Debug, Default)]
pub(crate) struct Beat {
    /// Grows while the worker turns.
    pub(crate) count: AtomicU64,
    /// Of that second, the part that it waited in, in percent.
    pub(crate) idle_percent: AtomicU64,
    /// Tasks, waiting ones included.
    pub(crate) tasks: AtomicU64,
}

/// Measures a worker between two beats.
#[derive(Debug)]
pub(super) struct Meter {
    since: Instant,
    busy: Duration,
}

impl Meter {
    /// Begins now.
    pub(super) fn new() -> Self {
        Self { since: Instant::now(), busy: busy() }
    }

    /// Ends a second, and begins the next one.
    pub(super) fn beat(&mut self, beat: &Beat) {
        let next = Self::new();
        let elapsed = next.since.saturating_duration_since(self.since);
        let busy = next.busy.saturating_sub(self.busy);
        beat.idle_percent.store(idle_percent(busy, elapsed), Relaxed);
        beat.tasks.store(Handle::current().metrics().num_alive_tasks() as u64, Relaxed);
        beat.count.fetch_add(1, Relaxed);
        *self = next;
    }
}

/// Time that the event loop of this thread did not wait, since its start.
fn busy() -> Duration {
    Handle::current().metrics().worker_total_busy_duration(0)
}

fn idle_percent(busy: Duration, elapsed: Duration) -> u64 {
    let busy = busy.as_micros().saturating_mul(100).checked_div(elapsed.as_micros()).unwrap_or(0);
    100 - u64::try_from(busy).unwrap_or(100).min(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_busy_is_idle() {
        let percent =
            |busy, elapsed| idle_percent(Duration::from_millis(busy), Duration::from_millis(elapsed));
        assert_eq!((percent(0, 1000), percent(250, 1000), percent(1000, 1000)), (100, 75, 0));
        assert_eq!((percent(1500, 1000), percent(1, 0)), (0, 100), "clocks are not read at one moment");
    }
}
