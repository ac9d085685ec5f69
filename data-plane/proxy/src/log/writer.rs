//! The thread that writes what workers rendered.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sluicegate_model::logging::{LogTarget, SyslogFormat};

use super::Sinks;
use super::calendar::Calendar;
use super::output::Names;
use super::receivers::Receivers;
use super::ring::{Batch, Bell, Record, Records, Ring};
use super::syslog::{Framer, Process};

/// Between two rounds: lines are gathered meanwhile, and a busy worker wakes the writer no more often than this.
const GATHER: Duration = Duration::from_millis(5);
/// Longest sleep.
const SLEEP: Duration = Duration::from_secs(1);
/// For what waits for streams at the end.
const LAST: Duration = Duration::from_millis(500);

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
    framer: Framer,
    receivers: Receivers,
}

impl Outputs {
    fn new(shared: Arc<Shared>) -> Self {
        let receivers = Receivers::new(Arc::clone(&shared.names), Arc::clone(&shared.lost));
        Self { shared, framer: Framer::new(Process::this(), Calendar::default()), receivers }
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
                for records in batch.runs() {
                    self.write(&records);
                }
            }
            self.receivers.flush();
            if last {
                return self.end();
            }
            if wrote {
                std::thread::sleep(GATHER);
            } else {
                let idle = || shared.rings.iter().all(|ring| ring.is_empty()) && !shared.finish.load(SeqCst);
                let next = self.receivers.next().map(|at| at.saturating_duration_since(Instant::now()));
                shared.bell.sleep(next.map_or(SLEEP, |next| next.clamp(GATHER, SLEEP)), idle);
            }
        }
    }

    /// Gives streams a while for what waits.
    fn end(&mut self) {
        let end = Instant::now() + LAST;
        while let Some(next) = self.receivers.next()
            && next < end
        {
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
            self.receivers.flush();
        }
        self.receivers.close();
    }

    fn write(&mut self, records: &Records<'_>) {
        let Sinks { targets, shares, .. } = records.sinks;
        if *shares {
            for record in records.iter() {
                for index in 0..targets.len() {
                    self.send(records, index, std::iter::once(record));
                }
            }
            return;
        }
        for (index, target) in targets.iter().enumerate() {
            let given = as_they_are(target, records) && self.receivers.give(&target.address, records.text);
            if !given {
                self.send(records, index, records.iter());
            }
        }
    }

    /// Some of the records, to the target of that index.
    fn send<'a>(&mut self, all: &Records<'_>, index: usize, records: impl Iterator<Item = Record<'a>>) {
        let target = &all.sinks.targets[index];
        if let Some(frames) = self.framer.frames(target, all.level) {
            self.receivers.send(&target.address, frames, all.sinks.sampled(index, records));
        }
    }
}

/// Whether lines stand in the batch as `target` wants them.
fn as_they_are(target: &LogTarget, records: &Records<'_>) -> bool {
    target.format == SyslogFormat::Raw
        && target.sample.is_none()
        && !records.sinks.structured
        && records.level as u8 <= target.max_level
        && records.longest_bytes <= target.max_length_bytes
}
