//! One frontend: what it is now, and what outlives a change of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use sluicegate_model::{Frontend, FrontendSettings, Mode, Route};
use sluicegate_rules::{Message, Scratch, matches};

use super::backend::LiveBackend;
use super::change::Mark;
use super::gate::Gate;
use crate::counters::{FrontendCounters, Sharded};
use crate::log::Sinks;

/// One frontend of one generation, its routes resolved.
#[derive(Debug)]
pub struct LiveFrontend {
    /// As compiled.
    pub config: Arc<Frontend>,
    /// What outlives the generation.
    pub state: Arc<FrontendState>,
    /// In their order.
    pub routes: Vec<LiveRoute>,
    /// Taken where no route matches; `None`: 503.
    pub default_backend: Option<Arc<LiveBackend>>,
    /// Where its lines go.
    pub sinks: Arc<Sinks>,
}

/// A route and the backend that it leads to.
#[derive(Debug)]
pub struct LiveRoute {
    /// As compiled.
    pub config: Arc<Route>,
    /// `None`: this generation has no such backend; 503.
    pub backend: Option<Arc<LiveBackend>>,
}

impl LiveFrontend {
    /// Its settings.
    pub fn settings(&self) -> &FrontendSettings {
        &self.config.settings
    }

    /// The backend of the first route that matches, else the default. `None`: there is none, or this generation does
    /// not have it: 503. So it is where only one of both is for datagrams.
    pub fn route<M: Message>(&self, message: &M, scratch: &mut Scratch) -> Option<&Arc<LiveBackend>> {
        let matched = self.routes.iter().find(|route| {
            route.config.when.as_ref().is_none_or(|condition| matches(condition, message, scratch))
        });
        let backend = match matched {
            Some(route) => route.backend.as_ref(),
            None => self.default_backend.as_ref(),
        };
        let is_udp = self.settings().mode == Mode::Udp;
        backend.filter(|backend| (backend.settings().mode == Mode::Udp) == is_udp)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.config.key().name()
    }
}

/// What is true of a frontend (by its identity) over all generations.
#[derive(Debug)]
pub struct FrontendState {
    /// Its connections, and the limit of them.
    pub gate: Arc<Gate>,
    lines: AtomicU64,
    pub(super) mark: Arc<Mark>,
    /// Per worker.
    pub counters: Sharded<FrontendCounters>,
}

impl FrontendState {
    pub(super) fn new(mark: Arc<Mark>, workers: usize) -> Self {
        Self {
            gate: Arc::new(Gate::marking(Arc::clone(&mark))),
            lines: AtomicU64::new(0),
            counters: Sharded::marking(workers, Arc::clone(&mark)),
            mark,
        }
    }

    /// Numbers a log line.
    pub(crate) fn next_line(&self) -> u64 {
        self.lines.fetch_add(1, Relaxed)
    }
}
