//! The last messages that could not be read, for an operator to see (HAProxy: show errors).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustc_hash::FxBuildHasher;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::limits::{MAX_CAPTURED_BYTES, MAX_TOLD_ERRORS};

use crate::exchange::Exchange;
use crate::live::{LiveBackend, LiveEndpoint, LiveFrontend};
use crate::stream::Peer;

/// A message that could not be read.
#[derive(Debug, Clone)]
pub struct Malformed {
    /// When, since 1970.
    pub at: Duration,
    /// Its number among all of the process, from 0.
    pub event: u64,
    /// It came from an endpoint.
    pub response: bool,
    /// What took the connection.
    pub frontend: Arc<LiveFrontend>,
    /// What it was routed to.
    pub backend: Option<Arc<LiveBackend>>,
    /// Where the response came from.
    pub endpoint: Option<Arc<LiveEndpoint>>,
    /// Whose request it is or was.
    pub client: Peer,
    /// The message, cut at [`MAX_CAPTURED_BYTES`].
    pub bytes: Box<[u8]>,
    /// Bytes of it that there were.
    pub length: usize,
    /// Of the byte that is wrong.
    pub position: usize,
    /// What is wrong, in words.
    pub reason: String,
}

/// What is wrong with a message, and where.
#[derive(Clone, Copy)]
pub(crate) struct Wrong<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) position: usize,
    pub(crate) reason: &'a dyn std::fmt::Display,
}

/// What is kept of a process: the newest request of each frontend, the newest response of each backend, those of the
/// [`MAX_TOLD_ERRORS`] that had one last.
#[derive(Debug, Default)]
pub struct Captures(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    events: u64,
    /// By the frontend or backend.
    newest: HashMap<ObjectKey, Malformed, FxBuildHasher>,
}

impl Captures {
    /// Keeps a request or response of an exchange.
    pub(crate) fn keep(&self, exchange: &Exchange, response: bool, at: Duration, wrong: Wrong<'_>) {
        let Some(frontend) = exchange.frontend.clone() else { return };
        let backend = exchange.backend.clone();
        let whose = match &backend {
            Some(backend) if response => backend.config.key(),
            _ => frontend.config.key(),
        };
        let whose = whose.clone();
        let Wrong { bytes, position, reason } = wrong;
        let mut malformed = Malformed {
            at,
            event: 0,
            response,
            frontend,
            backend,
            endpoint: exchange.endpoint.clone().filter(|_| response),
            client: exchange.client,
            bytes: bytes.get(..MAX_CAPTURED_BYTES).unwrap_or(bytes).into(),
            length: bytes.len(),
            position,
            reason: reason.to_string(),
        };
        let mut kept = self.kept();
        malformed.event = kept.events;
        kept.events += 1;
        kept.newest.insert(whose, malformed);
        if kept.newest.len() > MAX_TOLD_ERRORS {
            let oldest = kept.newest.iter().min_by_key(|(_, malformed)| malformed.event);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                kept.newest.remove(&oldest);
            }
        }
    }

    /// How many there have been, and those that are kept, the oldest first.
    pub fn read(&self) -> (u64, Vec<Malformed>) {
        let kept = self.kept();
        let mut all: Vec<Malformed> = kept.newest.values().cloned().collect();
        let events = kept.events;
        drop(kept);
        all.sort_by_key(|malformed| malformed.event);
        (events, all)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
