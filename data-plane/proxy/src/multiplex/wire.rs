//! A connection as the library wants it.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::ledger::{Entry, Ledger};
use crate::stream::Stream;

/// A connection, and what was read of it before it was known to be HTTP/2.
#[derive(Debug)]
pub(super) struct Wire {
    stream: Stream,
    first: Vec<u8>,
    at: usize,
    /// Nothing was read of it yet, and its other end is a client.
    unheard: bool,
    entry: Option<Box<Entry>>,
}

thread_local! {
    /// To read into. What the library gives has to be zeroed first, all of it each time, and little comes at a time.
    static ROOM: RefCell<Box<[u8]>> = RefCell::new(vec![0; AT_ONCE].into());
}

/// Bytes of a read.
const AT_ONCE: usize = 32 * 1024;

/// Bytes that are read of a client at first. One that speaks something else is closed by what it has sent, and what the
/// kernel still holds of that would make a reset of it.
const AT_FIRST: usize = 1024;

impl Wire {
    /// A connection to a server.
    pub(super) fn to_server(stream: Stream, ledger: Option<Ledger>) -> Self {
        let entry = ledger.map(|ledger| Box::new(Entry::begin(ledger)));
        Self { stream, first: Vec::new(), at: 0, unheard: false, entry }
    }

    /// A client's connection.
    pub(super) fn of_client(stream: Stream, first: Vec<u8>, ledger: Ledger) -> Self {
        let unheard = first.is_empty();
        Self { first, unheard, ..Self::to_server(stream, Some(ledger)) }
    }

    fn poll_some(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.unheard {
            let mut first = [0; AT_FIRST];
            let count = ready!(self.stream.poll_read(cx, &mut first))?;
            self.first.extend_from_slice(&first[..count]);
            self.unheard = false;
        }
        if let Some(rest) = self.first.get(self.at..).filter(|rest| !rest.is_empty()) {
            let count = rest.len().min(buffer.remaining());
            buffer.put_slice(&rest[..count]);
            self.at += count;
            if self.at == self.first.len() {
                (self.first, self.at) = (Vec::new(), 0);
            }
            return Poll::Ready(Ok(()));
        }
        ROOM.with_borrow_mut(|room| {
            let most = buffer.remaining().min(room.len());
            let count = ready!(self.stream.poll_read(cx, &mut room[..most]))?;
            buffer.put_slice(&room[..count]);
            Poll::Ready(Ok(()))
        })
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = this.poll_some(cx, buffer);
        if let Some(entry) = &mut this.entry {
            entry.receive(&buffer.filled()[before..]);
        }
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = this.stream.poll_write(cx, bytes);
        if let (Some(entry), Poll::Ready(Ok(count))) = (&mut this.entry, &written) {
            entry.send(bytes.get(..*count).unwrap_or_default());
        }
        written
    }

    /// What was written is with the kernel.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stream.poll_shutdown(cx)
    }
}
