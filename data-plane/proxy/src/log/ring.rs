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

/// One worker's lines. The lock is held by the writer for the time of a pointer swap and by the worker while it renders.
#[derive(Debug)]
pub(crate) struct Ring {
    batch: Mutex<Batch>,
    dropped: AtomicU64,
    bell: Arc<Bell>,
}

/// Lines in the order of their time, their bytes one after the other, each with its line feed.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    lines: Vec<Line>,
    /// Never empty where there are lines.
    runs: Vec<Run>,
}

/// Neighbours that go the same way.
#[derive(Debug)]
struct Run {
    sinks: Arc<Sinks>,
    level: Level,
    /// One past the last line.
    end: usize,
    /// Of its lines, without line feeds.
    longest_bytes: usize,
}

#[derive(Debug)]
struct Line {
    at: Duration,
    /// One past the line feed.
    end: u32,
    /// Bytes of structured data at its start.
    data: u32,
}

/// Lines as the writer gets them: neighbours that go the same way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Records<'a> {
    pub(crate) sinks: &'a Sinks,
    pub(crate) level: Level,
    /// The longest line's length, without its line feed.
    pub(crate) longest_bytes: usize,
    /// All of them, each with its line feed.
    pub(crate) text: &'a [u8],
    lines: &'a [Line],
    /// Where the text begins among the batch's.
    start: usize,
}

/// One of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'a> {
    /// Since 1970; zero where no target tells it.
    pub(crate) at: Duration,
    /// Its structured data, for those who want it.
    pub(crate) data: &'a [u8],
    pub(crate) text: &'a [u8],
}

impl Ring {
    pub(crate) fn new(bell: Arc<Bell>) -> Self {
        Self { batch: Mutex::default(), dropped: AtomicU64::new(0), bell }
    }

    /// As [`Ring::push_structured`], for a line without such data.
    pub(crate) fn push(
        &self,
        sinks: &Arc<Sinks>,
        level: Level,
        at: Duration,
        render: impl FnOnce(&mut Vec<u8>),
    ) {
        self.push_structured(sinks, level, at, |out| {
            render(out);
            0
        });
    }

    /// Adds the line that `render` appends; drops and counts it where there is no room. `render` says how much at its
    /// start is structured data.
    pub(crate) fn push_structured(
        &self,
        sinks: &Arc<Sinks>,
        level: Level,
        at: Duration,
        render: impl FnOnce(&mut Vec<u8>) -> usize,
    ) {
        let added = self.batch.lock().unwrap_or_else(PoisonError::into_inner).push(sinks, level, at, render);
        if added {
            self.bell.ring();
        } else {
            self.dropped.fetch_add(1, SeqCst);
        }
    }

    /// Takes all lines, leaving the memory of `empty`.
    pub(crate) fn swap(&self, empty: &mut Batch) {
        empty.clear();
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

    fn clear(&mut self) {
        self.bytes.clear();
        self.lines.clear();
        self.runs.clear();
    }

    /// False: there is no room.
    fn push(
        &mut self,
        sinks: &Arc<Sinks>,
        level: Level,
        at: Duration,
        render: impl FnOnce(&mut Vec<u8>) -> usize,
    ) -> bool {
        if self.lines.capacity() == 0 {
            // For all that may come: what no line ever reaches is never given memory by the kernel.
            self.bytes.reserve(CAPACITY);
            self.lines.reserve(LINES);
        }
        let start = self.lines.last().map_or(0, |line| line.end as usize);
        // More stands there where rendering panicked.
        self.bytes.truncate(start);
        if self.lines.len() >= LINES || start >= CAPACITY {
            return false;
        }
        let data = render(&mut self.bytes);
        let length = self.bytes.len() - start;
        if start + length >= CAPACITY {
            self.bytes.truncate(start);
            return false;
        }
        self.bytes.push(b'\n');
        // All fit: the ring is smaller.
        self.lines.push(Line { at, end: self.bytes.len() as u32, data: data as u32 });
        let end = self.lines.len();
        match self.runs.last_mut() {
            Some(run) if Arc::ptr_eq(&run.sinks, sinks) && run.level == level => {
                run.end = end;
                run.longest_bytes = run.longest_bytes.max(length);
            }
            _ => self.runs.push(Run { sinks: Arc::clone(sinks), level, end, longest_bytes: length }),
        }
        true
    }

    /// All lines, in order.
    pub(crate) fn runs(&self) -> impl Iterator<Item = Records<'_>> {
        let (mut first, mut start) = (0, 0);
        self.runs.iter().map(move |run| {
            let lines = &self.lines[first..run.end];
            let end = lines.last().map_or(start, |line| line.end as usize);
            let Run { sinks, level, longest_bytes, .. } = run;
            let text = &self.bytes[start..end];
            let records = Records { sinks, level: *level, longest_bytes: *longest_bytes, text, lines, start };
            (first, start) = (run.end, end);
            records
        })
    }
}

impl<'a> Records<'a> {
    /// One after the other.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Record<'a>> {
        let Self { text, lines, start, .. } = *self;
        let mut from = 0;
        lines.iter().map(move |line| {
            let to = line.end as usize - start;
            let (data, text) = text[from..to - 1].split_at(line.data as usize);
            let record = Record { at: line.at, data, text };
            from = to;
            record
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
