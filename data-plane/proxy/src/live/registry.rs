//! States by identity, and how a generation's objects are built on them.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashSet};
use sluicegate_model::{Backend, Endpoint, Frontend, Runtime};
use sluicegate_proto::id::ObjectKey;

use super::active::Active;
use super::backend::{BackendState, LiveBackend};
use super::endpoint::{EndpointState, LiveEndpoint, Transports, target};
use super::frontend::{FrontendState, LiveFrontend, LiveRoute};
use crate::log::Sinks;

type States<T> = HashMap<ObjectKey, Arc<T>, FxBuildHasher>;

/// The states of what is served.
#[derive(Debug)]
pub(super) struct Registry {
    workers: usize,
    frontends: States<FrontendState>,
    backends: States<BackendState>,
    endpoints: States<EndpointState>,
    transports: Transports,
}

/// A generation's objects, not in force.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) frontends: BTreeMap<ObjectKey, Arc<LiveFrontend>>,
    pub(crate) backends: BTreeMap<ObjectKey, Arc<LiveBackend>>,
}

impl Registry {
    pub(super) fn new(workers: usize) -> Self {
        Self {
            workers,
            frontends: States::default(),
            backends: States::default(),
            endpoints: States::default(),
            transports: Transports::default(),
        }
    }

    pub(super) fn endpoint(&self, key: &ObjectKey) -> Option<Arc<EndpointState>> {
        self.endpoints.get(key).cloned()
    }

    pub(super) fn backend(&self, key: &ObjectKey) -> Option<Arc<BackendState>> {
        self.backends.get(key).cloned()
    }

    pub(super) fn frontend(&self, key: &ObjectKey) -> Option<Arc<FrontendState>> {
        self.frontends.get(key).cloned()
    }

    pub(super) fn draft(&mut self, previous: &Active, runtime: Arc<Runtime>) -> Draft {
        let backends: BTreeMap<_, _> = runtime
            .backends
            .iter()
            .map(|(key, config)| (key.clone(), self.draft_backend(previous.backends.get(key), config)))
            .collect();
        let frontends = runtime
            .frontends
            .iter()
            .map(|(key, config)| {
                let frontend = self.draft_frontend(previous.frontends.get(key), config, &backends);
                (key.clone(), frontend)
            })
            .collect();
        Draft { runtime, frontends, backends }
    }

    fn draft_backend(
        &mut self,
        previous: Option<&Arc<LiveBackend>>,
        config: &Arc<Backend>,
    ) -> Arc<LiveBackend> {
        if let Some(previous) = previous.filter(|previous| Arc::ptr_eq(&previous.config, config)) {
            return Arc::clone(previous);
        }
        let state = match self.backends.get(config.key()) {
            Some(state) => Arc::clone(state),
            None => Arc::new(BackendState::new(self.workers)),
        };
        let endpoints = config
            .endpoints
            .iter()
            .enumerate()
            .map(|(index, endpoint)| {
                let same = previous.and_then(|previous| previous.endpoints.get(index));
                match same.filter(|same| Arc::ptr_eq(&same.config, endpoint)) {
                    Some(same) => Arc::clone(same),
                    None => self.draft_endpoint(endpoint, &state),
                }
            })
            .collect();
        Arc::new(LiveBackend::new(Arc::clone(config), state, endpoints))
    }

    fn draft_endpoint(&mut self, config: &Arc<Endpoint>, backend: &Arc<BackendState>) -> Arc<LiveEndpoint> {
        let known = self.endpoints.get(&config.key);
        let state = match known.filter(|state| state.backend.ptr_eq(&Arc::downgrade(backend))) {
            Some(state) => Arc::clone(state),
            None => Arc::new(EndpointState::new(Arc::downgrade(backend), self.workers)),
        };
        Arc::new(LiveEndpoint {
            config: Arc::clone(config),
            state,
            transport: self.transports.number(config.transport_key()),
            target: target(&config.address),
        })
    }

    fn draft_frontend(
        &self,
        previous: Option<&Arc<LiveFrontend>>,
        config: &Arc<Frontend>,
        backends: &BTreeMap<ObjectKey, Arc<LiveBackend>>,
    ) -> Arc<LiveFrontend> {
        let routes: Vec<LiveRoute> = config
            .routes
            .iter()
            .map(|route| LiveRoute {
                config: Arc::clone(route),
                backend: backends.get(&route.backend).cloned(),
            })
            .collect();
        let default_backend =
            config.settings.default_backend.as_ref().and_then(|key| backends.get(key)).cloned();
        let unchanged = previous.filter(|previous| {
            let led = |live: &LiveFrontend| -> Vec<Option<*const LiveBackend>> {
                let routed = live.routes.iter().map(|route| route.backend.as_ref());
                routed
                    .chain([live.default_backend.as_ref()])
                    .map(|backend| backend.map(Arc::as_ptr))
                    .collect()
            };
            let now = routes.iter().map(|route| route.backend.as_ref()).chain([default_backend.as_ref()]);
            Arc::ptr_eq(&previous.config, config)
                && led(previous).into_iter().eq(now.map(|backend| backend.map(Arc::as_ptr)))
        });
        if let Some(unchanged) = unchanged {
            return Arc::clone(unchanged);
        }
        let state = match self.frontends.get(config.key()) {
            Some(state) => Arc::clone(state),
            None => Arc::new(FrontendState::new(self.workers)),
        };
        let sinks = match previous.filter(|previous| Arc::ptr_eq(&previous.config.settings, &config.settings))
        {
            Some(previous) => Arc::clone(&previous.sinks),
            None => Arc::new(Sinks::new(&config.settings.logging)),
        };
        Arc::new(LiveFrontend { config: Arc::clone(config), state, routes, default_backend, sinks })
    }

    /// Puts the generation's settings into the states, and lets go of what is in it no more.
    pub(super) fn adopt(&mut self, active: &Active) {
        self.frontends.retain(|key, _| active.frontends.contains_key(key));
        for (key, frontend) in &active.frontends {
            let limit = frontend.settings().max_connections.map_or(0, NonZeroU32::get);
            if frontend.state.gate.limit() != limit {
                frontend.state.gate.set_limit(limit);
            }
            self.frontends.entry(key.clone()).or_insert_with(|| Arc::clone(&frontend.state));
        }
        self.backends.retain(|key, _| active.backends.contains_key(key));
        for (key, backend) in &active.backends {
            self.backends.entry(key.clone()).or_insert_with(|| Arc::clone(&backend.state));
        }
        self.adopt_endpoints(active);
    }

    fn adopt_endpoints(&mut self, active: &Active) {
        let mut gone = std::mem::take(&mut self.endpoints);
        let mut transports = FxHashSet::default();
        for backend in active.backends.values() {
            for (index, endpoint) in (0u32..).zip(&backend.endpoints) {
                gone.remove(&endpoint.config.key);
                endpoint.state.adopt(index, &endpoint.config);
                transports.insert(endpoint.transport);
                self.endpoints.insert(endpoint.config.key.clone(), Arc::clone(&endpoint.state));
            }
        }
        // Exchanges routed to a backend that is gone as a whole may still go to its endpoints.
        for state in gone.into_values() {
            if state
                .backend
                .upgrade()
                .is_some_and(|backend| self.backends.values().any(|it| Arc::ptr_eq(it, &backend)))
            {
                state.retire();
            }
        }
        self.transports.retain(&transports);
    }
}
