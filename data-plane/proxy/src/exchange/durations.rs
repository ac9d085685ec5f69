//! The times of an exchange as HAProxy counts them (configuration manual 8.4).

use tokio::time::Instant;

use super::Times;

/// Each in milliseconds; -1 for what was not reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Durations<'a>(pub(crate) &'a Times);

const MISSING: i64 = -1;

impl Durations<'_> {
    pub(crate) fn idle(self) -> i64 {
        millis(self.0.accepted, self.began())
    }

    pub(crate) fn request(self) -> i64 {
        between(self.0.began, self.0.requested)
    }

    pub(crate) fn wait(self) -> i64 {
        // In TCP mode there is no request to wait for.
        let asked = if self.0.began.is_some() { self.0.requested } else { Some(self.0.accepted) };
        between(asked, self.0.dispatched)
    }

    pub(crate) fn connect(self) -> i64 {
        between(self.0.dispatched, self.0.connected)
    }

    pub(crate) fn response(self) -> i64 {
        between(self.0.connected, self.0.responded)
    }

    pub(crate) fn data(self) -> i64 {
        between(self.0.responded.or(self.0.connected), Some(self.ended()))
    }

    pub(crate) fn active(self) -> i64 {
        millis(self.began(), self.ended())
    }

    pub(crate) fn total(self) -> i64 {
        millis(self.0.accepted, self.ended())
    }

    /// [`Durations::response`] and [`Durations::active`]. As a rule nothing but the server has taken any time, and they are
    /// the same.
    pub(crate) fn response_and_active(self) -> (i64, i64) {
        let response = self.response();
        let waited = (self.0.connected, self.0.responded);
        let same = waited == (Some(self.began()), Some(self.ended()));
        (response, if same { response } else { self.active() })
    }

    fn began(self) -> Instant {
        self.0.began.unwrap_or(self.0.accepted)
    }

    fn ended(self) -> Instant {
        self.0.ended.unwrap_or(self.0.accepted)
    }
}

fn between(from: Option<Instant>, to: Option<Instant>) -> i64 {
    match (from, to) {
        (Some(from), Some(to)) => millis(from, to),
        _ => MISSING,
    }
}

fn millis(from: Instant, to: Instant) -> i64 {
    // Most of what is told took no time of the worker's clock.
    if from == to {
        return 0;
    }
    let duration = to.saturating_duration_since(from);
    let millis = duration.as_secs().saturating_mul(1000).saturating_add(duration.subsec_millis().into());
    i64::try_from(millis).unwrap_or(i64::MAX)
}
