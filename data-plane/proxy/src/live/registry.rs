//! States by identity, and how a generation's objects are built on them.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use rustc_hash::{FxBuildHasher, FxHashSet};
use sluicegate_model::{Backend, BackendSettings, Endpoint, Frontend, Runtime};
use sluicegate_proto::id::ObjectKey;

use super::active::Active;
use super::alignment::Alignment;
use super::backend::{BackendState, LiveBackend};
use super::change::{Changes, Mark};
use super::endpoint::{EndpointState, LiveEndpoint, OfClient, Transports, target};
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
        let before = previous.map_or(&[][..], |previous| &previous.config.endpoints);
        let alignment = Alignment::of(before, &config.endpoints);
        let endpoints = (0..)
            .zip(&config.endpoints)
            .map(|(place, endpoint)| {
                let same = previous.zip(alignment.source(place));
                match same.and_then(|(previous, source)| previous.endpoints.get(source as usize)) {
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
        let follows = previous.map(|previous| (&**previous, &alignment));
        Arc::new(LiveBackend::new(Arc::clone(config), state, endpoints, sinks, follows))
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
            of_client: OfClient::of(config),
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

    /// Touches the endpoints that changed alone: a commit must not cost what the whole site costs.
    fn adopt_endpoints(&mut self, previous: &Active, active: &Active) {
        let mut gone: Vec<(&Arc<LiveEndpoint>, bool)> = Vec::new();
        let mut came: Vec<(u32, &Arc<LiveEndpoint>, &BackendSettings)> = Vec::new();
        for (key, before) in &previous.backends {
            match active.backends.get(key) {
                None => gone.extend(before.endpoints.iter().map(|endpoint| (endpoint, false))),
                Some(now) if Arc::ptr_eq(now, before) => {}
                Some(now) => {
                    let alignment = Alignment::of(&before.endpoints, &now.endpoints);
                    gone.extend(alignment.gone().iter().map(|&place| (before.at(place), true)));
                    if Arc::ptr_eq(&before.config.settings, &now.config.settings) {
                        let new = alignment.came().iter();
                        came.extend(new.map(|&place| (place, now.at(place), now.settings())));
                    } else {
                        came.extend(all_of(now));
                    }
                    alignment.shifted().for_each(|place| now.at(place).state.index.store(place, SeqCst));
                }
            }
        }
        let new = active.backends.iter().filter(|(key, _)| !previous.backends.contains_key(key));
        came.extend(new.flat_map(|(_, backend)| all_of(backend)));

        for (endpoint, _) in &gone {
            self.endpoints.remove(&endpoint.config.key);
        }
        let mut kept = FxHashSet::default();
        for (place, endpoint, settings) in came {
            endpoint.state.adopt(place, &endpoint.config, settings);
            kept.insert(Arc::as_ptr(&endpoint.state));
            self.endpoints.insert(endpoint.config.key.clone(), Arc::clone(&endpoint.state));
        }
        for (endpoint, backend_stays) in gone {
            // Exchanges routed to a backend that is gone as a whole may still go to its endpoints.
            if backend_stays && !kept.contains(&Arc::as_ptr(&endpoint.state)) {
                endpoint.state.retire();
            }
        }
        if self.transports.len() > 2 * self.endpoints.len() + SPARE_TRANSPORTS {
            let all = active.backends.values().flat_map(|backend| &backend.endpoints);
            self.transports.retain(&all.map(|endpoint| endpoint.transport).collect());
        }
    }
}

fn all_of(backend: &LiveBackend) -> impl Iterator<Item = (u32, &Arc<LiveEndpoint>, &BackendSettings)> {
    (0..).zip(&backend.endpoints).map(|(place, endpoint)| (place, endpoint, backend.settings()))
}
