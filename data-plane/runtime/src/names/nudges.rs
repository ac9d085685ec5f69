//! Names that are asked for before their time, as nobody answers where they led.

use std::collections::HashMap;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sluicegate_model::Endpoint;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::{Subject, crowd};

/// Those of sections whose answers grow old (HAProxy: hold valid).
#[derive(Debug, Default)]
pub(crate) struct Nudges(Mutex<HashMap<Subject, Arc<Notify>>>);

impl Nudges {
    /// A connection to an endpoint did not open.
    pub(crate) fn nudge(&self, endpoint: &Endpoint) {
        let known = self.known();
        if known.is_empty() {
            return;
        }
        if let Some((subject, _)) = crowd::subject(endpoint)
            && let Some(nudge) = known.get(&subject)
        {
            nudge.notify_one();
        }
    }

    /// What wakes the task of a name.
    pub(super) fn of(&self, subject: &Subject) -> Arc<Notify> {
        Arc::clone(self.known().entry(subject.clone()).or_default())
    }

    /// Lets go of names that are not asked for any more.
    pub(super) fn retain(&self, is_asked: impl Fn(&Subject) -> bool) {
        self.known().retain(|subject, _| is_asked(subject));
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Subject, Arc<Notify>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for a nudge once the answer of that time is so old; `None`: for good.
pub(super) async fn nudged(nudge: &Notify, answered: Instant, fresh: Option<Duration>) {
    let Some(fresh) = fresh else { return pending().await };
    loop {
        nudge.notified().await;
        if answered.elapsed() >= fresh {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn answers_are_left_alone_until_they_are_old() {
        let (nudge, answered) = (Notify::new(), Instant::now());
        let second = Duration::from_secs(1);
        let is_nudged = async |fresh, time| {
            nudge.notify_one();
            tokio::time::timeout(time, nudged(&nudge, answered, fresh)).await.is_ok()
        };
        assert!(!is_nudged(Some(2 * second), second).await);
        assert!(!is_nudged(None, second).await);
        assert!(is_nudged(Some(2 * second), second).await);
    }
}
