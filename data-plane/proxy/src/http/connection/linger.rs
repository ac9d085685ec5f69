//! The time after a last answer.

use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use super::{Connection, HEAD_WINDOW, Move, State};
use crate::counters::CloseCause;
use crate::transfer::Scratch;

/// How long a client may go on sending after the last answer, so that closing does not destroy it on its way (RFC
/// 9112 section 9.6).
pub(in crate::http) const LINGER: Duration = Duration::from_secs(2);
/// Bytes that are read and thrown away in that time.
pub(in crate::http) const LINGER_BYTES: usize = 256 * 1024;

/// The client has its last answer, or will have: what it still sends is thrown away.
pub(super) struct Linger {
    until: Instant,
    /// Bytes that it may still send.
    left: usize,
    pub(super) cause: CloseCause,
    /// It was told that nothing follows.
    shut: bool,
}

impl Linger {
    pub(super) fn new(now: Instant, cause: CloseCause) -> Self {
        Self { until: now + LINGER, left: LINGER_BYTES, cause, shut: false }
    }
}

impl Connection {
    /// Lets the client read the last answer to its end.
    pub(super) fn linger(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch) -> Move {
        let State::Linger(linger) = &mut self.state else { return Move::Again };
        let Linger { until, left, cause, shut } = &mut **linger;
        if !*shut {
            // A socket's shutdown never waits; a peer that is gone shows at the next read.
            let _ = self.stream.poll_shutdown(cx);
            *shut = true;
        }
        loop {
            match self.stream.poll_read(cx, scratch.window(HEAD_WINDOW)) {
                Poll::Pending => return Move::Wait(Some(*until)),
                Poll::Ready(Ok(0) | Err(_)) => return Move::End(*cause),
                Poll::Ready(Ok(length)) if length >= *left => return Move::End(*cause),
                Poll::Ready(Ok(length)) => *left -= length,
            }
        }
    }
}
