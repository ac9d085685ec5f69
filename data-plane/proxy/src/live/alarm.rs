//! What endpoints cry out, for the one task that looks after their health.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sluicegate_proto::id::ObjectKey;
use tokio::sync::Notify;

use super::observed::ErrorRun;

/// Alarms that nobody has heard yet: of each endpoint one at most.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    waiting: Mutex<VecDeque<(ObjectKey, ErrorRun)>>,
    raised: Notify,
}

impl Alarms {
    pub(super) fn raise(&self, key: ObjectKey, run: ErrorRun) {
        self.list().push_back((key, run));
        self.raised.notify_one();
    }

    /// Waits for the next one. For one listener; dropping the future loses nothing.
    pub(super) async fn next(&self) -> (ObjectKey, ErrorRun) {
        loop {
            if let Some(next) = self.list().pop_front() {
                return next;
            }
            self.raised.notified().await;
        }
    }

    fn list(&self) -> MutexGuard<'_, VecDeque<(ObjectKey, ErrorRun)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
