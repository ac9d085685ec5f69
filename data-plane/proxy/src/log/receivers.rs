//! The receivers that are open, and those that failed.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use sluicegate_model::logging::LogAddress;

use super::output::{Names, Output};
use super::ring::Record;
use super::stream::Stream;
use super::syslog::Frames;

/// Before a receiver that failed is opened again.
const AGAIN: Duration = Duration::from_secs(1);
/// Open receivers; where a line wants one more all are closed.
const MOST: usize = 256;

/// What lines are given to.
pub(super) struct Receivers {
    open: HashMap<LogAddress, State>,
    names: Arc<Names>,
    /// Lines that a receiver did not take.
    lost: Arc<AtomicU64>,
    /// A datagram.
    line: Vec<u8>,
}

enum State {
    Open(Output),
    /// Not to be tried before then.
    Failed(Instant),
}

impl Receivers {
    pub(super) fn new(names: Arc<Names>, lost: Arc<AtomicU64>) -> Self {
        Self { open: HashMap::new(), names, lost, line: Vec::new() }
    }

    /// Gives lines to a receiver as they are, each with its line feed; false: it wants them one by one.
    pub(super) fn give(&mut self, address: &LogAddress, lines: &[u8]) -> bool {
        self.output(address).is_some_and(|output| output.gather(lines))
    }

    /// Gives lines to a receiver one by one; counts those that it does not take.
    pub(super) fn send<'a>(
        &mut self,
        address: &LogAddress,
        mut frames: Frames<'_>,
        mut records: impl Iterator<Item = Record<'a>>,
    ) {
        let mut line = std::mem::take(&mut self.line);
        let (mut lost, mut failure) = (0, None);
        if let Some(output) = self.output(address) {
            for record in &mut records {
                line.clear();
                frames.append(&record, &mut line);
                if let Err(error) = output.send(&mut line) {
                    lost += 1;
                    if !is_slow(&error) {
                        failure = Some(error);
                        break;
                    }
                }
            }
        }
        self.line = line;
        // None of those that are left is tried.
        lost += records.count() as u64;
        self.failed(address, lost, failure);
    }

    fn output(&mut self, address: &LogAddress) -> Option<&mut Output> {
        if self.open.len() >= MOST && !self.open.contains_key(address) {
            self.flush();
            self.close();
        }
        let state = match self.open.entry(address.clone()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(State::Failed(Instant::now())),
        };
        if let State::Failed(until) = state
            && *until <= Instant::now()
        {
            *state = match Output::open(address, &self.names) {
                Ok(output) => State::Open(output),
                Err(error) => {
                    tracing::warn!(?address, %error, "log lines are dropped: their receiver cannot be opened");
                    State::Failed(Instant::now() + AGAIN)
                }
            };
        }
        match state {
            State::Open(output) => Some(output),
            State::Failed(_) => None,
        }
    }

    fn failed(&mut self, address: &LogAddress, lost: u64, error: Option<io::Error>) {
        if lost > 0 {
            self.lost.fetch_add(lost, SeqCst);
        }
        if let Some(error) = error {
            tracing::warn!(?address, %error, "log lines are dropped: their receiver did not take them");
            self.open.insert(address.clone(), State::Failed(Instant::now() + AGAIN));
        }
    }

    /// When something may be done for lines that wait for their receiver.
    pub(super) fn next(&self) -> Option<Instant> {
        self.streams().filter_map(Stream::next).min()
    }

    /// Closes all receivers; what waits for one is lost.
    pub(super) fn close(&mut self) {
        let waiting: usize = self.streams().map(Stream::waiting).sum();
        self.lost.fetch_add(waiting as u64, SeqCst);
        self.open.clear();
    }

    fn streams(&self) -> impl Iterator<Item = &Stream> {
        self.open.values().filter_map(|state| match state {
            State::Open(Output::Stream(stream)) => Some(&**stream),
            _ => None,
        })
    }

    /// Writes what was gathered.
    pub(super) fn flush(&mut self) {
        let mut failed = Vec::new();
        for (address, state) in &mut self.open {
            if let State::Open(output) = state
                && let Err((lost, error)) = output.flush()
            {
                failed.push((address.clone(), lost, error));
            }
        }
        for (address, lost, error) in failed {
            self.failed(&address, lost, Some(error).filter(|error| !is_slow(error)));
        }
    }
}

/// It may take the next line.
fn is_slow(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}
