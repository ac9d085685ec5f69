//! The task of one connection: a place, a connection to the endpoint, bytes.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use sluicegate_model::backend::Balance;
use sluicegate_rules::Scratch;
use tokio::time::Instant;

use super::message::{Connection, refuses};
use super::relay::{Limits, Relay};
use crate::balance::hash_of;
use crate::counters::CloseCause;
use crate::exchange::Exchange;
use crate::failure::{self, Failure};
use crate::listen::Incoming;
use crate::live::{EndpointState, LiveBackend, LiveEndpoint, NoPermit, Permit, Place, Ticket};
use crate::sessions::{self, Called};
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
    /// When the state has lasted too long.
    until: Option<Instant>,
    deadline: Deadline,
    registration: Registration,
    _places: [Place; 3],
}

enum State {
    Start,
    Queue(Ticket),
    Connect(Permit, Connecting),
    Pause(Arc<EndpointState>),
    // The permit is held for its drop.
    Relay { relay: Box<Relay>, _permit: Permit },
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
        let registration = worker.registration();
        Self {
            worker,
            client: stream,
            exchange: Some(exchange),
            state: State::Start,
            until: None,
            deadline: Deadline::new(),
            registration,
            _places: places,
        }
    }

    fn poll_state(&mut self, exchange: &mut Exchange, now: Instant, cx: &mut Context<'_>) -> Poll<Step> {
        match &mut self.state {
            State::Start => Poll::Ready(self.route(exchange, now)),
            State::Queue(ticket) => {
                let Some(backend) = &exchange.backend else {
                    return Poll::Ready(Step::Fail(Failure::NoEndpoint, Phase::Connect));
                };
                let acquired = backend.poll_acquire(ticket, cx);
                exchange.backend_queue = ticket.backend_position;
                exchange.endpoint_queue = ticket.endpoint_position;
                Poll::Ready(match ready!(acquired) {
                    Ok(permit) => self.connect(exchange, permit, now),
                    Err(NoPermit::NoEndpoint) => Step::Fail(Failure::NoEndpoint, Phase::Connect),
                    Err(NoPermit::QueueFull) => Step::Fail(Failure::QueueFull, Phase::Queue),
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
                (exchange.bytes_in, exchange.bytes_out) = relay.bytes();
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
            State::Start => Phase::Request,
            State::Queue(_) => Phase::Queue,
            State::Connect(..) | State::Pause(_) => Phase::Connect,
            State::Relay { .. } => Phase::Data,
            State::Over => Phase::Done,
        }
    }

    fn server(&self) -> Option<&Stream> {
        match &self.state {
            State::Relay { relay, .. } => Some(&relay.server),
            _ => None,
        }
    }

    /// An operator ends it. While bytes pass HAProxy logs that without a phase.
    #[cold]
    fn shut_down(&mut self) -> CloseCause {
        let Some(exchange) = self.exchange.take() else { return CloseCause::Finished };
        let phase = match self.phase() {
            Phase::Data => Phase::Done,
            phase => phase,
        };
        self.finish(exchange, Some((Failure::ShutDown, phase)))
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
        let connection = Connection { worker: &self.worker, exchange, frontend: frontend.name() };
        if SCRATCH.with_borrow_mut(|scratch| refuses(rules, &connection, scratch)) {
            frontend.state.counters.shard(self.worker.index).denied.add(1);
            return Step::Fail(Failure::Denied(403), Phase::Request);
        }
        let backend = SCRATCH.with_borrow_mut(|scratch| frontend.route(&connection, scratch).cloned());
        let Some(backend) = backend else { return Step::Fail(Failure::NoEndpoint, Phase::Connect) };
        self.worker.counters().requests.add(1);
        frontend.state.counters.shard(self.worker.index).requests.add(1);
        if let Balance::Hash(hash) = &backend.settings().balance {
            exchange.hash = SCRATCH.with_borrow_mut(|scratch| hash_of(hash, &connection, scratch));
        }
        let next = self.queue(&backend, Ticket::new().by(exchange.hash), now);
        exchange.backend = Some(backend);
        next
    }

    fn queue(&mut self, backend: &LiveBackend, ticket: Ticket, now: Instant) -> Step {
        let timeouts = &backend.settings().timeouts;
        self.until = timeouts.queue.or(timeouts.connect).map(|limit| now + limit);
        Step::Next(State::Queue(ticket))
    }

    fn connect(&mut self, exchange: &mut Exchange, permit: Permit, now: Instant) -> Step {
        exchange.times.dispatched.get_or_insert(now);
        let endpoint = Arc::clone(permit.endpoint());
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
        let State::Connect(permit, _) = std::mem::replace(&mut self.state, State::Over) else {
            return Step::Fail(Failure::Internal, Phase::Connect);
        };
        let Some(frontend) = &exchange.frontend else { return Step::Fail(Failure::Internal, Phase::Connect) };
        let limits = Limits::new(&frontend.settings().timeouts, &permit.backend().settings().timeouts);
        if frontend.sinks.wants_source {
            exchange.source = server.local();
        }
        let relay = Box::new(Relay::new(server, limits, now));
        Step::Next(State::Relay { relay, _permit: permit })
    }

    /// An attempt failed: another one, there or elsewhere, while the retries last.
    fn retry(&mut self, exchange: &mut Exchange, failure: Failure, now: Instant) -> Step {
        let (Some(backend), Some(endpoint)) = (exchange.backend.clone(), exchange.endpoint.clone()) else {
            return Step::Fail(failure, Phase::Connect);
        };
        // The place goes to whoever waits for it.
        self.state = State::Over;
        if exchange.retries >= backend.settings().retries {
            self.worker.count_unconnected(&backend, Some(&endpoint));
            return Step::Fail(failure, Phase::Connect);
        }
        exchange.retries += 1;
        exchange.redispatched = backend.redispatches(exchange.retries);
        self.worker.count_retry(&backend, Some(&endpoint), exchange.redispatched);
        if exchange.redispatched {
            return self.queue(&backend, Ticket::avoiding(&endpoint.state).by(exchange.hash), now);
        }
        self.until = Some(now + backend.turn_around(failure).unwrap_or_default());
        Step::Next(State::Pause(Arc::clone(&endpoint.state)))
    }

    fn expired(&mut self, exchange: &mut Exchange, now: Instant) -> Step {
        match &self.state {
            State::Queue(_) => Step::Fail(Failure::QueueTimeout, Phase::Queue),
            State::Connect(..) => self.retry(exchange, Failure::ConnectTimeout, now),
            State::Pause(endpoint) => {
                let ticket = Ticket::pinned(endpoint);
                match exchange.backend.clone() {
                    Some(backend) => self.queue(&backend, ticket, now),
                    None => Step::Fail(Failure::NoEndpoint, Phase::Connect),
                }
            }
            State::Relay { relay, .. } => match relay.limit() {
                Some((_, failure)) => Step::Fail(failure, Phase::Data),
                None => Step::Done,
            },
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
        let cause = match failure {
            None => CloseCause::Finished,
            Some((Failure::ClientClosed, _)) => CloseCause::Client,
            Some((Failure::ClientTimeout, _)) => CloseCause::ClientTimeout,
            Some((Failure::Killed, _)) => CloseCause::HardStop,
            Some((Failure::ShutDown, _)) => CloseCause::Operator,
            Some(_) => CloseCause::Endpoint,
        };
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
                State::Start => sessions::State::Request,
                State::Queue(_) => sessions::State::Queue,
                State::Connect(..) | State::Pause(_) => sessions::State::Connect,
                State::Relay { .. } => sessions::State::Data,
                State::Over => sessions::State::Closing,
            },
            expires: self.until.map(|until| until.saturating_duration_since(now)),
            retries: exchange.retries,
            bytes_in: exchange.bytes_in,
            bytes_out: exchange.bytes_out,
            status: None,
            request: None,
            local: detailed.then(|| self.client.local()).flatten(),
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
            State::Start | State::Queue(_) | State::Over => None,
        }
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
        if this.registration.is_called() && this.registration.hear(cx.waker(), &*this) {
            return Poll::Ready(this.shut_down());
        }
        let Some(mut exchange) = this.exchange.take() else { return Poll::Ready(CloseCause::Finished) };
        loop {
            let now = this.worker.clock.now();
            let step = match this.poll_state(&mut exchange, now, cx) {
                Poll::Ready(step) => step,
                Poll::Pending => {
                    this.deadline.set(this.until);
                    if this.deadline.poll_expired(cx).is_pending() {
                        this.exchange = Some(exchange);
                        return Poll::Pending;
                    }
                    this.expired(&mut exchange, now)
                }
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
