//! A listening socket in the event loop.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use mio::net::{TcpListener, UnixListener};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::bind::Half;
use crate::stream::{Fresh, Peer, Stream};

/// The event loop watches the listening socket only: whether it must watch what is accepted shows later.
#[derive(Debug)]
pub(super) enum Listener {
    Tcp(AsyncFd<Arc<TcpListener>>),
    Unix(AsyncFd<Arc<UnixListener>>),
}

impl Listener {
    /// Has the event loop of this thread watch a socket.
    pub(super) fn new(half: Half) -> io::Result<Self> {
        Ok(match half {
            Half::Tcp(listener) => {
                // SAFETY: the listener owns its descriptor, never changes it, and closes it when it is dropped, which no
                // one can do before AsyncFd, that has a share in it, has taken it out of the event loop.
                Self::Tcp(unsafe { AsyncFd::register_with_interest(listener, Interest::READABLE)? })
            }
            // Nothing is accepted there.
            Half::Udp(_) => return Err(io::ErrorKind::InvalidInput.into()),
            Half::Unix(listener) => {
                // SAFETY: as above.
                Self::Unix(unsafe { AsyncFd::register_with_interest(listener, Interest::READABLE)? })
            }
        })
    }

    /// The next connection, not watched yet.
    pub(super) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Stream, Peer)>> {
        match self {
            Self::Tcp(listener) => poll_take(listener, cx, |listener| {
                let (stream, client) = listener.accept()?;
                let socket = std::net::TcpStream::from(stream).into();
                Ok((Stream::Fresh(Fresh::accepted(socket, false)), Peer::Ip(client)))
            }),
            Self::Unix(listener) => poll_take(listener, cx, |listener| {
                let (stream, _) = listener.accept()?;
                let socket = std::os::unix::net::UnixStream::from(stream).into();
                Ok((Stream::Fresh(Fresh::accepted(socket, true)), Peer::Unix))
            }),
        }
    }
}

fn poll_take<L: AsRawFd, T>(
    listener: &AsyncFd<L>,
    cx: &mut Context<'_>,
    take: impl Fn(&L) -> io::Result<T>,
) -> Poll<io::Result<T>> {
    loop {
        let mut ready = ready!(listener.poll_read_ready(cx))?;
        if let Ok(taken) = ready.try_io(|listener| take(listener.get_ref())) {
            return Poll::Ready(taken);
        }
    }
}
