//! Lines on their way from a worker to the writer.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::Duration;

use super::{Level, Sinks};

/// Bytes that wait in one worker's ring.
const CAPACITY: usize = 1 << 20;
/// Lines that wait in one worker's ring.
const LINES: usize = 16 << 10;

/// One worker's lines. The lock is held by the writer for the time of a pointer swap and by the worker for a copy.
#[derive(Debug)]
pub(crate) struct Ring {
    batch: Mutex<Batch>,
    dropped: AtomicU64,
    bell: Arc<Bell>,
}

/// Lines in the order of their time, their bytes one after the other.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    sinks: Arc<Sinks>,
    level: Level,
    at: Duration,
    end: usize,
}

/// A line as the writer gets it.
pub(crate) struct Record<'a> {
    pub(crate) sinks: &'a Sinks,
    pub(crate) level: Level,
    /// Since 1970.
    pub(crate) at: Duration,
    pub(crate) text: &'a [u8],
}

impl Ring {
    pub(crate) fn new(bell: Arc<Bell>) -> Self {
        Self { batch: Mutex::default(), dropped: AtomicU64::new(0), bell }
    }

    /// Adds a line; drops and counts it where there is no room.
    pub(crate) fn push(&self, sinks: &Arc<Sinks>, level: Level, at: Duration, text: &[u8]) {
        {
            let mut batch = self.batch.lock().unwrap_or_else(PoisonError::into_inner);
            if batch.lines.len() >= LINES || batch.bytes.len() + text.len() > CAPACITY {
                self.dropped.fetch_add(1, SeqCst);
                return;
            }
            batch.bytes.extend_from_slice(text);
            let end = batch.bytes.len();
            batch.lines.push(Line { sinks: Arc::clone(sinks), level, at, end });
        }
        self.bell.ring();
    }

    /// Takes all lines, leaving the memory of `empty`.
    pub(crate) fn swap(&self, empty: &mut Batch) {
        empty.bytes.clear();
        empty.lines.clear();
        std::mem::swap(&mut *self.batch.lock().unwrap_or_else(PoisonError::into_inner), empty);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.batch.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Lines dropped so far.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(SeqCst)
    }
}

impl Batch {
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let mut start = 0;
        self.lines.iter().map(move |line| {
            let text = &self.bytes[start..line.end];
            start = line.end;
            Record { sinks: &line.sinks, level: line.level, at: line.at, text }
        })
    }
}

/// Wakes the writer, where it sleeps.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    asleep: AtomicBool,
    writer: OnceLock<Thread>,
}

impl Bell {
    fn ring(&self) {
        if self.asleep.load(SeqCst) && self.asleep.swap(false, SeqCst) {
            self.wake();
        }
    }

    /// Wakes the writer in any case.
    pub(crate) fn wake(&self) {
        if let Some(writer) = self.writer.get() {
            writer.unpark();
        }
    }

    /// Sleeps until a line comes or `most` is over, if `idle` still holds once the bell is set.
    pub(crate) fn sleep(&self, most: Duration, idle: impl FnOnce() -> bool) {
        self.writer.get_or_init(std::thread::current);
        self.asleep.store(true, SeqCst);
        if idle() {
            std::thread::park_timeout(most);
        }
        self.asleep.store(false, SeqCst);
    }
}
