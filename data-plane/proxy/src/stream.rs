//! A connected byte stream, TCP or unix, without dynamic dispatch.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

/// One side of an exchange.
#[derive(Debug)]
pub enum Stream {
    /// TCP.
    Tcp(TcpStream),
    /// A unix stream socket.
    Unix(UnixStream),
}

impl Stream {
    /// Reads into `buffer`; 0 is the end of the stream.
    ///
    /// A short read clears the readiness without a further call (reference/hot-path 2), so that
    /// [`Stream::poll_quiet`] can tell a live connection from a stale one.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut room = ReadBuf::new(buffer);
        let done = match self {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, &mut room),
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, &mut room),
        };
        done.map_ok(|()| room.filled().len())
    }

    /// Writes what the kernel takes of `bytes`, registering for more only where it takes nothing.
    pub fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    /// Tells the peer that nothing follows; reading goes on.
    pub fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }

    /// Pending while the peer has sent nothing, not even its end.
    pub fn poll_quiet(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => stream.poll_read_ready(cx),
            Self::Unix(stream) => stream.poll_read_ready(cx),
        }
    }

    /// This end's address: a system call.
    pub fn local(&self) -> Option<Peer> {
        match self {
            Self::Tcp(stream) => stream.local_addr().ok().map(Peer::Ip),
            Self::Unix(_) => Some(Peer::Unix),
        }
    }

    /// Makes closing it a reset where that is known to TCP, which spares the port (HAProxy: nolinger).
    pub fn reset_on_close(&self) {
        if let Self::Tcp(stream) = self {
            // A socket that is gone needs no option.
            let _ = stream.set_zero_linger();
        }
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
