//! A client's connection: idle, within an exchange, or waiting for the client to have read its last answer.

mod carry;
mod linger;

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::Instant;

use carry::{AT_LEAST, Unclear, is_preface};
use linger::Linger;
#[cfg(test)]
pub(super) use linger::{LINGER, LINGER_BYTES};

use super::private::Private;
use super::request::HEAD_WINDOW;
use super::run::{Next, Run, Step};
use super::turn::Turn;
use crate::counters::CloseCause;
use crate::failure::Failure;
use crate::listen::{Attachment, Incoming, Standing};
use crate::live::{EndpointState, LiveEndpoint, Permit, Place};
use crate::multiplex::Session;
use crate::proxy_protocol::Header;
use crate::sessions::{self, Called};
use crate::stream::{Peer, Stream};
use crate::timer::Deadline;
use crate::transfer::Scratch;
use crate::worker::{Registration, Worker};

/// How long after its accept a connection is watched that had nothing to wait for. Most that carry one exchange are over
/// by then; in the others it takes so long until it shows that the client has reset it.
const UNWATCHED: Duration = Duration::from_millis(50);

/// The task of one client connection. Between exchanges it owns neither buffer nor record.
pub(crate) struct Connection {
    worker: Rc<Worker>,
    stream: Stream,
    entry: Box<Entry>,
    /// Accepted, or the last exchange ended.
    since: Instant,
    state: State,
    deadline: Deadline,
    /// Wakes the task at a soft stop, and when an operator asks.
    registration: Registration,
}

/// What a connection keeps of how it came in. In memory of its own: the task's is given out in steps of 128 bytes, and
/// so the two take less.
struct Entry {
    client: Peer,
    /// What it said of itself.
    announced: Option<Arc<Header>>,
    attachment: Attachment,
    accepted: Instant,
    /// Exchanges so far.
    served: u32,
    /// Its connections to endpoints, between exchanges.
    private: Private,
    /// Where the last one went, where its backend prefers that for the next one.
    last: Option<Arc<EndpointState>>,
    places: Option<[Place; 3]>,
}

enum State {
    Idle,
    /// What came first may be the beginning of a connection that carries many exchanges.
    Unclear(Box<Unclear>),
    Busy(Box<Turn>),
    Linger(Box<Linger>),
    /// It carries many exchanges, each of which is a connection to who serves it.
    Carrying(Box<Session>),
}

/// What a state came to.
enum Move {
    Wait(Option<Instant>),
    Again,
    End(CloseCause),
}

impl Connection {
    /// The task of a connection that was just accepted.
    pub(crate) fn new(worker: Rc<Worker>, incoming: Incoming) -> Self {
        let Incoming { stream, client, announced, accepted, attachment, places } = incoming;
        let registration = worker.registration();
        Self {
            worker,
            stream,
            entry: Box::new(Entry {
                client,
                announced,
                attachment,
                accepted,
                served: 0,
                private: Private::default(),
                last: None,
                places,
            }),
            since: accepted,
            state: State::Idle,
            deadline: Deadline::new(),
            registration,
        }
    }

    /// The task of a connection that began in TCP mode, with the first bytes of its first request.
    pub(crate) fn upgraded(worker: Rc<Worker>, incoming: Incoming, first: &[u8], now: Instant) -> Self {
        let mut connection = Self::new(worker, incoming);
        connection.begin_with(first, now);
        connection
    }

    /// The task of a stream of a connection that has had so many before.
    pub(super) fn of_stream(worker: Rc<Worker>, incoming: Incoming, before: u32) -> Self {
        let mut connection = Self::new(worker, incoming);
        connection.entry.served = before;
        connection
    }

    /// Takes another timer, and gives its own: before its first poll, or at its end.
    pub(super) fn swap_deadline(&mut self, other: &mut Deadline) {
        std::mem::swap(&mut self.deadline, other);
    }

    fn drive(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch) -> Poll<CloseCause> {
        loop {
            let now = self.worker.clock.now();
            let moved = match &mut self.state {
                State::Idle => self.idle(cx, scratch, now),
                State::Unclear(_) => self.make_clear(cx, scratch, now),
                State::Busy(_) => self.exchange(cx, scratch, now, false),
                State::Linger(_) => self.linger(cx, scratch),
                State::Carrying(session) => return carry::poll(session, cx),
            };
            let until = match moved {
                Move::End(cause) => return Poll::Ready(cause),
                Move::Again => continue,
                Move::Wait(until) => until,
            };
            self.deadline.set(if self.stream.is_watched() {
                until
            } else {
                sooner(until, self.since + UNWATCHED)
            });
            if self.deadline.poll_expired(cx).is_pending() {
                return Poll::Pending;
            }
            if !self.stream.is_watched() {
                if self.stream.watch().is_err() {
                    return Poll::Ready(CloseCause::Client);
                }
                continue;
            }
            match self.expire(cx, scratch) {
                Move::End(cause) => return Poll::Ready(cause),
                Move::Again | Move::Wait(_) => {}
            }
        }
    }

    /// Waits for a request.
    fn idle(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch, now: Instant) -> Move {
        let read = match self.stream.poll_read(cx, scratch.window(HEAD_WINDOW)) {
            Poll::Pending if self.entry.served > 0 && self.worker.is_stopping() => {
                return Move::End(CloseCause::SoftStop);
            }
            Poll::Pending => {
                self.entry.private.watch(cx);
                return Move::Wait(self.idle_limit());
            }
            Poll::Ready(Ok(length)) => length,
            Poll::Ready(Err(_)) => 0,
        };
        if read == 0 && (self.entry.served > 0 || self.skips_null()) {
            return Move::End(CloseCause::Client);
        }
        self.begin_with(scratch.slice(Scratch::START, Scratch::START + read), now);
        Move::Again
    }

    /// What the connection carries begins with these bytes. With none the exchange finds the end of the stream by itself,
    /// and logs it.
    fn begin_with(&mut self, first: &[u8], now: Instant) {
        if self.entry.served == 0 && (first.len() < AT_LEAST || is_preface(first)) && self.is_of_frames(first)
        {
            return;
        }
        self.begin_request(first, now);
    }

    fn begin_request(&mut self, first: &[u8], now: Instant) {
        let mut turn = self.worker.http.turns.take(self.since, self.entry.client);
        turn.request.bytes.extend_from_slice(first);
        self.begin(turn, now);
    }

    /// A request begins: it is served by the newest generation.
    fn begin(&mut self, mut turn: Box<Turn>, now: Instant) {
        let standing = self.entry.attachment.refresh(&self.worker);
        let frontend = self.entry.attachment.frontend();
        let timeouts = &frontend.settings().timeouts;
        // The first request's time runs from the accept, as HAProxy's does.
        let from = if self.entry.served == 0 { self.since } else { now };
        turn.until = timeouts.http_request.or(timeouts.client).map(|limit| from + limit);
        turn.facts.last = standing == Standing::Removed;
        turn.exchange.frontend = Some(Arc::clone(frontend));
        turn.exchange.number = self.entry.served;
        turn.exchange.tls = self.stream.agreed().cloned();
        turn.exchange.carried.client = self.stream.is_lane();
        turn.exchange.announce(self.entry.announced.as_ref());
        turn.private = std::mem::take(&mut self.entry.private);
        turn.last = self.entry.last.take();
        self.state = State::Busy(turn);
    }

    /// Goes on with the exchange, or (`expired`) tells it that its time is over.
    fn exchange(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch, now: Instant, expired: bool) -> Move {
        let State::Busy(turn) = &mut self.state else { return Move::Again };
        let (worker, frontend) = (&*self.worker, &**self.entry.attachment.frontend());
        let mut run = Run { cx, worker, frontend, client: &mut self.stream, turn, scratch, now };
        let step = if expired { run.expire() } else { run.advance() };
        match step {
            Step::Again => Move::Again,
            Step::Wait => Move::Wait(run.deadline()),
            Step::Done(next) => self.end(cx, next, now),
        }
    }

    /// An exchange is over.
    fn end(&mut self, cx: &mut Context<'_>, next: Next, now: Instant) -> Move {
        let State::Busy(mut turn) = std::mem::replace(&mut self.state, State::Idle) else {
            return Move::Again;
        };
        self.entry.served = self.entry.served.saturating_add(1);
        self.entry.last = turn.exchange.preference();
        self.since = now;
        let cause = match next {
            // A stream carries one exchange: what follows in a tunnel that was refused is no request.
            Next::KeepAlive if self.stream.is_lane() => CloseCause::Client,
            Next::KeepAlive if turn.next.is_empty() => {
                self.entry.private = std::mem::take(&mut turn.private);
                self.worker.http.turns.put(turn);
                return Move::Again;
            }
            Next::KeepAlive => {
                self.entry.private = std::mem::take(&mut turn.private);
                turn.restart(now, self.entry.client);
                self.begin(turn, now);
                return Move::Again;
            }
            Next::Close(cause) | Next::Linger(cause) => match (cause, turn.facts.last) {
                (CloseCause::Finished, true) => CloseCause::FrontendRemoved,
                (CloseCause::Finished, false) if self.worker.is_stopping() => CloseCause::SoftStop,
                _ => cause,
            },
        };
        let held = turn.facts.last_held;
        self.worker.http.turns.put(turn);
        if matches!(next, Next::Close(_) | Next::KeepAlive) {
            if held {
                // Closing alone would throw away what is held, if the client had sent something more.
                let _ = self.stream.poll_shutdown(cx);
            }
            return Move::End(cause);
        }
        self.state = State::Linger(Box::new(Linger::new(now, cause)));
        Move::Again
    }

    /// The time that the present state has is over.
    fn expire(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch) -> Move {
        let now = self.worker.clock.refresh();
        match &self.state {
            State::Busy(_) => return self.exchange(cx, scratch, now, true),
            State::Linger(linger) => return Move::End(linger.cause),
            State::Carrying(_) => return Move::Wait(None),
            State::Idle if self.entry.served > 0 => return Move::End(CloseCause::ClientTimeout),
            State::Idle => {
                // No request came at all: 408, as if one had begun.
                let mut turn = self.worker.http.turns.take(self.since, self.entry.client);
                turn.facts.unlogged = self.skips_null();
                self.begin(turn, now);
            }
            State::Unclear(_) => self.give_up_waiting(now),
        }
        self.exchange(cx, scratch, now, true)
    }

    /// Hears what the worker calls for. Where an operator ends the connection, an exchange fails, with an answer where
    /// none has begun; the cause, where that is the end already.
    #[cold]
    fn hear(&mut self, cx: &mut Context<'_>) -> Option<CloseCause> {
        let ending = self.registration.hear(cx.waker(), &*self)?;
        let State::Busy(turn) = &mut self.state else { return Some(ending.close_cause()) };
        let now = self.worker.clock.refresh();
        let mut scratch = self.worker.lender.lend();
        let (worker, frontend) = (&*self.worker, &**self.entry.attachment.frontend());
        let client = &mut self.stream;
        let mut run = Run { cx, worker, frontend, client, turn, scratch: &mut scratch, now };
        let step = run.fail(Failure::ShutDown(ending));
        self.worker.lender.restore(scratch);
        let Step::Done(next) = step else { return None };
        match self.end(cx, next, now) {
            Move::End(cause) => Some(cause),
            Move::Again | Move::Wait(_) => None,
        }
    }

    /// HAProxy: timeout http-keep-alive between requests; timeout http-request, which counts from the accept, before
    /// the first; both fall back.
    fn idle_limit(&self) -> Option<Instant> {
        let timeouts = &self.entry.attachment.frontend().settings().timeouts;
        let limit = timeouts.http_keep_alive.filter(|_| self.entry.served > 0);
        limit.or(timeouts.http_request).or(timeouts.client).map(|limit| self.since + limit)
    }

    /// HAProxy: option dontlognull.
    fn skips_null(&self) -> bool {
        self.entry.attachment.frontend().settings().logging.skip_null
    }
}

fn sooner(limit: Option<Instant>, at: Instant) -> Option<Instant> {
    Some(limit.map_or(at, |limit| limit.min(at)))
}

/// A hard stop drops tasks: an exchange does not end unseen. After a panic its state is not to be trusted.
impl Drop for Connection {
    fn drop(&mut self) {
        let State::Busy(turn) = &mut self.state else { return };
        if std::thread::panicking() {
            return;
        }
        let (worker, frontend, client) =
            (&*self.worker, &**self.entry.attachment.frontend(), &mut self.stream);
        let mut cx = Context::from_waker(Waker::noop());
        let mut scratch = worker.lender.lend();
        let now = worker.clock.refresh();
        Run { cx: &mut cx, worker, frontend, client, turn, scratch: &mut scratch, now }.kill();
        worker.lender.restore(scratch);
    }
}

impl Called for Connection {
    fn tell(&self, detailed: bool) -> Option<sessions::Facts> {
        let now = self.worker.clock.now();
        let turn = match &self.state {
            State::Busy(turn) => Some(&**turn),
            State::Idle | State::Unclear(_) | State::Linger(_) => None,
            State::Carrying(_) => return None,
        };
        let exchange = turn.map(|turn| &turn.exchange);
        let endpoint = self.endpoint().cloned();
        let server = turn.and_then(|turn| turn.server.as_ref()).filter(|_| detailed);
        // What is not watched yet waits for that alone.
        let until = self.deadline.at().filter(|_| self.stream.is_watched());
        Some(sessions::Facts {
            client: self.entry.client,
            frontend: Arc::clone(self.entry.attachment.frontend()),
            backend: exchange.and_then(|exchange| exchange.backend.clone()),
            accepted: self.worker.clock.unix(self.entry.accepted),
            age: now.saturating_duration_since(self.entry.accepted),
            exchanges: self.entry.served.saturating_add(u32::from(turn.is_some())),
            state: match &self.state {
                State::Idle | State::Unclear(_) | State::Carrying(_) => sessions::State::Idle,
                State::Busy(turn) => turn.session_state(),
                State::Linger(_) => sessions::State::Closing,
            },
            expires: until.map(|until| until.saturating_duration_since(now)),
            retries: exchange.map_or(0, |exchange| exchange.retries),
            bytes_in: turn.map_or(0, Turn::bytes_in),
            bytes_out: turn.map_or(0, |turn| turn.down.written()),
            status: exchange.and_then(|exchange| exchange.status),
            request: exchange.filter(|_| detailed).and_then(|it| it.request.line()).map(Into::into),
            local: detailed
                .then(|| {
                    self.entry
                        .announced
                        .as_ref()
                        .and_then(|it| it.local())
                        .or_else(|| self.stream.destination())
                })
                .flatten(),
            endpoint_source: server.and_then(Stream::local),
            endpoint_address: endpoint
                .as_ref()
                .filter(|_| detailed)
                .and_then(|at| at.address_for(exchange?.local)),
            endpoint,
        })
    }

    fn endpoint(&self) -> Option<&Arc<LiveEndpoint>> {
        match &self.state {
            State::Busy(turn) => turn.permit.as_ref().map(Permit::endpoint),
            State::Idle | State::Unclear(_) | State::Linger(_) | State::Carrying(_) => None,
        }
    }
}

impl Future for Connection {
    type Output = CloseCause;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<CloseCause> {
        let this = self.get_mut();
        if this.registration.is_called()
            && let Some(cause) = this.hear(cx)
        {
            return Poll::Ready(cause);
        }
        let mut scratch = this.worker.lender.lend();
        let driven = this.drive(cx, &mut scratch);
        this.worker.lender.restore(scratch);
        driven
    }
}
