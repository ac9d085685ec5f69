//! Connections to endpoints, over TLS where that is wanted.

use sluicegate_model::outgoing::{Foreign, Outgoing};

use super::Worker;
use crate::exchange::Exchange;
use crate::http::protocols;
use crate::proxy_protocol::announce;
use crate::stream::{Stream, Target};
use crate::upstream::{ConnectError, Connecting, NoForeign};

impl Worker {
    /// Begins to connect to the endpoint of an exchange, over TLS where that wants it; what it is to begin with in clear goes
    /// first then. Without TLS, and with `ahead`, who asks writes at once ([`Connecting::start_to_write`]).
    pub(crate) fn reach(
        &self,
        target: &Target,
        exchange: &Exchange,
        client: &Stream,
        ahead: bool,
    ) -> Result<Connecting, ConnectError> {
        let mut outgoing = exchange.endpoint.as_ref().and_then(|endpoint| endpoint.outgoing());
        let own;
        if let Some(usual) = outgoing.filter(|outgoing| outgoing.foreign.is_some()) {
            own = as_client(usual, exchange, target)?;
            outgoing = Some(&own);
        }
        let Some(tls) = outgoing.and_then(|outgoing| outgoing.tls.as_ref()) else {
            return if ahead {
                self.connect_to_write(target, outgoing)
            } else {
                self.connect(target, outgoing)
            };
        };
        let mut first = Vec::new();
        if let Some(endpoint) = &exchange.endpoint {
            announce(endpoint, (self, exchange, client), &mut first);
        }
        let protocols = exchange.carried.version.map(protocols).unwrap_or_default();
        self.connect(target, outgoing)?.over_tls(tls, (exchange.asked.name(), &protocols), &first)
    }

    /// A new connection to the endpoint of an exchange stands.
    pub(crate) fn note_reached(&self, exchange: &Exchange, server: &Stream) {
        if let (Some(agreed), Some(endpoint)) = (server.agreed(), &exchange.endpoint) {
            let counters = endpoint.state.counters.shard(self.index);
            counters.handshakes.add(1);
            counters.resumed_handshakes.add(agreed.resumed.into());
        }
    }

    /// Tells why there is no connection, where that is not plain from its failure.
    #[cold]
    pub(crate) fn note_unreached(&self, exchange: &mut Exchange, error: &ConnectError) {
        match error {
            ConnectError::Handshake(_) | ConnectError::Name(_) => {
                exchange.server_tls_error = Some(error.to_string().into());
                if let Some(endpoint) = &exchange.endpoint {
                    endpoint.state.counters.shard(self.index).failed_handshakes.add(1);
                }
            }
            ConnectError::Foreign(_) => {}
            ConnectError::Refused(_) | ConnectError::Exhausted(_) => return,
        }
        if self.may_complain()
            && let (Some(backend), Some(endpoint)) = (&exchange.backend, &exchange.endpoint)
        {
            let (backend, endpoint) = (backend.name(), endpoint.name());
            tracing::warn!(backend, endpoint, "{error}");
        }
    }
}

/// How a connection to an endpoint is opened that takes the client of this exchange for its own (HAProxy: usesrc).
#[cold]
fn as_client(usual: &Outgoing, exchange: &Exchange, target: &Target) -> Result<Outgoing, ConnectError> {
    let Target::Ip(to) = target else { return Ok(usual.clone()) };
    let source = match &usual.foreign {
        Some(Foreign::Address(address)) => *address,
        _ => exchange.asked.source().ok_or(NoForeign::Unknown)?,
    };
    if source.is_ipv4() != to.ip().to_canonical().is_ipv4() {
        return Err(NoForeign::Family { from: source.ip(), to: to.ip() }.into());
    }
    Ok(Outgoing { foreign: Some(Foreign::Address(source)), ..usual.clone() })
}
