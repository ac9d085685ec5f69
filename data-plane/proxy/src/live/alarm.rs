//! What endpoints cry out, for the one task that looks after it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sluicegate_proto::id::ObjectKey;
use tokio::sync::Notify;

/// Alarms that nobody has heard yet: of each endpoint one at most.
#[derive(Debug)]
pub(super) struct Alarms<T> {
    waiting: Mutex<VecDeque<(ObjectKey, T)>>,
    raised: Notify,
}

impl<T> Default for Alarms<T> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), raised: Notify::new() }
    }
}

impl<T> Alarms<T> {
    pub(super) fn raise(&self, key: ObjectKey, alarm: T) {
        self.list().push_back((key, alarm));
        self.raised.notify_one();
    }

    /// Waits for the next one. For one listener; dropping the future loses nothing.
    pub(super) async fn next(&self) -> (ObjectKey, T) {
        loop {
            if let Some(next) = self.list().pop_front() {
                return next;
            }
            self.raised.notified().await;
        }
    }

    fn list(&self) -> MutexGuard<'_, VecDeque<(ObjectKey, T)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
