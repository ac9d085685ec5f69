//! The connection to the endpoint.

use std::sync::Arc;

use tokio::time::Instant;

use super::{SCRATCH, Session, State, Step};
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::live::{Permit, Sign};
use crate::proxy_protocol::announce;
use crate::stream::Stream;
use crate::tcp::message::Connection;
use crate::tcp::relay::{Limits, Relay};
use crate::termination::Phase;
use crate::upstream::ConnectError;

impl Session {
    pub(super) fn connect(&mut self, exchange: &mut Exchange, permit: Permit, now: Instant) -> Step {
        exchange.times.dispatched.get_or_insert(now);
        let endpoint = Arc::clone(permit.endpoint());
        if let Some(left) = exchange.left.take() {
            self.worker.count_retry(exchange, &left, &endpoint);
        }
        let counters = endpoint.state.counters.shard(self.worker.index);
        counters.exchanges.add(1);
        counters.connects.add(1);
        self.until = permit.backend().settings().timeouts.connect.map(|limit| now + limit);
        exchange.endpoint = Some(endpoint);
        exchange.note_way(&self.client);
        self.ask_for_name(exchange);
        match exchange.target().map(|target| self.worker.reach(&target, exchange, &self.client, false)) {
            Some(Ok(connecting)) => Step::Next(State::Connect(permit, connecting)),
            Some(Err(error)) => self.not_reached(exchange, &error, now),
            None => self.retry(exchange, Failure::ConnectRefused, now),
        }
    }

    /// Puts down the name that the endpoint is asked for, and whom it takes for its client.
    fn ask_for_name(&mut self, exchange: &mut Exchange) {
        let (Some(outgoing), Some(entry)) = (exchange.asks(), exchange.frontend.clone()) else { return };
        exchange.learn_local(&self.client);
        let mut asked = std::mem::take(&mut exchange.asked);
        let first = self.early.first(false);
        let connection = Connection { worker: &self.worker, exchange, frontend: entry.name(), first };
        SCRATCH.with_borrow_mut(|scratch| asked.write(&outgoing, &connection, scratch));
        exchange.asked = asked;
    }

    fn not_reached(&mut self, exchange: &mut Exchange, error: &ConnectError, now: Instant) -> Step {
        self.worker.note_unreached(exchange, error);
        self.retry(exchange, error.failure(), now)
    }

    pub(super) fn connected(
        &mut self,
        exchange: &mut Exchange,
        connected: Result<Stream, ConnectError>,
        now: Instant,
    ) -> Step {
        let server = match connected {
            Ok(server) => server,
            Err(error) => return self.not_reached(exchange, &error, now),
        };
        exchange.times.connected = Some(now);
        exchange.observe(Sign::Connected);
        let State::Connect(permit, _) = std::mem::replace(&mut self.state, State::Over) else {
            return Step::Fail(Failure::Internal, Phase::Connect);
        };
        let Some(frontend) = &exchange.frontend else { return Step::Fail(Failure::Internal, Phase::Connect) };
        let limits = Limits::new(&frontend.settings().timeouts, &permit.backend().settings().timeouts);
        if frontend.sinks.wants_source {
            exchange.source = server.local();
        }
        exchange.server_tls = server.agreed().cloned();
        self.worker.note_reached(exchange, &server);
        let mut header = Vec::new();
        // Over TLS it went first.
        if exchange.server_tls.is_none() {
            announce(permit.endpoint(), (&self.worker, exchange, &self.client), &mut header);
        }
        let mut relay = Box::new(Relay::new(server, (&header, &self.early.take()), limits, now));
        if permit.backend().settings().response_inspection.is_some() {
            relay.hear();
        }
        Step::Next(State::Relay { relay, _permit: permit })
    }
}
