//! Whether the client is still there, while nothing is expected from it.

use std::task::Poll;

use super::request::{HEAD_WINDOW, KEPT_BODY};
use super::run::{Run, Step};
use super::turn::Turn;
use crate::failure::Failure;
use crate::transfer::{Broken, Gathering, Scratch};

/// Bytes of a client's next requests that are kept while an answer is awaited; with more it is not listened to.
pub(super) const AHEAD_BYTES: usize = HEAD_WINDOW;

impl Run<'_, '_> {
    /// While the request waits in a queue: takes in as much of its body as may be kept, so that it shows when the client
    /// goes away amid it.
    pub(super) fn hear_client(&mut self) -> Option<Step> {
        if self.turn.up.is_received() || self.turn.facts.streamed {
            return self.watch_client();
        }
        let Turn { request, up, next, .. } = &mut *self.turn;
        let most = request.head_len + KEPT_BODY;
        let gathering = Gathering { into: &mut request.bytes, most, next };
        match up.poll_keep(self.cx, self.client, self.scratch, gathering) {
            Poll::Pending => None,
            Poll::Ready(Ok(())) => self.watch_client(),
            Poll::Ready(Err(Broken::Chunk(_))) => Some(self.fail(Failure::BadRequest(400))),
            Poll::Ready(Err(_)) => Some(self.fail(Failure::ClientClosed)),
        }
    }

    /// Notices that the client's connection broke. What it sends is kept for later, up to a bound behind which it is not
    /// listened to. Its end alone is no abort where the configuration does not call it one: it may have said all that it
    /// has to say (`printf … | nc`), and is answered.
    pub(super) fn watch_client(&mut self) -> Option<Step> {
        loop {
            if !self.turn.up.is_received()
                || self.turn.facts.client_ended
                || self.turn.next.len() >= AHEAD_BYTES
            {
                return None;
            }
            match self.client.poll_quiet(self.cx) {
                Poll::Pending => return None,
                Poll::Ready(Err(_)) => return Some(self.fail(Failure::ClientClosed)),
                Poll::Ready(Ok(())) => {}
            }
            let room = AHEAD_BYTES - self.turn.next.len();
            match self.client.poll_read(self.cx, self.scratch.window(room)) {
                Poll::Pending => {}
                Poll::Ready(Ok(0)) => {
                    self.turn.facts.client_ended = true;
                    if self.drops_who_leaves() {
                        return Some(self.drop_left());
                    }
                }
                Poll::Ready(Err(_)) => return Some(self.fail(Failure::ClientClosed)),
                Poll::Ready(Ok(length)) => {
                    let read = self.scratch.slice(Scratch::START, Scratch::START + length);
                    self.turn.next.extend_from_slice(read);
                }
            }
        }
    }

    /// Whether a client that ends its side has gone (HAProxy: option abortonclose).
    pub(super) fn drops_who_leaves(&self) -> bool {
        self.turn.backend().is_some_and(|backend| backend.settings().abort_on_close)
    }

    /// The client has gone: a server that works for it learns that at once.
    #[cold]
    fn drop_left(&mut self) -> Step {
        if let Some(server) = &self.turn.server {
            server.reset_on_close();
        }
        self.fail(Failure::ClientClosed)
    }
}
