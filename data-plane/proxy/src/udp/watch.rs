//! Sockets for datagrams in the event loop.
#![allow(unsafe_code)]

use std::io;
use std::net::UdpSocket;
use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A socket as the event loop knows it; others may have it too, and for longer.
#[derive(Debug)]
pub(super) struct Watched(pub(super) Rc<UdpSocket>);

impl AsRawFd for Watched {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// Has the event loop of this thread watch a socket for what comes. Never for writing: each datagram that leaves would wake
/// its task.
pub(super) fn watch(socket: Rc<UdpSocket>) -> io::Result<AsyncFd<Watched>> {
    // SAFETY: the socket owns its descriptor and never changes it; it is closed when the last who has it is gone, and AsyncFd
    // takes it out of the event loop before it lets its own go.
    unsafe { AsyncFd::register_with_interest(Watched(socket), Interest::READABLE) }.map_err(io::Error::from)
}
