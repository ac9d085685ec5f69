//! What is served now: frontends, backends and endpoints with the state that outlives generations.
//!
//! A generation's objects are immutable and hold an `Arc` of their state, which is found by identity. An object that is
//! the same in two generations is the same `Arc` in both. A connection or exchange holds such `Arc`s and never a whole
//! generation.

mod active;
mod alarm;
mod alignment;
mod backend;
mod change;
mod endpoint;
mod figure;
mod frontend;
mod gate;
mod health;
mod index;
mod latency;
mod names;
mod observed;
mod places;
mod queue;
mod registry;
mod reserve;
mod roster;
mod share;
mod standing;
mod table;
mod tally;
#[cfg(test)]
mod tests;
mod tried;
mod uptime;

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use arc_swap::ArcSwap;
use sluicegate_model::Runtime;
use sluicegate_model::cache::Cache;
use sluicegate_proto::id::ObjectKey;

pub(crate) use active::Taking;
pub use active::{Active, Generation};
use alignment::Alignment;
pub use backend::{Availability, BackendState, LiveBackend, NoPermit, Permit};
use change::Changes;
pub(crate) use change::Mark;
pub use endpoint::{Ejection, Ejections, EndpointState, LiveEndpoint, TransportId};
pub use frontend::{FrontendState, LiveFrontend, LiveRoute};
pub use gate::{Gate, Place};
pub use health::{Checks, Evidence, Health, History, Probe};
pub use observed::{ErrorRun, Sign};
pub use queue::{Terms, Ticket};
pub(crate) use registry::Draft;
use registry::Registry;
pub use reserve::{Idle, Reserve};
pub use standing::{Admin, Standing};
pub use tally::{FailureRun, Failures};
pub use tried::Tried;

use crate::cache::Store;

/// Everything that is served now.
#[derive(Debug)]
pub struct Live {
    active: Arc<ArcSwap<Active>>,
    registry: Mutex<Registry>,
    retained: Mutex<Vec<Weak<Active>>>,
    changes: Arc<Changes>,
}

impl Live {
    /// Nothing, for so many workers.
    pub fn new(workers: usize) -> Self {
        let active = Arc::new(Active::default());
        let retained = Mutex::new(vec![Arc::downgrade(&active)]);
        let changes = Arc::default();
        let registry = Mutex::new(Registry::new(workers, Arc::clone(&changes)));
        Self { active: Arc::new(ArcSwap::new(active)), registry, retained, changes }
    }

    /// The generation that is served.
    pub fn active(&self) -> Arc<Active> {
        self.active.load_full()
    }

    /// For a worker's cache.
    pub(crate) fn pointer(&self) -> Arc<ArcSwap<Active>> {
        Arc::clone(&self.active)
    }

    /// The state of an endpoint that is served.
    pub fn endpoint(&self, key: &ObjectKey) -> Option<Arc<EndpointState>> {
        self.registry().endpoint(key)
    }

    /// The state of a backend that is served.
    pub fn backend(&self, key: &ObjectKey) -> Option<Arc<BackendState>> {
        self.registry().backend(key)
    }

    /// The state of a frontend that is served.
    pub fn frontend(&self, key: &ObjectKey) -> Option<Arc<FrontendState>> {
        self.registry().frontend(key)
    }

    /// The frontends, backends and endpoints that changed since this was asked last, those of former generations too. For
    /// one reader, who looks at each once more the next time: a change may follow its mark.
    pub fn take_changed(&self) -> Vec<ObjectKey> {
        self.changes.take()
    }

    /// Waits until the exchanges of an endpoint have gone wrong too often in a row. For one listener.
    pub async fn next_error_run(&self) -> (ObjectKey, ErrorRun) {
        let (key, run) = self.changes.error_runs.next().await;
        if let Some(state) = self.endpoint(&key) {
            state.heard_error_run();
        }
        (key, run)
    }

    /// Waits until the exchanges of an endpoint have failed so often in a row that it is to be ejected. For one listener.
    pub async fn next_failure_run(&self) -> (ObjectKey, FailureRun) {
        let (key, run) = self.changes.failure_runs.next().await;
        if let Some(state) = self.endpoint(&key) {
            state.heard_failure_run();
        }
        (key, run)
    }

    /// An endpoint as the generation that is served has it, and its backend.
    pub fn find_endpoint(
        &self,
        active: &Active,
        key: &ObjectKey,
    ) -> Option<(Arc<LiveBackend>, Arc<LiveEndpoint>)> {
        let state = self.endpoint(key)?;
        let backend = active.backends.get(&state.backend.upgrade()?.mark.key)?;
        let endpoint = backend.endpoints.get(state.index.load(SeqCst) as usize)?;
        (endpoint.config.key == *key).then(|| (Arc::clone(backend), Arc::clone(endpoint)))
    }

    /// Generations that somebody still holds, the current one included.
    pub fn retained_generations(&self) -> usize {
        let mut retained = self.retained.lock().unwrap_or_else(PoisonError::into_inner);
        retained.retain(|active| active.strong_count() > 0);
        retained.len()
    }

    /// Builds a generation's objects without touching any state that is in force.
    pub(crate) fn draft(&self, runtime: Arc<Runtime>) -> Draft {
        let previous = self.active();
        self.registry().draft(&previous, runtime)
    }

    /// Puts a generation into force: limits, tables, then the pointer. `of_process`: connections of frontends without a limit.
    pub(crate) fn commit(&self, mut active: Active, of_process: u64) -> Arc<Active> {
        active.warm = active.backends.values().filter(|backend| backend.is_warm()).cloned().collect();
        let previous = self.active();
        active.caches = caches(&previous, &active.runtime);
        let active = Arc::new(active);
        self.registry().adopt(&previous, &active);
        for backend in active.backends.values().filter(|backend| backend.is_elastic()) {
            backend.state.set_full(active.runtime.full_connections(&backend.config, of_process));
        }
        for (key, backend) in &active.backends {
            if !previous.backends.get(key).is_some_and(|previous| Arc::ptr_eq(previous, backend)) {
                backend.state.adopt(backend);
            }
        }
        self.active.store(Arc::clone(&active));
        mark_changed(&previous, &active);
        let mut retained = self.retained.lock().unwrap_or_else(PoisonError::into_inner);
        retained.retain(|active| active.strong_count() > 0);
        retained.push(Arc::downgrade(&active));
        active
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stores of a generation's caches. One whose settings are the same keeps what it has.
fn caches(previous: &Active, runtime: &Runtime) -> BTreeMap<ObjectKey, Arc<Store>> {
    let store = |settings: &Arc<Cache>| {
        let before = previous.caches.get(&settings.key);
        let same = before.filter(|before| *before.settings == **settings);
        same.map_or_else(|| Store::new(Arc::clone(settings)), Arc::clone)
    };
    runtime.caches.iter().map(|(key, settings)| (key.clone(), store(settings))).collect()
}

/// Marks what is new or other than before, once it can be seen.
fn mark_changed(previous: &Active, active: &Active) {
    for (key, frontend) in &active.frontends {
        if !previous.frontends.get(key).is_some_and(|before| Arc::ptr_eq(before, frontend)) {
            frontend.state.mark.touch();
        }
    }
    for (key, backend) in &active.backends {
        if !previous.backends.get(key).is_some_and(|before| Arc::ptr_eq(before, backend)) {
            mark_backend(previous.backends.get(key), backend);
        }
    }
}

/// Settings of a backend may show in all of its endpoints.
fn mark_backend(previous: Option<&Arc<LiveBackend>>, backend: &LiveBackend) {
    backend.state.mark.touch();
    let same = previous.filter(|before| Arc::ptr_eq(&before.config.settings, &backend.config.settings));
    match same {
        Some(before) => {
            let alignment = Alignment::of(&before.endpoints, &backend.endpoints);
            alignment.came().iter().for_each(|&place| backend.endpoints[place as usize].state.mark.touch());
        }
        None => backend.endpoints.iter().for_each(|endpoint| endpoint.state.mark.touch()),
    }
}
