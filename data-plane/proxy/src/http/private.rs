//! Connections to endpoints that serve one client alone.

use std::sync::Arc;
use std::task::Context;

use crate::live::{EndpointState, LiveBackend, TransportId};
use crate::pool::Rested;

/// What a client's connection keeps for itself between its exchanges, and closes with its own end. Most have none, which
/// takes one word.
#[derive(Debug, Default)]
pub(super) struct Private(Option<Box<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    connections: Vec<(TransportId, Rested)>,
    /// Where the client is known by its connection.
    known_at: Option<Arc<EndpointState>>,
}

impl Private {
    /// The one that was used last, of those that the endpoint has not ended.
    pub(super) fn take(&mut self, key: TransportId) -> Option<Rested> {
        let kept = &mut self.0.as_mut()?.connections;
        while let Some(last) = kept.iter().rposition(|(its, _)| *its == key) {
            let (_, mut connection) = kept.remove(last);
            if connection.is_quiet() {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps one; gives it back where there are as many as that already.
    pub(super) fn put(&mut self, key: TransportId, connection: Rested, most: usize) -> Option<Rested> {
        let kept = &mut self.0.get_or_insert_default().connections;
        if kept.len() >= most {
            return Some(connection);
        }
        kept.push((key, connection));
        None
    }

    /// Has the task woken when an endpoint ends one of them, and lets go of those that are ended.
    pub(super) fn watch(&mut self, cx: &mut Context<'_>) {
        if let Some(kept) = &mut self.0 {
            kept.connections.retain_mut(|(_, connection)| connection.stream.poll_quiet(cx).is_pending());
        }
    }

    /// An endpoint has begun to find out who the client is: its next requests go there.
    pub(super) fn know_at(&mut self, endpoint: &Arc<EndpointState>) {
        self.0.get_or_insert_default().known_at = Some(Arc::clone(endpoint));
    }

    /// Where that was, while it takes traffic of that backend and a connection stands.
    pub(super) fn known_at(&self, backend: &LiveBackend) -> Option<&Arc<EndpointState>> {
        let kept = self.0.as_ref().filter(|kept| !kept.connections.is_empty())?;
        kept.known_at.as_ref().filter(|endpoint| backend.has(endpoint))
    }
}

/// Who closes first keeps the port for a minute: not this host.
impl Drop for Kept {
    fn drop(&mut self) {
        for (_, connection) in &self.connections {
            connection.stream.reset_on_close();
        }
    }
}
