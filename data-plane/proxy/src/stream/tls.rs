//! The record layer of TLS over a stream: what is read and written here is in clear.
//!
//! Between exchanges a connection owns no buffer: bytes that wait lie in memory that its thread lends.

mod agreed;
mod session;
mod stretch;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use rustls::ProtocolVersion;
use sluicegate_rules::Tls as Facts;

use super::Stream;
pub(crate) use agreed::agreed;
pub(crate) use session::Session;
use session::{Buffers, Job, Turn};

/// Bytes in clear that are made into records before the first of them is sent.
const AT_ONCE: usize = 4 * 16_384;

/// A connection that speaks TLS.
#[derive(Debug)]
pub struct Tls {
    io: Stream,
    session: Session,
    buffers: Buffers,
    /// Bytes in clear whose records are to be sent, and that the writer was not told of.
    accepted: usize,
    /// What is to be sent are tickets, which the peer does not wait for: they travel with the next bytes.
    unhurried: bool,
    /// Why nothing more comes.
    end: Option<End>,
    /// The peer was told that nothing follows.
    notified: bool,
    agreed: Option<Arc<Facts>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The peer said that it has nothing more to say.
    Said,
    /// The peer closed its connection without a word.
    Cut,
    /// What came was no TLS, or not what was agreed upon.
    Broken,
}

/// Why a handshake failed.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// The peer closed its connection.
    #[error("the peer closed the connection during the handshake")]
    Closed,
    /// The connection broke.
    #[error("the connection broke during the handshake: {0}")]
    Io(#[from] io::Error),
    /// The two ends cannot agree, or one of them broke the rules.
    #[error("{0}")]
    Tls(rustls::Error),
}

impl From<HandshakeError> for io::Error {
    fn from(error: HandshakeError) -> Self {
        match error {
            HandshakeError::Closed => Self::from(io::ErrorKind::ConnectionReset),
            HandshakeError::Io(error) => error,
            HandshakeError::Tls(error) => Self::new(io::ErrorKind::InvalidData, error),
        }
    }
}

impl Tls {
    /// Before its handshake. `read`: bytes of the peer that were read already.
    pub(crate) fn new(io: Stream, session: Session, read: &[u8]) -> Self {
        let mut buffers = Buffers::default();
        // A ClientHello is far smaller than what may wait.
        let _ = buffers.incoming.push(read);
        Self { io, session, buffers, accepted: 0, unhurried: false, end: None, notified: false, agreed: None }
    }

    /// To an endpoint, before its handshake. `first`: what goes in clear before that.
    pub(crate) fn to_endpoint(io: Stream, session: Session, first: &[u8]) -> Self {
        let mut tls = Self::new(io, session, &[]);
        // A header of the PROXY protocol is far smaller than what may wait.
        let _ = tls.buffers.outgoing.push(first);
        tls
    }

    /// The connection below.
    pub(super) fn io(&self) -> &Stream {
        &self.io
    }

    /// The same over the connection that `change` makes of the one below.
    pub(super) fn over(mut self, change: impl FnOnce(Stream) -> io::Result<Stream>) -> io::Result<Self> {
        let io = std::mem::replace(&mut self.io, Stream::gone());
        self.io = change(io)?;
        Ok(self)
    }

    /// Has the event loop watch the connection below.
    pub(super) fn watch(&mut self) -> io::Result<()> {
        self.io.watch()
    }

    /// What the two ends agreed upon, once that is put down.
    pub(crate) fn agreed(&self) -> Option<&Arc<Facts>> {
        self.agreed.as_ref()
    }

    /// Puts down what the two ends agreed upon.
    pub(crate) fn agree(&mut self, agreed: Facts) {
        self.agreed = Some(Arc::new(agreed));
    }

    /// Its side of the session.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Takes part in the handshake until it is over.
    ///
    /// # Errors
    /// What went wrong; the peer was told, if it listens.
    pub(crate) fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), HandshakeError>> {
        ready!(self.poll_agree(cx))?;
        if self.is_asked() {
            self.unhurried = true;
            self.buffers.outgoing.settle();
            return Poll::Ready(Ok(()));
        }
        self.poll_flush(cx).map_err(HandshakeError::Io)
    }

    /// The same, while its last words may wait for what is sent behind them.
    pub(crate) fn poll_agree(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), HandshakeError>> {
        while self.session.is_handshaking() {
            match self.session.turn(&mut self.buffers, Job::Read(&mut [])) {
                // The last words of the peer's ended it.
                Ok(Turn::Input) if !self.session.is_handshaking() => break,
                Ok(Turn::Input) => {
                    if let Poll::Ready(Err(error)) = self.poll_flush(cx) {
                        return Poll::Ready(Err(error.into()));
                    }
                    if ready!(self.poll_fill(cx))? == 0 {
                        return Poll::Ready(Err(HandshakeError::Closed));
                    }
                }
                Ok(Turn::Ended) => return Poll::Ready(Err(HandshakeError::Closed)),
                Ok(Turn::Again | Turn::Read(_) | Turn::Done) => {}
                Err(error) => {
                    // Who sent this may be gone.
                    let _ = self.poll_flush(cx);
                    return Poll::Ready(Err(HandshakeError::Tls(error)));
                }
            }
        }
        // The last words of it may be ready to be sent.
        while let Ok(Turn::Again) = self.session.turn(&mut self.buffers, Job::Read(&mut [])) {}
        if let Session::Client { server_name, .. } = &mut self.session
            && self.agreed.is_none()
        {
            let server_name = server_name.take();
            self.agreed = Some(Arc::new(agreed(&self.session, server_name, None)));
        }
        Poll::Ready(Ok(()))
    }

    /// Whether the client's first bytes came with its last words of the handshake: what is left to send are tickets (RFC
    /// 8446 section 4.6.1), and an answer takes them along.
    fn is_asked(&self) -> bool {
        let Buffers { incoming, clear, .. } = &self.buffers;
        matches!(self.session, Session::Server(_))
            && self.session.common().protocol_version() == Some(ProtocolVersion::TLSv1_3)
            && !(incoming.is_empty() && clear.is_empty())
    }

    /// See [`Stream::poll_read`].
    #[inline(never)] // what is in clear passes by
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            if !self.buffers.clear.is_empty() {
                return Poll::Ready(Ok(self.buffers.clear.take(buffer)));
            }
            match self.decrypt(buffer) {
                0 if self.buffers.clear.is_empty() => ready!(self.poll_more(cx))?,
                0 => {}
                read => return Poll::Ready(Ok(read)),
            }
            match self.end {
                Some(_) if !self.buffers.clear.is_empty() => {}
                // Peers that end so are many, and what they sent has its own length (HAProxy takes it so too).
                Some(End::Said | End::Cut) => return Poll::Ready(Ok(0)),
                Some(End::Broken) => return Poll::Ready(Err(io::ErrorKind::InvalidData.into())),
                None => {}
            }
        }
    }

    /// See [`Stream::poll_write`]. After `Pending` the next call must begin with the same bytes: their records may be
    /// on their way.
    #[inline(never)] // what is in clear passes by
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.accepted == 0 && !bytes.is_empty() {
            ready!(self.poll_agree(cx))?;
            let some = &bytes[..bytes.len().min(AT_ONCE)];
            self.write(|| Job::Send(some))?;
            self.accepted = some.len();
        }
        ready!(self.poll_flush(cx))?;
        Poll::Ready(Ok(std::mem::take(&mut self.accepted).min(bytes.len())))
    }

    /// See [`Stream::poll_write_last`]: that nothing follows is told in the same breath.
    #[inline(never)] // what is in clear passes by
    pub(super) fn poll_write_last(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.accepted > 0 || self.notified || bytes.is_empty() || bytes.len() > AT_ONCE {
            return self.poll_write(cx, bytes);
        }
        ready!(self.poll_agree(cx))?;
        self.write(|| Job::Send(bytes))?;
        self.accepted = bytes.len();
        self.notified = true;
        // The kernel's word is enough for a peer that broke the rules.
        let _ = self.write(|| Job::End);
        let outgoing = &mut self.buffers.outgoing;
        if let Poll::Ready(sent) = self.io.poll_write_last(cx, outgoing.bytes()) {
            outgoing.discard(sent?);
        }
        self.poll_write(cx, bytes)
    }

    /// Tells the peer that nothing follows, then its kernel.
    #[inline(never)] // what is in clear passes by
    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_notify(cx))?;
        self.io.poll_shutdown(cx)
    }

    /// Tells the peer that nothing follows.
    fn poll_notify(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let agreed = !self.session.is_handshaking() && self.end != Some(End::Broken);
        if !std::mem::replace(&mut self.notified, true) && agreed {
            // The kernel's word is enough for a peer that broke the rules.
            let _ = self.write(|| Job::End);
        }
        self.poll_flush(cx)
    }

    /// See [`Stream::poll_quiet`]. Tickets, and changes of keys, are no words of the peer's.
    #[inline(never)] // what is in clear passes by
    pub(super) fn poll_quiet(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.buffers.clear.is_empty() && self.end.is_none() {
            self.decrypt(&mut []);
            if self.buffers.clear.is_empty() {
                ready!(self.poll_more(cx))?;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// See [`Stream::is_silent`].
    pub(super) fn is_silent(&self) -> bool {
        let Buffers { incoming, clear, .. } = &self.buffers;
        self.end.is_none() && clear.is_empty() && incoming.is_empty() && self.io.is_silent()
    }

    /// Takes the records that are there apart, until the buffer is full: how many bytes lie in it. The rest of the last
    /// record, and everything where there is no buffer, was put aside.
    fn decrypt(&mut self, buffer: &mut [u8]) -> usize {
        let mut read = 0;
        while self.end.is_none() {
            let room = buffer.get_mut(read..).unwrap_or_default();
            let wants = !room.is_empty();
            match self.session.turn(&mut self.buffers, Job::Read(room)) {
                Ok(Turn::Read(count)) => read += count,
                Ok(Turn::Again | Turn::Done) => continue,
                Ok(Turn::Input) => break,
                Ok(Turn::Ended) => self.end = Some(End::Said),
                Err(_) => self.end = Some(End::Broken),
            }
            if !self.buffers.clear.is_empty() || (wants && read == buffer.len()) {
                break;
            }
        }
        read
    }

    /// Waits for records, and for room for what a change of keys has to say.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.end.is_some() {
            return Poll::Ready(Ok(()));
        }
        if !self.unhurried
            && let Poll::Ready(Err(error)) = self.poll_flush(cx)
        {
            return Poll::Ready(Err(error));
        }
        if ready!(self.poll_fill(cx))? == 0 {
            self.end = Some(End::Cut);
        }
        Poll::Ready(Ok(()))
    }

    /// Reads what is there of records; 0: the connection is at its end.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let incoming = &mut self.buffers.incoming;
        let room = incoming.room(1);
        if room.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        let read = self.io.poll_read(cx, room);
        match &read {
            Poll::Ready(Ok(count)) => incoming.add(*count),
            Poll::Ready(Err(_)) | Poll::Pending => incoming.settle(),
        }
        read
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.unhurried = false;
        let outgoing = &mut self.buffers.outgoing;
        while !outgoing.is_empty() {
            match self.io.poll_write(cx, outgoing.bytes()) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => outgoing.discard(count),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    outgoing.settle();
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Has records made. What has come meanwhile is put aside.
    fn write<'a>(&mut self, job: impl Fn() -> Job<'a>) -> io::Result<()> {
        loop {
            match self.session.turn(&mut self.buffers, job()) {
                Ok(Turn::Done) => return Ok(()),
                Ok(Turn::Read(_) | Turn::Again) => {}
                // It is told once that the peer has ended, and then only where both have.
                Ok(Turn::Ended) if self.end.is_none() => self.end = Some(End::Said),
                Ok(Turn::Ended | Turn::Input) => return Err(io::ErrorKind::NotConnected.into()),
                Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
            }
        }
    }
}

/// A connection that is let go of says so, as far as there is room for it: without that its peer takes what it got for
/// cut off (RFC 8446 section 6.1).
impl Drop for Tls {
    fn drop(&mut self) {
        if !self.notified {
            let _ = self.poll_notify(&mut Context::from_waker(Waker::noop()));
        }
    }
}
