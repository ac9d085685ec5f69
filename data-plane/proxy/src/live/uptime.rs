//! The time since somebody asked first: for what atomics hold, where an instant is too wide.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Does not go back.
pub(super) fn now() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// The same in milliseconds.
pub(super) fn now_ms() -> u64 {
    u64::try_from(now().as_millis()).unwrap_or(u64::MAX)
}
