//! Whether endpoints are well, and why.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sluicegate_model::endpoint::ForcedValue;

/// What is known of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Health {
    /// Not checked; taken for up.
    Unchecked,
    /// Its checks succeed, or have not failed yet.
    Up,
    /// Its checks fail.
    Down,
    /// Its name does not resolve.
    Unresolved,
    /// A person or its own checks set it to take nothing new.
    Stopping,
    /// Left out for a time, as its exchanges went wrong.
    Ejected,
}

impl From<ForcedValue> for Health {
    fn from(value: ForcedValue) -> Self {
        match value {
            ForcedValue::Up => Self::Up,
            ForcedValue::Stopping => Self::Stopping,
            ForcedValue::Down => Self::Down,
        }
    }
}

impl Health {
    pub(super) fn of(number: u8) -> Self {
        match number {
            1 => Self::Up,
            2 => Self::Down,
            3 => Self::Unresolved,
            4 => Self::Stopping,
            5 => Self::Ejected,
            _ => Self::Unchecked,
        }
    }

    /// Whether it takes traffic.
    pub fn is_usable(self) -> bool {
        matches!(self, Self::Unchecked | Self::Up)
    }
}

/// Why its health is what it is.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// What the last probe saw, in words.
    pub text: Arc<str>,
    /// Since when, and what was before.
    pub history: History,
}

impl Evidence {
    pub(super) fn none() -> Self {
        Self { text: "".into(), history: History::begin() }
    }
}

/// Since when something is as it is, and how often and how long it was down before.
#[derive(Debug, Clone, Copy)]
pub struct History {
    /// Of the last change, since 1970.
    pub since: Duration,
    /// How often it has gone down.
    pub downs: u64,
    /// How long it was down, the present time not included.
    pub down: Duration,
}

impl History {
    pub(super) fn begin() -> Self {
        Self { since: now_unix(), downs: 0, down: Duration::ZERO }
    }

    /// It changes now.
    pub(super) fn turn(&mut self, was_down: bool, is_down: bool) {
        let now = now_unix();
        if was_down {
            self.down += now.saturating_sub(self.since);
        }
        self.downs += u64::from(is_down);
        self.since = now;
    }
}

/// What probes found.
#[derive(Debug, Clone, Default)]
pub struct Checks {
    /// How many there were.
    pub made: u64,
    /// Those of them that failed while it was not wholly down (HAProxy: chkfail).
    pub failed: u64,
    /// The last one.
    pub last: Option<Probe>,
}

impl Checks {
    /// Probes made, and those of them that failed.
    pub fn counts(&self) -> (u64, u64) {
        (self.made, self.failed)
    }
}

/// What one probe found.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Whether it counts against the endpoint: one that finds dead what is known to be dead does not.
    pub harms: bool,
    /// HAProxy's word for it: `L4OK`.
    pub word: &'static str,
    /// Of an answer or of a program; -1: a program that a signal ended.
    pub status: Option<i32>,
    /// From its start.
    pub took: Duration,
    /// The system's or the endpoint's own words; may be empty.
    pub info: Box<str>,
}

fn now_unix() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
