//! Sockets and epoll, as the small programs of the bench use them: one thread, nothing between them and the kernel.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, sockopt};

pub(crate) use rustix::event::epoll::EventFlags as Interest;

/// Connections that the kernel takes before the program does.
const BACKLOG: i32 = 8192;

/// Events taken from the kernel at a time.
const EVENTS: usize = 256;

/// No datagram is longer.
pub(crate) const DATAGRAM: usize = 64 * 1024;

/// The bench talks over loopback alone.
pub(crate) fn loopback(port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)
}

/// A listening socket that never blocks.
pub(crate) fn listen(port: u16) -> io::Result<OwnedFd> {
    let socket = stream()?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    // Accepted sockets inherit it.
    sockopt::set_tcp_nodelay(&socket, true)?;
    rustix::net::bind(&socket, &loopback(port))?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(socket)
}

/// The next connection, or `None` when there is none.
pub(crate) fn accept(listener: &OwnedFd) -> io::Result<Option<OwnedFd>> {
    match rustix::net::accept_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
        Ok(socket) => Ok(Some(socket)),
        Err(Errno::AGAIN | Errno::CONNABORTED) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A connection that may still be under way.
pub(crate) fn connect(port: u16) -> io::Result<OwnedFd> {
    let socket = stream()?;
    sockopt::set_tcp_nodelay(&socket, true)?;
    match rustix::net::connect(&socket, &loopback(port)) {
        Ok(()) | Err(Errno::INPROGRESS) => Ok(socket),
        Err(error) => Err(error.into()),
    }
}

fn stream() -> Result<OwnedFd, Errno> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)
}

/// A socket that datagrams come to; it never blocks.
pub(crate) fn datagrams(port: u16) -> io::Result<OwnedFd> {
    let socket = datagram_socket()?;
    rustix::net::bind(&socket, &loopback(port))?;
    Ok(socket)
}

/// A socket for datagrams to a port and from there, and no others.
pub(crate) fn datagrams_to(port: u16) -> io::Result<OwnedFd> {
    let socket = datagram_socket()?;
    rustix::net::connect(&socket, &loopback(port))?;
    Ok(socket)
}

fn datagram_socket() -> Result<OwnedFd, Errno> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    rustix::net::socket_with(AddressFamily::INET, SocketType::DGRAM, flags, None)
}

/// The length of the next datagram and whose it is; `None`: none is there yet.
pub(crate) fn receive_from(socket: &OwnedFd, into: &mut [u8]) -> io::Result<Option<(usize, SocketAddrV4)>> {
    let (length, from) = match rustix::net::recvfrom(socket, into, RecvFlags::empty()) {
        Ok((length, _, from)) => (length, from),
        Err(Errno::AGAIN) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let from = from.and_then(|from| SocketAddrV4::try_from(from).ok());
    Ok(Some((length, from.ok_or(io::ErrorKind::InvalidData)?)))
}

/// Sends a datagram; `None`: there was no room for it.
pub(crate) fn send_to(socket: &OwnedFd, bytes: &[u8], to: SocketAddrV4) -> io::Result<Option<usize>> {
    ready(rustix::net::sendto(socket, bytes, SendFlags::NOSIGNAL, &to))
}

/// Bytes read; `None`: none are there yet. 0 is the end.
pub(crate) fn receive(socket: &OwnedFd, into: &mut [u8]) -> io::Result<Option<usize>> {
    ready(rustix::net::recv(socket, into, RecvFlags::empty()).map(|(read, _)| read))
}

/// As [`receive`], of at most as many bytes as `space` has; TCP drops them in the kernel and copies nothing (tcp(7),
/// `MSG_TRUNC`).
pub(crate) fn discard(socket: &OwnedFd, space: &mut [u8]) -> io::Result<Option<usize>> {
    ready(rustix::net::recv(socket, space, RecvFlags::TRUNC).map(|(_, length)| length))
}

/// Bytes written; `None`: the socket is full, or not connected yet.
pub(crate) fn send(socket: &OwnedFd, bytes: &[u8]) -> io::Result<Option<usize>> {
    ready(rustix::net::send(socket, bytes, SendFlags::NOSIGNAL))
}

fn ready(result: Result<usize, Errno>) -> io::Result<Option<usize>> {
    match result {
        Ok(bytes) => Ok(Some(bytes)),
        Err(Errno::AGAIN) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Where the program keeps what belongs to a socket: by the number of its descriptor.
pub(crate) fn slot(socket: &OwnedFd) -> usize {
    usize::try_from(socket.as_raw_fd()).unwrap_or_default()
}

/// An epoll instance, level-triggered.
pub(crate) struct Poll {
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
}

/// What happened to a registered socket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Happened {
    pub(crate) token: usize,
    pub(crate) interest: Interest,
}

impl Poll {
    pub(crate) fn new() -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        Ok(Self { epoll, events: Vec::with_capacity(EVENTS) })
    }

    pub(crate) fn add(&self, socket: impl AsFd, token: usize, interest: Interest) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, socket, data(token), interest)?)
    }

    pub(crate) fn modify(&self, socket: BorrowedFd<'_>, token: usize, interest: Interest) -> io::Result<()> {
        Ok(epoll::modify(&self.epoll, socket, data(token), interest)?)
    }

    /// Waits for events, at most so long; moves them into `happened`.
    pub(crate) fn wait(&mut self, limit: Option<Duration>, happened: &mut Vec<Happened>) -> io::Result<()> {
        happened.clear();
        self.events.clear();
        let limit = limit.map(|limit| Timespec {
            tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(limit.subsec_nanos()),
        });
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), limit.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        happened.extend(self.events.iter().map(|event| Happened {
            token: usize::try_from(event.data.u64()).unwrap_or(usize::MAX),
            interest: event.flags,
        }));
        Ok(())
    }
}

fn data(token: usize) -> epoll::EventData {
    epoll::EventData::new_u64(token as u64)
}
