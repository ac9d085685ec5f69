//! From a routed request to a connection that carries it: places, pooled and new connections, attempts.

use std::sync::Arc;
use std::task::Poll;

use super::run::{Run, Step};
use super::turn::{Stage, Turn};
use crate::failure::Failure;
use crate::h1::{Framing, Method, View};
use crate::live::{LiveBackend, NoPermit, Permit, Ticket};
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
                self.watch_client().unwrap_or(Step::Wait)
            }
            Poll::Ready(Ok(permit)) => self.take_place(permit),
            Poll::Ready(Err(NoPermit::NoEndpoint)) => self.fail(Failure::NoEndpoint),
            Poll::Ready(Err(NoPermit::QueueFull)) => self.fail(Failure::QueueFull),
        }
    }

    fn take_place(&mut self, permit: Permit) -> Step {
        if self.turn.exchange.times.dispatched.is_none() {
            self.enter(Phase::Connect);
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
        if self.take_idle() {
            return self.send();
        }
        let turn = &mut *self.turn;
        let Some(endpoint) = &turn.exchange.endpoint else { return self.fail(Failure::Internal) };
        let Some(target) = turn.exchange.target() else {
            return self.connect_failed(Failure::ConnectRefused);
        };
        endpoint.state.counters.shard(self.worker.index).connects.add(1);
        match self.worker.connect_to_write(&target, endpoint.outgoing()) {
            Ok(connecting) => self.turn.connecting = Some(connecting),
            Err(error) => return self.connect_failed(error.failure()),
        }
        if let Some(step) = self.load() {
            return step;
        }
        self.turn.stage = Stage::Connect;
        let limit = self.turn.backend().and_then(|backend| backend.settings().timeouts.connect);
        self.turn.until = limit.map(|limit| self.now + limit);
        Step::Again
    }

    /// Waits for the connection: it stands when it takes something of the request.
    pub(super) fn connect(&mut self) -> Step {
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
        self.turn.server = self.turn.connecting.take().and_then(Connecting::into_stream);
        self.sent()
    }

    /// An attempt failed before anything was sent: another one, there or elsewhere, while the retries last.
    #[cold]
    pub(super) fn connect_failed(&mut self, failure: Failure) -> Step {
        self.turn.connecting = None;
        self.turn.server = None;
        let Some(backend) = self.turn.exchange.backend.clone() else { return self.fail(failure) };
        if self.turn.exchange.retries >= backend.settings().retries {
            self.worker.count_unconnected(&backend, self.endpoint());
            self.turn.stage = Stage::Connect;
            return self.fail(failure);
        }
        self.retry(failure, &backend)
    }

    /// Another attempt, there or elsewhere.
    fn retry(&mut self, failure: Failure, backend: &LiveBackend) -> Step {
        self.turn.exchange.retries += 1;
        let elsewhere = backend.redispatches(self.turn.exchange.retries);
        self.worker.count_retry(backend, self.endpoint(), elsewhere);
        if elsewhere { self.redispatch(backend) } else { self.pause_before_retry(failure, backend) }
    }

    fn redispatch(&mut self, backend: &LiveBackend) -> Step {
        let ticket = self.endpoint().map(|endpoint| Ticket::avoiding(&endpoint.state)).unwrap_or_default();
        self.turn.exchange.redispatched = true;
        self.turn.permit = None;
        self.turn.ticket = ticket.by(self.turn.exchange.hash);
        self.turn.stage = Stage::Queue;
        let timeouts = &backend.settings().timeouts;
        self.turn.until = timeouts.queue.or(timeouts.connect).map(|limit| self.now + limit);
        Step::Again
    }

    /// The endpoint may be starting anew: it is not asked again at once. After a time-out it has had its pause.
    fn pause_before_retry(&mut self, failure: Failure, backend: &LiveBackend) -> Step {
        self.turn.exchange.redispatched = false;
        let Some(pause) = backend.turn_around(failure) else { return self.reconnect() };
        self.turn.stage = Stage::Pause;
        self.turn.until = Some(self.now + pause);
        Step::Again
    }

    /// Waits for the time to pass.
    pub(super) fn pause(&mut self) -> Step {
        self.watch_client().unwrap_or(Step::Wait)
    }

    /// A connection stands: the request goes out.
    fn send(&mut self) -> Step {
        match self.load() {
            Some(step) => step,
            None => self.sent(),
        }
    }

    /// Puts down what is to be sent in one write: the head, and what is there of the body.
    fn load(&mut self) -> Option<Step> {
        let turn = &mut *self.turn;
        let request = &turn.request;
        turn.up.reset();
        turn.up.begin(Framing::of_request(&request.head), Coding::AsIs);
        let body = request.first_body();
        // The same bytes were accepted before.
        let Ok(_) = turn.up.accept(body) else { return Some(self.fail(Failure::BadRequest(400))) };
        turn.up.queue(|out| {
            View::new(&request.head, &request.bytes, &request.edits).render(out);
            out.extend_from_slice(body);
        });
        None
    }

    /// The request is on its way.
    fn sent(&mut self) -> Step {
        self.enter(Phase::Headers);
        let turn = &mut *self.turn;
        turn.stage = Stage::Relay;
        turn.moved = self.now;
        turn.facts.refused = false;
        if self.frontend.sinks.wants_source {
            turn.exchange.source = turn.server.as_ref().and_then(Stream::local);
        }
        Step::Again
    }

    /// The server's connection ended before the first byte of a response. The request goes out again where that can
    /// do no harm: always when it was sent over a reused connection, which the server may have closed without having
    /// seen it; over a new one when the method is safe (RFC 9110 section 9.2.1), within `retries`. Either way only
    /// while all of the request is still here.
    pub(super) fn server_gone(&mut self) -> Step {
        let facts = self.turn.facts;
        let method = self.turn.asked.method;
        let safe = matches!(method, Method::Get | Method::Head | Method::Options | Method::Trace);
        if facts.streamed || facts.answered || !self.turn.response.bytes.is_empty() || facts.interims > 0 {
            return self.fail(Failure::ServerClosed);
        }
        if facts.rested {
            self.turn.server = None;
            self.turn.facts.fresh_only = true;
            return self.reconnect();
        }
        if !safe || !self.turn.request.first_body().is_empty() {
            return self.fail(Failure::ServerClosed);
        }
        let Some(backend) = self.turn.exchange.backend.clone() else {
            return self.fail(Failure::ServerClosed);
        };
        if self.turn.exchange.retries >= backend.settings().retries {
            return self.fail(Failure::ServerClosed);
        }
        if let Some(endpoint) = self.endpoint() {
            endpoint.state.counters.shard(self.worker.index).response_errors.add(1);
        }
        self.turn.server = None;
        self.retry(Failure::ServerClosed, &backend)
    }
}
