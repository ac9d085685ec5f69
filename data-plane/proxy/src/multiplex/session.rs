//! A client's connection.

use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::server::{self, Handshake};
use h2::{Reason, RecvStream};
use http::Request;
use tokio::time::Instant;

use super::answering::{Answering, Way};
use super::count::Count;
use super::lane::Lane;
use super::ledger::Ledger;
use super::limits;
use super::wire::Wire;
use crate::counters::CloseCause;
use crate::http::carry;
use crate::listen::{Attachment, Incoming, Standing};
use crate::live::{LiveEndpoint, Place};
use crate::proxy_protocol::Header;
use crate::sessions::{self, Called};
use crate::stream::{Peer, Stream};
use crate::timer::Deadline;
use crate::worker::{Registration, Worker};

/// Streams that a client may give up before their answers, over those that it let come to their end. One that opens
/// streams to give them up costs more than it has (CVE-2023-44487).
const MOST_WASTED: u32 = 200;

/// The task of a client's connection.
pub(crate) struct Session {
    worker: Rc<Worker>,
    state: State,
    client: Peer,
    announced: Option<Arc<Header>>,
    attachment: Attachment,
    way: Way,
    accepted: Instant,
    /// Since when no stream has been open.
    since: Instant,
    /// Streams so far.
    served: u32,
    /// After so many it is sent away (HAProxy: tune.h2.fe.max-total-streams).
    most: Option<NonZeroU32>,
    count: Arc<Count>,
    /// The client knows that it has to go.
    sent_away: bool,
    deadline: Deadline,
    registration: Registration,
    _places: Option<[Place; 3]>,
}

enum State {
    Greeting(Box<Handshake<Wire, Bytes>>),
    Open(Box<server::Connection<Wire, Bytes>>),
}

impl Session {
    /// The task of a connection of which `first` was read.
    pub(crate) fn new(worker: Rc<Worker>, incoming: Incoming, first: Vec<u8>) -> Self {
        let Incoming { stream, client, announced, accepted, attachment, places } = incoming;
        let way = Way::of(&stream);
        stream.hurry();
        let side = worker.with_active(|active| active.runtime.process.http2.clients);
        let ledger = Ledger::of_client(&attachment.frontend().state, worker.index);
        let count = Count::of(Some(ledger.clone()));
        let handshake = limits::of_client(&side).handshake(Wire::of_client(stream, first, ledger));
        let registration = worker.registration();
        Self {
            state: State::Greeting(Box::new(handshake)),
            client,
            announced,
            attachment,
            way,
            accepted,
            since: accepted,
            served: 0,
            most: side.max_total_streams,
            count,
            sent_away: false,
            deadline: Deadline::new(),
            registration,
            _places: places,
            worker,
        }
    }

    fn drive(&mut self, cx: &mut Context<'_>) -> Poll<CloseCause> {
        loop {
            let connection = match &mut self.state {
                State::Open(connection) => connection,
                State::Greeting(greeting) => match Pin::new(greeting).poll(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Err(error)) => return Poll::Ready(cause(&error)),
                    Poll::Ready(Ok(connection)) => {
                        self.state = State::Open(Box::new(connection));
                        continue;
                    }
                },
            };
            if self.count.wasted() > MOST_WASTED && !std::mem::replace(&mut self.sent_away, true) {
                connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
            }
            if self.worker.is_stopping() && !std::mem::replace(&mut self.sent_away, true) {
                connection.graceful_shutdown();
            }
            match connection.poll_accept(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok((request, respond)))) => self.open(request, respond),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(cause(&error)),
                Poll::Ready(None) if self.worker.is_stopping() => return Poll::Ready(CloseCause::SoftStop),
                Poll::Ready(None) if self.has_had_its_share() => return Poll::Ready(CloseCause::Finished),
                Poll::Ready(None) => return Poll::Ready(CloseCause::Client),
            }
        }
    }

    /// A request begins: it has a task of its own.
    fn open(&mut self, request: Request<RecvStream>, respond: server::SendResponse<Bytes>) {
        let chance = &self.worker.chance;
        let nonce = || (0..4).fold(0, |bits, _| bits << 32 | u128::from(chance.next()));
        let answering = Answering::new(request, respond, (self.way.clone(), &self.count), nonce);
        // The last one, where the listener is gone: its frontend serves it as it was.
        let standing = self.attachment.refresh(&self.worker);
        let incoming = Incoming {
            stream: Stream::Lane(Box::new(Lane::answering(answering))),
            client: self.client,
            announced: self.announced.clone(),
            accepted: self.worker.clock.now(),
            attachment: self.attachment.clone(),
            places: None,
        };
        carry(&self.worker, incoming, self.served);
        self.served = self.served.saturating_add(1);
        let last = standing == Standing::Removed || self.has_had_its_share();
        if let (State::Open(connection), true, false) = (&mut self.state, last, self.sent_away) {
            self.sent_away = true;
            connection.graceful_shutdown();
        }
    }

    fn has_had_its_share(&self) -> bool {
        self.most.is_some_and(|most| self.served >= most.get())
    }

    /// HAProxy: timeout http-request until the first request, timeout http-keep-alive between streams; both fall back. A
    /// stream's own time runs with its task.
    fn limit(&mut self, now: Instant) -> Option<Instant> {
        if self.count.alive() > 0 {
            self.since = now;
            return None;
        }
        let timeouts = &self.attachment.frontend().settings().timeouts;
        let limit = timeouts.http_keep_alive.filter(|_| self.served > 0);
        limit.or(timeouts.http_request).or(timeouts.client).map(|limit| self.since + limit)
    }
}

fn cause(error: &h2::Error) -> CloseCause {
    if error.is_io() || error.is_remote() { CloseCause::Client } else { CloseCause::BadRequest }
}

impl Future for Session {
    type Output = CloseCause;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<CloseCause> {
        let this = self.get_mut();
        if this.registration.is_called() {
            this.count.watch(cx.waker());
            if let Some(ending) = this.registration.hear(cx.waker(), &*this) {
                return Poll::Ready(ending.close_cause());
            }
        }
        loop {
            if let Poll::Ready(cause) = this.drive(cx) {
                return Poll::Ready(cause);
            }
            let now = this.worker.clock.now();
            let limit = this.limit(now);
            this.deadline.set(limit);
            if this.deadline.poll_expired(cx).is_pending() {
                return Poll::Pending;
            }
            match &mut this.state {
                State::Open(connection) if !std::mem::replace(&mut this.sent_away, true) => {
                    connection.abrupt_shutdown(Reason::NO_ERROR);
                }
                State::Open(_) | State::Greeting(_) => return Poll::Ready(CloseCause::ClientTimeout),
            }
        }
    }
}

/// Its streams tell of themselves.
impl Called for Session {
    fn tell(&self, detailed: bool) -> Option<sessions::Facts> {
        if self.count.alive() > 0 {
            return None;
        }
        let (frontend, times) = (self.attachment.frontend(), (self.accepted, self.deadline.at()));
        Some(sessions::Facts {
            exchanges: self.served,
            local: self.way.local.filter(|_| detailed),
            ..sessions::Facts::idle(&self.worker.clock, self.client, frontend, times)
        })
    }

    fn endpoint(&self) -> Option<&Arc<LiveEndpoint>> {
        None
    }
}
