//! Request logs: rendered by the worker into its bounded ring, written by one thread.
//!
//! A worker never waits for a receiver of logs: where the ring is full the line is dropped and counted.

mod calendar;
mod digits;
mod output;
mod receivers;
mod ring;
mod stream;
mod syslog;
#[cfg(test)]
mod tests;
mod variables;
mod writer;

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use sluicegate_model::expr::{Alias, Value};
use sluicegate_model::logging::{LogTarget, Logging, SyslogFormat};

pub(crate) use calendar::Calendar;
pub use output::Names;
use ring::Record;
pub(crate) use ring::{Bell, Ring};
pub(crate) use variables::Line;
pub(crate) use writer::Writer;

/// Where a frontend's lines go, and what must be noted for them before it is gone.
#[derive(Debug, Default)]
pub struct Sinks {
    /// Each gets every line.
    pub targets: Box<[LogTarget]>,
    /// The next line's turn, for targets that get a sample; counted by the writer.
    turns: Box<[AtomicU32]>,
    /// Lines begin with structured data, which only some targets get.
    pub structured: bool,
    /// Lines of exchanges that went wrong are told from the others.
    pub tell_errors: bool,
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
        let rfc5424 = |target: &LogTarget| target.format == SyslogFormat::Rfc5424;
        let structured = logging.targets.iter().any(rfc5424);
        let data = logging.structured_data.as_ref().filter(|_| structured);
        let pieces = logging.format.iter().chain(data).flat_map(|format| format.pieces());
        let mut sinks = Self::to(logging.targets.clone().into());
        sinks.structured = data.is_some();
        sinks.tell_errors = logging.separate_errors || logging.errors_only;
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
    pub(crate) fn to(targets: Box<[LogTarget]>) -> Self {
        let addresses: HashSet<_> = targets.iter().map(|target| &target.address).collect();
        let shares = addresses.len() < targets.len();
        let untimed = |target: &LogTarget| {
            matches!(target.format, SyslogFormat::Short | SyslogFormat::Priority | SyslogFormat::Raw)
        };
        let turns = targets.iter().map(|_| AtomicU32::new(0)).collect();
        Self { tell_time: !targets.iter().all(untimed), targets, turns, shares, ..Self::default() }
    }
}

impl Sinks {
    /// Those of `records` that the target of this index gets.
    fn sampled<'a>(
        &self,
        index: usize,
        records: impl Iterator<Item = Record<'a>>,
    ) -> impl Iterator<Item = Record<'a>> {
        let sample = self.targets.get(index).and_then(|target| target.sample.as_ref());
        let turn = self.turns.get(index).filter(|_| sample.is_some());
        records.filter(move |_| match (sample, turn) {
            // The writer alone counts: nobody waits for this.
            (Some(sample), Some(turn)) => {
                let now = turn.load(Relaxed);
                turn.store((now + 1) % sample.size, Relaxed);
                sample.takes(now)
            }
            _ => true,
        })
    }
}

/// Severity of a line (RFC 5424 6.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// 0
    Emergency = 0,
    /// 1
    Alert = 1,
    /// 3
    Error = 3,
    /// 4
    Warning = 4,
    /// 5
    Notice = 5,
    /// 6
    Info = 6,
}
