//! One session: what its two tasks share of it.

use std::cell::{Cell, RefCell};
use std::os::fd::AsFd;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use tokio::io::unix::AsyncFd;
use tokio::time::Instant;

use super::IDLE;
use super::entrance::Entrance;
use super::inbox::Arrived;
use super::outbox::{Outbox, Sent, Way};
use super::table::{Flow, Ticket};
use super::watch::Watched;
use crate::counters::CloseCause;
use crate::exchange::Exchange;
use crate::failure::{self, Failure};
use crate::live::{LiveEndpoint, Permit, Place, Sign, Tried};
use crate::termination::Phase;
use crate::worker::Worker;

/// The listener's task hands it what the client sends, its own task what the endpoint sends. Either may end it.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) worker: Rc<Worker>,
    pub(super) entrance: Rc<Entrance>,
    pub(super) flow: Flow,
    /// Connected to the endpoint.
    pub(super) socket: AsyncFd<Watched>,
    /// Its place in the table.
    ticket: Cell<Option<Ticket>>,
    limits: Limits,
    /// When a datagram came last, from either side.
    heard: Cell<Instant>,
    /// Since when the endpoint owes an answer.
    asked: Cell<Option<Instant>>,
    bytes_in: Cell<u64>,
    bytes_out: Cell<u64>,
    /// Whether the kernel cuts datagrams to the endpoint.
    cuts: Cell<bool>,
    /// Its first datagram, until something else comes: where nobody has the port, another endpoint gets it.
    first: RefCell<Option<Box<[u8]>>>,
    held: RefCell<Option<Held>>,
    cause: Cell<CloseCause>,
    pub(super) waker: RefCell<Option<Waker>>,
}

/// How long what may last.
#[derive(Debug, Clone, Copy)]
struct Limits {
    idle: Duration,
    /// From a client's datagram to an answer, of an endpoint that answers.
    answer: Option<Duration>,
}

/// What became of datagrams before they have a session.
#[derive(Debug, Clone, Default)]
pub(super) struct Past {
    pub(super) tried: Tried,
    /// The last of them.
    pub(super) left: Option<Arc<LiveEndpoint>>,
    pub(super) retries: u32,
}

/// A datagram that is to go elsewhere.
#[derive(Debug)]
pub(super) struct Again {
    pub(super) flow: Flow,
    pub(super) datagram: Box<[u8]>,
    pub(super) past: Past,
}

/// What a session has until it ends.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) exchange: Box<Exchange>,
    pub(super) permit: Permit,
    /// Held for their drop.
    pub(super) places: [Place; 3],
}

impl Session {
    pub(super) fn new(
        (worker, entrance): (&Rc<Worker>, &Rc<Entrance>),
        flow: Flow,
        socket: AsyncFd<Watched>,
        held: Held,
    ) -> Rc<Self> {
        let frontend = held.exchange.frontend.as_ref().map(|frontend| frontend.settings().timeouts);
        let limits = Limits {
            idle: frontend.and_then(|timeouts| timeouts.client).unwrap_or(IDLE),
            answer: held.permit.backend().settings().timeouts.server,
        };
        Rc::new(Self {
            worker: Rc::clone(worker),
            entrance: Rc::clone(entrance),
            flow,
            socket,
            ticket: Cell::new(None),
            limits,
            heard: Cell::new(worker.clock.now()),
            asked: Cell::new(None),
            bytes_in: Cell::new(0),
            bytes_out: Cell::new(0),
            cuts: Cell::new(true),
            first: RefCell::new(None),
            held: RefCell::new(Some(held)),
            cause: Cell::new(CloseCause::Finished),
            waker: RefCell::new(None),
        })
    }

    /// Takes its place in the table.
    pub(super) fn settle(&self, ticket: Ticket) {
        self.ticket.set(Some(ticket));
    }

    /// When a datagram came last.
    pub(super) fn heard(&self) -> Instant {
        self.heard.get()
    }

    /// Since when the endpoint owes an answer.
    pub(super) fn asked(&self) -> Option<Instant> {
        self.asked.get()
    }

    /// Bytes from and to the client.
    pub(super) fn bytes(&self) -> (u64, u64) {
        (self.bytes_in.get(), self.bytes_out.get())
    }

    /// Looks at what it has; `None`: it is over.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Held) -> T) -> Option<T> {
        self.held.borrow().as_ref().map(look)
    }

    pub(super) fn is_over(&self) -> bool {
        self.held.borrow().is_none()
    }

    /// Why it ended.
    pub(super) fn cause(&self) -> CloseCause {
        self.cause.get()
    }

    /// Where it goes.
    pub(super) fn endpoint(&self) -> Option<Arc<LiveEndpoint>> {
        self.look(|held| Arc::clone(held.permit.endpoint()))
    }

    /// Whether its endpoint is still one to send to.
    pub(super) fn may_stay(&self) -> bool {
        self.look(|held| held.permit.endpoint().state.is_running()).unwrap_or(false)
    }

    /// Passes on what its client has sent.
    pub(super) fn forward(&self, run: &[Arrived<'_>], outbox: &mut Outbox) -> Sent {
        let mut cuts = self.cuts.get();
        let sent = outbox.send(self.socket.get_ref().0.as_fd(), run, &Way::default(), &mut cuts);
        self.cuts.set(cuts);
        let now = self.worker.clock.now();
        self.heard.set(now);
        let first = match run {
            [only] if self.bytes_in.get() == 0 => only.whole().filter(|bytes| bytes.len() <= super::KEPT),
            _ => None,
        };
        self.first.replace(first.map(Into::into));
        if self.asked.get().is_none() {
            self.asked.set(Some(now));
        }
        self.bytes_in.set(self.bytes_in.get() + sent.bytes);
        sent
    }

    /// Passes on what its endpoint has sent.
    pub(super) fn answer(&self, run: &[Arrived<'_>], outbox: &mut Outbox) {
        let sent = self.entrance.answer(&self.flow, run, outbox);
        self.heard.set(self.worker.clock.now());
        self.asked.set(None);
        self.first.take();
        if self.bytes_out.replace(self.bytes_out.get() + sent.bytes) == 0 {
            self.look(|held| held.exchange.observe(Sign::Served));
        }
        if let Some(ticket) = self.ticket.get() {
            self.entrance.sessions.borrow_mut().used(ticket);
        }
    }

    /// When its time is over, and what that means; `None`: it ends as it should.
    pub(super) fn end(&self) -> (Instant, Option<Failure>) {
        let idle = (self.heard.get() + self.limits.idle, None);
        match (self.asked.get(), self.limits.answer) {
            // One that never answers is not waited for: it takes what it gets, as a receiver of logs does.
            (Some(asked), Some(limit)) if self.bytes_out.get() > 0 && asked + limit < idle.0 => {
                (asked + limit, Some(Failure::ServerTimeout))
            }
            _ => idle,
        }
    }

    /// When to look at the time again: what is asked from now on may be answered too late before the session is idle.
    pub(super) fn next_look(&self, now: Instant) -> Instant {
        let (end, _) = self.end();
        match self.limits.answer {
            Some(limit) if self.asked.get().is_none() && self.bytes_out.get() > 0 => end.min(now + limit),
            _ => end,
        }
    }

    /// How long answers are waited for once the process stops.
    pub(super) fn patience(&self) -> Duration {
        self.limits.answer.unwrap_or(super::PARTING).min(self.limits.idle)
    }

    /// The endpoint's host says that nobody has the port. With what datagrams look for another one, if they may.
    pub(super) fn refused(&self) -> Option<Past> {
        let past = self.look(|held| {
            let (backend, endpoint) = (held.permit.backend(), held.permit.endpoint());
            backend.unreached(&endpoint.state);
            held.exchange.observe(Sign::Unconnected);
            self.worker.count_unconnected(backend, Some(endpoint));
            let may_go =
                held.exchange.retries < backend.settings().retries && !held.exchange.belonging.forced;
            let mut tried = held.exchange.tried.clone();
            tried.add(&endpoint.state);
            let (left, retries) = (Some(Arc::clone(endpoint)), held.exchange.retries + 1);
            may_go.then_some(Past { tried, left, retries })
        });
        let spoke = self.bytes_out.get() > 0;
        let failure = if spoke { Failure::ServerClosed } else { Failure::ConnectRefused };
        self.finish(Some((failure, if spoke { Phase::Data } else { Phase::Connect })));
        past.flatten()
    }

    /// The same, heard by its own task: the first datagram goes to the listener's, which looks for another endpoint.
    pub(super) fn refused_late(&self) {
        let first = self.first.take();
        if let Some((past, datagram)) = self.refused().zip(first) {
            self.entrance.try_again(Again { flow: self.flow, datagram, past });
        }
    }

    /// Ends it, once: counts and logs it, gives its places back, and has its task end.
    pub(super) fn finish(&self, failure: Option<(Failure, Phase)>) {
        let Some(Held { mut exchange, permit, places }) = self.held.borrow_mut().take() else { return };
        let before = self.ticket.take().map(|ticket| self.entrance.sessions.borrow_mut().remove(ticket));
        exchange.bytes_in = self.bytes_in.get();
        exchange.bytes_out = self.bytes_out.get();
        let counters = permit.endpoint().state.counters.shard(self.worker.index);
        counters.bytes_in.add(exchange.bytes_in);
        counters.bytes_out.add(exchange.bytes_out);
        if matches!(failure, Some((Failure::ServerClosed | Failure::ServerTimeout, _))) {
            counters.response_errors.add(1);
        }
        if let Some((failure, phase)) = failure {
            self.cause.set(failure.close_cause());
            exchange.termination = failure::outcome(failure, phase).termination;
        }
        exchange.times.ended = Some(self.worker.clock.now());
        // The line tells what is left.
        drop((permit, places));
        self.worker.finish(&mut exchange);
        self.worker.exchanges.put(exchange);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
        drop(before);
    }

    /// Leaves the table and gives its places back, and nothing else: its state is not to be trusted.
    pub(super) fn forget(&self) {
        let before = self.ticket.take().map(|ticket| self.entrance.sessions.borrow_mut().remove(ticket));
        drop((self.held.take(), before));
    }

    /// Ends it because the process stops.
    pub(super) fn stop(&self) {
        self.cause.set(CloseCause::SoftStop);
        self.finish(None);
    }
}
