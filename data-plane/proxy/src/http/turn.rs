//! The state of one exchange on a client connection: taken from a pool at the request's first byte, given back when
//! the connection goes idle.

use std::cell::RefCell;
use std::sync::Arc;

use tokio::time::Instant;

use super::extras::Extras;
use super::lanes::Opening;
use super::private::Private;
use super::request::KEPT_BODY;
use super::service::Asking;
use crate::counters::CloseCause;
use crate::exchange::Exchange;
use crate::h1::{Asked, Edits, Expect, Framing, Head};
use crate::live::{EndpointState, LiveBackend, Permit, Ticket, TransportId};
use crate::sessions::State;
use crate::stream::{Peer, Stream};
use crate::termination::Phase;
use crate::transfer::{Coding, Transfer};
use crate::upstream::Connecting;

/// Turns that a worker keeps.
const KEPT: usize = 4096;
/// Memory that each of a kept turn's vectors may hold.
const KEPT_BYTES: usize = 4 * 1024;

/// A head with its bytes and its edits.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// The head, and for a request the part of its body that came with it.
    pub(super) bytes: Vec<u8>,
    pub(super) head: Head,
    pub(super) edits: Edits,
    /// Bytes of the head.
    pub(super) head_len: usize,
}

impl Message {
    /// Forgets the message.
    pub(super) fn clear(&mut self) {
        clear(&mut self.bytes);
        self.head.clear();
        if self.edits.capacity() > KEPT_BYTES {
            self.edits = Edits::new();
        }
        self.edits.clear();
        self.head_len = 0;
    }

    /// Bytes of the body that came with the head.
    pub(super) fn first_body(&self) -> &[u8] {
        self.bytes.get(self.head_len..).unwrap_or_default()
    }
}

/// What the exchange is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// Reading the request's head.
    #[default]
    Receive,
    /// Reading the request's body, so that it can be sent more than once.
    Keep,
    /// Waiting for a place at an endpoint.
    Queue,
    /// Waiting before another attempt at the same endpoint.
    Pause,
    /// Waiting for a connection.
    Connect,
    /// Sending the request, awaiting and passing the response.
    Relay,
    /// Reading a form for the proxy itself.
    Collect,
    /// Waiting for an answer about the proxy.
    Serve,
    /// Sending what a cache has.
    Recall,
    /// Sending an answer made here.
    Reply,
    /// Passing bytes of another protocol.
    Tunnel,
}

/// What was found out, or decided, about the exchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// The client's connection lives on.
    pub(super) keep_client: bool,
    /// The server's connection may serve another request.
    pub(super) keep_server: bool,
    /// Requests that the server's connection has served before.
    pub(super) uses: u32,
    /// The server's connection stood before the request came.
    pub(super) rested: bool,
    /// The server's connection is the client's own.
    pub(super) private: bool,
    /// Only a new connection will do.
    pub(super) fresh_only: bool,
    /// Bytes of the request's body went by that are not in the buffer.
    pub(super) streamed: bool,
    /// The server takes no more of the request.
    pub(super) refused: bool,
    /// The response's head has gone to the client, or an answer of ours.
    pub(super) answered: bool,
    /// The configuration knows the connection's listener no more: this exchange is its last.
    pub(super) last: bool,
    /// No line is written: no byte came, and the frontend asks not to log that.
    pub(super) unlogged: bool,
    /// The client has ended its side; it may still read.
    pub(super) client_ended: bool,
    /// The kernel keeps the answer's last bytes until the connection is shut down.
    pub(super) last_held: bool,
    /// The response would have been compressed, had there been room for a compressor.
    pub(super) bypasses_compression: bool,
    /// Interim responses passed on.
    pub(super) interims: u8,
}

/// One exchange.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) exchange: Exchange,
    pub(super) stage: Stage,
    pub(super) facts: Facts,
    pub(super) asked: Asked,
    pub(super) extras: Option<Box<Extras>>,
    pub(super) request: Message,
    pub(super) response: Message,
    /// Client to server.
    pub(super) up: Transfer,
    /// Server to client.
    pub(super) down: Transfer,
    /// Bytes of the client's next request.
    pub(super) next: Vec<u8>,
    /// Where the request before on its connection went.
    pub(super) last: Option<Arc<EndpointState>>,
    /// The wish for a place at an endpoint.
    pub(super) ticket: Ticket,
    pub(super) permit: Option<Permit>,
    pub(super) connecting: Option<Connecting>,
    /// A connection on its way that shows only then what is spoken over it.
    pub(super) opening: Option<Opening>,
    pub(super) server: Option<Stream>,
    /// What that is known by among idle ones; of the exchange before, where this one has sought none.
    pub(super) transport: Option<TransportId>,
    /// Those that the client keeps for itself.
    pub(super) private: Private,
    /// A question about the proxy.
    pub(super) service: Option<Asking>,
    /// Why the client's connection is closed, where it is.
    pub(super) close_cause: CloseCause,
    /// When the stage has lasted too long.
    pub(super) until: Option<Instant>,
    /// When bytes last moved.
    pub(super) moved: Instant,
}

impl Turn {
    fn new(accepted: Instant, client: Peer) -> Self {
        Self {
            exchange: Exchange::new(accepted, client),
            stage: Stage::Receive,
            facts: Facts::default(),
            asked: Asked::default(),
            extras: None,
            request: Message::default(),
            response: Message::default(),
            up: Transfer::default(),
            down: Transfer::default(),
            next: Vec::new(),
            last: None,
            ticket: Ticket::new(),
            permit: None,
            connecting: None,
            opening: None,
            server: None,
            transport: None,
            private: Private::default(),
            service: None,
            close_cause: CloseCause::Finished,
            until: None,
            moved: accepted,
        }
    }

    /// Makes it fit for the next exchange. Bytes that came behind the last request are the start of the new one.
    pub(super) fn restart(&mut self, accepted: Instant, client: Peer) {
        self.exchange.restart(accepted, client);
        self.stage = Stage::Receive;
        self.facts = Facts::default();
        self.asked = Asked::default();
        self.extras = None;
        self.request.clear();
        std::mem::swap(&mut self.request.bytes, &mut self.next);
        self.response.clear();
        self.up.reset();
        self.down.reset();
        self.last = None;
        // The end of an exchange lets the server go: `Run::finish`.
        debug_assert!(self.server.is_none() && self.connecting.is_none() && self.opening.is_none());
        debug_assert!(self.permit.is_none());
        self.private = Private::default();
        self.service = None;
        self.close_cause = CloseCause::Finished;
        self.until = None;
    }

    /// Whether more of the request's body is to come, and it is short enough to be kept, as far as is known.
    pub(super) fn may_keep_body(&self) -> bool {
        let fits = self.up.rest().is_none_or(|rest| rest <= KEPT_BODY as u64);
        !self.up.is_received() && fits && self.request.head.expect() == Expect::Nothing
    }

    /// Whether the request may be one side of a conversation: what it will have said by its end cannot be waited for.
    pub(super) fn may_never_end(&self) -> bool {
        self.exchange.carried.client && self.up.rest().is_none()
    }

    /// Lets the server's connection and the place at the endpoint go.
    pub(super) fn drop_server(&mut self) {
        self.server = None;
        self.connecting = None;
        self.opening = None;
        self.permit = None;
        self.ticket.leave();
    }

    /// Nothing more will be sent to the server.
    pub(super) fn request_is_over(&self) -> bool {
        self.facts.refused || self.up.is_done()
    }

    /// A number that changes whenever bytes move.
    pub(super) fn progress(&self) -> u64 {
        self.up.received() + self.up.written() + self.down.received() + self.down.written()
    }

    /// From here on both directions carry bytes of another protocol until they are closed.
    pub(super) fn start_tunnel(&mut self) {
        let Self { up, next, .. } = self;
        up.begin(Framing::Tunnel, Coding::AsIs);
        // A tunnel has no form that bytes could violate.
        let _whole = up.accept(next);
        up.queue(|out| out.append(next));
    }

    /// What the log calls the time at which something goes wrong.
    pub(super) fn phase(&self) -> Phase {
        match self.stage {
            Stage::Receive | Stage::Keep => Phase::Request,
            Stage::Queue => Phase::Queue,
            Stage::Pause | Stage::Connect => Phase::Connect,
            Stage::Relay if !self.facts.answered => Phase::Headers,
            Stage::Recall => Phase::Data,
            Stage::Relay | Stage::Tunnel if !self.down.is_received() => Phase::Data,
            Stage::Relay | Stage::Tunnel => Phase::Last,
            Stage::Collect | Stage::Serve | Stage::Reply => Phase::Request,
        }
    }

    /// The same for who looks on.
    pub(super) fn session_state(&self) -> State {
        match self.phase() {
            _ if matches!(self.stage, Stage::Serve | Stage::Recall | Stage::Reply) => State::Reply,
            Phase::Request | Phase::Tarpit | Phase::Done => State::Request,
            Phase::Queue => State::Queue,
            Phase::Connect => State::Connect,
            Phase::Headers => State::Headers,
            Phase::Data => State::Data,
            Phase::Last => State::Last,
        }
    }

    /// Bytes from the client so far.
    pub(super) fn bytes_in(&self) -> u64 {
        match self.request.head_len {
            0 => self.request.bytes.len() as u64,
            head => head as u64 + self.up.received(),
        }
    }

    pub(super) fn backend(&self) -> Option<&Arc<LiveBackend>> {
        self.exchange.backend.as_ref()
    }
}

fn clear(bytes: &mut Vec<u8>) {
    if bytes.capacity() > KEPT_BYTES {
        *bytes = Vec::new();
    }
    bytes.clear();
}

/// A worker's spare turns.
#[derive(Debug, Default)]
// Handed out in their boxes.
#[allow(clippy::vec_box)]
pub(super) struct Turns(RefCell<Vec<Box<Turn>>>);

impl Turns {
    /// How many there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// A fresh turn.
    pub(super) fn take(&self, accepted: Instant, client: Peer) -> Box<Turn> {
        match self.0.borrow_mut().pop() {
            Some(mut turn) => {
                turn.exchange.times.accepted = accepted;
                turn.exchange.client = client;
                turn
            }
            None => Box::new(Turn::new(accepted, client)),
        }
    }

    /// Takes a turn back. It lets go of everything that it held.
    pub(super) fn put(&self, mut turn: Box<Turn>) {
        let (accepted, client) = (turn.exchange.times.accepted, turn.exchange.client);
        clear(&mut turn.next);
        turn.restart(accepted, client);
        let mut spare = self.0.borrow_mut();
        if spare.len() < KEPT {
            spare.push(turn);
        }
    }
}
