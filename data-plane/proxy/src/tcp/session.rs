//! The task of one connection: a place, a connection to the endpoint, bytes.

mod answer;
mod called;
mod connect;
mod early;
mod inspect;
mod retry;

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use sluicegate_model::Mode;
use sluicegate_model::backend::Balance;
use sluicegate_model::rule::Rule;
use sluicegate_rules::Scratch;
use tokio::time::Instant;

pub(super) use answer::Hearing;
use early::Early;
use inspect::{Inspecting, Stage};

use super::first::First;
use super::message::{Connection, Ruling, rule};
use super::relay::Relay;
use crate::balance::hash_of;
use crate::counters::CloseCause;
use crate::exchange::Exchange;
use crate::failure::{self, Failure};
use crate::http;
use crate::listen::{Attachment, Incoming};
use crate::live::{EndpointState, LiveBackend, Permit, Place, Sign, Ticket};
use crate::persistence::Belonging;
use crate::sessions::Ending;
use crate::stream::Stream;
use crate::termination::Phase;
use crate::timer::Deadline;
use crate::upstream::Connecting;
use crate::worker::{Registration, Worker};

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

pub(super) struct Session {
    worker: Rc<Worker>,
    client: Stream,
    exchange: Option<Box<Exchange>>,
    state: State,
    /// What the client said while there was no server.
    early: Early,
    /// When the state has lasted too long.
    until: Option<Instant>,
    deadline: Deadline,
    registration: Registration,
    /// Held for their drop.
    places: Option<[Place; 3]>,
    /// Of a connection that may go on in HTTP mode.
    attachment: Option<Box<Attachment>>,
}

enum State {
    Start,
    /// The first bytes are looked at.
    Inspect(Box<Inspecting>),
    Queue(Ticket),
    Connect(Permit, Connecting),
    Pause(Arc<EndpointState>),
    // The permit is held for its drop.
    Relay {
        relay: Box<Relay>,
        _permit: Permit,
    },
    /// It is no session of bytes any more.
    Http(Box<http::Connection>),
    Over,
}

/// What a state came to.
enum Step {
    Next(State),
    /// It goes on in HTTP mode.
    Switch,
    Fail(Failure, Phase),
    Done,
}

impl Session {
    pub(super) fn new(worker: Rc<Worker>, incoming: Incoming) -> Self {
        let Incoming { stream, client, announced, accepted, attachment, places } = incoming;
        let mut exchange = worker.exchanges.take(accepted, client);
        exchange.frontend = Some(Arc::clone(attachment.frontend()));
        exchange.generation = attachment.generation();
        exchange.tls = stream.agreed().cloned();
        exchange.announce(announced.as_ref());
        let registration = worker.registration();
        let inspection = attachment.frontend().settings().inspection.as_ref();
        let switches = inspection.is_some_and(|inspection| inspection.switches);
        Self {
            worker,
            client: stream,
            exchange: Some(exchange),
            state: State::Start,
            early: Early::default(),
            until: None,
            deadline: Deadline::new(),
            registration,
            places,
            attachment: switches.then(|| Box::new(attachment)),
        }
    }

    fn poll_state(&mut self, exchange: &mut Exchange, now: Instant, cx: &mut Context<'_>) -> Poll<Step> {
        match &mut self.state {
            State::Start => Poll::Ready(self.route(exchange, now)),
            State::Inspect(_) => self.poll_inspection(exchange, now, cx),
            State::Queue(ticket) => {
                let Some(backend) = &exchange.backend else {
                    return Poll::Ready(Step::Fail(Failure::NoEndpoint, Phase::Connect));
                };
                let acquired = backend.poll_acquire(ticket, cx);
                exchange.backend_queue = ticket.backend_position;
                exchange.endpoint_queue = ticket.endpoint_position;
                Poll::Ready(match ready!(acquired) {
                    Ok(permit) => self.connect(exchange, permit, now),
                    Err(why) => self.no_place(exchange, why, now),
                })
            }
            State::Connect(_, connecting) => {
                let connected = ready!(connecting.poll(cx));
                Poll::Ready(self.connected(exchange, connected, now))
            }
            State::Pause(_) => Poll::Pending,
            State::Relay { relay, .. } if relay.is_hearing() => self.poll_answer(exchange, now, cx),
            State::Relay { relay, .. } => {
                let mut scratch = self.worker.lender.lend();
                let ended = relay.poll(&mut self.client, &mut scratch, now, cx);
                self.worker.lender.restore(scratch);
                self.until = relay.limit().map(|(at, _)| at);
                let silent = exchange.bytes_out == 0;
                (exchange.bytes_in, exchange.bytes_out) = relay.bytes();
                if silent && exchange.bytes_out > 0 {
                    exchange.observe(Sign::Served);
                }
                Poll::Ready(match ready!(ended) {
                    Ok(()) => Step::Done,
                    Err(failure) => Step::Fail(failure, Phase::Data),
                })
            }
            State::Http(_) | State::Over => Poll::Ready(Step::Done),
        }
    }

    fn phase(&self) -> Phase {
        match &self.state {
            State::Start | State::Inspect(_) => Phase::Request,
            State::Queue(_) => Phase::Queue,
            State::Connect(..) | State::Pause(_) => Phase::Connect,
            State::Relay { .. } => Phase::Data,
            State::Http(_) | State::Over => Phase::Done,
        }
    }

    /// Somebody ends it. While bytes pass HAProxy logs that without a phase.
    #[cold]
    fn shut_down(&mut self, ending: Ending) -> CloseCause {
        let Some(exchange) = self.exchange.take() else { return CloseCause::Finished };
        let phase = match self.phase() {
            Phase::Data => Phase::Done,
            phase => phase,
        };
        self.finish(exchange, Some((Failure::ShutDown(ending), phase)))
    }

    /// Decides where it goes.
    fn route(&mut self, exchange: &mut Exchange, now: Instant) -> Step {
        self.worker.begin(exchange, &self.client);
        let Some(frontend) = exchange.frontend.clone() else {
            return Step::Fail(Failure::Internal, Phase::Request);
        };
        let settings = frontend.settings();
        // Those of one that may switch are for its requests.
        let rules = if self.attachment.is_none() { &*settings.request_rules } else { &[] };
        if !frontend.routes.is_empty() || !rules.is_empty() || settings.inspection.is_some() {
            exchange.learn_local(&self.client);
        }
        if self.ruling(rules, exchange, frontend.name(), First::default()) == Ruling::Refused {
            return self.refuse(exchange);
        }
        match settings.inspection {
            Some(_) => self.inspect(Stage::Frontend, now),
            None => self.choose(exchange, now),
        }
    }

    /// Decides which backend takes it.
    fn choose(&mut self, exchange: &mut Exchange, now: Instant) -> Step {
        let Some(frontend) = exchange.frontend.clone() else {
            return Step::Fail(Failure::Internal, Phase::Request);
        };
        let first = self.early.first(false);
        let connection = Connection { worker: &self.worker, exchange, frontend: frontend.name(), first };
        let backend = SCRATCH.with_borrow_mut(|scratch| frontend.route(&connection, scratch).cloned());
        let Some(backend) = backend else { return Step::Fail(Failure::NoEndpoint, Phase::Connect) };
        if backend.settings().mode == Mode::Http && self.attachment.is_some() {
            return Step::Switch;
        }
        self.worker.counters().requests.add(1);
        frontend.state.counters.shard(self.worker.index).requests.add(1);
        if backend.settings().inspection.is_some() {
            exchange.backend = Some(Arc::clone(&backend));
            return self.inspect(Stage::Backend(backend), now);
        }
        self.await_message(exchange, backend, now)
    }

    /// What rules say of the connection; what they wish of it is put down.
    fn ruling(&self, rules: &[Rule], exchange: &mut Exchange, frontend: &str, first: First<'_>) -> Ruling {
        if rules.is_empty() {
            return Ruling::Passes;
        }
        let mut wishes = exchange.wishes;
        let connection = Connection { worker: &self.worker, exchange, frontend, first };
        let ruling = SCRATCH.with_borrow_mut(|scratch| rule(rules, &connection, scratch, &mut wishes));
        exchange.wishes = wishes;
        ruling
    }

    /// A rule turns it away.
    fn refuse(&self, exchange: &Exchange) -> Step {
        let worker = self.worker.index;
        if let Some(frontend) = &exchange.frontend {
            frontend.state.counters.shard(worker).denied.add(1);
        }
        if let Some(backend) = &exchange.backend {
            backend.state.counters.shard(worker).denied.add(1);
        }
        Step::Fail(Failure::Denied(403), Phase::Request)
    }

    /// Runs the rules of the backend, and finds the endpoint that the connection belongs to, and what it is balanced by.
    fn set_out(&mut self, exchange: &mut Exchange, backend: &Arc<LiveBackend>, now: Instant) -> Step {
        let Some(entry) = exchange.frontend.clone() else {
            return Step::Fail(Failure::Internal, Phase::Request);
        };
        let frontend = entry.name();
        let settings = backend.settings();
        exchange.backend = Some(Arc::clone(backend));
        let looks = settings.persistence.is_some() || !settings.request_rules.is_empty();
        if looks {
            exchange.learn_local(&self.client);
        }
        let first = self.early.first(false);
        if self.ruling(&settings.request_rules, exchange, frontend, first) == Ruling::Refused {
            return self.refuse(exchange);
        }
        let connection = Connection { worker: &self.worker, exchange, frontend, first };
        let belonging = settings.persistence.as_deref().map(|persistence| {
            SCRATCH.with_borrow_mut(|scratch| {
                let mut belonging = Belonging::of(persistence, backend, &connection, scratch);
                belonging.find_by_rdp_cookie(persistence, backend, first.bytes);
                belonging
            })
        });
        let hash = match &settings.balance {
            Balance::Hash(hash) => SCRATCH.with_borrow_mut(|scratch| hash_of(hash, &connection, scratch)),
            _ => None,
        };
        exchange.belonging = belonging.unwrap_or_default();
        exchange.hash = hash;
        self.queue(backend, exchange.belonging.ticket(hash).wishing(exchange.wishes), now)
    }

    fn queue(&mut self, backend: &LiveBackend, ticket: Ticket, now: Instant) -> Step {
        self.until = backend.longest_wait().map(|limit| now + limit);
        Step::Next(State::Queue(ticket))
    }

    fn expired(&mut self, exchange: &mut Exchange, now: Instant) -> Step {
        match &self.state {
            State::Queue(_) => Step::Fail(Failure::QueueTimeout, Phase::Queue),
            State::Connect(..) => self.retry(exchange, Failure::ConnectTimeout, now),
            State::Pause(endpoint) => {
                let ticket =
                    Ticket::pinned(endpoint, exchange.belonging.terms_again()).wishing(exchange.wishes);
                match exchange.backend.clone() {
                    Some(backend) => self.queue(&backend, ticket, now),
                    None => Step::Fail(Failure::NoEndpoint, Phase::Connect),
                }
            }
            State::Relay { relay, .. } if relay.is_hearing() => self.answer_expired(exchange, now),
            State::Relay { relay, .. } => match relay.limit() {
                Some((_, failure)) => Step::Fail(failure, Phase::Data),
                None => Step::Done,
            },
            State::Inspect(_) => self.inspection_expired(exchange, now),
            State::Start | State::Http(_) | State::Over => Step::Done,
        }
    }

    fn finish(&mut self, mut exchange: Box<Exchange>, failure: Option<(Failure, Phase)>) -> CloseCause {
        if let Some(endpoint) = &exchange.endpoint {
            let counters = endpoint.state.counters.shard(self.worker.index);
            counters.bytes_in.add(exchange.bytes_in);
            counters.bytes_out.add(exchange.bytes_out);
            if matches!(failure, Some((Failure::ServerClosed | Failure::ServerTimeout, _))) {
                counters.response_errors.add(1);
            }
        }
        if matches!(self.state, State::Relay { .. }) && exchange.bytes_out == 0 {
            let reset = matches!(failure, Some((Failure::ServerClosed, _)));
            exchange.observe(if reset { Sign::Reset } else { Sign::Served });
        }
        let cause = failure.map_or(CloseCause::Finished, |(failure, _)| failure.close_cause());
        if let Some((failure, phase)) = failure {
            exchange.termination = failure::outcome(failure, phase).termination;
        }
        exchange.times.ended = Some(self.worker.clock.now());
        exchange.note_local(&self.client);
        // The place is given back before the line is written: the line tells what is left.
        self.state = State::Over;
        self.worker.finish(&mut exchange);
        self.worker.exchanges.put(exchange);
        cause
    }
}

/// A hard stop drops tasks: a session does not end unseen. After a panic its state is not to be trusted.
impl Drop for Session {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let Some(exchange) = self.exchange.take() else { return };
        let phase = self.phase();
        self.finish(exchange, Some((Failure::Killed, phase)));
    }
}

impl Future for Session {
    type Output = CloseCause;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<CloseCause> {
        let this = &mut *self;
        if let State::Http(connection) = &mut this.state {
            return Pin::new(&mut **connection).poll(cx);
        }
        if this.registration.is_called()
            && let Some(ending) = this.registration.hear(cx.waker(), &*this)
        {
            return Poll::Ready(this.shut_down(ending));
        }
        let Some(mut exchange) = this.exchange.take() else { return Poll::Ready(CloseCause::Finished) };
        loop {
            let now = this.worker.clock.now();
            let step = match this.poll_state(&mut exchange, now, cx) {
                Poll::Ready(step) => step,
                Poll::Pending => match this.has_left(&exchange, cx) {
                    Some(step) => step,
                    None => {
                        this.deadline.set(this.until);
                        if this.deadline.poll_expired(cx).is_pending() {
                            this.exchange = Some(exchange);
                            return Poll::Pending;
                        }
                        this.expired(&mut exchange, now)
                    }
                },
            };
            match step {
                Step::Next(state) => this.state = state,
                Step::Switch => match this.switch(exchange, now) {
                    Ok(mut connection) => {
                        let polled = Pin::new(&mut *connection).poll(cx);
                        this.state = State::Http(connection);
                        return polled;
                    }
                    Err(exchange) => {
                        let failure = (Failure::Internal, Phase::Request);
                        return Poll::Ready(this.finish(exchange, Some(failure)));
                    }
                },
                Step::Fail(failure, phase) => {
                    return Poll::Ready(this.finish(exchange, Some((failure, phase))));
                }
                Step::Done => return Poll::Ready(this.finish(exchange, None)),
            }
        }
    }
}
