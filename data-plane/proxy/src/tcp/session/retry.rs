//! What is tried again: another server where nobody takes the connection, another connection where one failed.

use std::sync::Arc;

use tokio::time::Instant;

use super::{Session, State, Step};
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::live::{NoPermit, Sign, Ticket};
use crate::termination::Phase;

impl Session {
    /// Nobody takes the connection: see [`Belonging`].
    pub(super) fn no_place(&mut self, exchange: &mut Exchange, why: NoPermit, now: Instant) -> Step {
        let (failure, phase) = match why {
            NoPermit::NoEndpoint => (Failure::NoEndpoint, Phase::Connect),
            NoPermit::QueueFull => (Failure::QueueFull, Phase::Queue),
        };
        let Some(backend) = exchange.backend.clone() else { return Step::Fail(failure, phase) };
        let may_change = why == NoPermit::QueueFull || backend.settings().redispatch.is_some();
        if may_change && exchange.belonging.let_go() {
            let ticket = Ticket::after(&exchange.tried).by(exchange.hash).wishing(exchange.wishes);
            return self.queue(&backend, ticket, now);
        }
        Step::Fail(failure, phase)
    }

    /// An attempt failed: another one, there or elsewhere, while the retries last.
    pub(super) fn retry(&mut self, exchange: &mut Exchange, failure: Failure, now: Instant) -> Step {
        let (Some(backend), Some(endpoint)) = (exchange.backend.clone(), exchange.endpoint.clone()) else {
            return Step::Fail(failure, Phase::Connect);
        };
        backend.unreached(&endpoint.state);
        exchange.observe(Sign::Unconnected);
        // The place goes to whoever waits for it.
        self.state = State::Over;
        let asked = backend.settings().retry_on.as_ref().is_none_or(|on| on.connection);
        if !asked || exchange.retries >= backend.settings().retries {
            self.worker.count_unconnected(&backend, Some(&endpoint));
            return Step::Fail(failure, Phase::Connect);
        }
        exchange.retries += 1;
        let (belonging, most) = (&mut exchange.belonging, backend.settings().retries);
        let elsewhere =
            !belonging.forced && backend.redispatches(exchange.retries, most, belonging.is_direct());
        exchange.left = Some(Arc::clone(&endpoint));
        exchange.tried.add(&endpoint.state);
        if elsewhere {
            exchange.belonging.let_go();
            let ticket = Ticket::after(&exchange.tried).by(exchange.hash).wishing(exchange.wishes);
            return self.queue(&backend, ticket, now);
        }
        self.until = Some(now + backend.turn_around(failure).unwrap_or_default());
        Step::Next(State::Pause(Arc::clone(&endpoint.state)))
    }
}
