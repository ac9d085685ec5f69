//! A place at an endpoint, or why there is none.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use super::LiveBackend;
use crate::live::endpoint::LiveEndpoint;

/// Why there is no permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPermit {
    /// Nobody takes traffic: all are down, disabled or of weight 0, or there are none.
    #[error("no endpoint is usable")]
    NoEndpoint,
    /// The queue is at its limit.
    #[error("the queue is full")]
    QueueFull,
}

/// What an attempt without waiting came to.
pub(in crate::live) enum Taken {
    Permit(Permit),
    /// Usable endpoints exist, all are at their limit.
    Full,
    Nobody,
}

/// A place at an endpoint; given back, to whoever waits first, when dropped.
#[derive(Debug)]
#[must_use = "a permit that is dropped gives its place back"]
pub struct Permit {
    pub(super) backend: Arc<LiveBackend>,
    pub(super) endpoint: Arc<LiveEndpoint>,
}

impl Permit {
    /// Where the place is.
    pub fn endpoint(&self) -> &Arc<LiveEndpoint> {
        &self.endpoint
    }

    /// The backend that the endpoint belongs to, as it was when the place was given.
    pub fn backend(&self) -> &Arc<LiveBackend> {
        &self.backend
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.endpoint.state.release();
        let state = &self.backend.state;
        state.reckon(&self.endpoint.state);
        state.exchanging.fetch_sub(1, SeqCst);
        state.mark.touch();
        if state.queued.load(SeqCst) > 0 {
            state.dispatch(Some(&self.endpoint.state));
        }
    }
}
