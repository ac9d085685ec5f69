//! Sessions that end because of what happened to endpoints (HAProxy: on-marked-down, on-marked-up).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sluicegate_proto::id::ObjectKey;
use tokio::sync::Notify;

use super::Engine;
use crate::sessions::{Ending, Which};

/// Endpoints whose sessions are to end, each once.
#[derive(Debug, Default)]
pub(super) struct Endings {
    waiting: Mutex<BTreeMap<ObjectKey, Ending>>,
    raised: Notify,
}

impl Endings {
    fn take(&self) -> BTreeMap<ObjectKey, Ending> {
        std::mem::take(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Engine {
    /// Has the sessions at an endpoint closed soon.
    pub fn end_sessions_soon(&self, endpoint: ObjectKey, ending: Ending) {
        self.endings.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(endpoint, ending);
        self.endings.raised.notify_one();
    }

    /// Closes what is to be closed, until it is dropped. For one task.
    pub async fn carry_out_endings(&self) {
        loop {
            self.endings.raised.notified().await;
            let endings = self.endings.take();
            if !endings.is_empty() {
                self.end_sessions(&Which::AtAny(Arc::new(endings))).await;
            }
        }
    }
}
