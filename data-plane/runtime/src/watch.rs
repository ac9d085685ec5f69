//! Checks and agents together: all that makes the health of endpoints.

use std::net::SocketAddr;
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
use crate::names::Nudges;
use crate::probe::Prober;

/// Asks endpoints and their agents.
#[derive(Debug)]
pub(crate) struct Watch<P> {
    checks: Checks<P, Board>,
    agents: Checks<P, AgentBoard>,
}

impl<P: Prober> Watch<P> {
    /// Asks nobody yet.
    pub(crate) fn new(engine: &Arc<Engine>, prober: P, seed: u64, nudges: Arc<Nudges>) -> Self {
        let prober = Arc::new(prober);
        Self {
            checks: Checks::new(Arc::clone(&prober), Board::new(Arc::clone(engine), nudges), seed),
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
    pub(crate) fn resolved(&mut self, config: &Endpoint, at: SocketAddr) {
        if let Some(target) = config.check_key().and_then(|it| led_to(it.target, at)) {
            self.checks.aim(&config.key, target);
        }
        if let Some(target) = agent_address(config).and_then(|it| led_to(it, at)) {
            self.agents.aim(&config.key, target);
        }
    }

    /// The name of an endpoint leads nowhere: what is known by it is not asked until [`Watch::resolved`] says where it is.
    pub(crate) fn lose(&mut self, config: &Endpoint) {
        self.checks.lose(&config.key);
        if let Some(EndpointAddress::Host(_)) = agent_address(config) {
            self.agents.lose(&config.key);
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

fn agent_address(config: &Endpoint) -> Option<EndpointAddress> {
    config.agent.as_ref().and_then(|agent| agent.target(&config.address))
}

/// Where that is for an endpoint whose name leads to `at`; a port of 0 is that of the endpoint.
pub(crate) fn led_to(address: EndpointAddress, at: SocketAddr) -> Option<Target> {
    let port = |written: u16| if written == 0 { at.port() } else { written };
    match address {
        EndpointAddress::Host(host) => Some(Target::Ip(SocketAddr::new(at.ip(), port(host.port)))),
        EndpointAddress::Ip(ip) => Some(Target::Ip(SocketAddr::new(ip.ip(), port(ip.port())))),
        EndpointAddress::Unix(_) => None,
    }
}
