//! A socket that the event loop does not watch yet.

use std::io::{self, Read as _};
use std::net::Shutdown;
use std::os::fd::AsRawFd;

use nix::sys::socket::{MsgFlags, recv};
use socket2::Socket;
use tokio::net::{TcpStream, UnixStream};

use super::{Pipe, Stream};

/// A connected or connecting socket outside the event loop. A client's first request is often there when its connection
/// is accepted, and an answer goes out at once: a connection that carries no more than that is never watched, which
/// spares two system calls and the events of a socket that can be written to.
#[derive(Debug)]
pub struct Fresh {
    /// `None`: it could not be watched, and is gone.
    socket: Option<Socket>,
    unix: bool,
    /// Nothing is to be read without waiting for it.
    dry: bool,
}

impl Fresh {
    /// A socket that was just accepted: its first bytes may be there.
    pub(crate) fn accepted(socket: Socket, unix: bool) -> Self {
        Self { socket: Some(socket), unix, dry: false }
    }

    /// A socket that connects: its peer has nothing to say yet.
    pub(crate) fn connecting(socket: Socket, unix: bool) -> Self {
        Self { socket: Some(socket), unix, dry: true }
    }

    /// None that is there.
    pub(crate) fn gone() -> Self {
        Self { socket: None, unix: false, dry: true }
    }

    /// Reads once, without waiting; `None`: the event loop must tell when there is something.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        if std::mem::replace(&mut self.dry, true) {
            return None;
        }
        let mut socket = self.socket.as_ref()?;
        waited(socket.read(buffer))
    }

    /// Looks at what is there, if that is more than `known` or the end, and leaves it; `None`: as [`Fresh::read`].
    pub(super) fn peek(&self, into: &mut [u8], known: usize) -> Option<io::Result<usize>> {
        let socket = self.socket.as_ref().filter(|_| !self.dry)?;
        match recv(socket.as_raw_fd(), into, MsgFlags::MSG_PEEK) {
            Ok(length) if length > 0 && length <= known => None,
            peeked => waited(peeked.map_err(io::Error::from)),
        }
    }

    /// Writes without waiting; `None`: the event loop must tell when there is room.
    pub(super) fn write(&self, bytes: &[u8], flags: libc::c_int) -> Option<io::Result<usize>> {
        waited(self.socket.as_ref()?.send_with_flags(bytes, flags))
    }

    /// As [`Fresh::write`], out of a pipe.
    pub(super) fn drain(&self, pipe: &mut Pipe) -> Option<io::Result<usize>> {
        waited(pipe.drain(self.socket.as_ref()?))
    }

    /// The socket; an error where it is gone.
    pub(super) fn socket(&self) -> io::Result<&Socket> {
        self.socket.as_ref().ok_or_else(gone)
    }

    /// Has the event loop watch it.
    pub(super) fn watched(&mut self) -> io::Result<Stream> {
        let socket = self.socket.take().ok_or_else(gone)?;
        Ok(if self.unix {
            Stream::Unix(UnixStream::from_std(socket.into())?)
        } else {
            Stream::Tcp(TcpStream::from_std(socket.into())?)
        })
    }

    pub(super) fn shutdown(&self) -> io::Result<()> {
        self.socket()?.shutdown(Shutdown::Write)
    }

    /// Whether it is a TCP socket.
    pub(super) fn is_tcp(&self) -> bool {
        !self.unix
    }
}

fn waited(done: io::Result<usize>) -> Option<io::Result<usize>> {
    Some(done).filter(|done| !matches!(done, Err(error) if error.kind() == io::ErrorKind::WouldBlock))
}

fn gone() -> io::Error {
    io::ErrorKind::NotConnected.into()
}
