//! Which objects changed: what a report costs depends on what moved, not on what is configured.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sluicegate_proto::id::ObjectKey;

use super::alarm::Alarms;
use super::observed::ErrorRun;
use super::tally::FailureRun;

/// Objects marked since they were last taken, each at most once.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    marked: Mutex<Vec<Arc<Mark>>>,
    pub(super) error_runs: Alarms<ErrorRun>,
    pub(super) failure_runs: Alarms<FailureRun>,
}

impl Changes {
    /// Takes the identities of all that is marked. Marks are made beside the change and without a fence, so a reader
    /// looks at what it took once more the next time: what it then still misses is marked anew.
    pub(super) fn take(&self) -> Vec<ObjectKey> {
        let marks = std::mem::take(&mut *self.list());
        let lift = |mark: Arc<Mark>| {
            mark.marked.store(false, SeqCst);
            mark.key.clone()
        };
        marks.into_iter().map(lift).collect()
    }

    fn list(&self) -> MutexGuard<'_, Vec<Arc<Mark>>> {
        self.marked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The mark of one object.
#[derive(Debug)]
pub(crate) struct Mark {
    pub(super) key: ObjectKey,
    marked: AtomicBool,
    pub(super) changes: Arc<Changes>,
}

impl Mark {
    pub(super) fn new(key: ObjectKey, changes: Arc<Changes>) -> Arc<Self> {
        Arc::new(Self { key, marked: AtomicBool::new(false), changes })
    }

    /// Says that the object changes. While it is marked this is one load; the lock is taken once between two reports.
    pub(crate) fn touch(self: &Arc<Self>) {
        if !self.marked.load(SeqCst) {
            self.note();
        }
    }

    #[cold]
    fn note(self: &Arc<Self>) {
        if !self.marked.swap(true, SeqCst) {
            self.changes.list().push(Arc::clone(self));
        }
    }
}
