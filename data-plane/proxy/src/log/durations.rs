//! The times of an exchange as HAProxy counts them (configuration manual 8.4).

use tokio::time::Instant;

use crate::exchange::Times;

/// In milliseconds; -1 for what was not reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Durations {
    pub(super) idle: i64,
    pub(super) request: i64,
    pub(super) wait: i64,
    pub(super) connect: i64,
    pub(super) response: i64,
    pub(super) data: i64,
    pub(super) active: i64,
    pub(super) total: i64,
}

const MISSING: i64 = -1;

impl Durations {
    pub(super) fn of(times: &Times) -> Self {
        let ended = times.ended.unwrap_or(times.accepted);
        let began = times.began.unwrap_or(times.accepted);
        // In TCP mode there is no request to wait for.
        let asked = if times.began.is_some() { times.requested } else { Some(times.accepted) };
        let last = times.responded.or(times.connected);
        Self {
            idle: between(Some(times.accepted), Some(began)),
            request: between(times.began, times.requested),
            wait: between(asked, times.dispatched),
            connect: between(times.dispatched, times.connected),
            response: between(times.connected, times.responded),
            data: between(last, Some(ended)),
            active: between(Some(began), Some(ended)),
            total: between(Some(times.accepted), Some(ended)),
        }
    }
}

fn between(from: Option<Instant>, to: Option<Instant>) -> i64 {
    match (from, to) {
        (Some(from), Some(to)) => {
            i64::try_from(to.saturating_duration_since(from).as_millis()).unwrap_or(i64::MAX)
        }
        _ => MISSING,
    }
}
