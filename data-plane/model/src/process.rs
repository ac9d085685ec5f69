//! Settings of the whole process.

use std::num::NonZeroU32;
use std::time::Duration;

/// HAProxy: global.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Process {
    /// Connections of clients at one time over all frontends, cut down to what the file limit has room for; `None`: as
    /// many as that.
    pub max_connections: Option<NonZeroU32>,
    /// Name of this node in logs and pages; `None`: the host's.
    pub node: Option<Box<str>>,
    /// For people.
    pub description: Option<Box<str>>,
    /// Time after a soft stop when what is left is closed; `None`: never.
    pub hard_stop_after: Option<Duration>,
    /// How health checks are kept from coming in step.
    pub spread: Spread,
}

/// How much chance there is in the times of health checks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spread {
    /// Of an interval, added or taken away at most (HAProxy: spread-checks).
    pub percent: u32,
    /// The first probes are spread over no more than this (HAProxy: max-spread-checks).
    pub first: Option<Duration>,
}
