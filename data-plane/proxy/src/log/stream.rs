//! Lines that go over a connection: what waits for it is bounded, and it is opened again and again.

use std::collections::VecDeque;
use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sluicegate_model::logging::{LogPeer, LogStream};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::digits::number;
use super::output::Names;
use crate::upstream::unix_address;

/// Before a connection that failed is tried again (HAProxy's turn-around).
const AGAIN: Duration = Duration::from_secs(1);
/// Between two looks at a connection that is being opened, or takes nothing now.
const LOOK: Duration = Duration::from_millis(10);

/// The lines that wait for one receiver, and the connection to it.
#[derive(Debug)]
pub(super) struct Stream {
    to: Arc<LogStream>,
    names: Arc<Names>,
    state: State,
    bytes: VecDeque<u8>,
    /// The lengths of the lines in `bytes`.
    lines: VecDeque<usize>,
    /// Of the first line. A line that was cut by the end of a connection is sent again as a whole.
    sent: usize,
    /// A failure is told once, until a connection stands.
    told: bool,
}

#[derive(Debug)]
enum State {
    /// Not to be tried before then.
    Closed(Instant),
    Opening(Socket, Instant),
    /// It last took something then.
    Open(Socket, Instant),
}

impl Stream {
    pub(super) fn new(to: Arc<LogStream>, names: Arc<Names>) -> Self {
        let (bytes, lines) = Default::default();
        Self { to, names, state: State::Closed(Instant::now()), bytes, lines, sent: 0, told: false }
    }

    /// Puts a line to those that wait.
    ///
    /// # Errors
    /// `WouldBlock`: there is no room for it.
    pub(super) fn push(&mut self, line: &[u8]) -> io::Result<()> {
        let mut length = Vec::new();
        if self.to.octet_counting {
            number(line.len() as u64, &mut length);
            length.push(b' ');
        }
        let end: &[u8] = if self.to.octet_counting { b"" } else { b"\n" };
        let all = length.len() + line.len() + end.len();
        if self.bytes.len() + all > self.to.buffer_bytes {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        [&length, line, end].iter().for_each(|part| self.bytes.extend(*part));
        self.lines.push_back(all);
        Ok(())
    }

    /// Lines that have not been sent.
    pub(super) fn waiting(&self) -> usize {
        self.lines.len()
    }

    /// When something may be done for what waits; `None`: nothing waits.
    pub(super) fn next(&self) -> Option<Instant> {
        (!self.lines.is_empty()).then(|| match self.state {
            State::Closed(until) => until,
            State::Opening(..) | State::Open(..) => Instant::now() + LOOK,
        })
    }

    /// Goes on with opening and sending, as far as that needs no waiting.
    pub(super) fn pump(&mut self) {
        if self.lines.is_empty() {
            return;
        }
        let now = Instant::now();
        if let Err(error) = self.step(now) {
            if !self.told {
                let to = &self.to.peer;
                tracing::warn!(?to, %error, "log lines wait: the connection to their receiver fails");
                self.told = true;
            }
            self.sent = 0;
            self.state = State::Closed(now + AGAIN);
        }
    }

    fn step(&mut self, now: Instant) -> io::Result<()> {
        if let State::Closed(until) = self.state {
            if now < until {
                return Ok(());
            }
            self.state = State::Opening(self.open()?, now);
        }
        if let State::Opening(socket, since) = &self.state {
            if let Some(error) = socket.take_error()? {
                return Err(error);
            }
            match socket.peer_addr() {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotConnected => {
                    let late = now.duration_since(*since) > self.to.connect_timeout;
                    return if late { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) };
                }
                Err(error) => return Err(error),
            }
            self.told = false;
            let State::Opening(socket, _) = std::mem::replace(&mut self.state, State::Closed(now)) else {
                return Ok(());
            };
            self.state = State::Open(socket, now);
        }
        self.send(now)
    }

    fn open(&self) -> io::Result<Socket> {
        let (domain, address) = match &self.to.peer {
            LogPeer::Ip(address) => (Domain::for_address(*address), SockAddr::from(*address)),
            LogPeer::Host(host) => {
                let ip = self.names.address(&host.name).ok_or(io::ErrorKind::HostUnreachable)?;
                let address = SocketAddr::new(ip, host.port);
                (Domain::for_address(address), SockAddr::from(address))
            }
            LogPeer::Unix(name) => (Domain::UNIX, unix_address(name)?),
        };
        let protocol = (domain != Domain::UNIX).then_some(Protocol::TCP);
        let socket = Socket::new(domain, Type::STREAM.nonblocking(), protocol)?;
        match socket.connect(&address) {
            Ok(()) => Ok(socket),
            // connect(2): EINPROGRESS
            Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => Ok(socket),
            Err(error) => Err(error),
        }
    }

    fn send(&mut self, now: Instant) -> io::Result<()> {
        let State::Open(socket, since) = &mut self.state else { return Ok(()) };
        // A receiver that has gone is noticed before a line is given to nobody.
        match socket.read(&mut [0; 512]) {
            Ok(0) => return Err(io::ErrorKind::ConnectionReset.into()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        while !self.lines.is_empty() {
            let (front, back) = self.bytes.as_slices();
            let rest = front.get(self.sent..).filter(|rest| !rest.is_empty());
            let rest = rest.unwrap_or_else(|| &back[self.sent - front.len()..]);
            match socket.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(length) => {
                    *since = now;
                    self.sent += length;
                    while let Some(&line) = self.lines.front()
                        && line <= self.sent
                    {
                        self.sent -= line;
                        self.bytes.drain(..line);
                        self.lines.pop_front();
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let limit = self.to.write_timeout;
                    let late = limit.is_some_and(|limit| now.duration_since(*since) > limit);
                    return if late { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) };
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
