//! A connection as the library wants it.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::stream::Stream;

/// A connection, and what was read of it before it was known to be HTTP/2.
#[derive(Debug)]
pub(super) struct Wire {
    stream: Stream,
    first: Vec<u8>,
    at: usize,
    /// Nothing was read of it yet, and its other end is a client.
    unheard: bool,
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
    pub(super) fn new(stream: Stream, first: Vec<u8>) -> Self {
        Self { stream, first, at: 0, unheard: false }
    }

    /// The same of a client's connection.
    pub(super) fn of_client(stream: Stream, first: Vec<u8>) -> Self {
        let unheard = first.is_empty();
        Self { unheard, ..Self::new(stream, first) }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.unheard {
            let mut first = [0; AT_FIRST];
            let count = ready!(this.stream.poll_read(cx, &mut first))?;
            this.first.extend_from_slice(&first[..count]);
            this.unheard = false;
        }
        if let Some(rest) = this.first.get(this.at..).filter(|rest| !rest.is_empty()) {
            let count = rest.len().min(buffer.remaining());
            buffer.put_slice(&rest[..count]);
            this.at += count;
            if this.at == this.first.len() {
                (this.first, this.at) = (Vec::new(), 0);
            }
            return Poll::Ready(Ok(()));
        }
        ROOM.with_borrow_mut(|room| {
            let most = buffer.remaining().min(room.len());
            let count = ready!(this.stream.poll_read(cx, &mut room[..most]))?;
            buffer.put_slice(&room[..count]);
            Poll::Ready(Ok(()))
        })
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().stream.poll_write(cx, bytes)
    }

    /// What was written is with the kernel.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stream.poll_shutdown(cx)
    }
}
