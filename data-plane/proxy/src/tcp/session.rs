//! The task of one connection: a place, a connection to the endpoint, bytes.

mod called;
mod early;
mod retry;

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use sluicegate_model::BackendSettings;
use sluicegate_model::backend::{Balance, HashKey};
use sluicegate_model::rule::Rule;
use sluicegate_rules::Scratch;
use tokio::time::Instant;

use early::Early;

use super::message::{Connection, let_in};
use super::relay::{Limits, Relay};
use crate::balance::hash_of;
use crate::counters::CloseCause;
use crate::exchange::Exchange;
use crate::failure::{self, Failure};
use crate::listen::Incoming;
use crate::live::{EndpointState, LiveBackend, Permit, Place, Sign, Ticket};
use crate::persistence::Belonging;
use crate::sessions::Ending;
use crate::stream::Stream;
use crate::termination::Phase;
use crate::timer::Deadline;
use crate::upstream::Connecting;
use crate::worker::{Registration, Worker};

/// Bytes of a first message that are looked at.
const FIRST_BYTES: usize = 1_024;
/// How long a first message is waited for.
const FIRST_MESSAGE: Duration = Duration::from_secs(5);

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
    _places: [Place; 3],
}

enum State {
    Start,
    /// Reading the first message, by which the endpoint is chosen.
    Peek(Arc<LiveBackend>),
    Queue(Ticket),
    Connect(Permit, Connecting),
    Pause(Arc<EndpointState>),
    // The permit is held for its drop.
    Relay {
        relay: Box<Relay>,
        _permit: Permit,
    },
    Over,
}

/// What a state came to.
enum Step {
    Next(State),
    Fail(Failure, Phase),
    Done,
}

impl Session {
    pub(super) fn new(worker: Rc<Worker>, incoming: Incoming) -> Self {
        let Incoming { stream, client, accepted, attachment, places } = incoming;
        let mut exchange = worker.exchanges.take(accepted, client);
        exchange.frontend = Some(Arc::clone(attachment.frontend()));
        exchange.generation = attachment.generation();
        exchange.tls = stream.agreed().cloned();
        let registration = worker.registration();
        Self {
            worker,
            client: stream,
            exchange: Some(exchange),
            state: State::Start,
            early: Early::default(),
            until: None,
            deadline: Deadline::new(),
            registration,
            _places: places,
        }
    }

    fn poll_state(&mut self, exchange: &mut Exchange, now: Instant, cx: &mut Context<'_>) -> Poll<Step> {
        match &mut self.state {
            State::Start => Poll::Ready(self.route(exchange, now)),
            State::Peek(backend) => {
                let backend = Arc::clone(backend);
                self.poll_first(exchange, &backend, now, cx)
            }
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
                Poll::Ready(self.connected(exchange, connected.map_err(|error| error.failure()), now))
            }
            State::Pause(_) => Poll::Pending,
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
            State::Over => Poll::Ready(Step::Done),
        }
    }

    fn phase(&self) -> Phase {
        match &self.state {
            State::Start | State::Peek(_) => Phase::Request,
            State::Queue(_) => Phase::Queue,
            State::Connect(..) | State::Pause(_) => Phase::Connect,
            State::Relay { .. } => Phase::Data,
            State::Over => Phase::Done,
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
        let rules = &frontend.settings().request_rules;
        if !frontend.routes.is_empty() || !rules.is_empty() {
            exchange.local = self.client.local();
        }
        if !self.may_enter(rules, exchange, frontend.name(), None) {
            frontend.state.counters.shard(self.worker.index).denied.add(1);
            return Step::Fail(Failure::Denied(403), Phase::Request);
        }
        let connection =
            Connection { worker: &self.worker, exchange, frontend: frontend.name(), first: None };
        let backend = SCRATCH.with_borrow_mut(|scratch| frontend.route(&connection, scratch).cloned());
        let Some(backend) = backend else { return Step::Fail(Failure::NoEndpoint, Phase::Connect) };
        self.worker.counters().requests.add(1);
        frontend.state.counters.shard(self.worker.index).requests.add(1);
        if reads_first(backend.settings()) {
            self.until = Some(now + FIRST_MESSAGE);
            return Step::Next(State::Peek(backend));
        }
        self.set_out(exchange, (&backend, None), now)
    }

    /// Whether rules let the connection in; what they wish of it is put down.
    fn may_enter(
        &self,
        rules: &[Rule],
        exchange: &mut Exchange,
        frontend: &str,
        first: Option<&[u8]>,
    ) -> bool {
        if rules.is_empty() {
            return true;
        }
        let mut wishes = exchange.wishes;
        let connection = Connection { worker: &self.worker, exchange, frontend, first };
        let may = SCRATCH.with_borrow_mut(|scratch| let_in(rules, &connection, scratch, &mut wishes));
        exchange.wishes = wishes;
        may
    }

    /// Runs the rules of the backend, and finds the endpoint that the connection belongs to, and what it is balanced by. `first`: bytes of its first message.
    fn set_out(
        &mut self,
        exchange: &mut Exchange,
        (backend, first): (&Arc<LiveBackend>, Option<&[u8]>),
        now: Instant,
    ) -> Step {
        let Some(entry) = exchange.frontend.clone() else {
            return Step::Fail(Failure::Internal, Phase::Request);
        };
        let frontend = entry.name();
        let settings = backend.settings();
        exchange.backend = Some(Arc::clone(backend));
        let looks = settings.persistence.is_some() || !settings.request_rules.is_empty();
        if looks && exchange.local.is_none() {
            exchange.local = self.client.local();
        }
        if !self.may_enter(&settings.request_rules, exchange, frontend, first) {
            entry.state.counters.shard(self.worker.index).denied.add(1);
            backend.state.counters.shard(self.worker.index).denied.add(1);
            return Step::Fail(Failure::Denied(403), Phase::Request);
        }
        let connection = Connection { worker: &self.worker, exchange, frontend, first };
        let belonging = settings.persistence.as_deref().map(|persistence| {
            SCRATCH.with_borrow_mut(|scratch| {
                let mut belonging = Belonging::of(persistence, backend, &connection, scratch);
                belonging.find_by_rdp_cookie(persistence, backend, first);
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

    /// Waits for the first message, and no longer than a client needs that speaks first.
    fn poll_first(
        &mut self,
        exchange: &mut Exchange,
        backend: &Arc<LiveBackend>,
        now: Instant,
        cx: &mut Context<'_>,
    ) -> Poll<Step> {
        let mut bytes = [0; FIRST_BYTES];
        let mut known = 0;
        loop {
            let Poll::Ready(peeked) = self.client.poll_peek(cx, &mut bytes, known) else {
                return Poll::Pending;
            };
            let Ok(length @ 1..) = peeked else { break };
            known = length;
            // What begins otherwise is not RDP (RFC 1006: the version of its packets).
            if bytes[0] != 3 || bytes[..known].ends_with(b"\r\n") || known == FIRST_BYTES {
                break;
            }
        }
        Poll::Ready(self.set_out(exchange, (backend, bytes.get(..known)), now))
    }

    fn queue(&mut self, backend: &LiveBackend, ticket: Ticket, now: Instant) -> Step {
        self.until = backend.longest_wait().map(|limit| now + limit);
        Step::Next(State::Queue(ticket))
    }

    fn connect(&mut self, exchange: &mut Exchange, permit: Permit, now: Instant) -> Step {
        exchange.times.dispatched.get_or_insert(now);
        let endpoint = Arc::clone(permit.endpoint());
        if let Some(left) = exchange.left.take() {
            self.worker.count_retry(exchange, &left, &endpoint);
        }
        let counters = endpoint.state.counters.shard(self.worker.index);
        counters.exchanges.add(1);
        counters.connects.add(1);
        self.until = permit.backend().settings().timeouts.connect.map(|limit| now + limit);
        exchange.endpoint = Some(Arc::clone(&endpoint));
        exchange.note_way(&self.client);
        match exchange.target().map(|target| self.worker.connect(&target, endpoint.outgoing())) {
            Some(Ok(connecting)) => Step::Next(State::Connect(permit, connecting)),
            Some(Err(error)) => self.retry(exchange, error.failure(), now),
            None => self.retry(exchange, Failure::ConnectRefused, now),
        }
    }

    fn connected(
        &mut self,
        exchange: &mut Exchange,
        connected: Result<Stream, Failure>,
        now: Instant,
    ) -> Step {
        let server = match connected {
            Ok(server) => server,
            Err(failure) => return self.retry(exchange, failure, now),
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
        let relay = Box::new(Relay::new(server, &self.early.take(), limits, now));
        Step::Next(State::Relay { relay, _permit: permit })
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
            State::Relay { relay, .. } => match relay.limit() {
                Some((_, failure)) => Step::Fail(failure, Phase::Data),
                None => Step::Done,
            },
            State::Peek(backend) => {
                let backend = Arc::clone(backend);
                match self.client.look_again() {
                    Ok(()) => self.set_out(exchange, (&backend, None), now),
                    Err(_) => Step::Fail(Failure::Internal, Phase::Request),
                }
            }
            State::Start | State::Over => Step::Done,
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

/// Whether the endpoint hangs on what the client says first.
fn reads_first(settings: &BackendSettings) -> bool {
    let keeps = settings.persistence.as_ref().is_some_and(|persistence| persistence.rdp_cookie.is_some());
    keeps || matches!(&settings.balance, Balance::Hash(hash) if matches!(hash.key, HashKey::RdpCookie(_)))
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
                Step::Fail(failure, phase) => {
                    return Poll::Ready(this.finish(exchange, Some((failure, phase))));
                }
                Step::Done => return Poll::Ready(this.finish(exchange, None)),
            }
        }
    }
}
