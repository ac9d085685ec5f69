//! What a connection to the endpoint of a request has of it, and TLS to there.

use std::task::Poll;

use sluicegate_model::outgoing::Outgoing;

use super::run::{Run, Step};
use crate::upstream::{ConnectError, Connecting};

impl Run<'_, '_> {
    /// Puts down the name that the endpoint is asked for, and whom it takes for its client: an idle connection is for no other
    /// ones.
    #[inline]
    pub(super) fn ask_for_name(&mut self) {
        match self.turn.exchange.asks() {
            Some(outgoing) => self.ask_for(&outgoing),
            None => self.turn.exchange.asked.clear(),
        }
    }

    #[inline(never)]
    fn ask_for(&mut self, outgoing: &Outgoing) {
        let mut asked = std::mem::take(&mut self.turn.exchange.asked);
        let mut scratch = self.worker.http.rules.take();
        asked.write(outgoing, &self.scene(None), &mut scratch);
        self.worker.http.rules.set(scratch);
        self.turn.exchange.asked = asked;
    }

    /// Takes part in the handshake; `None`: there is none, or it is over.
    pub(super) fn agree(&mut self) -> Option<Step> {
        match self.turn.connecting.as_mut().map(|connecting| connecting.poll_agree(self.cx)) {
            None | Some(Poll::Ready(Ok(()))) => None,
            Some(Poll::Pending) => Some(self.watch_client().unwrap_or(Step::Wait)),
            Some(Poll::Ready(Err(error))) => Some(self.not_reached(&error)),
        }
    }

    /// There is no connection.
    #[cold]
    pub(super) fn not_reached(&mut self, error: &ConnectError) -> Step {
        self.worker.note_unreached(&mut self.turn.exchange, error);
        self.connect_failed(error.failure())
    }

    /// The connection that is on its way stands.
    pub(super) fn stands(&mut self) {
        self.turn.server = self.turn.connecting.take().and_then(Connecting::into_stream);
        if let Some(server) = &self.turn.server {
            self.worker.note_reached(&self.turn.exchange, server);
        }
    }
}
