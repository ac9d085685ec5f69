//! The thread that writes what workers rendered.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread::JoinHandle;
use std::time::Duration;

use sluicegate_model::logging::{LogTarget, SyslogFormat};

use super::calendar::Calendar;
use super::output::Names;
use super::receivers::Receivers;
use super::ring::{Batch, Bell, Record, Records, Ring};
use super::syslog::{Framer, Process};
use super::{Level, Sinks};

/// Between two rounds: lines are gathered meanwhile, and a busy worker wakes the writer no more often than this.
const GATHER: Duration = Duration::from_millis(5);
/// Longest sleep.
const SLEEP: Duration = Duration::from_secs(1);

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

    fn write(&mut self, records: &Records<'_>) {
        let Sinks { targets, shares, .. } = records.sinks;
        if *shares {
            for record in records.iter() {
                for target in targets {
                    self.send(target, records.level, std::iter::once(record));
                }
            }
            return;
        }
        for target in targets {
            let given = as_they_are(target, records) && self.receivers.give(&target.address, records.text);
            if !given {
                self.send(target, records.level, records.iter());
            }
        }
    }

    fn send<'a>(&mut self, target: &LogTarget, level: Level, records: impl Iterator<Item = Record<'a>>) {
        if let Some(frames) = self.framer.frames(target, level) {
            self.receivers.send(&target.address, frames, records);
        }
    }
}

/// Whether lines stand in the batch as `target` wants them.
fn as_they_are(target: &LogTarget, records: &Records<'_>) -> bool {
    target.format == SyslogFormat::Raw
        && records.level as u8 <= target.max_level
        && records.longest_bytes <= target.max_length_bytes
}
