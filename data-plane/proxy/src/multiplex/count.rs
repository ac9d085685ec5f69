//! The streams of one connection, counted.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

use super::ledger::Ledger;

/// What a connection knows of its streams.
#[derive(Debug, Default)]
pub(super) struct Count {
    alive: AtomicU32,
    /// Given up by the other end before they had their answer, less those that had it.
    wasted: AtomicU32,
    ledger: Option<Ledger>,
    task: Mutex<Option<Waker>>,
}

impl Count {
    /// Of a connection that is counted there.
    pub(super) fn of(ledger: Option<Ledger>) -> Arc<Self> {
        Arc::new(Self { ledger, ..Self::default() })
    }

    /// How many there are.
    pub(super) fn alive(&self) -> u32 {
        self.alive.load(Relaxed)
    }

    /// How many more were given up than came to their end.
    pub(super) fn wasted(&self) -> u32 {
        self.wasted.load(Relaxed)
    }

    /// Who is told when the last one has gone.
    pub(super) fn watch(&self, waker: &Waker) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *task {
            Some(task) => task.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }
}

/// One stream, for as long as it lives.
#[derive(Debug)]
pub(super) struct Counted {
    count: Arc<Count>,
    /// It had its answer.
    pub(super) complete: bool,
    /// The other end gave it up.
    pub(super) given_up: bool,
}

impl Counted {
    pub(super) fn new(count: &Arc<Count>) -> Self {
        count.alive.fetch_add(1, Relaxed);
        if let Some(ledger) = &count.ledger {
            ledger.begin_stream();
        }
        Self { count: Arc::clone(count), complete: false, given_up: false }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Some(ledger) = &self.count.ledger {
            ledger.end_stream();
        }
        let wasted = &self.count.wasted;
        // All of them live on the connection's thread.
        if self.complete {
            wasted.store(wasted.load(Relaxed).saturating_sub(1), Relaxed);
        } else if self.given_up {
            wasted.fetch_add(1, Relaxed);
        }
        if self.count.alive.fetch_sub(1, Relaxed) == 1 || self.given_up {
            let task = self.count.task.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(task) = &*task {
                task.wake_by_ref();
            }
        }
    }
}
