//! Bodies whose receiver is the proxy itself.

use std::task::{Context, Poll, ready};

use super::{Broken, SMALL_WINDOW, Scratch, Transfer};
use crate::h1::{Body, InvalidChunk};
use crate::stream::Stream;

/// Takes bytes of a body in: how many of them belong to it.
type Take = fn(&mut Transfer, &[u8], &mut Vec<u8>) -> Result<usize, InvalidChunk>;

/// Where a body goes.
pub(crate) struct Gathering<'a> {
    /// Behind what it has.
    pub(crate) into: &'a mut Vec<u8>,
    /// Bytes in it after which no more is read.
    pub(crate) most: usize,
    /// Bytes of the sender's next message.
    pub(crate) next: &'a mut Vec<u8>,
}

impl Transfer {
    /// Takes bytes of the body in, for a receiver here: its content goes behind what `into` has, without its coding. How
    /// many of them belong to this message.
    pub(crate) fn gather(&mut self, bytes: &[u8], into: &mut Vec<u8>) -> Result<usize, InvalidChunk> {
        let Body::Chunked(chunked) = &mut self.body else {
            let used = self.accept(bytes)?;
            into.extend_from_slice(bytes.get(..used).unwrap_or_default());
            return Ok(used);
        };
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty() && !chunked.is_done()) {
            let step = chunked.step(rest)?;
            into.extend_from_slice(rest.get(step.data).unwrap_or_default());
            at += step.used;
        }
        self.received += at as u64;
        Ok(at)
    }

    /// The same for a body that goes on later as it came.
    fn gather_raw(&mut self, bytes: &[u8], into: &mut Vec<u8>) -> Result<usize, InvalidChunk> {
        let used = self.accept(bytes)?;
        into.extend_from_slice(bytes.get(..used).unwrap_or_default());
        Ok(used)
    }

    /// Reads the body into memory. Ready when it is complete, or when more than the most bytes of content came: how many
    /// more is bounded by one small read.
    pub(crate) fn poll_gather(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut Stream,
        scratch: &mut Scratch,
        gathering: Gathering<'_>,
    ) -> Poll<Result<(), Broken>> {
        self.poll_take((cx, from, scratch), gathering, Self::gather)
    }

    /// The same for a body that goes on later as it came: chunks stay chunks.
    pub(crate) fn poll_keep(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut Stream,
        scratch: &mut Scratch,
        gathering: Gathering<'_>,
    ) -> Poll<Result<(), Broken>> {
        self.poll_take((cx, from, scratch), gathering, Self::gather_raw)
    }

    fn poll_take(
        &mut self,
        (cx, from, scratch): (&mut Context<'_>, &mut Stream, &mut Scratch),
        gathering: Gathering<'_>,
        take: Take,
    ) -> Poll<Result<(), Broken>> {
        let Gathering { into, most, next } = gathering;
        while !self.is_received() && into.len() <= most {
            let window = SMALL_WINDOW.min(self.most_ahead());
            let length = ready!(from.poll_read(cx, scratch.window(window))).map_err(Broken::Sender)?;
            if length == 0 {
                return Poll::Ready(Err(Broken::SenderClosed));
            }
            let read = scratch.slice(Scratch::START, Scratch::START + length);
            let used = take(self, read, into)?;
            next.extend_from_slice(read.get(used..).unwrap_or_default());
        }
        Poll::Ready(Ok(()))
    }
}
