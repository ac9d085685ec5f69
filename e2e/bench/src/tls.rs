//! One end of TLS over a socket that never blocks, and what both ends of the bench agree upon.

use std::io::{self, IoSlice, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustls::{Connection, HandshakeKind};

use crate::net::{self, Interest};

/// A connection; its handshake goes on with whatever is called.
pub(crate) struct Sealed {
    socket: Socket,
    tls: Connection,
    /// Bytes that came and are unsealed, and were not asked for yet: no event of the socket tells of them.
    unread: usize,
}

impl Sealed {
    pub(crate) fn new(socket: OwnedFd, tls: Connection) -> Self {
        Self { socket: Socket(socket), tls, unread: 0 }
    }

    /// Bytes taken, which may still wait for room in the socket; `None`: none are taken yet.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<Option<usize>> {
        if self.tls.is_handshaking() {
            if self.tls.wants_write() {
                self.flush()?;
            } else {
                self.fill()?;
            }
            if self.tls.is_handshaking() {
                self.flush()?;
                return Ok(None);
            }
        }
        // The end of the handshake and the first bytes leave with one call.
        let taken = self.tls.writer().write(bytes)?;
        self.flush()?;
        Ok((taken > 0).then_some(taken))
    }

    /// Bytes read; `None`: none are there yet. 0 is the end.
    pub(crate) fn receive(&mut self, into: &mut [u8]) -> io::Result<Option<usize>> {
        if self.unread == 0 {
            let came = self.fill()?;
            self.flush()?;
            if !came {
                return Ok(None);
            }
        }
        match self.tls.reader().read(into) {
            Ok(read) => {
                self.unread -= read.min(self.unread);
                Ok(Some(read))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Some(0)),
            Err(error) => Err(error),
        }
    }

    /// Tells the other end that nothing more comes.
    pub(crate) fn close(&mut self) -> io::Result<()> {
        self.tls.send_close_notify();
        self.flush()
    }

    /// There is something to receive that no event will tell of.
    pub(crate) fn holds(&self) -> bool {
        self.unread > 0
    }

    /// What to wait for; `sending`: there are bytes that were not taken.
    pub(crate) fn interest(&self, sending: bool) -> Interest {
        if self.tls.wants_write() {
            Interest::IN | Interest::OUT
        } else if sending && !self.tls.is_handshaking() {
            Interest::OUT
        } else {
            Interest::IN
        }
    }

    /// The session of an earlier connection went on. `None`: the handshake is not over.
    pub(crate) fn is_resumed(&self) -> Option<bool> {
        Some(self.tls.handshake_kind()? == HandshakeKind::Resumed)
    }

    /// False: nothing came.
    fn fill(&mut self) -> io::Result<bool> {
        match self.tls.read_tls(&mut self.socket) {
            Ok(_) => {
                let state = self.tls.process_new_packets().map_err(io::Error::other)?;
                self.unread = state.plaintext_bytes_to_read();
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut self.socket) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl AsFd for Sealed {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.0.as_fd()
    }
}

/// As rustls wants it.
struct Socket(OwnedFd);

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        net::receive(&self.0, into)?.ok_or_else(|| io::ErrorKind::WouldBlock.into())
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        net::send(&self.0, bytes)?.ok_or_else(|| io::ErrorKind::WouldBlock.into())
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(rustix::io::writev(&self.0, parts)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
