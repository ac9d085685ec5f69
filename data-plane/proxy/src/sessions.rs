//! Client connections as an operator sees them (HAProxy: show sess), and the calls that reach their tasks.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sluicegate_proto::id::ObjectKey;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::counters::CloseCause;
use crate::live::{LiveBackend, LiveEndpoint, LiveFrontend};
use crate::stream::Peer;
use crate::termination::Cause;

/// What a client connection is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing of a request has come.
    Idle,
    /// The head of a request comes.
    Request,
    /// Waiting for a place at an endpoint.
    Queue,
    /// Connecting to an endpoint.
    Connect,
    /// Waiting for the head of the answer.
    Headers,
    /// Passing data.
    Data,
    /// The endpoint has said everything, the client has not taken it.
    Last,
    /// The proxy answers by itself.
    Reply,
    /// The last answer is given.
    Closing,
}

/// A client connection, and the exchange that it is in.
#[derive(Debug, Clone)]
pub struct ClientSession {
    /// Unique in the process, never 0.
    pub id: u64,
    /// Number of its worker.
    pub worker: u64,
    /// Of the rest.
    pub facts: Facts,
}

/// What a task tells of itself.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Who connected.
    pub client: Peer,
    /// What took it.
    pub frontend: Arc<LiveFrontend>,
    /// What its exchange was routed to.
    pub backend: Option<Arc<LiveBackend>>,
    /// What its exchange has a place at.
    pub endpoint: Option<Arc<LiveEndpoint>>,
    /// Since 1970.
    pub accepted: Duration,
    /// Since it was accepted.
    pub age: Duration,
    /// Exchanges begun.
    pub exchanges: u32,
    /// What it is at.
    pub state: State,
    /// Until its time is over where nothing moves.
    pub expires: Option<Duration>,
    /// Attempts after the first.
    pub retries: u32,
    /// From the client, in the present exchange.
    pub bytes_in: u64,
    /// To the client, in the present exchange.
    pub bytes_out: u64,
    /// Of the answer.
    pub status: Option<u16>,
    /// HTTP: the first line of the request.
    pub request: Option<Box<[u8]>>,
    /// Told in detail alone, as the next two: where the client connected to.
    pub local: Option<Peer>,
    /// This end of the connection to the endpoint.
    pub endpoint_source: Option<Peer>,
    /// The other end of it.
    pub endpoint_address: Option<SocketAddr>,
}

impl Facts {
    /// Of a connection that is in no exchange.
    pub(crate) fn idle(
        clock: &Clock,
        client: Peer,
        frontend: &Arc<LiveFrontend>,
        (accepted, expires): (Instant, Option<Instant>),
    ) -> Self {
        let now = clock.now();
        Self {
            client,
            frontend: Arc::clone(frontend),
            backend: None,
            endpoint: None,
            accepted: clock.unix(accepted),
            age: now.saturating_duration_since(accepted),
            exchanges: 0,
            state: State::Idle,
            expires: expires.map(|at| at.saturating_duration_since(now)),
            retries: 0,
            bytes_in: 0,
            bytes_out: 0,
            status: None,
            request: None,
            local: None,
            endpoint_source: None,
            endpoint_address: None,
        }
    }
}

/// What a call asks of a task.
pub(crate) trait Called {
    /// What it has to tell, if there is something; `detailed`: what takes a system call or much room too.
    fn tell(&self, detailed: bool) -> Option<Facts>;

    /// Where its exchange has a place.
    fn endpoint(&self) -> Option<&Arc<LiveEndpoint>>;
}

/// Which sessions are to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The one of this id.
    Session(u64),
    /// All whose exchange has a place at this endpoint.
    At(ObjectKey),
    /// All whose exchange has a place at an endpoint that is there, for the reason that is there.
    AtAny(Arc<BTreeMap<ObjectKey, Ending>>),
}

impl Which {
    /// Why the session of this id ends, which has a place at this endpoint; `None`: it stays.
    pub(crate) fn ends(&self, id: u64, endpoint: Option<&Arc<LiveEndpoint>>) -> Option<Ending> {
        let key = || endpoint.map(|endpoint| &endpoint.config.key);
        match self {
            Self::Session(wanted) => (*wanted == id).then_some(Ending::Operator),
            Self::At(wanted) => (key() == Some(wanted)).then_some(Ending::Operator),
            Self::AtAny(endings) => endings.get(key()?).copied(),
        }
    }
}

/// Why a session is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// An operator wanted it.
    Operator,
    /// The endpoint went down (HAProxy: on-marked-down).
    EndpointDown,
    /// Another one than a backup came up (HAProxy: on-marked-up).
    EndpointUp,
}

impl Ending {
    /// In logs.
    pub(crate) fn cause(self) -> Cause {
        match self {
            Self::Operator => Cause::Killed,
            Self::EndpointDown => Cause::Down,
            Self::EndpointUp => Cause::Up,
        }
    }

    /// Counted.
    pub(crate) fn close_cause(self) -> CloseCause {
        match self {
            Self::Operator => CloseCause::Operator,
            Self::EndpointDown | Self::EndpointUp => CloseCause::Endpoint,
        }
    }
}

/// What sessions are to be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// One of them; `None`: all.
    pub only: Option<u64>,
    /// At most so many.
    pub most: usize,
    /// With what takes a system call or much room.
    pub detailed: bool,
}

/// Sessions, and how many more there were.
#[derive(Debug, Clone, Default)]
pub struct Sessions {
    /// The oldest first. Where there is no room for all, those within an exchange stay.
    pub sessions: Vec<ClientSession>,
    /// Left out.
    pub omitted: u64,
    /// Workers that did not answer in time.
    pub silent_workers: u32,
}

/// What tasks have told so far.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) only: Option<u64>,
    most: usize,
    detailed: bool,
    busy: Vec<ClientSession>,
    idle: Vec<ClientSession>,
    omitted: u64,
}

impl Listing {
    pub(crate) fn new(wish: Wish) -> Self {
        let Wish { only, most, detailed } = wish;
        Self { only, most, detailed, busy: Vec::new(), idle: Vec::new(), omitted: 0 }
    }

    /// Keeps what a task tells, if there is room for one of its kind.
    pub(crate) fn hold(&mut self, id: u64, worker: u64, called: &impl Called) {
        let Some(facts) = called.tell(self.detailed) else { return };
        let of_its_kind = if facts.state == State::Idle { &mut self.idle } else { &mut self.busy };
        if of_its_kind.len() < self.most {
            of_its_kind.push(ClientSession { id, worker, facts });
        } else {
            self.omitted += 1;
        }
    }
}

impl Sessions {
    /// Puts together what the workers told.
    pub(crate) fn of(listings: Vec<Listing>, most: usize, silent_workers: u32) -> Self {
        let (mut sessions, mut idle, mut omitted) = (Vec::new(), Vec::new(), 0);
        for listing in listings {
            sessions.extend(listing.busy);
            idle.extend(listing.idle);
            omitted += listing.omitted;
        }
        sessions.append(&mut idle);
        omitted += sessions.len().saturating_sub(most) as u64;
        sessions.truncate(most);
        sessions.sort_by_key(|session: &ClientSession| (session.facts.accepted, session.id));
        Self { sessions, omitted, silent_workers }
    }
}
