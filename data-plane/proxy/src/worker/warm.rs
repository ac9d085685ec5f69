//! Connections that are opened ahead, so that a request finds them.
//!
//! Each worker looks after its share of them once a beat: after a start, after an endpoint came up, and where one was used
//! or closed.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHashMap;
use sluicegate_model::outgoing::Outgoing;
use tokio::time::{Instant, timeout};

use super::Worker;
use crate::live::{LiveBackend, LiveEndpoint, TransportId};
use crate::pool::Rested;
use crate::stream::Stream;

/// How long an endpoint is left alone after it took no connection.
const PAUSE: Duration = Duration::from_secs(5);
/// How long a connection may take to stand, where the backend sets no limit.
const LONGEST: Duration = Duration::from_secs(5);

/// What a worker is opening, by transport key.
#[derive(Debug, Default)]
pub(crate) struct Openings(RefCell<FxHashMap<TransportId, Opening>>);

#[derive(Debug, Clone, Copy, Default)]
struct Opening {
    under_way: usize,
    not_before: Option<Instant>,
}

impl Openings {
    /// How many may be begun, where so many are missing.
    fn begin(&self, key: TransportId, missing: usize, now: Instant) -> usize {
        let mut all = self.0.borrow_mut();
        let known = all.get(&key).copied().unwrap_or_default();
        if known.not_before.is_some_and(|at| now < at) {
            return 0;
        }
        let count = missing.saturating_sub(known.under_way);
        if count > 0 {
            all.insert(key, Opening { under_way: known.under_way + count, not_before: None });
        }
        count
    }

    /// One is over.
    fn end(&self, key: TransportId, failed: bool, now: Instant) {
        let mut all = self.0.borrow_mut();
        let Some(known) = all.get_mut(&key) else { return };
        known.under_way -= 1;
        if failed {
            known.not_before = Some(now + PAUSE);
        }
        if known.under_way == 0 && known.not_before.is_none() {
            all.remove(&key);
        }
    }

    /// Forgets pauses that are over.
    fn forget(&self, now: Instant) {
        let waits = |opening: &Opening| opening.not_before.is_some_and(|at| now < at);
        self.0.borrow_mut().retain(|_, opening| opening.under_way > 0 || waits(opening));
    }
}

/// Begins to open what is missing.
pub(crate) fn open(worker: &Rc<Worker>) {
    if worker.is_stopping() {
        return;
    }
    let now = worker.clock.now();
    worker.openings.forget(now);
    let mut wanted = Vec::new();
    worker.with_active(|active| {
        for backend in &active.warm {
            for endpoint in &backend.endpoints {
                let missing = missing(worker, backend, endpoint);
                let count = worker.openings.begin(endpoint.transport_for(None), missing, now);
                let key = endpoint.transport_for(None);
                wanted.extend((0..count).map(|_| (Arc::clone(backend), Arc::clone(endpoint), key)));
            }
        }
    });
    for (backend, endpoint, key) in wanted {
        let worker = Rc::clone(worker);
        tokio::task::spawn_local(async move {
            let opened = connect(&worker, &backend, &endpoint).await;
            keep(&worker, (&endpoint, key), opened);
        });
    }
}

fn missing(worker: &Worker, backend: &LiveBackend, endpoint: &LiveEndpoint) -> usize {
    let config = &endpoint.config;
    let takes_traffic = !endpoint.is_out(backend) && !config.drain && endpoint.state.is_usable();
    // Nor is the name known that a request will have the endpoint asked for, or its client.
    let asks = endpoint.outgoing().is_some_and(Outgoing::hangs_on_exchange);
    if config.pool.warm == 0 || endpoint.depends_on_client() || asks || !takes_traffic {
        return 0;
    }
    worker.idle.lacks(endpoint.transport_for(None), endpoint.reserve())
}

async fn connect(worker: &Worker, backend: &LiveBackend, endpoint: &LiveEndpoint) -> Option<Stream> {
    let mut connecting = worker.connect(&endpoint.target()?, endpoint.outgoing()).ok()?;
    if let Some(tls) = endpoint.tls() {
        connecting = connecting.over_tls(tls, (None, &[]), &[]).ok()?;
    }
    endpoint.state.counters.shard(worker.index).connects.add(1);
    let limit = backend.settings().timeouts.connect.unwrap_or(LONGEST);
    timeout(limit, poll_fn(|cx| connecting.poll(cx))).await.ok()?.ok()
}

fn keep(worker: &Worker, (endpoint, key): (&LiveEndpoint, TransportId), opened: Option<Stream>) {
    let now = worker.clock.refresh();
    worker.openings.end(key, opened.is_none(), now);
    if let Some(stream) = opened.filter(|_| !worker.is_stopping()) {
        // Where there is no room for it, it is closed.
        let _ = worker.idle.put(key, endpoint.reserve(), Rested { stream, uses: 0 }, now);
        endpoint.reserve().changed();
    }
}

#[cfg(test)]
mod tests;
