//! Bytes of another protocol, after an upgrade (RFC 9110 section 7.8) or CONNECT (section 9.3.6).

use std::task::{Context, Poll};
use std::time::Duration;

use super::body::{Broken, Transfer};
use super::run::{Next, Run, Step};
use super::turn::Turn;
use crate::counters::CloseCause;
use crate::failure::Failure;
use crate::stream::Stream;

impl Run<'_, '_> {
    /// Passes bytes both ways. Each direction ends on its own, and its end is passed on.
    pub(super) fn tunnel(&mut self) -> Step {
        let before = self.turn.progress();
        let Turn { up, down, server, facts, .. } = &mut *self.turn;
        let Some(server) = server else { return self.finish(Next::Close(CloseCause::Finished)) };
        let to_server = up.poll_move(self.cx, (self.client, server), self.scratch, None);
        let to_client = down.poll_move(self.cx, (server, self.client), self.scratch, None);
        shut_after(self.cx, up, &to_server, server, &mut facts.server_shut);
        shut_after(self.cx, down, &to_client, self.client, &mut facts.client_shut);
        if self.turn.progress() != before {
            self.turn.moved = self.now;
        }
        match (to_server, to_client) {
            (Poll::Ready(Ok(())), Poll::Ready(Ok(()))) => self.finish(Next::Close(CloseCause::Finished)),
            (Poll::Ready(Err(Broken::Sender(_))), _) | (_, Poll::Ready(Err(Broken::Receiver(_)))) => {
                self.fail(Failure::ClientClosed)
            }
            (Poll::Ready(Err(_)), _) | (_, Poll::Ready(Err(_))) => self.fail(Failure::ServerClosed),
            _ => Step::Wait,
        }
    }

    /// Silence that a tunnel may last (HAProxy: timeout tunnel; client-fin and server-fin once a side has closed).
    pub(super) fn tunnel_limit(&self) -> Duration {
        let turn = &*self.turn;
        let Some(backend) = turn.backend() else { return Duration::MAX };
        let (front, back) = (&self.frontend.settings().timeouts, &backend.settings().timeouts);
        let silence = [front.client, back.server].into_iter().flatten().min();
        let fin = match (turn.up.is_received(), turn.down.is_received()) {
            (true, _) => front.client_fin,
            (_, true) => back.server_fin,
            (false, false) => None,
        };
        fin.or(back.tunnel).or(front.tunnel).or(silence).unwrap_or(Duration::MAX)
    }

    /// Silence lasted too long. The side that the last byte was expected from is told apart as HAProxy does it: the
    /// client, unless it has closed.
    pub(super) fn tunnel_expired(&mut self) -> Step {
        if self.turn.up.is_received() {
            self.fail(Failure::ServerTimeout)
        } else {
            self.fail(Failure::ClientTimeout)
        }
    }
}

/// Passes the end of a direction on, once.
fn shut_after(
    cx: &mut Context<'_>,
    transfer: &Transfer,
    moved: &Poll<Result<(), Broken>>,
    to: &mut Stream,
    shut: &mut bool,
) {
    if !*shut && transfer.is_done() && matches!(moved, Poll::Ready(Ok(()))) {
        // A socket's shutdown never waits; a peer that is gone shows at the next read.
        let _ = to.poll_shutdown(cx);
        *shut = true;
    }
}
