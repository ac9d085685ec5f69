//! Clients that speak HTTP/2 (RFC 9113): as much of it as one needs that asks the same again and again, so that the core of
//! clients and servers is not the limit. Places are streams; what those of a connection have to send leaves together.

mod frame;

use std::io;
use std::mem;
use std::os::fd::AsFd as _;
use std::time::Duration;

use super::Plan;
use super::channel::{Channel, Dial};
use super::clients::{Clients, Done, Totals};
use crate::net::{Happened, Interest, Poll};
use crate::origin;

use frame::{ACK, END_HEADERS, END_STREAM, Frame, kind};

/// Bytes read at a time.
const READ: usize = 64 * 1024;

/// So many bytes of bodies may come before the connection's window is filled up.
const TAKEN: u32 = 1 << 30;

/// All connections, and what they share. Place `n` is a stream of connection `n` modulo their number.
pub(super) struct Multiplexed {
    dial: Dial,
    /// The header block of the request: it wants no proxy to remember anything.
    request: Vec<u8>,
    /// Bytes of an answer's body.
    body: u64,
    connections: Vec<Connection>,
    streams: usize,
    /// Connections with requests to send.
    fresh: Vec<usize>,
    poll: Poll,
    happened: Vec<Happened>,
    scratch: Vec<u8>,
    totals: Totals,
}

struct Connection {
    channel: Option<Channel>,
    interest: Interest,
    /// The number of the next stream.
    next: u32,
    streams: Vec<Stream>,
    /// Frames to send.
    output: Vec<u8>,
    /// Bytes that are no whole frame yet.
    input: Vec<u8>,
    /// Bytes of bodies that the window of the connection is short of.
    taken: u32,
}

/// One without a request under way has number 0.
#[derive(Debug, Clone, Copy, Default)]
struct Stream {
    number: u32,
    success: bool,
    received: u64,
}

/// What frames change beside their connection.
struct Work<'a> {
    connection: usize,
    connections: usize,
    body: u64,
    totals: &'a mut Totals,
    done: &'a mut Vec<Done>,
}

impl Multiplexed {
    pub(super) fn new(plan: &Plan) -> io::Result<Self> {
        Ok(Self {
            dial: Dial::new(plan)?,
            request: frame::request(&plan.path, plan.tls),
            body: origin::body(&plan.path),
            connections: (0..plan.connections).map(|_| Connection::new(plan.streams)).collect(),
            streams: plan.streams,
            fresh: Vec::with_capacity(plan.connections),
            poll: Poll::new()?,
            happened: Vec::new(),
            scratch: vec![0; READ],
            totals: Totals::default(),
        })
    }

    fn begin(&mut self, at: usize, stream: usize) -> io::Result<()> {
        let connection = &mut self.connections[at];
        if connection.channel.is_none() {
            let channel = self.dial.open()?;
            connection.interest = Interest::OUT;
            self.poll.add(&channel, at, connection.interest)?;
            connection.channel = Some(channel);
            frame::preface(&mut connection.output);
        }
        connection.streams[stream] = Stream { number: connection.next, ..Stream::default() };
        let flags = END_STREAM | END_HEADERS;
        frame::put(&mut connection.output, kind::HEADERS, flags, connection.next, &self.request);
        connection.next += 2;
        if !self.fresh.contains(&at) {
            self.fresh.push(at);
        }
        Ok(())
    }

    /// Sends what there is, and reads first where something may have come.
    fn advance(&mut self, at: usize, came: bool, done: &mut Vec<Done>) {
        let connections = self.connections.len();
        let Some(connection) = self.connections.get_mut(at) else { return };
        let (body, totals) = (self.body, &mut self.totals);
        let mut work = Work { connection: at, connections, body, totals, done };
        let read = if came { connection.read(&mut self.scratch, &mut work) } else { Ok(()) };
        if read.and_then(|()| connection.send()).and_then(|()| connection.watch(&self.poll, at)).is_err() {
            connection.fail(&mut work);
            *connection = Connection::new(self.streams);
        }
    }
}

impl Clients for Multiplexed {
    fn start(&mut self, place: usize) -> bool {
        let connections = self.connections.len();
        self.begin(place % connections, place / connections).is_ok()
    }

    fn turn(&mut self, limit: Duration, done: &mut Vec<Done>) -> io::Result<()> {
        done.clear();
        while let Some(at) = self.fresh.pop() {
            self.advance(at, false, done);
        }
        // What failed is told at once.
        let limit = if done.is_empty() { limit } else { Duration::ZERO };
        self.poll.wait(Some(limit), &mut self.happened)?;
        for index in 0..self.happened.len() {
            let Happened { token, interest } = self.happened[index];
            self.advance(token, interest != Interest::OUT, done);
        }
        Ok(())
    }

    fn totals(&self) -> Totals {
        self.totals
    }
}

impl Connection {
    fn new(streams: usize) -> Self {
        Self {
            channel: None,
            interest: Interest::empty(),
            next: 1,
            streams: vec![Stream::default(); streams],
            output: Vec::new(),
            input: Vec::new(),
            taken: 0,
        }
    }

    fn send(&mut self) -> io::Result<()> {
        let Some(channel) = &mut self.channel else { return Ok(()) };
        while !self.output.is_empty() {
            let Some(sent) = channel.send(&self.output)? else { break };
            self.output.drain(..sent);
        }
        Ok(())
    }

    fn watch(&mut self, poll: &Poll, token: usize) -> io::Result<()> {
        let Some(channel) = &self.channel else { return Ok(()) };
        let interest = channel.interest(!self.output.is_empty());
        if interest != self.interest {
            poll.modify(channel.as_fd(), token, interest)?;
            self.interest = interest;
        }
        Ok(())
    }

    fn read(&mut self, scratch: &mut [u8], work: &mut Work<'_>) -> io::Result<()> {
        loop {
            let Some(channel) = &mut self.channel else { return Ok(()) };
            let Some(read) = channel.receive(scratch)? else { return Ok(()) };
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let holds = channel.holds();
            self.input.extend_from_slice(&scratch[..read]);
            let input = mem::take(&mut self.input);
            let mut used = 0;
            while let Some(frame) = Frame::first(&input[used..])? {
                used += frame.length();
                self.take(&frame, work)?;
            }
            self.input = input;
            self.input.drain(..used);
            if !holds {
                return Ok(());
            }
        }
    }

    fn take(&mut self, frame: &Frame<'_>, work: &mut Work<'_>) -> io::Result<()> {
        match frame.kind {
            kind::SETTINGS if !frame.has(ACK) => frame::put(&mut self.output, kind::SETTINGS, ACK, 0, &[]),
            kind::PING if !frame.has(ACK) => {
                frame::put(&mut self.output, kind::PING, ACK, 0, frame.payload);
            }
            kind::GOAWAY => return Err(io::ErrorKind::ConnectionAborted.into()),
            kind::DATA | kind::HEADERS | kind::RST_STREAM => self.answer(frame, work)?,
            _ => {}
        }
        Ok(())
    }

    /// A frame of a stream.
    fn answer(&mut self, frame: &Frame<'_>, work: &mut Work<'_>) -> io::Result<()> {
        let number = frame.stream;
        let Some(at) = self.streams.iter().position(|stream| stream.number == number && number > 0) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let stream = &mut self.streams[at];
        match frame.kind {
            kind::HEADERS => stream.success |= frame.is_success()?,
            kind::DATA => {
                let bytes = frame.content()?.len() as u64;
                stream.received += bytes;
                work.totals.bytes += bytes;
                // No frame is longer than 16 KiB.
                self.taken += frame.payload.len() as u32;
                if self.taken >= TAKEN {
                    frame::widen(&mut self.output, mem::take(&mut self.taken));
                }
            }
            _ => work.over(stream, at, false),
        }
        if frame.has(END_STREAM) {
            let ok = stream.success && stream.received == work.body;
            work.over(stream, at, ok);
        }
        Ok(())
    }

    /// No request of it is answered any more.
    fn fail(&mut self, work: &mut Work<'_>) {
        for (at, stream) in self.streams.iter_mut().enumerate().filter(|(_, stream)| stream.number > 0) {
            work.over(stream, at, false);
        }
    }
}

impl Work<'_> {
    fn over(&mut self, stream: &mut Stream, at: usize, ok: bool) {
        *stream = Stream::default();
        self.done.push(Done { place: self.connection + at * self.connections, ok });
    }
}

#[cfg(test)]
mod tests;
