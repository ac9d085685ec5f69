//! States by identity, and how a generation's objects are built on them.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashSet};
use sluicegate_model::{Backend, Endpoint, Frontend, Runtime};
use sluicegate_proto::id::ObjectKey;

use super::active::Active;
use super::backend::{BackendState, LiveBackend};
use super::change::{Changes, Mark};
use super::endpoint::{EndpointState, LiveEndpoint, Transports, target};
use super::frontend::{FrontendState, LiveFrontend, LiveRoute};
use crate::log::Sinks;

/// Transport keys that no endpoint has any more, kept until it pays to look for them.
const SPARE_TRANSPORTS: usize = 1024;

type States<T> = HashMap<ObjectKey, Arc<T>, FxBuildHasher>;

/// The states of what is served.
#[derive(Debug)]
pub(super) struct Registry {
    workers: usize,
    changes: Arc<Changes>,
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
    pub(super) fn new(workers: usize, changes: Arc<Changes>) -> Self {
        Self {
            workers,
            changes,
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

    fn mark(&self, key: &ObjectKey) -> Arc<Mark> {
        Mark::new(key.clone(), Arc::clone(&self.changes))
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
            None => Arc::new(BackendState::new(self.mark(config.key()), self.workers)),
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
        let same = previous.filter(|previous| Arc::ptr_eq(&previous.config.settings, &config.settings));
        let sinks = match same {
            Some(previous) => Arc::clone(&previous.sinks),
            None => Arc::new(Sinks::to(config.settings.log_targets.clone().into())),
        };
        Arc::new(LiveBackend::new(Arc::clone(config), state, endpoints, sinks))
    }

    fn draft_endpoint(&mut self, config: &Arc<Endpoint>, backend: &Arc<BackendState>) -> Arc<LiveEndpoint> {
        let known = self.endpoints.get(&config.key);
        let state = match known.filter(|state| state.backend.ptr_eq(&Arc::downgrade(backend))) {
            Some(state) => Arc::clone(state),
            None => {
                Arc::new(EndpointState::new(Arc::downgrade(backend), self.mark(&config.key), self.workers))
            }
        };
        let (transport, reserve) = self.transports.number(config.transport_key());
        reserve.tell(&state.mark);
        Arc::new(LiveEndpoint {
            config: Arc::clone(config),
            state,
            transport,
            reserve,
            target: target(&config.address),
            client_port: config.client_port,
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
            None => Arc::new(FrontendState::new(self.mark(config.key()), self.workers)),
        };
        let sinks = match previous.filter(|previous| Arc::ptr_eq(&previous.config.settings, &config.settings))
        {
            Some(previous) => Arc::clone(&previous.sinks),
            None => Arc::new(Sinks::new(&config.settings.logging)),
        };
        Arc::new(LiveFrontend { config: Arc::clone(config), state, routes, default_backend, sinks })
    }

    /// Puts the generation's settings into the states, and lets go of what is in it no more.
    pub(super) fn adopt(&mut self, previous: &Active, active: &Active) {
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
        self.adopt_endpoints(previous, active);
    }

    /// Touches the endpoints of changed backends alone: a commit must not cost what the whole site costs.
    fn adopt_endpoints(&mut self, previous: &Active, active: &Active) {
        let mut gone: Vec<(&ObjectKey, &Arc<EndpointState>, bool)> = Vec::new();
        for (key, before) in &previous.backends {
            let now = active.backends.get(key);
            if !now.is_some_and(|now| Arc::ptr_eq(now, before)) {
                let listed = before.endpoints.iter();
                gone.extend(listed.map(|endpoint| (&endpoint.config.key, &endpoint.state, now.is_some())));
            }
        }
        for (key, _, _) in &gone {
            self.endpoints.remove(*key);
        }
        let mut kept = FxHashSet::default();
        for (key, backend) in &active.backends {
            if previous.backends.get(key).is_some_and(|before| Arc::ptr_eq(before, backend)) {
                continue;
            }
            for (index, endpoint) in (0u32..).zip(&backend.endpoints) {
                endpoint.state.adopt(index, &endpoint.config, backend.settings());
                kept.insert(Arc::as_ptr(&endpoint.state));
                self.endpoints.insert(endpoint.config.key.clone(), Arc::clone(&endpoint.state));
            }
        }
        for (_, state, backend_stays) in gone {
            // Exchanges routed to a backend that is gone as a whole may still go to its endpoints.
            if backend_stays && !kept.contains(&Arc::as_ptr(state)) {
                state.retire();
            }
        }
        if self.transports.len() > 2 * self.endpoints.len() + SPARE_TRANSPORTS {
            let all = active.backends.values().flat_map(|backend| &backend.endpoints);
            self.transports.retain(&all.map(|endpoint| endpoint.transport).collect());
        }
    }
}
