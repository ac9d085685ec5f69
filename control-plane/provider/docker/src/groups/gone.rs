//! Containers that have gone, and whose routes stay for a while: they may be made anew.

use std::sync::Arc;
use std::time::Duration;

use crate::container::Container;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// Whose route it is, as it was.
    pub container: Arc<Container>,
    /// Since when, in milliseconds since 1970.
    pub since_unix_ms: u64,
}

/// Whose routes a next process should know of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Those that are there.
    pub present: Vec<Arc<Container>>,
    /// Those that have gone.
    pub gone: Vec<Gone>,
}

impl Gone {
    /// When its route goes too.
    pub(super) fn end(&self, grace: Duration) -> u64 {
        self.since_unix_ms.saturating_add(u64::try_from(grace.as_millis()).unwrap_or(u64::MAX))
    }

    /// Whether its route is still there. A clock that was set back does not make it last longer.
    pub(super) fn lasts(&self, now_unix_ms: u64, grace: Duration) -> bool {
        now_unix_ms < self.end(grace) && !grace.is_zero()
    }
}
