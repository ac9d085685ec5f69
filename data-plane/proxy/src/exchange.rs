//! The record of one request, or of one connection in TCP mode.

mod asked;
mod durations;
mod wishes;

use std::cell::RefCell;
use std::sync::Arc;

use sluicegate_model::cache::Cache;
use sluicegate_model::compression::ContentCoding;
use sluicegate_model::outgoing::OutgoingHttp;
use sluicegate_rules::Tls;
use tokio::time::Instant;

use crate::live::{EndpointState, Generation, LiveBackend, LiveEndpoint, LiveFrontend, Sign, Tried};
use crate::persistence::Belonging;
use crate::proxy_protocol::Header;
use crate::stream::{Peer, Stream, Target};
use crate::termination::{Cause, Termination};
pub(crate) use asked::Asked;
pub(crate) use durations::Durations;
pub use wishes::Wishes;

/// Bytes kept of a request's first line, for the log.
pub const MAX_REQUEST_LINE: usize = 1024;
/// Records that a worker keeps for the next exchange.
const KEPT: usize = 4096;

/// What happened, when, and between whom. Logs, counters and retries read it; nothing else keeps such facts.
///
/// Made to be used again: a request's is part of the state of its exchange, a session's comes from [`Exchanges`].
#[derive(Debug)]
pub struct Exchange {
    /// When.
    pub times: Times,
    /// Requests on this connection before it.
    pub number: u32,
    /// Who asks.
    pub client: Peer,
    /// Where the client connected to; filled in only where a log, a rule or an endpoint's port asks.
    pub local: Option<Peer>,
    /// This end of the connection to the endpoint; filled in only where a log asks.
    pub source: Option<Peer>,
    /// What the client and this end agreed upon; `None`: the client's connection is in clear.
    pub tls: Option<Arc<Tls>>,
    /// What this end and the endpoint agreed upon; `None`: that connection is in clear, or there is none.
    pub server_tls: Option<Arc<Tls>>,
    /// Why the last handshake with an endpoint failed.
    pub server_tls_error: Option<Box<str>>,
    /// The name that the endpoint is asked for.
    pub(crate) asked: Asked,
    /// What the connection said of itself at its start; `None`: nothing was waited for.
    pub announced: Option<Arc<Header>>,
    /// The generation that it began under.
    pub generation: Generation,
    /// What took the connection.
    pub frontend: Option<Arc<LiveFrontend>>,
    /// What it was routed to.
    pub backend: Option<Arc<LiveBackend>>,
    /// What it was sent to; with the address that it had then.
    pub endpoint: Option<Arc<LiveEndpoint>>,
    /// The number that leads to its endpoint, where it is balanced by one.
    pub hash: Option<u32>,
    /// Whose it is.
    pub belonging: Belonging,
    /// What rules want done with it.
    pub wishes: Wishes,
    /// Attempts after the first.
    pub retries: u32,
    /// A retry changed the endpoint.
    pub redispatched: bool,
    /// Who failed it.
    pub(crate) tried: Tried,
    /// Where an attempt failed, while another endpoint is sought.
    pub(crate) left: Option<Arc<LiveEndpoint>>,
    /// Exchanges before it in the backend's queue, when it was queued.
    pub backend_queue: u32,
    /// Exchanges before it in the endpoint's queue, when it was queued.
    pub endpoint_queue: u32,
    /// Bytes from the client.
    pub bytes_in: u64,
    /// Bytes to the client.
    pub bytes_out: u64,
    /// Sent to the client; `None`: no answer (also in TCP mode).
    pub status: Option<u16>,
    /// What the response was compressed with.
    pub compressed_with: Option<ContentCoding>,
    /// The cache that the response comes from.
    pub cache: Option<Arc<Cache>>,
    /// How it ended.
    pub termination: Termination,
    /// Which of its sides are spoken to in HTTP/2.
    pub carried: Carried,
    /// The request's first line.
    pub request: RequestLine,
}

/// Sides whose connections carry many exchanges.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Carried {
    /// The client's.
    pub client: bool,
    /// The endpoint's.
    pub endpoint: bool,
    /// The version that the request goes out in, where that is not the endpoint's usual one.
    pub(crate) version: Option<OutgoingHttp>,
}

/// Points in time of one exchange. What did not happen is `None`.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// The connection was accepted.
    pub accepted: Instant,
    /// The first byte of the request came.
    pub began: Option<Instant>,
    /// The request head was complete.
    pub requested: Option<Instant>,
    /// A place at an endpoint was taken, after what queueing there was.
    pub dispatched: Option<Instant>,
    /// The connection to the endpoint stood.
    pub connected: Option<Instant>,
    /// The response head was complete.
    pub responded: Option<Instant>,
    /// The last byte was sent.
    pub ended: Option<Instant>,
}

impl Times {
    fn new(accepted: Instant) -> Self {
        Self {
            accepted,
            began: None,
            requested: None,
            dispatched: None,
            connected: None,
            responded: None,
            ended: None,
        }
    }
}

/// A copy of a request's first line, cut at [`MAX_REQUEST_LINE`].
#[derive(Debug, Default)]
pub struct RequestLine {
    bytes: Vec<u8>,
    method: usize,
    target: usize,
}

impl RequestLine {
    /// Keeps the line of a request that was understood.
    pub fn keep(&mut self, method: &[u8], target: &[u8], version: &[u8]) {
        self.bytes.clear();
        let whole = method.len() + target.len() + version.len() + 2;
        if whole > MAX_REQUEST_LINE {
            return self.keep_some(method, target, version);
        }
        self.bytes.reserve(whole);
        self.bytes.extend_from_slice(method);
        self.method = self.bytes.len();
        self.bytes.push(b' ');
        self.bytes.extend_from_slice(target);
        self.target = self.bytes.len();
        self.bytes.push(b' ');
        self.bytes.extend_from_slice(version);
    }

    #[cold]
    fn keep_some(&mut self, method: &[u8], target: &[u8], version: &[u8]) {
        self.push(method);
        self.method = self.bytes.len();
        self.push(b" ");
        self.push(target);
        self.target = self.bytes.len();
        self.push(b" ");
        self.push(version);
    }

    /// The line; `None`: no request was understood.
    pub fn line(&self) -> Option<&[u8]> {
        Some(self.bytes.as_slice()).filter(|line| !line.is_empty())
    }

    /// The method.
    pub fn method(&self) -> Option<&[u8]> {
        self.line().map(|line| &line[..self.method])
    }

    /// The target, as the client wrote it.
    pub fn target(&self) -> Option<&[u8]> {
        self.line().map(|line| line[..self.target].get(self.method + 1..).unwrap_or_default())
    }

    /// The version; empty where the line was cut before it.
    pub fn version(&self) -> Option<&[u8]> {
        self.line().map(|line| line.get(self.target + 1..).unwrap_or_default())
    }

    fn push(&mut self, part: &[u8]) {
        let room = MAX_REQUEST_LINE - self.bytes.len();
        self.bytes.extend_from_slice(&part[..part.len().min(room)]);
    }
}

impl Exchange {
    /// A record that knows its client and nothing else.
    pub fn new(accepted: Instant, client: Peer) -> Self {
        Self {
            times: Times::new(accepted),
            number: 0,
            client,
            local: None,
            source: None,
            tls: None,
            server_tls: None,
            server_tls_error: None,
            asked: Asked::default(),
            announced: None,
            generation: Generation::default(),
            frontend: None,
            backend: None,
            endpoint: None,
            hash: None,
            belonging: Belonging::default(),
            wishes: Wishes::default(),
            retries: 0,
            redispatched: false,
            tried: Tried::default(),
            left: None,
            backend_queue: 0,
            endpoint_queue: 0,
            bytes_in: 0,
            bytes_out: 0,
            status: None,
            compressed_with: None,
            cache: None,
            termination: Termination::default(),
            carried: Carried::default(),
            request: RequestLine::default(),
        }
    }

    /// Whether no data came (HAProxy: option dontlognull).
    pub fn is_null(&self) -> bool {
        self.bytes_in == 0 && self.bytes_out == 0 && self.request.line().is_none()
    }

    /// Whether it is an error to those who keep errors apart (HAProxy: option log-separate-errors, dontlog-normal).
    pub fn went_wrong(&self) -> bool {
        let ended = match self.termination.cause {
            Cause::Normal => self.retries > 0,
            Cause::Local => false,
            _ => true,
        };
        ended || self.redispatched || self.status.is_some_and(|status| status >= 500)
    }

    /// Whether its line is written when it begins.
    pub(crate) fn logs_at_start(&self) -> bool {
        self.frontend.as_ref().is_some_and(|frontend| frontend.settings().logging.at_start)
    }

    /// Notes what its connection said of itself.
    pub(crate) fn announce(&mut self, header: Option<&Arc<Header>>) {
        if let Some(header) = header {
            self.local = header.local();
            self.announced = Some(Arc::clone(header));
        }
    }

    /// Notes where the client connected to, if the log asks for it.
    pub(crate) fn note_local(&mut self, stream: &Stream) {
        let wanted = self.frontend.as_ref().is_some_and(|frontend| frontend.sinks.wants_local);
        if wanted {
            self.learn_local(stream);
        }
    }

    /// Notes where the client connected to.
    pub(crate) fn learn_local(&mut self, stream: &Stream) {
        if self.local.is_none() {
            self.local = stream.destination();
        }
    }

    /// Notes where the client connected to, if the way to its endpoint depends on that.
    pub(crate) fn note_way(&mut self, stream: &Stream) {
        let needed = self.endpoint.as_ref().is_some_and(|endpoint| endpoint.depends_on_client());
        if needed {
            self.learn_local(stream);
        }
    }

    /// Shows how its endpoint is.
    #[inline]
    pub(crate) fn observe(&self, sign: Sign) {
        if let Some(endpoint) = &self.endpoint {
            endpoint.state.observe(sign);
        }
    }

    /// Where the next exchange on its connection is to go, if its backend says so.
    pub(crate) fn preference(&self) -> Option<Arc<EndpointState>> {
        let persistence = self.backend.as_ref()?.settings().persistence.as_deref()?;
        persistence.prefer_last.then(|| self.endpoint.as_ref().map(|it| Arc::clone(&it.state)))?
    }

    /// Where to connect to.
    pub(crate) fn target(&self) -> Option<Target> {
        self.endpoint.as_ref()?.target_for(self.local)
    }

    /// Forgets what happened, keeps the memory. Field by field: a new one in the place of all costs each request more.
    #[inline]
    pub(crate) fn restart(&mut self, accepted: Instant, client: Peer) {
        self.times = Times::new(accepted);
        self.number = 0;
        self.client = client;
        (self.local, self.source) = (None, None);
        self.generation = Generation::default();
        (self.frontend, self.backend, self.endpoint) = (None, None, None);
        self.hash = None;
        self.belonging = Belonging::default();
        self.wishes = Wishes::default();
        (self.retries, self.redispatched) = (0, false);
        self.tried = Tried::default();
        (self.backend_queue, self.endpoint_queue) = (0, 0);
        (self.bytes_in, self.bytes_out) = (0, 0);
        (self.status, self.compressed_with) = (None, None);
        self.termination = Termination::default();
        self.carried = Carried::default();
        self.request.bytes.clear();
        self.asked.clear();
        // Of few exchanges.
        forget(&mut self.tls);
        forget(&mut self.server_tls);
        forget(&mut self.server_tls_error);
        forget(&mut self.announced);
        forget(&mut self.left);
        forget(&mut self.cache);
    }
}

/// Lets go of something that is seldom there.
fn forget<T>(it: &mut Option<T>) {
    if it.is_some() {
        *it = None;
    }
}

/// A worker's spare records.
#[derive(Debug, Default)]
pub struct Exchanges {
    // Handed out in their boxes.
    #[allow(clippy::vec_box)]
    spare: RefCell<Vec<Box<Exchange>>>,
}

impl Exchanges {
    /// A fresh record.
    pub fn take(&self, accepted: Instant, client: Peer) -> Box<Exchange> {
        match self.spare.borrow_mut().pop() {
            Some(mut exchange) => {
                exchange.restart(accepted, client);
                exchange
            }
            None => Box::new(Exchange::new(accepted, client)),
        }
    }

    /// Takes a record back. It lets go of its frontend, backend and endpoint at once.
    pub fn put(&self, mut exchange: Box<Exchange>) {
        exchange.frontend = None;
        exchange.backend = None;
        exchange.endpoint = None;
        exchange.belonging = Belonging::default();
        exchange.tls = None;
        exchange.server_tls = None;
        exchange.server_tls_error = None;
        exchange.tried = Tried::default();
        exchange.left = None;
        exchange.announced = None;
        exchange.cache = None;
        let mut spare = self.spare.borrow_mut();
        if spare.len() < KEPT {
            spare.push(exchange);
        }
    }
}

#[cfg(test)]
mod tests;
