//! Clients that speak HTTP/1.1.

use std::io;
use std::os::fd::AsFd as _;
use std::time::Duration;

use super::Plan;
use super::channel::{Channel, Dial};
use super::clients::{Clients, Done, Totals};
use crate::net::{Happened, Interest, Poll};
use crate::wire;

/// No answer's head is longer.
const HEAD: usize = 8 * 1024;

/// All connections, each a place of the load, and what they share.
pub(super) struct Client {
    dial: Dial,
    request: Vec<u8>,
    close: bool,
    connections: Vec<Connection>,
    poll: Poll,
    happened: Vec<Happened>,
    scratch: Vec<u8>,
    totals: Totals,
}

struct Connection {
    channel: Option<Channel>,
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

impl Client {
    pub(super) fn new(plan: &Plan) -> io::Result<Self> {
        let connections = (0..plan.connections).map(|_| Connection::default()).collect();
        Ok(Self {
            dial: Dial::new(plan)?,
            request: plan.request(),
            close: plan.close,
            connections,
            poll: Poll::new()?,
            happened: Vec::new(),
            // Most of it is never touched: bodies are dropped in the kernel.
            scratch: vec![0; 1 << 20],
            totals: Totals::default(),
        })
    }

    fn begin(&mut self, at: usize) -> io::Result<()> {
        let connection = &mut self.connections[at];
        connection.sent = 0;
        connection.state = State::Sending;
        if connection.channel.is_some() {
            connection.send(&self.request)?;
            return connection.watch(&self.poll, at);
        }
        // As clients do: the request goes out when the kernel says that the connection is there.
        let channel = self.dial.open()?;
        connection.interest = Interest::OUT;
        self.poll.add(&channel, at, connection.interest)?;
        connection.channel = Some(channel);
        Ok(())
    }

    /// Some(…) where the request of the connection is over.
    fn event(&mut self, at: usize) -> Option<bool> {
        let connection = &mut self.connections[at];
        connection.channel.as_ref()?;
        let busy = connection.state != State::Idle;
        let ended = match connection.state {
            State::Sending => connection.send(&self.request).map(|()| false),
            _ => connection.advance(&mut self.scratch, &mut self.totals.bytes),
        };
        match ended {
            Ok(false) if connection.watch(&self.poll, at).is_ok() => None,
            Ok(true) => {
                if self.close || connection.closes {
                    if let Some(resumed) = connection.channel.as_ref().and_then(Channel::is_resumed) {
                        self.totals.handshakes += 1;
                        self.totals.resumed += u64::from(resumed);
                    }
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
    pub(super) fn quiet(&mut self) -> usize {
        let scratch = &mut self.scratch;
        let channels = self.connections.iter_mut().filter_map(|connection| connection.channel.as_mut());
        channels
            .map(|channel| channel.receive(scratch))
            .filter(|received| matches!(received, Ok(None)))
            .count()
    }

    /// True when all of the request is sent.
    pub(super) fn has_sent(&self, connection: usize) -> bool {
        self.connections[connection].state == State::Head
    }
}

impl Clients for Client {
    fn start(&mut self, place: usize) -> bool {
        let started = self.begin(place);
        if started.is_err() {
            self.connections[place] = Connection::default();
        }
        started.is_ok()
    }

    fn turn(&mut self, limit: Duration, done: &mut Vec<Done>) -> io::Result<()> {
        done.clear();
        self.poll.wait(Some(limit), &mut self.happened)?;
        for index in 0..self.happened.len() {
            let place = self.happened[index].token;
            if let Some(ok) = self.event(place) {
                done.push(Done { place, ok });
            }
        }
        Ok(())
    }

    fn totals(&self) -> Totals {
        self.totals
    }
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            channel: None,
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
        let Some(channel) = &mut self.channel else { return Ok(()) };
        self.sent += channel.send(&request[self.sent..])?.unwrap_or(0);
        if self.sent == request.len() {
            self.state = State::Head;
        }
        Ok(())
    }

    fn watch(&mut self, poll: &Poll, token: usize) -> io::Result<()> {
        let Some(channel) = &self.channel else { return Ok(()) };
        let interest = channel.interest(self.state == State::Sending);
        if interest != self.interest {
            poll.modify(channel.as_fd(), token, interest)?;
            self.interest = interest;
        }
        Ok(())
    }

    /// Takes all that no event will tell of. True when the answer is complete.
    fn advance(&mut self, scratch: &mut [u8], bytes: &mut u64) -> io::Result<bool> {
        loop {
            let complete = self.receive(scratch, bytes)?;
            if complete || !self.channel.as_ref().is_some_and(Channel::holds) {
                return Ok(complete);
            }
        }
    }

    fn receive(&mut self, scratch: &mut [u8], bytes: &mut u64) -> io::Result<bool> {
        let Some(channel) = &mut self.channel else { return Ok(false) };
        match self.state {
            // A session's ticket is nothing to be read; what else nobody asked for is the server's close.
            State::Idle | State::Sending => match channel.receive(&mut scratch[..HEAD])? {
                None => return Ok(false),
                Some(_) => return Err(io::ErrorKind::UnexpectedEof.into()),
            },
            State::Head => {
                let Some(read) = channel.receive(&mut scratch[..HEAD])? else { return Ok(false) };
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
            let Some(channel) = &mut self.channel else { return Ok(false) };
            let most = scratch.len().min(usize::try_from(self.body_left).unwrap_or(usize::MAX));
            match channel.discard(&mut scratch[..most])? {
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
