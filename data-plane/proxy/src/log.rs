//! Request logs: rendered by the worker into its bounded ring, written by one thread.
//!
//! A worker never waits for a receiver of logs: where the ring is full the line is dropped and counted.

mod calendar;
mod digits;
mod output;
mod receivers;
mod ring;
mod syslog;
#[cfg(test)]
mod tests;
mod variables;
mod writer;

use std::collections::HashSet;

use sluicegate_model::expr::{Alias, Value};
use sluicegate_model::logging::{LogTarget, Logging, SyslogFormat};

pub(crate) use calendar::Calendar;
pub use output::Names;
pub(crate) use ring::Ring;
pub(crate) use variables::Line;
pub(crate) use writer::Writer;

/// Where a frontend's lines go, and what must be noted for them before it is gone.
#[derive(Debug, Default)]
pub struct Sinks {
    /// Each gets every line.
    pub targets: Box<[LogTarget]>,
    /// A target has the time before its lines.
    pub tell_time: bool,
    /// Two targets are one receiver: it gets what it gets of a line before the next line.
    pub shares: bool,
    /// The line tells where the client connected to ([`crate::exchange::Exchange::local`]).
    pub wants_local: bool,
    /// The line tells where the connection to the endpoint comes from ([`crate::exchange::Exchange::source`]).
    pub wants_source: bool,
}

impl Sinks {
    /// Those of a frontend.
    pub fn new(logging: &Logging) -> Self {
        let pieces = logging.format.iter().flat_map(|format| format.pieces());
        let mut sinks = Self::to(logging.targets.clone().into());
        for piece in pieces {
            match piece.value {
                Value::Alias(Alias::FrontendIp | Alias::FrontendPort) | Value::Sample(_) => {
                    sinks.wants_local = true
                }
                Value::Alias(Alias::BackendSourceIp | Alias::BackendSourcePort) => sinks.wants_source = true,
                Value::Alias(_) | Value::Literal(_) => {}
            }
        }
        sinks
    }

    /// For lines that tell nothing of addresses.
    fn to(targets: Box<[LogTarget]>) -> Self {
        let addresses: HashSet<_> = targets.iter().map(|target| &target.address).collect();
        let shares = addresses.len() < targets.len();
        let untimed = |target: &LogTarget| matches!(target.format, SyslogFormat::Short | SyslogFormat::Raw);
        Self { tell_time: !targets.iter().all(untimed), targets, shares, ..Self::default() }
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
