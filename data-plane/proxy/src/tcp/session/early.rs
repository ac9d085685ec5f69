//! What a client says, and whether it is still there, while there is no server to pass it on to.

use std::task::{Context, Poll};

use super::super::first::{First, Request};
use super::{Session, State, Step};
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::stream::Stream;
use crate::termination::Phase;
use crate::transfer::Scratch;

/// Bytes of a client that are held; with more it is not listened to, and its end not seen (HAProxy: as many as fit into its
/// buffer).
const HELD: usize = 16 * 1024;

/// What was heard so far. Of most connections nothing is: it takes no more than a pointer.
#[derive(Debug, Default)]
pub(super) struct Early(Option<Box<Heard>>);

#[derive(Debug, Default)]
struct Heard {
    bytes: Vec<u8>,
    ended: bool,
    /// What it is as a request; `None`: nobody asked for what was said.
    request: Option<Request>,
}

/// It broke its connection off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// How a client left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// It ended its side.
    Ended,
    /// Its connection broke.
    Broke,
}

impl Early {
    /// The bytes, which are forgotten here.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.0.take().map_or_else(Vec::new, |heard| heard.bytes)
    }

    /// The bytes so far.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |heard| &heard.bytes)
    }

    /// Nothing follows: the client ended its side, or said as much as `most`.
    pub(super) fn is_over(&self, most: usize) -> bool {
        self.0.as_ref().is_some_and(|heard| heard.is_over(most))
    }

    /// Whether what is said is read as what it may be.
    pub(super) fn is_examined(&self) -> bool {
        self.0.as_ref().is_some_and(|heard| heard.request.is_some())
    }

    /// As expressions see it; `more`: it is waited for more.
    pub(super) fn first(&self, more: bool) -> First<'_> {
        let request = self.0.as_ref().and_then(|heard| heard.request.as_ref());
        First::said(request.map(|_| self.bytes()), request, more)
    }

    /// Listens, and reads what is said as what it may be.
    pub(super) fn examine(
        &mut self,
        from: (&mut Context<'_>, &mut Stream, &mut Scratch),
        most: usize,
    ) -> Result<(), Broken> {
        let heard = self.0.get_or_insert_default();
        heard.listen(from, most)?;
        heard.request.get_or_insert_default().read(&heard.bytes);
        Ok(())
    }

    /// Listens. A client that ends its side has left if it has said nothing, or if that is what its end means (`drops`).
    fn poll_left(&mut self, from: (&mut Context<'_>, &mut Stream, &mut Scratch), drops: bool) -> Poll<Left> {
        let heard = self.0.get_or_insert_default();
        if heard.listen(from, HELD).is_err() {
            return Poll::Ready(Left::Broke);
        }
        if heard.ended && (drops || heard.bytes.is_empty()) {
            return Poll::Ready(Left::Ended);
        }
        Poll::Pending
    }
}

impl Heard {
    fn is_over(&self, most: usize) -> bool {
        self.ended || self.bytes.len() >= most
    }

    /// Takes what is there, until there are as many bytes as `most`.
    fn listen(
        &mut self,
        (cx, client, scratch): (&mut Context<'_>, &mut Stream, &mut Scratch),
        most: usize,
    ) -> Result<(), Broken> {
        client.watch().map_err(|_| Broken)?;
        while !self.is_over(most) {
            match client.poll_quiet(cx) {
                Poll::Pending => break,
                Poll::Ready(quiet) => quiet.map_err(|_| Broken)?,
            }
            match client.poll_read(cx, scratch.window(most - self.bytes.len())) {
                Poll::Pending => {}
                Poll::Ready(Ok(0)) => self.ended = true,
                Poll::Ready(Ok(length)) => {
                    self.bytes.extend_from_slice(scratch.slice(Scratch::START, Scratch::START + length));
                }
                Poll::Ready(Err(_)) => return Err(Broken),
            }
        }
        Ok(())
    }
}

impl Session {
    /// The end of a session that waits, where its client has left. While a connection is on its way that is looked for only
    /// where the configuration asks for it (HAProxy: option abortonclose): most come to stand at once.
    pub(super) fn has_left(&mut self, exchange: &Exchange, cx: &mut Context<'_>) -> Option<Step> {
        let drops = || exchange.backend.as_ref().is_some_and(|backend| backend.settings().abort_on_close);
        let drops = match &self.state {
            State::Queue(_) | State::Pause(_) => drops(),
            State::Connect(..) if drops() => true,
            State::Start
            | State::Inspect(_)
            | State::Connect(..)
            | State::Relay { .. }
            | State::Http(_)
            | State::Over => return None,
        };
        let mut scratch = self.worker.lender.lend();
        let left = self.early.poll_left((cx, &mut self.client, &mut scratch), drops);
        self.worker.lender.restore(scratch);
        let phase = match left {
            Poll::Pending => return None,
            Poll::Ready(Left::Ended) => self.phase(),
            // HAProxy says so of a connection that broke, wherever it waits.
            Poll::Ready(Left::Broke) => Phase::Data,
        };
        Some(Step::Fail(Failure::ClientClosed, phase))
    }
}
