//! A connected byte stream, TCP or unix, without dynamic dispatch.

mod fresh;
mod original;
mod pipe;
pub(crate) mod tls;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};
use tokio::net::{TcpStream, UnixStream};

pub use fresh::Fresh;
pub use pipe::Pipe;
pub use tls::Tls;

pub use crate::multiplex::{Lane, single_lane};

/// One side of an exchange.
#[derive(Debug)]
pub enum Stream {
    /// TCP.
    Tcp(TcpStream),
    /// A unix stream socket.
    Unix(UnixStream),
    /// Either, while nothing had to be waited for.
    Fresh(Fresh),
    /// Any of them below TLS: what is read and written is in clear.
    Tls(Box<Tls>),
    /// One of the streams of a connection of HTTP/2.
    Lane(Box<Lane>),
}

impl Stream {
    /// Reads into `buffer`; 0 is the end of the stream.
    ///
    /// A short read clears the readiness without a further call (reference/hot-path 2), so that
    /// [`Stream::poll_quiet`] can tell a live connection from a stale one.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Tcp(stream) => read(stream, cx, buffer),
            Self::Unix(stream) => read(stream, cx, buffer),
            Self::Tls(tls) => tls.poll_read(cx, buffer),
            Self::Lane(lane) => lane.poll_read(cx, buffer),
            Self::Fresh(_) => self.read_fresh(cx, buffer),
        }
    }

    #[inline(never)]
    fn read_fresh(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        if let Self::Fresh(fresh) = self
            && let Some(read) = fresh.read(buffer)
        {
            return Poll::Ready(read);
        }
        self.watch()?;
        self.poll_read(cx, buffer)
    }

    /// Writes what the kernel takes of `bytes`, registering for more only where it takes nothing.
    pub fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(tls) => tls.poll_write(cx, bytes),
            Self::Lane(lane) => lane.poll_write(cx, bytes),
            Self::Fresh(_) => self.write_fresh(cx, bytes),
        }
    }

    #[inline(never)]
    fn write_fresh(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Self::Fresh(fresh) = self
            && let Some(written) = fresh.write(bytes, libc::MSG_NOSIGNAL)
        {
            return Poll::Ready(written);
        }
        self.watch()?;
        self.poll_write(cx, bytes)
    }

    /// As [`Stream::poll_write`], for bytes that [`Stream::poll_shutdown`] follows at once: the last of them leave in
    /// one packet with the end of the stream.
    pub fn poll_write_last(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        const LAST: libc::c_int = libc::MSG_NOSIGNAL | libc::MSG_MORE;
        let sent = match self {
            Self::Fresh(fresh) => fresh.write(bytes, LAST),
            Self::Tcp(stream) => {
                ready!(stream.poll_write_ready(cx))?;
                let socket = SockRef::from(&*stream);
                match stream.try_io(Interest::WRITABLE, || socket.send_with_flags(bytes, LAST)) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
                    sent => Some(sent),
                }
            }
            Self::Tls(tls) => return tls.poll_write_last(cx, bytes),
            Self::Unix(_) | Self::Lane(_) => None,
        };
        match sent {
            Some(sent) => Poll::Ready(sent),
            None => self.poll_write(cx, bytes),
        }
    }

    /// Takes up to `most` bytes that are there into a pipe that is empty. 0 says nothing: the socket may be dry, at its
    /// end, or at urgent data, which stops splice(2) until a read has passed it. [`Stream::poll_read`] tells.
    ///
    /// Who wants [`Stream::poll_quiet`] to tell the truth has to read the last bytes too: this never clears the
    /// readiness.
    pub fn fill(&mut self, pipe: &mut Pipe, most: usize) -> io::Result<usize> {
        let filled = match self {
            Self::Tcp(stream) => stream.try_io(Interest::READABLE, || some(pipe.fill(&*stream, most))),
            Self::Unix(stream) => stream.try_io(Interest::READABLE, || some(pipe.fill(&*stream, most))),
            // Only what is in clear on the wire can go past this process.
            Self::Fresh(_) | Self::Tls(_) | Self::Lane(_) => Ok(0),
        };
        some(filled)
    }

    /// Whether what lies in a pipe can be written to it.
    pub fn takes_pipes(&self) -> bool {
        !matches!(self, Self::Tls(_) | Self::Lane(_))
    }

    /// Writes what the kernel takes out of a pipe that is not empty.
    pub fn poll_drain(&mut self, cx: &mut Context<'_>, pipe: &mut Pipe) -> Poll<io::Result<usize>> {
        if let Self::Fresh(fresh) = self {
            if let Some(drained) = fresh.drain(pipe) {
                return Poll::Ready(drained);
            }
            self.watch()?;
        }
        loop {
            let drained = match self {
                Self::Tcp(stream) => {
                    ready!(stream.poll_write_ready(cx))?;
                    stream.try_io(Interest::WRITABLE, || pipe.drain(&*stream))
                }
                Self::Unix(stream) => {
                    ready!(stream.poll_write_ready(cx))?;
                    stream.try_io(Interest::WRITABLE, || pipe.drain(&*stream))
                }
                Self::Fresh(_) | Self::Tls(_) | Self::Lane(_) => Err(io::ErrorKind::NotConnected.into()),
            };
            match drained {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                drained => return Poll::Ready(drained),
            }
        }
    }

    /// Tells the peer that nothing follows; reading goes on.
    pub fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Fresh(fresh) => Poll::Ready(fresh.shutdown()),
            Self::Tls(tls) => tls.poll_shutdown(cx),
            Self::Lane(lane) => Poll::Ready(lane.shut()),
        }
    }

    /// Pending while the peer has sent nothing, not even its end; and, with no one to tell, while the event loop does
    /// not watch the socket.
    pub fn poll_quiet(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => stream.poll_read_ready(cx),
            Self::Unix(stream) => stream.poll_read_ready(cx),
            Self::Fresh(_) => Poll::Pending,
            Self::Tls(tls) => tls.poll_quiet(cx),
            Self::Lane(lane) => lane.poll_quiet(cx),
        }
    }

    /// As [`Stream::poll_quiet`] pending, for who wakes nobody.
    pub fn is_quiet(&mut self) -> bool {
        let nothing =
            |looked: io::Result<()>| matches!(looked, Err(it) if it.kind() == io::ErrorKind::WouldBlock);
        match self {
            Self::Tcp(stream) => nothing(stream.try_io(Interest::READABLE, || Ok(()))),
            Self::Unix(stream) => nothing(stream.try_io(Interest::READABLE, || Ok(()))),
            it => it.poll_quiet(&mut Context::from_waker(Waker::noop())).is_pending(),
        }
    }

    /// Looks at the bytes that are there without taking them, once there are more than `known`, or the stream is at its end
    /// or broken (0).
    pub fn poll_peek(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut [u8],
        known: usize,
    ) -> Poll<io::Result<usize>> {
        if let Self::Fresh(fresh) = self {
            if let Some(peeked) = fresh.peek(into, known) {
                return Poll::Ready(peeked);
            }
            self.watch()?;
        }
        loop {
            let mut peek = |socket: RawFd, ended: bool| match recv(socket, into, MsgFlags::MSG_PEEK) {
                Ok(length) if length <= known && ended => Ok(0),
                // Until more comes, nothing is there.
                Ok(length) if length > 0 && length <= known => Err(io::ErrorKind::WouldBlock.into()),
                peeked => peeked.map_err(io::Error::from),
            };
            // Whether all has come is asked before the look at it.
            let peeked = match self {
                Self::Tcp(stream) => {
                    ready!(stream.poll_read_ready(cx))?;
                    let ended = has_ended(stream.ready(Interest::READABLE));
                    stream.try_io(Interest::READABLE, || peek(stream.as_raw_fd(), ended))
                }
                Self::Unix(stream) => {
                    ready!(stream.poll_read_ready(cx))?;
                    let ended = has_ended(stream.ready(Interest::READABLE));
                    stream.try_io(Interest::READABLE, || peek(stream.as_raw_fd(), ended))
                }
                // Nothing is looked at of what is sealed.
                Self::Fresh(_) | Self::Tls(_) | Self::Lane(_) => Err(io::ErrorKind::NotConnected.into()),
            };
            match peeked {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                peeked => return Poll::Ready(peeked),
            }
        }
    }

    /// Takes bytes that [`Stream::poll_peek`] has shown: as many as there is room for.
    ///
    /// # Errors
    /// Those of recv(2).
    pub fn take(&mut self, into: &mut [u8]) -> io::Result<()> {
        let socket = self.descriptor()?;
        let mut taken = 0;
        while taken < into.len() {
            match recv(socket, &mut into[taken..], MsgFlags::MSG_DONTWAIT)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                length => taken += length,
            }
        }
        Ok(())
    }

    fn descriptor(&self) -> io::Result<RawFd> {
        match self {
            Self::Tcp(stream) => Ok(stream.as_raw_fd()),
            Self::Unix(stream) => Ok(stream.as_raw_fd()),
            Self::Fresh(fresh) => fresh.socket().map(AsRawFd::as_raw_fd),
            Self::Tls(_) | Self::Lane(_) => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Whether the event loop tells when there is something to read, or room to write.
    pub fn is_watched(&self) -> bool {
        !matches!(self.below(), Self::Fresh(_))
    }

    /// Has the event loop watch the socket. Reading and writing do so by themselves where they must wait.
    ///
    /// # Errors
    /// Where the host has no memory or no watch left; the socket is gone then.
    pub fn watch(&mut self) -> io::Result<()> {
        match self {
            Self::Fresh(fresh) => *self = fresh.watched()?,
            Self::Tls(tls) => tls.watch()?,
            Self::Tcp(_) | Self::Unix(_) | Self::Lane(_) => {}
        }
        Ok(())
    }

    /// Takes the socket from the event loop that watches it, whatever thread that turns on. The next one that has to wait
    /// for it has its own watch it.
    ///
    /// # Errors
    /// Where that loop does not let go of it; the socket is gone then.
    pub fn unwatch(self) -> io::Result<Self> {
        Ok(match self {
            Self::Tcp(stream) => Self::Fresh(Fresh::connecting(stream.into_std()?.into(), false)),
            Self::Unix(stream) => Self::Fresh(Fresh::connecting(stream.into_std()?.into(), true)),
            Self::Fresh(fresh) => Self::Fresh(fresh),
            Self::Tls(tls) => Self::Tls(Box::new(tls.over(Self::unwatch)?)),
            Self::Lane(lane) => Self::Lane(lane),
        })
    }

    /// None that is there: what stands in the place of one that was given away.
    pub(crate) fn gone() -> Self {
        Self::Fresh(Fresh::gone())
    }

    /// Whether the peer has sent nothing that was not read, not even its end, as far as the kernel knows: a system call.
    pub fn is_silent(&self) -> bool {
        if let Self::Tls(tls) = self {
            return tls.is_silent();
        }
        let Ok(socket) = self.descriptor() else { return false };
        recv(socket, &mut [0], MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT) == Err(Errno::EAGAIN)
    }

    /// This end's address: a system call.
    pub fn local(&self) -> Option<Peer> {
        match self.below() {
            Self::Tcp(stream) => stream.local_addr().ok().map(Peer::Ip),
            Self::Unix(_) => Some(Peer::Unix),
            Self::Fresh(fresh) if fresh.is_tcp() => {
                fresh.socket().ok()?.local_addr().ok()?.as_socket().map(Peer::Ip)
            }
            Self::Fresh(_) => Some(Peer::Unix),
            Self::Lane(lane) => lane.local(),
            Self::Tls(_) => None,
        }
    }

    /// Where the client wanted to go: this end's address, unless a rule of the kernel led it here (HAProxy: dst). Two
    /// system calls.
    pub(crate) fn destination(&self) -> Option<Peer> {
        let local = self.local()?;
        let Peer::Ip(address) = local else { return Some(local) };
        let original = match self.below() {
            Self::Tcp(stream) => original::of(stream, address),
            Self::Fresh(fresh) => original::of(fresh.socket().ok()?, address),
            // Of a stream of HTTP/2 it was asked once for all.
            Self::Unix(_) | Self::Tls(_) | Self::Lane(_) => None,
        };
        Some(original.map_or(local, Peer::Ip))
    }

    /// What the two ends of TLS agreed upon; `None`: it is in clear.
    pub(crate) fn agreed(&self) -> Option<&Arc<sluicegate_rules::Tls>> {
        match self {
            Self::Tls(tls) => tls.agreed(),
            Self::Lane(lane) => lane.agreed(),
            _ => None,
        }
    }

    /// Whether it is one of the streams of a connection of HTTP/2.
    pub(crate) fn is_lane(&self) -> bool {
        matches!(self, Self::Lane(_))
    }

    /// The connection that is known to the kernel.
    fn below(&self) -> &Self {
        match self {
            Self::Tls(tls) => tls.io(),
            it => it,
        }
    }

    /// Makes closing it a reset where that is known to TCP, which spares the port (HAProxy: nolinger).
    pub fn reset_on_close(&self) {
        // A socket that is gone needs no option.
        let _ = match self.below() {
            Self::Tcp(stream) => stream.set_zero_linger(),
            Self::Fresh(fresh) if fresh.is_tcp() => {
                fresh.socket().and_then(|socket| socket.set_linger(Some(Duration::ZERO)))
            }
            Self::Unix(_) | Self::Fresh(_) | Self::Tls(_) | Self::Lane(_) => Ok(()),
        };
    }

    /// Has small writes leave at once even while earlier ones are not acknowledged (TCP_NODELAY).
    pub fn hurry(&self) {
        // A socket that is gone needs no option.
        let _ = match self.below() {
            Self::Tcp(stream) => stream.set_nodelay(true),
            Self::Fresh(fresh) if fresh.is_tcp() => {
                fresh.socket().and_then(|socket| socket.set_tcp_nodelay(true))
            }
            Self::Unix(_) | Self::Fresh(_) | Self::Tls(_) | Self::Lane(_) => Ok(()),
        };
    }
}

/// Whether a socket that is ready has nothing more to come than what is there.
fn has_ended(ready: impl Future<Output = io::Result<Ready>>) -> bool {
    let ready = pin!(ready).poll(&mut Context::from_waker(Waker::noop()));
    matches!(ready, Poll::Ready(Ok(ready)) if ready.is_read_closed())
}

fn read(
    stream: &mut (impl AsyncRead + Unpin),
    cx: &mut Context<'_>,
    buffer: &mut [u8],
) -> Poll<io::Result<usize>> {
    let mut room = ReadBuf::new(buffer);
    Pin::new(stream).poll_read(cx, &mut room).map_ok(|()| room.filled().len())
}

/// Nothing instead of an error where waiting would be needed.
fn some(done: io::Result<usize>) -> io::Result<usize> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        done => done,
    }
}

/// The address of an end of a connection, in binary: nothing is formatted until a log asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// Over TCP.
    Ip(SocketAddr),
    /// Over a unix socket.
    Unix,
}

impl Peer {
    /// Over TCP: the address.
    pub fn ip(self) -> Option<SocketAddr> {
        match self {
            Self::Ip(address) => Some(address),
            Self::Unix => None,
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Unix => f.write_str("unix"),
        }
    }
}

/// What a connection to an endpoint goes to, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// TCP.
    Ip(SocketAddr),
    /// A unix stream socket.
    Unix(Arc<sluicegate_model::listener::UnixName>),
}

#[cfg(test)]
mod tests;
