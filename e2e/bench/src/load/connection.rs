//! The connections of a load.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::{Duration, Instant};

use super::Plan;
use crate::net::{self, Happened, Interest, Poll};
use crate::wire;

/// No answer's head is longer.
const HEAD: usize = 8 * 1024;

/// All connections, and what they share.
pub(crate) struct Client {
    port: u16,
    request: Vec<u8>,
    close: bool,
    connections: Vec<Connection>,
    poll: Poll,
    happened: Vec<Happened>,
    scratch: Vec<u8>,
    /// Bytes of bodies received so far.
    pub(crate) bytes: u64,
}

struct Connection {
    socket: Option<OwnedFd>,
    state: State,
    /// Bytes of the request that are sent.
    sent: usize,
    /// The start of an answer that came in pieces.
    head: Vec<u8>,
    body_left: u64,
    /// The server says that it closes.
    closes: bool,
    interest: Interest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Sending,
    Head,
    Body,
}

/// A request that is over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Done {
    pub(crate) connection: usize,
    /// It was answered 200, and in full.
    pub(crate) ok: bool,
}

impl Client {
    pub(crate) fn new(plan: &Plan) -> io::Result<Self> {
        let connections = (0..plan.connections).map(|_| Connection::default()).collect();
        Ok(Self {
            port: plan.port,
            request: plan.request(),
            close: plan.close,
            connections,
            poll: Poll::new()?,
            happened: Vec::new(),
            // Most of it is never touched: bodies are dropped in the kernel.
            scratch: vec![0; 1 << 20],
            bytes: 0,
        })
    }

    /// Sends the request on a connection, opening it first where it is not open. False: that failed.
    pub(crate) fn start(&mut self, connection: usize) -> bool {
        let started = self.begin(connection);
        if started.is_err() {
            self.connections[connection] = Connection::default();
        }
        started.is_ok()
    }

    fn begin(&mut self, at: usize) -> io::Result<()> {
        let connection = &mut self.connections[at];
        connection.sent = 0;
        connection.state = State::Sending;
        if connection.socket.is_some() {
            connection.send(&self.request)?;
            return connection.watch(&self.poll, at);
        }
        // As clients do: the request goes out when the kernel says that the connection is there.
        let socket = net::connect(self.port)?;
        connection.interest = Interest::OUT;
        self.poll.add(&socket, at, connection.interest)?;
        connection.socket = Some(socket);
        Ok(())
    }

    /// Waits at most so long; tells which requests are over.
    pub(crate) fn turn(&mut self, limit: Duration, done: &mut Vec<Done>) -> io::Result<()> {
        done.clear();
        self.poll.wait(Some(limit), &mut self.happened)?;
        for index in 0..self.happened.len() {
            let at = self.happened[index].token;
            if let Some(ok) = self.event(at) {
                done.push(Done { connection: at, ok });
            }
        }
        Ok(())
    }

    /// Some(…) where the request of the connection is over.
    fn event(&mut self, at: usize) -> Option<bool> {
        let connection = &mut self.connections[at];
        connection.socket.as_ref()?;
        let busy = connection.state != State::Idle;
        let ended = match connection.state {
            State::Sending => connection.send(&self.request).map(|()| false),
            _ => connection.receive(&mut self.scratch, &mut self.bytes),
        };
        match ended {
            Ok(false) if connection.watch(&self.poll, at).is_ok() => None,
            Ok(true) => {
                if self.close || connection.closes {
                    *connection = Connection::default();
                }
                Some(true)
            }
            _ => {
                self.connections[at] = Connection::default();
                busy.then_some(false)
            }
        }
    }

    /// Connections that are open and on which nothing came.
    pub(crate) fn quiet(&mut self) -> usize {
        let scratch = &mut self.scratch;
        let quiet = |connection: &&Connection| match &connection.socket {
            Some(socket) => matches!(net::receive(socket, scratch), Ok(None)),
            None => false,
        };
        self.connections.iter().filter(quiet).count()
    }

    /// True when all of the request is sent.
    pub(crate) fn has_sent(&self, connection: usize) -> bool {
        self.connections[connection].state == State::Head
    }
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            socket: None,
            state: State::Idle,
            sent: 0,
            head: Vec::new(),
            body_left: 0,
            closes: false,
            interest: Interest::empty(),
        }
    }
}

impl Connection {
    fn send(&mut self, request: &[u8]) -> io::Result<()> {
        let Some(socket) = &self.socket else { return Ok(()) };
        self.sent += net::send(socket, &request[self.sent..])?.unwrap_or(0);
        if self.sent == request.len() {
            self.state = State::Head;
        }
        Ok(())
    }

    fn watch(&mut self, poll: &Poll, token: usize) -> io::Result<()> {
        let interest = if self.state == State::Sending { Interest::OUT } else { Interest::IN };
        if let Some(socket) = &self.socket
            && interest != self.interest
        {
            poll.modify(socket.as_fd(), token, interest)?;
            self.interest = interest;
        }
        Ok(())
    }

    /// True when the answer is complete.
    fn receive(&mut self, scratch: &mut [u8], bytes: &mut u64) -> io::Result<bool> {
        let Some(socket) = &self.socket else { return Ok(false) };
        match self.state {
            // Nobody asked: it is the server's close.
            State::Idle | State::Sending => return Err(io::ErrorKind::UnexpectedEof.into()),
            State::Head => {
                let Some(read) = net::receive(socket, &mut scratch[..HEAD])? else { return Ok(false) };
                if read == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                if !self.head_bytes(&scratch[..read], bytes)? {
                    return Ok(false);
                }
                // A short read has emptied the socket.
                if self.body_left > 0 && read < HEAD {
                    return Ok(false);
                }
            }
            State::Body => {}
        }
        if self.body_left > 0 {
            let Some(socket) = &self.socket else { return Ok(false) };
            let most = scratch.len().min(usize::try_from(self.body_left).unwrap_or(usize::MAX));
            match net::discard(socket, &mut scratch[..most])? {
                None => return Ok(false),
                Some(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Some(read) => {
                    self.body_left -= read as u64;
                    *bytes += read as u64;
                }
            }
        }
        if self.body_left == 0 {
            self.state = State::Idle;
        }
        Ok(self.body_left == 0)
    }

    /// True when the head is complete; then `body_left` is set.
    fn head_bytes(&mut self, read: &[u8], bytes: &mut u64) -> io::Result<bool> {
        let joined;
        let input = if self.head.is_empty() {
            read
        } else {
            self.head.extend_from_slice(read);
            joined = std::mem::take(&mut self.head);
            &joined
        };
        let Some(head) = wire::head(input).map_err(io::Error::other)? else {
            if input.len() > HEAD {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.head = input.to_vec();
            return Ok(false);
        };
        if !input.starts_with(b"HTTP/1.1 200") {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let here = (input.len() - head.length) as u64;
        self.closes = head.close;
        self.state = State::Body;
        self.body_left = head.content_length.checked_sub(here).ok_or(io::ErrorKind::InvalidData)?;
        *bytes += here;
        Ok(true)
    }
}

/// How long until `instant`; nothing where it has passed.
pub(crate) fn until(instant: Instant) -> Duration {
    instant.saturating_duration_since(Instant::now())
}
