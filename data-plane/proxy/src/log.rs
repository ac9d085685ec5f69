//! Request logs: rendered by the worker into its bounded ring, written by one thread.
//!
//! A worker never waits for a receiver of logs: where the ring is full the line is dropped and counted.

mod ring;

use sluicegate_model::logging::{LogTarget, Logging};

pub(crate) use ring::{Bell, Ring};

/// Where a frontend's lines go.
#[derive(Debug, Default)]
pub struct Sinks {
    /// Each gets every line.
    pub targets: Box<[LogTarget]>,
}

impl Sinks {
    /// Those of a frontend.
    pub fn new(logging: &Logging) -> Self {
        Self { targets: logging.targets.clone().into() }
    }
}

/// Severity of a line (RFC 5424 6.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// 3
    Error = 3,
    /// 4
    Warning = 4,
    /// 5
    Notice = 5,
    /// 6
    Info = 6,
}
