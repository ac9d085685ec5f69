//! The request's head: read, judged by rules, routed, made fit for the next hop.

use std::sync::Arc;
use std::task::Poll;

use sluicegate_model::frontend::{ConnectionMode, Mode};
use sluicegate_model::retry::RetryOn;

use super::policy::{Keep, RequestPolicy};
use super::run::{Run, Step};
use super::turn::{Stage, Turn};
use crate::failure::Failure;
use crate::h1::{Asked, Expect, Framing, Limits, Parsed, Persistence};
use crate::termination::Phase;
use crate::transfer::{Broken, Gathering, Scratch};

/// Bytes read at once while a head is awaited; the body comes with it where it is not long.
pub(super) const HEAD_WINDOW: usize = 32 * 1024;

/// Bytes of a body that are kept so that its request can be sent again (HAProxy: as many as fit into its buffer).
pub(super) const KEPT_BODY: usize = 16 * 1024;

impl Run<'_, '_> {
    /// Reads until the head is complete.
    pub(super) fn receive(&mut self) -> Step {
        loop {
            if !self.turn.request.bytes.is_empty() {
                if self.turn.exchange.times.began.is_none() {
                    self.enter(Phase::Request);
                }
                let request = &mut self.turn.request;
                match request.head.parse_request(&request.bytes, &Limits::default()) {
                    Ok(Parsed::Complete { head_len }) => {
                        request.head_len = head_len;
                        return self.received();
                    }
                    Ok(Parsed::Partial) => {}
                    Err(invalid) => {
                        self.capture(false, &self.turn.request.bytes, invalid);
                        self.turn.exchange.bytes_in = self.turn.request.bytes.len() as u64;
                        return self.fail(Failure::BadRequest(invalid.status()));
                    }
                }
            }
            match self.client.poll_read(self.cx, self.scratch.window(HEAD_WINDOW)) {
                Poll::Pending => return Step::Wait,
                Poll::Ready(Ok(0) | Err(_)) => {
                    self.turn.exchange.bytes_in = self.turn.request.bytes.len() as u64;
                    return self.fail(Failure::ClientClosed);
                }
                Poll::Ready(Ok(length)) => {
                    let read = self.scratch.slice(Scratch::START, Scratch::START + length);
                    self.turn.request.bytes.extend_from_slice(read);
                }
            }
        }
    }

    /// The head is complete.
    fn received(&mut self) -> Step {
        self.enter(Phase::Queue);
        let turn = &mut *self.turn;
        let request = &mut turn.request;
        let (head, bytes) = (&request.head, &request.bytes);
        let line = &mut turn.exchange.request;
        let version = if turn.exchange.carried.client { "HTTP/2.0" } else { head.version().text() };
        line.keep(head.method_text(bytes), head.target(bytes), version.as_bytes());
        self.worker.begin(&mut turn.exchange, self.client);
        turn.asked = Asked::of(head);
        turn.up.begin(Framing::of_request(head), crate::transfer::Coding::AsIs);
        let body = bytes.get(request.head_len..).unwrap_or_default();
        let Ok(used) = turn.up.accept(body) else { return self.fail(Failure::BadRequest(400)) };
        let end = request.head_len + used;
        turn.next.extend_from_slice(request.bytes.get(end..).unwrap_or_default());
        request.bytes.truncate(end);
        turn.moved = self.now;
        self.worker.counters().requests.add(1);
        self.frontend.state.counters.shard(self.worker.index).requests.add(1);
        if self.turn.request.head.expect() == Expect::Unknown {
            return self.fail(Failure::BadRequest(417));
        }
        self.route()
    }

    /// Rules of the frontend, routes, rules of the backend.
    fn route(&mut self) -> Step {
        let frontend = self.frontend;
        if let Some(step) = self.run_request_rules(&frontend.settings().request_rules) {
            return step;
        }
        let Some(backend) = self.choose_backend(frontend) else { return self.fail(Failure::NoEndpoint) };
        // One that began in bytes; HTTP does not turn into them again.
        if frontend.settings().mode == Mode::Tcp && backend.settings().mode == Mode::Tcp {
            self.turn.exchange.backend = Some(backend);
            return self.fail(Failure::Internal);
        }
        let rules = !backend.settings().request_rules.is_empty();
        let rules = rules.then(|| Arc::clone(&backend));
        self.turn.exchange.backend = Some(backend);
        if let Some(backend) = rules
            && let Some(step) = self.run_request_rules(&backend.settings().request_rules)
        {
            return step;
        }
        if let Err(failure) = self.find_owner() {
            return self.fail(failure);
        }
        self.find_key();
        if self.ask_compression().is_err() {
            return self.fail(Failure::Internal);
        }
        self.prepare()
    }

    /// Makes the request fit for the next hop and asks for a place at an endpoint.
    fn prepare(&mut self) -> Step {
        let turn = &mut *self.turn;
        let frontend = self.frontend;
        let Some(backend) = &turn.exchange.backend else { return self.fail(Failure::Internal) };
        let (front, back) = (&frontend.settings().http, &backend.settings().http);
        let keep = Keep::of(front.connection_mode, back.connection_mode);
        let policy = RequestPolicy {
            frontend: front.forwarded_for.as_ref(),
            backend: back.forwarded_for.as_ref(),
            client: turn.exchange.client.ip().map(|address| address.ip()),
            keep: keep.server,
            whole_uri: turn.exchange.carried.client,
        };
        let request = &mut turn.request;
        match policy.apply(&request.head, &request.bytes, &mut request.edits) {
            Ok(keep) => turn.facts.keep_server = keep,
            Err(_) => return self.fail(Failure::BadRequest(431)),
        }
        let retries = backend.settings().retry_on.as_deref().is_some_and(RetryOn::keeps_request);
        let wants_form = self.wants_form();
        let turn = &mut *self.turn;
        let retries = retries && !turn.exchange.wishes.no_retries && !turn.may_never_end();
        if (retries || wants_form) && turn.may_keep_body() {
            turn.stage = Stage::Keep;
            let timeouts = &frontend.settings().timeouts;
            turn.until = timeouts.http_request.or(timeouts.client).map(|limit| self.now + limit);
            return Step::Again;
        }
        if wants_form {
            self.find_key_in_form();
        }
        self.set_out()
    }

    /// The request goes where it belongs, or takes its turn.
    fn set_out(&mut self) -> Step {
        self.prefer_known();
        let exchange = &self.turn.exchange;
        let ticket = exchange.belonging.ticket(exchange.hash);
        self.queue_up(ticket)
    }

    /// Reads the body as far as it is kept: a longer one is sent once.
    pub(super) fn keep_body(&mut self) -> Step {
        let Turn { request, up, next, .. } = &mut *self.turn;
        let most = request.head_len + KEPT_BODY;
        let gathering = Gathering { into: &mut request.bytes, most, next };
        match up.poll_keep(self.cx, self.client, self.scratch, gathering) {
            Poll::Pending => Step::Wait,
            Poll::Ready(Ok(())) => {
                if self.wants_form() {
                    self.find_key_in_form();
                }
                self.set_out()
            }
            Poll::Ready(Err(Broken::Chunk(_))) => self.fail(Failure::BadRequest(400)),
            Poll::Ready(Err(_)) => self.fail(Failure::ClientClosed),
        }
    }

    /// Whether the client and the configuration let the client's connection live on after this exchange.
    pub(super) fn client_may_stay(&self) -> bool {
        self.turn.request.head.persistence() == Persistence::KeepAlive
            && self.turn.request.head_len > 0
            && self.frontend.settings().http.connection_mode != ConnectionMode::Close
            && !self.turn.facts.last
            && !self.worker.is_stopping()
    }
}
