//! Times in which an endpoint is left out, as its exchanges went wrong.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use sluicegate_model::outlier::Tally;

use super::EndpointState;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ejection {
    /// Why, in words.
    pub reason: Arc<str>,
    /// When it ends, since 1970.
    pub until: Duration,
}

/// What became of an endpoint.
#[derive(Debug, Clone, Default)]
pub struct Ejections {
    /// How often it was ejected.
    pub count: u64,
    /// How often it was not, as too many were or nobody else would have been left.
    pub spared: u64,
    /// The present one.
    pub now: Option<Ejection>,
}

impl EndpointState {
    /// Leaves it out until [`EndpointState::readmit`]: it stands as one that is down, but that exchanges in flight go on.
    pub fn eject(&self, ejection: Ejection) {
        let reason = Arc::clone(&ejection.reason);
        {
            let mut ejections = self.ejections_now();
            ejections.count += 1;
            ejections.now = Some(ejection);
        }
        self.stand(Some(&reason), |standing| standing.ejected = true);
    }

    /// Lets it take traffic again, where it was left out. What its exchanges came to before is forgotten.
    pub fn readmit(&self, evidence: &str) {
        self.ejections_now().now = None;
        self.tally.restart();
        self.stand(Some(evidence), |standing| standing.ejected = false);
    }

    /// It would have been left out, but that too many are.
    pub fn spare(&self) {
        self.ejections_now().spared += 1;
        self.mark.touch();
    }

    /// What became of it so far.
    pub fn ejections(&self) -> Ejections {
        self.ejections_now().clone()
    }

    /// Its exchanges since this was asked last, where they are counted. For one who asks.
    pub fn take_tally(&self) -> Tally {
        self.tally.take()
    }

    pub(super) fn restart_ejections(&self) {
        let mut ejections = self.ejections_now();
        (ejections.count, ejections.spared) = (0, 0);
    }

    pub(in crate::live) fn heard_failure_run(&self) {
        self.tally.told.store(false, SeqCst);
    }

    fn ejections_now(&self) -> MutexGuard<'_, Ejections> {
        self.ejections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
