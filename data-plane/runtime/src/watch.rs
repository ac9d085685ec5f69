//! Checks and agents together: all that makes the health of endpoints.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use sluicegate_engine::engine::Engine;
use sluicegate_engine::stream::Target;
use sluicegate_model::Endpoint;
use sluicegate_model::endpoint::EndpointAddress;
use sluicegate_model::process::Spread;
use sluicegate_proto::id::ObjectKey;

use crate::agent::AgentBoard;
use crate::checks::{Checks, Kind, Subject};
use crate::health::Board;
use crate::probe::Prober;

/// Asks endpoints and their agents.
#[derive(Debug)]
pub(crate) struct Watch<P> {
    checks: Checks<P, Board>,
    agents: Checks<P, AgentBoard>,
}

impl<P: Prober> Watch<P> {
    /// Asks nobody yet.
    pub(crate) fn new(engine: &Arc<Engine>, prober: P, seed: u64) -> Self {
        let prober = Arc::new(prober);
        Self {
            checks: Checks::new(Arc::clone(&prober), Board::new(Arc::clone(engine)), seed),
            agents: Checks::new(prober, AgentBoard::new(Arc::clone(engine)), seed),
        }
    }

    /// See [`Checks::spread`].
    pub(crate) fn spread(&mut self, spread: Spread) {
        self.checks.spread(spread);
        self.agents.spread(spread);
    }

    /// See [`Checks::follow`].
    pub(crate) fn follow(&mut self, subjects: Vec<Subject>) {
        let (agents, checks) = subjects.into_iter().partition(|subject| subject.kind == Kind::Agent);
        self.checks.follow(checks);
        self.agents.follow(agents);
    }

    /// Neither probes an endpoint nor asks its agent any more.
    pub(crate) fn forget(&mut self, endpoint: &ObjectKey) {
        self.checks.forget(endpoint);
        self.agents.forget(endpoint);
    }

    /// Stops probing an endpoint; its agent is asked as before.
    pub(crate) fn forget_check(&mut self, endpoint: &ObjectKey) {
        self.checks.forget(endpoint);
    }

    /// Asks the agent of an endpoint no more.
    pub(crate) fn forget_agent(&mut self, endpoint: &ObjectKey) {
        self.agents.forget(endpoint);
    }

    /// The name of an endpoint leads there.
    pub(crate) fn resolved(&mut self, config: &Endpoint, ip: IpAddr) {
        let at = |address: Option<EndpointAddress>| match address {
            Some(EndpointAddress::Host(host)) => Some(Target::Ip(SocketAddr::new(ip, host.port))),
            _ => None,
        };
        if let Some(target) = at(config.check_key().map(|it| it.target)) {
            self.checks.aim(&config.key, target);
        }
        if let Some(target) = at(config.agent.as_ref().and_then(|it| it.target(&config.address))) {
            self.agents.aim(&config.key, target);
        }
    }

    /// See [`Checks::turn`].
    pub(crate) async fn turn(&mut self) {
        tokio::select! {
            () = self.checks.turn() => {}
            () = self.agents.turn() => {}
        }
    }
}
