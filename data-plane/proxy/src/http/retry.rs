//! What is tried again: connections that fail, and requests whose answer is none or not the right one.

use std::sync::Arc;

use sluicegate_model::retry::RetryOn;

use super::run::{Run, Step};
use super::turn::Stage;
use crate::failure::Failure;
use crate::h1::Method;
use crate::live::{LiveBackend, Sign, Ticket};

impl Run<'_, '_> {
    /// An attempt failed before anything was sent: another one, there or elsewhere, while the retries last.
    #[cold]
    pub(super) fn connect_failed(&mut self, failure: Failure) -> Step {
        self.turn.connecting = None;
        self.turn.opening = None;
        self.turn.server = None;
        let Some(backend) = self.turn.backend().cloned() else { return self.fail(failure) };
        if let Some(endpoint) = self.endpoint() {
            backend.unreached(&endpoint.state);
            endpoint.state.observe(Sign::Unconnected);
        }
        let asked = backend.settings().retry_on.as_ref().is_none_or(|on| on.connection);
        if !asked || self.turn.exchange.retries >= self.most_retries(&backend) {
            self.worker.count_unconnected(&backend, self.endpoint());
            self.turn.stage = Stage::Connect;
            return self.fail(failure);
        }
        self.retry(failure, &backend)
    }

    /// The server's connection ended before a response. The request goes out again where that can do no harm: always
    /// when it was sent over a reused connection, which the server may have closed without having seen it; over a new
    /// one where the configuration says so or, where it says nothing, when the method is safe (RFC 9110 section 9.2.1).
    /// Either way only while all of the request is still here.
    pub(super) fn server_gone(&mut self) -> Step {
        let facts = self.turn.facts;
        let whole = !facts.streamed && !facts.answered && facts.interims == 0;
        let empty = self.turn.response.bytes.is_empty();
        if whole && empty && facts.rested {
            self.turn.server = None;
            self.turn.facts.fresh_only = true;
            return self.reconnect();
        }
        let failure = Failure::ServerClosed;
        let on = self.turn.backend().and_then(|backend| backend.settings().retry_on.as_deref());
        if let Some(on) = on {
            // HAProxy counts a head that ends in the middle among these too, against its manual.
            let again = self.again(on.empty_response, failure, Sign::Closed);
            return again.unwrap_or_else(|| self.fail(failure));
        }
        let method = self.turn.asked.method;
        let safe = matches!(method, Method::Get | Method::Head | Method::Options | Method::Trace);
        let asked = safe && empty && self.turn.request.first_body().is_empty();
        let retried = self.again(asked, failure, Sign::Closed);
        if let (Some(_), Some(endpoint)) = (retried, self.endpoint()) {
            endpoint.state.counters.shard(self.worker.index).response_errors.add(1);
        }
        retried.unwrap_or_else(|| self.fail(failure))
    }

    /// What came is no answer.
    #[cold]
    pub(super) fn junk(&mut self) -> Step {
        let asked = self.retries_on(|on| on.junk_response);
        let again = self.again(asked, Failure::BadResponse, Sign::Garbled);
        again.unwrap_or_else(|| self.fail(Failure::BadResponse))
    }

    /// No answer came in time.
    #[cold]
    pub(super) fn unanswered(&mut self) -> Step {
        let asked = self.retries_on(|on| on.response_timeout);
        let again = self.again(asked, Failure::ServerTimeout, Sign::Silence);
        again.unwrap_or_else(|| self.fail(Failure::ServerTimeout))
    }

    /// An answer has this status: the request goes out again, if that is asked for and can be. Else the answer counts.
    pub(super) fn status_again(&mut self, status: u16) -> Option<Step> {
        let asked = self.retries_on(|on| on.statuses.binary_search(&status).is_ok());
        if asked { self.again(asked, Failure::ServerClosed, Sign::Answer(status)) } else { None }
    }

    /// Whether the configuration asks for a retry in so many words.
    fn retries_on(&self, asks: impl Fn(&RetryOn) -> bool) -> bool {
        let on = self.turn.backend().and_then(|backend| backend.settings().retry_on.as_deref());
        on.is_some_and(asks)
    }

    /// Sends a request again that went out before and showed this `sign`, if that is `asked` for and all of it is still here.
    fn again(&mut self, asked: bool, failure: Failure, sign: Sign) -> Option<Step> {
        let facts = self.turn.facts;
        let gone = facts.streamed || facts.answered || facts.interims > 0;
        if !asked || gone || self.turn.exchange.wishes.no_retries {
            return None;
        }
        let backend = Arc::clone(self.turn.backend()?);
        if self.turn.exchange.retries >= self.most_retries(&backend) {
            return None;
        }
        if let Some(endpoint) = self.endpoint() {
            endpoint.state.observe_retried(sign);
        }
        let turn = &mut *self.turn;
        turn.server = None;
        turn.response.clear();
        turn.exchange.status = None;
        turn.exchange.times.responded = None;
        turn.facts.fresh_only = true;
        Some(self.retry(failure, &backend))
    }

    fn most_retries(&self, backend: &LiveBackend) -> u32 {
        self.turn.exchange.wishes.retries.unwrap_or(backend.settings().retries)
    }

    /// Another attempt, there or elsewhere.
    fn retry(&mut self, failure: Failure, backend: &LiveBackend) -> Step {
        let exchange = &mut self.turn.exchange;
        exchange.retries += 1;
        (exchange.carried.endpoint, exchange.carried.version) = (false, None);
        if let Some(endpoint) = &exchange.endpoint {
            exchange.tried.add(&endpoint.state);
        }
        let most = self.most_retries(backend);
        let exchange = &self.turn.exchange;
        let direct = exchange.belonging.is_direct();
        let elsewhere = !exchange.belonging.forced && backend.redispatches(exchange.retries, most, direct);
        if elsewhere {
            return self.redispatch();
        }
        if let Some(endpoint) = self.endpoint().cloned() {
            self.worker.count_retry(&mut self.turn.exchange, &endpoint, &endpoint);
        }
        self.pause_before_retry(failure, backend)
    }

    fn redispatch(&mut self) -> Step {
        let exchange = &mut self.turn.exchange;
        exchange.left = exchange.endpoint.clone();
        exchange.belonging.let_go();
        let ticket = Ticket::after(&exchange.tried).by(exchange.hash);
        self.turn.permit = None;
        self.queue_up(ticket)
    }

    /// The endpoint may be starting anew: it is not asked again at once. After a time-out it has had its pause.
    fn pause_before_retry(&mut self, failure: Failure, backend: &LiveBackend) -> Step {
        let Some(pause) = backend.turn_around(failure) else { return self.reconnect() };
        self.turn.stage = Stage::Pause;
        self.turn.until = Some(self.now + pause);
        Step::Again
    }

    /// Waits for the time to pass.
    pub(super) fn pause(&mut self) -> Step {
        self.watch_client().unwrap_or(Step::Wait)
    }
}
