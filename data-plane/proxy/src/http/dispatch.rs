//! From a routed request to a connection that carries it: places, pooled and new connections, attempts.

use std::sync::Arc;
use std::task::Poll;

use sluicegate_model::compression::Algorithm;
use sluicegate_model::outgoing::OutgoingHttp;

use super::run::{Run, Step};
use super::turn::{Stage, Turn};
use crate::failure::Failure;
use crate::h1::{Framing, View};
use crate::live::{NoPermit, Permit, Sign, Ticket};
use crate::proxy_protocol::announce;
use crate::stream::Stream;
use crate::termination::Phase;
use crate::transfer::{Broken, Coding};
use crate::upstream::{ConnectError, Connecting, ends_standing};

impl Run<'_, '_> {
    /// Waits for a place at an endpoint.
    pub(super) fn wait_for_place(&mut self) -> Step {
        let Turn { exchange, ticket, .. } = &mut *self.turn;
        let Some(backend) = &exchange.backend else { return self.fail(Failure::NoEndpoint) };
        match backend.poll_acquire(ticket, self.cx) {
            Poll::Pending => {
                exchange.backend_queue = ticket.backend_position;
                exchange.endpoint_queue = ticket.endpoint_position;
                self.hear_client().unwrap_or(Step::Wait)
            }
            Poll::Ready(Ok(permit)) => self.take_place(permit),
            Poll::Ready(Err(why)) => self.no_place(why),
        }
    }

    /// Nobody takes the request. Where it was for one endpoint in particular, others may: those of a full queue always, those
    /// of an endpoint that went away where the configuration lets them.
    #[cold]
    fn no_place(&mut self, why: NoPermit) -> Step {
        let Turn { exchange, ticket, .. } = &mut *self.turn;
        let Some(backend) = exchange.backend.clone() else { return self.fail(Failure::NoEndpoint) };
        let may_change = why == NoPermit::QueueFull || backend.settings().redispatch.is_some();
        let pinned = ticket.is_pinned();
        if pinned
            && (exchange.belonging.preferred.take().is_some() || (may_change && exchange.belonging.let_go()))
        {
            let ticket = Ticket::after(&exchange.tried).by(exchange.hash);
            return self.queue_up(ticket);
        }
        self.fail(match why {
            NoPermit::NoEndpoint => Failure::NoEndpoint,
            NoPermit::QueueFull => Failure::QueueFull,
        })
    }

    /// Asks for a place at an endpoint.
    pub(super) fn queue_up(&mut self, ticket: Ticket) -> Step {
        let turn = &mut *self.turn;
        turn.ticket = ticket.wishing(turn.exchange.wishes);
        turn.stage = Stage::Queue;
        let limit = turn.backend().and_then(|backend| backend.longest_wait());
        turn.until = limit.map(|limit| self.now + limit);
        Step::Again
    }

    fn take_place(&mut self, permit: Permit) -> Step {
        if self.turn.exchange.times.dispatched.is_none() {
            self.enter(Phase::Connect);
        }
        if let Some(left) = self.turn.exchange.left.take() {
            self.worker.count_retry(&mut self.turn.exchange, &left, permit.endpoint());
        }
        let counters = permit.endpoint().state.counters.shard(self.worker.index);
        counters.exchanges.add(1);
        self.turn.exchange.endpoint = Some(Arc::clone(permit.endpoint()));
        self.turn.permit = Some(permit);
        self.reconnect()
    }

    /// A connection to the endpoint whose place is held: an idle one where that will do, else a new one.
    pub(super) fn reconnect(&mut self) -> Step {
        self.turn.exchange.note_way(self.client);
        self.ask_for_name();
        if self.take_idle() {
            return self.send();
        }
        let turn = &mut *self.turn;
        let Some(endpoint) = &turn.exchange.endpoint else { return self.fail(Failure::Internal) };
        let Some(target) = turn.exchange.target() else {
            return self.connect_failed(Failure::ConnectRefused);
        };
        endpoint.state.counters.shard(self.worker.index).connects.add(1);
        if endpoint.may_speak_http2() && turn.exchange.version() != OutgoingHttp::Http1 {
            return self.open(&target);
        }
        match self.worker.reach(&target, &turn.exchange, self.client, true) {
            Ok(connecting) => self.turn.connecting = Some(connecting),
            Err(error) => return self.not_reached(&error),
        }
        if let Some(step) = self.load() {
            return step;
        }
        self.wait_for_connection()
    }

    /// The connection is on its way.
    pub(super) fn wait_for_connection(&mut self) -> Step {
        self.turn.stage = Stage::Connect;
        let limit = self.turn.backend().and_then(|backend| backend.settings().timeouts.connect);
        self.turn.until = limit.map(|limit| self.now + limit);
        Step::Again
    }

    /// Waits for the connection: it stands when it takes something of the request.
    pub(super) fn connect(&mut self) -> Step {
        if self.turn.opening.is_some() {
            return self.opened();
        }
        if let Some(step) = self.agree() {
            return step;
        }
        let Turn { connecting, up, .. } = &mut *self.turn;
        let Some(server) = connecting.as_mut().and_then(Connecting::writer) else {
            return self.fail(Failure::Internal);
        };
        match up.poll_flush(self.cx, server) {
            Poll::Pending if up.written() == 0 => return self.watch_client().unwrap_or(Step::Wait),
            Poll::Ready(Err(Broken::Receiver(error))) if up.written() == 0 && !ends_standing(&error) => {
                return self.connect_failed(ConnectError::from(error).failure());
            }
            // What went wrong behind that shows again, to those who know what to do then.
            Poll::Pending | Poll::Ready(_) => {}
        }
        if !up.is_done() {
            server.hurry();
        }
        self.stands();
        self.sent()
    }

    /// A connection stands: the request goes out.
    pub(super) fn send(&mut self) -> Step {
        match self.load() {
            Some(step) => step,
            None => self.sent(),
        }
    }

    /// Puts down what is to be sent in one write: the head, and what is there of the body.
    fn load(&mut self) -> Option<Step> {
        let turn = &mut *self.turn;
        let (request, exchange, client) = (&turn.request, &turn.exchange, &*self.client);
        let worker = self.worker;
        // A connection that has served nobody begins with it; over TLS that has gone before.
        let first = turn.facts.uses == 0 && exchange.tls_client().is_none();
        let endpoint = exchange.endpoint.as_ref().filter(|_| first);
        turn.up.reset();
        if let Some(extras) = &turn.extras
            && let Some(algorithm) = extras.request_with
        {
            return self.load_as(algorithm);
        }
        turn.up.begin(Framing::of_request(&request.head), Coding::AsIs);
        let body = request.first_body();
        // The same bytes were accepted before.
        let Ok(_) = turn.up.accept(body) else { return Some(self.fail(Failure::BadRequest(400))) };
        turn.up.queue(|out| {
            if let Some(endpoint) = endpoint {
                announce(endpoint, (worker, exchange, client), out);
            }
            View::new(&request.head, &request.bytes, &request.edits).render(out);
            out.extend_from_slice(body);
        });
        None
    }

    /// The same for a body that is compressed.
    #[cold]
    fn load_as(&mut self, algorithm: Algorithm) -> Option<Step> {
        let mut head = Vec::new();
        let Turn { request, exchange, facts, .. } = &*self.turn;
        let first = facts.uses == 0 && exchange.tls_client().is_none();
        if let Some(endpoint) = exchange.endpoint.as_ref().filter(|_| first) {
            announce(endpoint, (self.worker, exchange, self.client), &mut head);
        }
        View::new(&request.head, &request.bytes, &request.edits).render(&mut head);
        self.load_compressed(algorithm, head)
    }

    /// The request is on its way.
    fn sent(&mut self) -> Step {
        self.enter(Phase::Headers);
        let turn = &mut *self.turn;
        turn.stage = Stage::Relay;
        turn.moved = self.now;
        turn.facts.refused = false;
        turn.exchange.observe(Sign::Connected);
        let agreed = turn.server.as_ref().and_then(Stream::agreed);
        if agreed.is_some() || turn.exchange.server_tls.is_some() {
            turn.exchange.server_tls = agreed.cloned();
        }
        if self.frontend.sinks.wants_source {
            turn.exchange.source = turn.server.as_ref().and_then(Stream::local);
        }
        Step::Again
    }
}
