//! A connection that comes to carry many exchanges.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::time::Instant;

use super::{Connection, HEAD_WINDOW, Move, State};
use crate::counters::CloseCause;
use crate::listen::Incoming;
use crate::multiplex::{PREFACE, Session};
use crate::stream::Stream;
use crate::transfer::Scratch;

/// Goes on with what it carries.
#[inline(never)] // what carries one exchange passes by
pub(super) fn poll(session: &mut Session, cx: &mut Context<'_>) -> Poll<CloseCause> {
    Pin::new(session).poll(cx)
}

/// Bytes that tell the preface of HTTP/2 from a request of HTTP/1: no method is called so (RFC 9113 section 3.3).
pub(super) const AT_LEAST: usize = 4;

/// Whether a connection begins as those of HTTP/2 do.
#[inline]
pub(super) fn is_preface(first: &[u8]) -> bool {
    first.starts_with(&PREFACE[..AT_LEAST])
}

/// Fewer bytes than [`AT_LEAST`], which may become the preface.
pub(super) struct Unclear(Vec<u8>);

impl Connection {
    /// Takes on a connection of HTTP/2, or waits for what shows whether it is one, where either may be.
    #[cold]
    pub(super) fn is_of_frames(&mut self, first: &[u8]) -> bool {
        let starts = !first.is_empty() && (is_preface(first) || PREFACE.starts_with(first));
        if !starts || !self.entry.attachment.may_begin_with_preface() {
            return false;
        }
        if first.len() < AT_LEAST {
            self.state = State::Unclear(Box::new(Unclear(first.to_vec())));
        } else {
            self.carry(first.to_vec());
        }
        true
    }

    /// Waits for more of what may become the preface.
    #[cold]
    pub(super) fn make_clear(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch, now: Instant) -> Move {
        let read = match self.stream.poll_read(cx, scratch.window(HEAD_WINDOW)) {
            Poll::Pending => return Move::Wait(self.idle_limit()),
            Poll::Ready(read) => read.unwrap_or(0),
        };
        let mut first = self.take_unclear();
        first.extend_from_slice(scratch.slice(Scratch::START, Scratch::START + read));
        if read == 0 {
            // A request that breaks off.
            self.begin_request(&first, now);
        } else {
            self.begin_with(&first, now);
        }
        Move::Again
    }

    /// No more came in time: a request that was begun.
    #[cold]
    pub(super) fn give_up_waiting(&mut self, now: Instant) {
        let first = self.take_unclear();
        self.begin_request(&first, now);
    }

    fn take_unclear(&mut self) -> Vec<u8> {
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Unclear(unclear) => unclear.0,
            _ => Vec::new(),
        }
    }

    /// From here on it carries streams.
    #[cold]
    fn carry(&mut self, first: Vec<u8>) {
        let entry = &mut *self.entry;
        let incoming = Incoming {
            stream: std::mem::replace(&mut self.stream, Stream::gone()),
            client: entry.client,
            announced: entry.announced.take(),
            accepted: entry.accepted,
            attachment: entry.attachment.clone(),
            places: entry.places.take(),
        };
        let session = Session::new(Rc::clone(&self.worker), incoming, first);
        self.state = State::Carrying(Box::new(session));
    }
}
