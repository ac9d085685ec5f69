//! The thread that writes what workers rendered.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sluicegate_model::logging::LogAddress;

use super::calendar::Calendar;
use super::output::{Names, Output};
use super::ring::{Batch, Bell, Record, Ring};
use super::syslog::{Process, frame};

/// Between two rounds: lines are gathered meanwhile, and a busy worker wakes the writer no more often than this.
const GATHER: Duration = Duration::from_millis(5);
/// Longest sleep.
const SLEEP: Duration = Duration::from_secs(1);
/// Before a receiver that failed is opened again.
const AGAIN: Duration = Duration::from_secs(1);
/// Open receivers; the ones that have not been used since the last round go first.
const OUTPUTS: usize = 256;

/// The thread, and what it shares.
#[derive(Debug)]
pub(crate) struct Writer {
    thread: JoinHandle<()>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    bell: Arc<Bell>,
    rings: Vec<Arc<Ring>>,
    names: Arc<Names>,
    lost: Arc<AtomicU64>,
    finish: AtomicBool,
}

impl Writer {
    /// # Errors
    /// Where the host gives no thread.
    pub(crate) fn start(rings: Vec<Arc<Ring>>, bell: Arc<Bell>) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            bell,
            rings,
            names: Arc::default(),
            lost: Arc::default(),
            finish: AtomicBool::new(false),
        });
        let its = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("log".into()).spawn(move || Outputs::new(its).run())?;
        Ok(Self { thread, shared })
    }

    /// For whoever resolves names.
    pub(crate) fn names(&self) -> Arc<Names> {
        Arc::clone(&self.shared.names)
    }

    /// Lines that a receiver did not take.
    pub(crate) fn lost(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.shared.lost)
    }

    /// Writes what is left, and ends.
    pub(crate) fn finish(self) {
        self.shared.finish.store(true, SeqCst);
        self.shared.bell.wake();
        if self.thread.join().is_err() {
            tracing::error!("the writer of logs had panicked");
        }
    }
}

/// The writer's own.
struct Outputs {
    shared: Arc<Shared>,
    process: Process,
    calendar: Calendar,
    open: HashMap<LogAddress, State>,
    line: Vec<u8>,
}

enum State {
    Open(Output),
    /// Not to be tried before then.
    Failed(Instant),
}

impl Outputs {
    fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            process: Process::this(),
            calendar: Calendar::default(),
            open: HashMap::new(),
            line: Vec::new(),
        }
    }

    fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let mut batch = Batch::default();
        loop {
            let last = shared.finish.load(SeqCst);
            let mut wrote = false;
            for ring in &shared.rings {
                ring.swap(&mut batch);
                wrote |= !batch.is_empty();
                for record in batch.records() {
                    self.write(&record);
                }
            }
            self.flush();
            if last {
                return;
            }
            if wrote {
                std::thread::sleep(GATHER);
            } else {
                let idle = || shared.rings.iter().all(|ring| ring.is_empty()) && !shared.finish.load(SeqCst);
                shared.bell.sleep(SLEEP, idle);
            }
        }
    }

    fn write(&mut self, record: &Record<'_>) {
        for target in &record.sinks.targets {
            let mut line = std::mem::take(&mut self.line);
            line.clear();
            if frame(target, record, &self.process, &mut self.calendar, &mut line) {
                self.send(&target.address, &line);
            }
            self.line = line;
        }
    }

    fn send(&mut self, address: &LogAddress, line: &[u8]) {
        let Some(output) = self.output(address) else {
            self.shared.lost.fetch_add(1, SeqCst);
            return;
        };
        if let Err(error) = output.send(line) {
            self.failed(address, &error);
        }
    }

    fn output(&mut self, address: &LogAddress) -> Option<&mut Output> {
        if self.open.len() >= OUTPUTS && !self.open.contains_key(address) {
            self.open.clear();
        }
        let state = match self.open.entry(address.clone()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(State::Failed(Instant::now())),
        };
        if let State::Failed(until) = state
            && *until <= Instant::now()
        {
            *state = match Output::open(address, &self.shared.names) {
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

    fn failed(&mut self, address: &LogAddress, error: &io::Error) {
        self.shared.lost.fetch_add(1, SeqCst);
        match error.kind() {
            // The receiver is slow; it may take the next line.
            io::ErrorKind::WouldBlock => {}
            _ => {
                tracing::warn!(?address, %error, "a log line is dropped: its receiver did not take it");
                self.open.insert(address.clone(), State::Failed(Instant::now() + AGAIN));
            }
        }
    }

    fn flush(&mut self) {
        let mut failed = Vec::new();
        for (address, state) in &mut self.open {
            if let State::Open(output) = state
                && let Err(error) = output.flush()
            {
                failed.push((address.clone(), error));
            }
        }
        for (address, error) in failed {
            self.failed(&address, &error);
        }
    }
}
