//! What a client says, and whether it is still there, while there is no server to pass it on to.

use std::task::{Context, Poll};

use super::{Session, State, Step};
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::stream::Stream;
use crate::termination::Phase;
use crate::transfer::Scratch;

/// Bytes of a client that are held; with more it is not listened to, and its end not seen (HAProxy: as many as fit into its
/// buffer).
const HELD: usize = 16 * 1024;

/// What was heard so far.
#[derive(Debug, Default)]
pub(super) struct Early {
    bytes: Vec<u8>,
    ended: bool,
}

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
        std::mem::take(&mut self.bytes)
    }

    /// Listens. A client that ends its side has left if it has said nothing, or if that is what its end means (`drops`).
    fn poll_left(
        &mut self,
        (cx, client, scratch): (&mut Context<'_>, &mut Stream, &mut Scratch),
        drops: bool,
    ) -> Poll<Left> {
        if client.watch().is_err() {
            return Poll::Ready(Left::Broke);
        }
        while !self.ended && self.bytes.len() < HELD {
            match client.poll_quiet(cx) {
                Poll::Pending => break,
                Poll::Ready(Err(_)) => return Poll::Ready(Left::Broke),
                Poll::Ready(Ok(())) => {}
            }
            match client.poll_read(cx, scratch.window(HELD - self.bytes.len())) {
                Poll::Pending => {}
                Poll::Ready(Ok(0)) => self.ended = true,
                Poll::Ready(Ok(length)) => {
                    self.bytes.extend_from_slice(scratch.slice(Scratch::START, Scratch::START + length));
                }
                Poll::Ready(Err(_)) => return Poll::Ready(Left::Broke),
            }
        }
        if self.ended && (drops || self.bytes.is_empty()) { Poll::Ready(Left::Ended) } else { Poll::Pending }
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
            State::Start | State::Peek(_) | State::Connect(..) | State::Relay { .. } | State::Over => {
                return None;
            }
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
