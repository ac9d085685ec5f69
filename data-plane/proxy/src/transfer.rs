//! One direction of a message's body, or of a session nobody looks into: from the sender's socket to the receiver's, in
//! bounded memory.

mod aside;
mod backlog;
mod compress;
mod gather;
mod scratch;
mod splice;
mod tunnel;

use std::io;
use std::task::{Context, Poll, ready};

pub(crate) use compress::MOST_READ;
pub(crate) use gather::Gathering;
pub(crate) use scratch::{Lender, Scratch};
pub(crate) use tunnel::outcome;

use aside::Aside;
use backlog::Held;
#[cfg(test)]
pub(crate) use backlog::MOST;

use crate::compression::CoderFault;
use crate::h1::{Body, CHUNK_END, Framing, InvalidChunk, LAST_CHUNK, chunk_header};
use crate::stream::Stream;

/// Size of a read while little is known about the receiver, and after it was seen to be slow.
const SMALL_WINDOW: usize = 16 * 1024;
/// Reads of one connection before others get their turn.
const READS: usize = 4;
/// What reads grow by when one was full and the receiver took it whole.
const GROWTH: usize = 16;
/// Memory that a finished transfer may keep for the next one.
const KEPT_PENDING: usize = 4 * 1024;

/// How the body's bytes differ between the two sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Coding {
    /// Not at all; chunks pass through with their extensions and trailers.
    #[default]
    AsIs,
    /// A body that ends with the sender's connection becomes chunks.
    Chunk,
    /// Chunks become a body that ends with the receiver's connection; trailers are left out.
    Unchunk,
    /// The content is compressed and goes out in chunks; trailers pass as they are.
    Compress,
    /// A cache keeps the content too; how the bytes differ stands beside.
    Keep,
}

/// Why a transfer cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error("reading from the sender: {0}")]
    Sender(io::Error),
    #[error("the sender closed before the body was complete")]
    SenderClosed,
    #[error("writing to the receiver: {0}")]
    Receiver(io::Error),
    #[error(transparent)]
    Chunk(#[from] InvalidChunk),
    #[error(transparent)]
    Coder(#[from] CoderFault),
}

/// The state of one direction. Owns memory only for bytes that the receiver did not take at once: at most one
/// window, and the head.
#[derive(Debug)]
pub(crate) struct Transfer {
    body: Body,
    coding: Coding,
    aside: Option<Box<Aside>>,
    /// Bytes for the receiver; those before `sent` are written.
    pending: Vec<u8>,
    sent: usize,
    window: usize,
    /// The entry of `pending` in the worker's account, where it is more than a small read leaves.
    held: Option<Held>,
    /// The sender closed, and that is how this body ends.
    closed: bool,
    /// Bytes behind the body were seen and thrown away.
    surplus: bool,
    /// The receiver was told that nothing follows.
    shut: bool,
    received: u64,
    written: u64,
}

impl Default for Transfer {
    fn default() -> Self {
        Self {
            body: Body::Length(0),
            coding: Coding::AsIs,
            aside: None,
            pending: Vec::new(),
            sent: 0,
            window: SMALL_WINDOW,
            held: None,
            closed: false,
            surplus: false,
            shut: false,
            received: 0,
            written: 0,
        }
    }
}

impl Transfer {
    /// Forgets everything; keeps a little memory. Field by field: a new one in the place of all costs each request more.
    #[inline]
    pub(crate) fn reset(&mut self) {
        let Self {
            body,
            coding,
            aside,
            pending,
            sent,
            window,
            held,
            closed,
            surplus,
            shut,
            received,
            written,
        } = self;
        *body = Body::Length(0);
        *coding = Coding::AsIs;
        if aside.is_some() {
            *aside = None;
        }
        if pending.capacity() > KEPT_PENDING {
            *pending = Vec::new();
        }
        pending.clear();
        (*sent, *window) = (0, SMALL_WINDOW);
        if held.is_some() {
            *held = None;
        }
        (*closed, *surplus, *shut) = (false, false, false);
        (*received, *written) = (0, 0);
    }

    /// A body of this framing follows what was queued so far.
    pub(crate) fn begin(&mut self, framing: Framing, coding: Coding) {
        self.body = Body::new(framing);
        self.coding = coding;
        self.closed = false;
    }

    /// Raw body bytes taken from the sender.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// Bytes that the receiver has taken, head included.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// The sender has nothing more to say.
    pub(crate) fn is_received(&self) -> bool {
        self.closed || self.body.is_done()
    }

    /// Everything is with the receiver.
    pub(crate) fn is_done(&self) -> bool {
        self.is_received() && self.sent == self.pending.len()
    }

    /// Body bytes still to come from the sender, where that is known.
    pub(crate) fn rest(&self) -> Option<u64> {
        match self.body {
            Body::Length(left) => Some(left),
            Body::Chunked(_) | Body::UntilClose => None,
        }
    }

    /// The receiver has not taken what is there for it.
    pub(crate) fn is_blocked(&self) -> bool {
        self.sent < self.pending.len()
    }

    /// The sender sent something behind its message, where nothing may stand.
    pub(crate) fn has_surplus(&self) -> bool {
        self.surplus
    }

    /// Forgets what the receiver has not taken: it is gone.
    pub(crate) fn abandon(&mut self) {
        if self.held.take().is_some() {
            self.pending = Vec::new();
        }
        self.pending.clear();
        self.sent = 0;
    }

    /// Takes bytes that were read together with the head: how many of them belong to this message. Nothing is sent.
    pub(crate) fn accept(&mut self, bytes: &[u8]) -> Result<usize, InvalidChunk> {
        let fed = self.body.feed(bytes)?;
        self.received += fed.used as u64;
        Ok(fed.used)
    }

    /// Puts rendered bytes behind those that wait, without a write.
    pub(crate) fn queue(&mut self, render: impl FnOnce(&mut Vec<u8>)) {
        if self.sent == self.pending.len() {
            self.abandon();
        }
        render(&mut self.pending);
    }

    /// Writes bytes of the scratch area that are already coded for the receiver; keeps what it does not take now.
    pub(crate) fn put(
        &mut self,
        cx: &mut Context<'_>,
        to: &mut Stream,
        scratch: &Scratch,
        (start, end): (usize, usize),
    ) -> Result<(), Broken> {
        let rest = scratch.slice(start, end);
        let taken = if self.is_blocked() { Poll::Pending } else { to.poll_write(cx, rest) };
        self.keep(scratch, rest, taken)
    }

    /// The same for bytes that the end of the connection follows at once ([`Stream::poll_write_last`]).
    pub(crate) fn put_last(
        &mut self,
        cx: &mut Context<'_>,
        to: &mut Stream,
        scratch: &Scratch,
        (start, end): (usize, usize),
    ) -> Result<(), Broken> {
        let rest = scratch.slice(start, end);
        let taken = if self.is_blocked() { Poll::Pending } else { to.poll_write_last(cx, rest) };
        self.keep(scratch, rest, taken)
    }

    /// Takes a write into account, and what it left.
    fn keep(
        &mut self,
        scratch: &Scratch,
        mut rest: &[u8],
        taken: Poll<io::Result<usize>>,
    ) -> Result<(), Broken> {
        if !self.is_blocked() {
            self.abandon();
        }
        if let Poll::Ready(taken) = taken {
            let taken = taken.map_err(Broken::Receiver)?;
            self.written += taken as u64;
            rest = rest.get(taken..).unwrap_or_default();
        }
        if !rest.is_empty() {
            self.window = SMALL_WINDOW;
            self.pending.extend_from_slice(rest);
            if self.held.is_none() && self.pending.len() > SMALL_WINDOW {
                self.held = Some(scratch.backlog.hold(self.pending.len()));
            }
        }
        Ok(())
    }

    /// Writes what waits. Ready when nothing does.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>, to: &mut Stream) -> Poll<Result<(), Broken>> {
        while let Some(rest) = self.pending.get(self.sent..).filter(|rest| !rest.is_empty()) {
            let taken = ready!(to.poll_write(cx, rest)).map_err(Broken::Receiver)?;
            if taken == 0 {
                return Poll::Ready(Err(Broken::Receiver(io::ErrorKind::WriteZero.into())));
            }
            self.sent += taken;
            self.written += taken as u64;
        }
        if self.held.is_some() {
            self.abandon();
        }
        Poll::Ready(Ok(()))
    }

    /// Moves what can be moved in one turn. Ready when the receiver has the whole message. Bytes of the sender's next
    /// message go to `next` where the sender may send one.
    pub(crate) fn poll_move(
        &mut self,
        cx: &mut Context<'_>,
        (from, to): (&mut Stream, &mut Stream),
        scratch: &mut Scratch,
        mut next: Option<&mut Vec<u8>>,
    ) -> Poll<Result<(), Broken>> {
        for _ in 0..READS {
            ready!(self.poll_flush(cx, to))?;
            if self.is_received() {
                return Poll::Ready(Ok(()));
            }
            if let Some(spliced) = self.splice(cx, (from, to), scratch) {
                spliced?;
                continue;
            }
            let mut window = if scratch.backlog.is_full() { SMALL_WINDOW } else { self.window };
            if next.is_some() {
                window = window.min(self.most_ahead());
            }
            let Poll::Ready(read) = from.poll_read(cx, scratch.window(window)) else {
                return self.pause(cx, to, scratch);
            };
            let length = read.map_err(Broken::Sender)?;
            if length == 0 {
                self.end()?;
                continue;
            }
            let filled = length >= window;
            let (start, end) = self.recode(scratch, length, next.as_deref_mut())?;
            if start == end {
                continue;
            }
            self.put(cx, to, scratch, (start, end))?;
            if filled {
                self.grow();
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// A read was full: the next one may be larger, if the receiver took it whole.
    pub(crate) fn grow(&mut self) {
        // What is compressed in one turn keeps others waiting: small reads are enough of it.
        if !self.is_blocked() && self.coding() != Coding::Compress {
            self.window = (self.window * GROWTH).min(Scratch::WINDOW);
        }
    }

    /// The most to read from a sender whose next message may follow: what is known to belong to this one, and a small
    /// read of what may not. What comes of later messages is kept, and copied when each of them begins.
    fn most_ahead(&self) -> usize {
        let known = self.body.opaque().and_then(|known| usize::try_from(known).ok());
        known.unwrap_or(usize::MAX).saturating_add(SMALL_WINDOW)
    }

    /// Reads and throws away what the sender still sends of its body, for a reader that must be heard out before its
    /// connection can carry another message. Ready when the body is complete.
    pub(crate) fn poll_discard(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut Stream,
        scratch: &mut Scratch,
        next: &mut Vec<u8>,
    ) -> Poll<Result<(), Broken>> {
        while !self.is_received() {
            let window = self.window.min(self.most_ahead());
            let length = ready!(from.poll_read(cx, scratch.window(window))).map_err(Broken::Sender)?;
            if length == 0 {
                return Poll::Ready(Err(Broken::SenderClosed));
            }
            let read = scratch.slice(Scratch::START, Scratch::START + length);
            let used = self.accept(read)?;
            next.extend_from_slice(read.get(used..).unwrap_or_default());
        }
        Poll::Ready(Ok(()))
    }

    /// Takes `length` bytes at the start of the scratch window into account, and brings what is to be sent into its
    /// final form: where it lies in the scratch area.
    pub(crate) fn recode(
        &mut self,
        scratch: &mut Scratch,
        length: usize,
        next: Option<&mut Vec<u8>>,
    ) -> Result<(usize, usize), Broken> {
        self.recode_at(scratch, (Scratch::START, Scratch::START + length), next)
    }

    /// As [`Transfer::recode`], for bytes anywhere in the scratch area.
    pub(crate) fn recode_at(
        &mut self,
        scratch: &mut Scratch,
        (start, end): (usize, usize),
        next: Option<&mut Vec<u8>>,
    ) -> Result<(usize, usize), Broken> {
        match self.coding {
            Coding::AsIs | Coding::Chunk => {}
            Coding::Unchunk => return self.unchunk(scratch, (start, end)),
            Coding::Compress => return self.compress_at(scratch, (start, end), next),
            Coding::Keep => return self.keep_at(scratch, (start, end), next),
        }
        let used = self.accept(scratch.slice(start, end))?;
        let rest = scratch.slice(start + used, end);
        if !rest.is_empty() {
            match next {
                Some(next) => next.extend_from_slice(rest),
                None => self.surplus = true,
            }
        }
        if self.coding == Coding::AsIs || used == 0 {
            return Ok((start, start + used));
        }
        let header = chunk_header(used as u64);
        let header = header.as_ref();
        let from = start.saturating_sub(header.len());
        let to = start + used + CHUNK_END.len();
        let area = scratch.whole();
        // Both fit: HEADROOM and TAIL are there for them.
        if let Some(room) = area.get_mut(from..start) {
            room.copy_from_slice(header);
        }
        if let Some(room) = area.get_mut(start + used..to) {
            room.copy_from_slice(CHUNK_END);
        }
        Ok((from, to))
    }

    fn unchunk(
        &mut self,
        scratch: &mut Scratch,
        (start, end): (usize, usize),
    ) -> Result<(usize, usize), Broken> {
        let Body::Chunked(chunked) = &mut self.body else { return Ok((start, end)) };
        let (mut at, mut filled) = (start, start);
        while at < end && !chunked.is_done() {
            let step = chunked.step(scratch.slice(at, end))?;
            let data = at + step.data.start..at + step.data.end;
            let length = data.len();
            scratch.whole().copy_within(data, filled);
            filled += length;
            at += step.used;
        }
        self.received += (at - start) as u64;
        self.surplus |= at < end;
        Ok((start, filled))
    }

    /// The sender closed.
    pub(crate) fn end(&mut self) -> Result<(), Broken> {
        if !self.body.may_end() {
            return Err(Broken::SenderClosed);
        }
        if !self.is_received() && self.coding() == Coding::Chunk {
            self.queue(|out| out.extend_from_slice(LAST_CHUNK));
        }
        self.closed = true;
        self.kept();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
