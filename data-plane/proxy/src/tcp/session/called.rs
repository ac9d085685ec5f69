//! What a connection tells of itself.

use std::sync::Arc;

use super::{Session, State};
use crate::live::LiveEndpoint;
use crate::sessions::{self, Called};
use crate::stream::Stream;

impl Session {
    fn server(&self) -> Option<&Stream> {
        match &self.state {
            State::Relay { relay, .. } => Some(&relay.server),
            _ => None,
        }
    }
}

impl Called for Session {
    fn tell(&self, detailed: bool) -> Option<sessions::Facts> {
        let now = self.worker.clock.now();
        let exchange = self.exchange.as_deref()?;
        let accepted = exchange.times.accepted;
        let (endpoint, server) = (self.endpoint().cloned(), self.server().filter(|_| detailed));
        Some(sessions::Facts {
            client: exchange.client,
            frontend: exchange.frontend.clone()?,
            backend: exchange.backend.clone(),
            accepted: self.worker.clock.unix(accepted),
            age: now.saturating_duration_since(accepted),
            exchanges: 1,
            state: match &self.state {
                State::Start | State::Inspect(_) => sessions::State::Request,
                State::Queue(_) => sessions::State::Queue,
                State::Connect(..) | State::Pause(_) => sessions::State::Connect,
                State::Relay { .. } => sessions::State::Data,
                State::Http(_) | State::Over => sessions::State::Closing,
            },
            expires: self.until.map(|until| until.saturating_duration_since(now)),
            retries: exchange.retries,
            bytes_in: exchange.bytes_in,
            bytes_out: exchange.bytes_out,
            status: None,
            request: None,
            local: detailed.then(|| exchange.local.or_else(|| self.client.destination())).flatten(),
            endpoint_source: server.and_then(Stream::local),
            endpoint_address: endpoint
                .as_ref()
                .filter(|_| detailed)
                .and_then(|at| at.address_for(exchange.local)),
            endpoint,
        })
    }

    fn endpoint(&self) -> Option<&Arc<LiveEndpoint>> {
        match &self.state {
            State::Connect(permit, _) | State::Relay { _permit: permit, .. } => Some(permit.endpoint()),
            State::Pause(_) => self.exchange.as_ref()?.endpoint.as_ref(),
            State::Start | State::Inspect(_) | State::Queue(_) | State::Http(_) | State::Over => None,
        }
    }
}
