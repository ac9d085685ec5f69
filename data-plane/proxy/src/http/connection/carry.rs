//! A connection that comes to carry many exchanges.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::{Connection, Move, State};
use crate::counters::CloseCause;
use crate::listen::Incoming;
use crate::multiplex::{PREFACE, Session};
use crate::stream::Stream;

/// Goes on with what it carries.
#[inline(never)] // what carries one exchange passes by
pub(super) fn poll(session: &mut Session, cx: &mut Context<'_>) -> Poll<CloseCause> {
    Pin::new(session).poll(cx)
}

impl Connection {
    /// Whether a connection begins as those of HTTP/2 do, where that may be (RFC 9113 section 3.3). No method is called so.
    pub(super) fn speaks_frames(&self, first: &[u8]) -> bool {
        self.entry.served == 0
            && first.starts_with(&PREFACE[..4])
            && self.entry.attachment.may_begin_with_preface()
    }

    /// From here on it carries streams.
    #[cold]
    pub(super) fn carry(&mut self, first: Vec<u8>) -> Move {
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
        Move::Again
    }
}
