//! Bytes of another protocol, after an upgrade (RFC 9110 section 7.8) or CONNECT (section 9.3.6).

use std::task::Poll;
use std::time::Duration;

use super::run::{Next, Run, Step};
use super::turn::Turn;
use crate::counters::CloseCause;
use crate::failure::Failure;
use crate::transfer::outcome;

impl Run<'_, '_> {
    /// Passes bytes both ways. Each direction ends on its own, and its end is passed on.
    pub(super) fn tunnel(&mut self) -> Step {
        let before = self.turn.progress();
        let Turn { up, down, server, .. } = &mut *self.turn;
        let Some(server) = server else { return self.finish(Next::Close(CloseCause::Finished)) };
        let to_server = up.poll_tunnel(self.cx, (self.client, server), self.scratch);
        let to_client = down.poll_tunnel(self.cx, (server, self.client), self.scratch);
        if self.turn.progress() != before {
            self.turn.moved = self.now;
        }
        match outcome(to_server, to_client) {
            Poll::Ready(Ok(())) => self.finish(Next::Close(CloseCause::Finished)),
            Poll::Ready(Err(failure)) => self.fail(failure),
            Poll::Pending => Step::Wait,
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
