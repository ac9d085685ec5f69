//! How often routes are made.

use std::time::Duration;

use tokio::time::Instant;

/// Of the time that it takes to make routes so many times as much is to be left for other things, on the whole.
const REST: u32 = 4;
/// What making routes counts for at least: what becomes of them takes time as well.
const LEAST: Duration = Duration::from_millis(50);
/// So much of the rest may be owed: a container that is started by itself is served at once, and a storm is gathered.
const CREDIT: Duration = Duration::from_secs(10);

/// Keeps account of it.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// When all that was done is rested from.
    rested: Option<Instant>,
}

impl Pace {
    /// Routes were made from `begun` to `now`. When they may be made again.
    pub(crate) fn done(&mut self, begun: Instant, now: Instant) -> Instant {
        let spent = (now.saturating_duration_since(begun) * REST).max(LEAST);
        let rested = self.rested.map_or(now, |rested| rested.max(now)) + spent;
        self.rested = Some(rested);
        rested.checked_sub(CREDIT).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_in_a_row_are_slowed_down_and_few_are_not() {
        let (mut pace, mut now) = (Pace::default(), Instant::now() + CREDIT);
        let mut waited = 0;
        for _ in 0..1_000 {
            let next = pace.done(now, now);
            waited += usize::from(next > now);
            now = next.max(now);
        }
        assert!((790..=810).contains(&waited), "{waited}");
        let next = pace.done(now, now);
        assert_eq!(next.saturating_duration_since(now), LEAST);
        // Who has not been busy for a while owes nothing.
        now += CREDIT * 2;
        assert!(pace.done(now, now) <= now);
        // What takes long is rested from for long.
        let begun = now;
        now += CREDIT;
        assert!(pace.done(begun, now) > now + CREDIT * 2);
    }
}
