//! Answers of the proxy's own, from a failure or a verdict to the last byte.

use std::task::Poll;

use sluicegate_model::rule::ErrorPage;

use super::grpc;
use super::policy::say;
use super::reply::Audience;
use super::run::{Next, Run, Step};
use super::turn::{Stage, Turn};
use crate::counters::CloseCause;
use crate::failure::Failure;
use crate::h1::{Expect, Framing, InvalidEdit, Method, Persistence};
use crate::transfer::Coding;

/// Longest rest of a request's body that is read so that the connection can live on after an answer of ours.
const DRAINED: u64 = 64 * 1024;

impl Run<'_, '_> {
    /// Answers with a status's page: the backend's, the frontend's, the built-in one.
    #[cold]
    pub(super) fn answer_error(&mut self, status: u16, keep: bool) -> Step {
        let audience = self.audience(keep);
        let backend = self.turn.backend().cloned();
        let pages = [
            backend.as_ref().map(|backend| &backend.settings().error_pages),
            Some(&self.frontend.settings().error_pages),
        ];
        let page = pages.into_iter().flatten().find_map(|pages| pages.page(status));
        let whole = match page {
            Some(ErrorPage::Silence) => {
                self.turn.exchange.status = Some(status);
                self.turn.facts.answered = true;
                return self.finish(Next::Linger(self.turn.close_cause));
            }
            Some(ErrorPage::Response(whole)) => Some(whole),
            None => None,
        };
        // Whoever holds requests back for want of an endpoint expects one.
        let hold = backend.as_ref().and_then(|backend| backend.settings().hold);
        let retry_after = hold.filter(|_| status == 503).map(|hold| hold.wait);
        let mut out = self.worker.http.letter.take();
        out.clear();
        let made = {
            let mut desk = self.worker.http.desk.borrow_mut();
            match whole {
                None => desk.built_in(status, retry_after, audience, &mut out),
                Some(whole) => {
                    if desk.page(whole, audience, &mut out).is_err() {
                        // As HAProxy did before it understood pages: the bytes, ended by the connection's end.
                        self.turn.facts.keep_client = false;
                        out.extend_from_slice(whole);
                    }
                    Ok(())
                }
            }
        };
        let step = self.answer(status, made, &out);
        self.worker.http.letter.set(out);
        step
    }

    /// Sends an answer. One that cannot be made is a 500, and that without a page in the end.
    pub(super) fn answer(&mut self, status: u16, made: Result<(), InvalidEdit>, whole: &[u8]) -> Step {
        self.turn.drop_server();
        self.turn.up.abandon();
        if made.is_err() {
            if status == 500 {
                return self.finish(Next::Close(CloseCause::Endpoint));
            }
            return self.fail(Failure::Internal);
        }
        self.turn.down.begin(Framing::Empty, Coding::AsIs);
        self.turn.down.queue(|out| out.extend_from_slice(whole));
        self.turn.exchange.status = Some(status);
        self.turn.facts.answered = true;
        self.turn.stage = Stage::Reply;
        self.turn.moved = self.now;
        Step::Again
    }

    /// Whom an answer is for, `keep` being what the answer itself allows.
    pub(super) fn audience(&mut self, keep: bool) -> Audience {
        let heard_out = self.turn.up.is_received()
            || (self.turn.request.head.expect() == Expect::Nothing
                && self.turn.up.rest().is_some_and(|rest| rest <= DRAINED));
        let keep = keep && heard_out && self.client_may_stay();
        self.turn.facts.keep_client = keep;
        let persistence = if keep { Persistence::KeepAlive } else { Persistence::Close };
        Audience {
            grpc: self.turn.exchange.carried.client && self.is_grpc(),
            head_only: self.turn.asked.method == Method::Head,
            say: say(self.turn.request.head.version(), persistence),
        }
    }

    #[cold]
    #[inline(never)]
    fn is_grpc(&self) -> bool {
        let request = &self.turn.request;
        request.head.value(&request.bytes, b"content-type").is_some_and(grpc::is_call)
    }

    /// Sends the answer; then reads what is left of the request, where the connection is to live on.
    pub(super) fn reply(&mut self) -> Step {
        let before = self.turn.progress();
        let Turn { up, down, next, facts, .. } = &mut *self.turn;
        let flushed = down.poll_flush(self.cx, self.client);
        let drained = match flushed {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(_)) => return self.fail(Failure::ClientClosed),
            Poll::Ready(Ok(())) if !facts.keep_client => {
                let heard_out = up.is_received() && self.turn.request.head_len > 0;
                let cause = self.turn.close_cause;
                let next = if heard_out { self.part(cause) } else { Next::Linger(cause) };
                return self.finish(next);
            }
            Poll::Ready(Ok(())) => up.poll_discard(self.cx, self.client, self.scratch, next),
        };
        if self.turn.progress() != before {
            self.turn.moved = self.now;
        }
        match drained {
            Poll::Pending => Step::Wait,
            Poll::Ready(Ok(())) => self.finish(Next::KeepAlive),
            Poll::Ready(Err(_)) => self.finish(Next::Close(CloseCause::Client)),
        }
    }
}
