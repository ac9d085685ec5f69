//! Both directions of an exchange at once.

use std::task::Poll;

use super::run::{Next, Run, Step};
use super::turn::Turn;
use crate::counters::CloseCause;
use crate::failure::Failure;
use crate::transfer::Broken;

impl Run<'_, '_> {
    /// Sends the request, passes the response. An early response does not wait for the request's end.
    pub(super) fn relay(&mut self) -> Step {
        let before = self.turn.progress();
        if let Some(step) = self.send_request() {
            return step;
        }
        if !self.turn.facts.answered {
            match self.read_response() {
                Step::Wait => {}
                step => return step,
            }
        }
        if self.turn.facts.answered
            && let Some(step) = self.send_response()
        {
            return step;
        }
        if self.turn.progress() != before {
            self.turn.moved = self.now;
        }
        // Who gives up a stream of HTTP/2 hears nothing more.
        if self.turn.facts.answered
            && (self.turn.down.is_received()
                || (!self.turn.exchange.carried.client && !self.drops_who_leaves()))
        {
            return Step::Wait;
        }
        self.watch_client().unwrap_or(Step::Wait)
    }

    /// Moves the request's bytes. `None`: nothing to decide.
    fn send_request(&mut self) -> Option<Step> {
        let Turn { up, server, next, facts, .. } = &mut *self.turn;
        if facts.refused || up.is_done() {
            return None;
        }
        let server = server.as_mut()?;
        let before = up.received();
        let moved = up.poll_move(self.cx, (self.client, server), self.scratch, Some(next));
        facts.streamed |= up.received() != before;
        match moved {
            Poll::Pending | Poll::Ready(Ok(())) => None,
            Poll::Ready(Err(broken)) => self.request_broke(&broken),
        }
    }

    fn request_broke(&mut self, broken: &Broken) -> Option<Step> {
        match broken {
            Broken::Sender(_) | Broken::SenderClosed => Some(self.fail(Failure::ClientClosed)),
            Broken::Chunk(_) => Some(self.fail(Failure::BadRequest(400))),
            Broken::Coder(_) => Some(self.fail(Failure::Internal)),
            // The server may have answered before it closed: its answer is still to be read.
            Broken::Receiver(_) => {
                self.turn.facts.refused = true;
                self.turn.facts.keep_server = false;
                self.turn.up.abandon();
                None
            }
        }
    }

    /// Moves the response's bytes. `None`: more is to come.
    fn send_response(&mut self) -> Option<Step> {
        let Turn { down, server, .. } = &mut *self.turn;
        let moved = match server {
            Some(server) => down.poll_move(self.cx, (server, self.client), self.scratch, None),
            None => down.poll_flush(self.cx, self.client),
        };
        if let Poll::Ready(Err(broken)) = moved {
            return Some(self.response_broke(&broken));
        }
        if self.turn.down.is_received() {
            self.release_server();
        }
        if moved.is_pending() { None } else { self.response_sent() }
    }

    fn response_broke(&mut self, broken: &Broken) -> Step {
        match broken {
            Broken::Sender(_) | Broken::SenderClosed => self.fail(Failure::ServerClosed),
            Broken::Chunk(_) => self.fail(Failure::BadResponse),
            Broken::Coder(_) => self.fail(Failure::Internal),
            Broken::Receiver(_) => self.fail(Failure::ClientClosed),
        }
    }

    /// The server has said everything: its connection goes to the pool if it may, its place to who waits for one.
    pub(super) fn release_server(&mut self) {
        if self.turn.server.is_none() || !self.turn.request_is_over() {
            return;
        }
        let turn = &mut *self.turn;
        let reusable = turn.facts.keep_server && turn.up.is_done() && !turn.down.has_surplus();
        match (turn.server.take(), &turn.exchange.endpoint) {
            (Some(server), Some(_)) if reusable => self.keep_idle(server),
            // Who closes first keeps the port for a minute: not this host, towards servers that wait for its end
            // (HAProxy closes such connections this way too).
            (Some(mut server), _) => {
                if server.poll_quiet(self.cx).is_pending() {
                    server.reset_on_close();
                }
            }
            (None, _) => {}
        }
        self.turn.permit = None;
    }

    /// The client has the whole response.
    fn response_sent(&mut self) -> Option<Step> {
        let facts = self.turn.facts;
        if self.turn.up.is_received() && self.turn.request_is_over() {
            let next = if facts.keep_client { Next::KeepAlive } else { self.part(CloseCause::Finished) };
            return Some(self.finish(next));
        }
        // An early response. The client was told that the connection ends, or the server still takes the rest.
        if !facts.keep_client || facts.refused || self.turn.server.is_none() {
            self.turn.drop_server();
            return Some(self.finish(Next::Linger(CloseCause::Finished)));
        }
        None
    }
}
