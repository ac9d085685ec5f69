//! One poll of one exchange: what its stages share.

use std::sync::Arc;
use std::task::Context;
use std::time::Duration;

use tokio::time::Instant;

use super::turn::{Stage, Turn};
use crate::counters::CloseCause;
use crate::errors::Wrong;
use crate::failure::{Failure, outcome};
use crate::h1::{InvalidHead, Persistence};
use crate::live::{LiveEndpoint, LiveFrontend};
use crate::stream::Stream;
use crate::termination::{Phase, Termination};
use crate::transfer::Scratch;
use crate::worker::Worker;

/// What a stage came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Something changed; look again.
    Again,
    /// Nothing to do until a socket, a place or the time wakes the task.
    Wait,
    /// The exchange is over.
    Done(Next),
}

/// What the client's connection does after an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It waits for another request.
    KeepAlive,
    /// It is closed.
    Close(CloseCause),
    /// It is closed after the client had time to read the answer: what it still sends is thrown away.
    Linger(CloseCause),
}

/// Everything that a stage works with, for the time of one poll.
pub(super) struct Run<'a, 'w> {
    pub(super) cx: &'a mut Context<'w>,
    pub(super) worker: &'a Worker,
    /// What serves the exchange, to its end.
    pub(super) frontend: &'a LiveFrontend,
    pub(super) client: &'a mut Stream,
    pub(super) turn: &'a mut Turn,
    pub(super) scratch: &'a mut Scratch,
    pub(super) now: Instant,
}

impl Run<'_, '_> {
    /// Goes on until nothing more can be done. `Wait` leaves every waker registered but the deadline's.
    pub(super) fn advance(&mut self) -> Step {
        loop {
            let step = match self.turn.stage {
                Stage::Receive => self.receive(),
                Stage::Keep => self.keep_body(),
                Stage::Queue => self.wait_for_place(),
                Stage::Pause => self.pause(),
                Stage::Connect => self.connect(),
                Stage::Relay => self.relay(),
                Stage::Collect => self.collect(),
                Stage::Serve => self.serve(),
                Stage::Recall => self.recall(),
                Stage::Reply => self.reply(),
                Stage::Tunnel => self.tunnel(),
            };
            if step != Step::Again {
                return step;
            }
        }
    }

    /// The exchange reaches a phase: the one place that keeps time, and that traces hang on.
    pub(super) fn enter(&mut self, phase: Phase) {
        let times = &mut self.turn.exchange.times;
        let slot = match phase {
            Phase::Request => &mut times.began,
            Phase::Queue => &mut times.requested,
            Phase::Connect => &mut times.dispatched,
            Phase::Headers => &mut times.connected,
            Phase::Data => &mut times.responded,
            Phase::Done => &mut times.ended,
            Phase::Last | Phase::Tarpit => return,
        };
        *slot = Some(self.now);
        if let Some(trace) = self.worker.http.trace.get() {
            trace.entered(phase, self.now, &self.turn.exchange);
        }
    }

    /// Ends the exchange for a reason: with an answer where none has begun, else by closing.
    #[cold]
    pub(super) fn fail(&mut self, failure: Failure) -> Step {
        let outcome = outcome(failure, self.turn.phase());
        if self.turn.exchange.termination == Termination::default() {
            self.turn.exchange.termination = outcome.termination;
        }
        self.count_failure(failure);
        self.turn.drop_server();
        let cause = failure.close_cause();
        self.turn.close_cause = cause;
        if self.turn.facts.answered {
            return self.finish(Next::Close(cause));
        }
        // A client that has ended its side may still read.
        let reads = failure != Failure::ClientClosed || self.turn.facts.client_ended;
        let Some(status) = outcome.status.filter(|_| reads) else {
            self.turn.exchange.status = outcome.status;
            return self.finish(Next::Close(cause));
        };
        // Where the next request would start is unknown, or the client has shown that it sends none.
        let keep = !matches!(
            failure,
            Failure::BadRequest(_)
                | Failure::ClientClosed
                | Failure::ClientTimeout
                | Failure::Killed
                | Failure::ShutDown(_)
        );
        self.answer_error(status, keep)
    }

    /// How the client's connection ends behind its last answer. A client that has not said itself that this is the
    /// end may have sent more, or be about to: closing at once would make the kernel answer that with a reset, which
    /// takes along what is still on its way of the answer (RFC 9112 section 9.6).
    pub(super) fn part(&self, cause: CloseCause) -> Next {
        let turn = &*self.turn;
        let goes = turn.facts.client_ended || turn.request.head.persistence() == Persistence::Close;
        if goes && turn.next.is_empty() { Next::Close(cause) } else { Next::Linger(cause) }
    }

    /// Closes the record of the exchange.
    pub(super) fn finish(&mut self, next: Next) -> Step {
        let turn = &mut *self.turn;
        if turn.request.head_len > 0 {
            turn.exchange.bytes_in = turn.request.head_len as u64 + turn.up.received();
        }
        turn.exchange.bytes_out = turn.down.written();
        if let Some(endpoint) = &turn.exchange.endpoint {
            let counters = endpoint.state.counters.shard(self.worker.index);
            counters.bytes_in.add(turn.up.written());
            counters.bytes_out.add(turn.response.head_len as u64 + turn.down.received());
        }
        turn.exchange.note_local(self.client);
        turn.drop_server();
        if turn.exchange.compressed_with.is_some() || turn.facts.bypasses_compression {
            self.count_compression();
        }
        self.enter(Phase::Done);
        if !self.turn.facts.unlogged {
            self.worker.finish(&mut self.turn.exchange);
        }
        Step::Done(next)
    }

    /// The connection's task is dropped within the exchange: it is counted and logged, and nothing more is sent.
    pub(super) fn kill(&mut self) {
        let outcome = outcome(Failure::Killed, self.turn.phase());
        let turn = &mut *self.turn;
        if turn.exchange.termination == Termination::default() {
            turn.exchange.termination = outcome.termination;
        }
        turn.exchange.status = turn.exchange.status.or(outcome.status);
        turn.exchange.bytes_in = turn.request.bytes.len() as u64;
        self.finish(Next::Close(CloseCause::HardStop));
    }

    /// Keeps a message whose head could not be read, for an operator to see.
    #[cold]
    pub(super) fn capture(&self, response: bool, bytes: &[u8], invalid: InvalidHead) {
        let wrong = Wrong { bytes, position: invalid.offset as usize, reason: &invalid.fault };
        self.worker.capture(&self.turn.exchange, response, wrong);
    }

    /// Of a rule of the frontend, or of the backend that the request was routed to: then both count it.
    pub(super) fn count_denied_request(&mut self) {
        let (turn, index) = (&mut *self.turn, self.worker.index);
        turn.exchange.termination = Termination::REFUSED;
        self.frontend.state.counters.shard(index).denied.add(1);
        if let Some(backend) = &turn.exchange.backend {
            backend.state.counters.shard(index).denied.add(1);
        }
    }

    pub(super) fn count_denied_response(&mut self) {
        self.turn.exchange.termination = Termination::REFUSED;
        self.worker.count_denied_response(&self.turn.exchange);
    }

    fn count_failure(&mut self, failure: Failure) {
        let index = self.worker.index;
        let exchange = &self.turn.exchange;
        if !self.turn.facts.answered
            && let Some(sign) = failure.sign()
        {
            exchange.observe(sign);
        }
        match failure {
            Failure::BadRequest(_) => {
                self.frontend.state.counters.shard(index).bad_requests.add(1);
            }
            Failure::ServerClosed | Failure::ServerTimeout | Failure::BadResponse => {
                if let Some(endpoint) = &exchange.endpoint {
                    endpoint.state.counters.shard(index).response_errors.add(1);
                }
            }
            _ => {}
        }
    }

    /// The time-out of the stage has passed.
    pub(super) fn expire(&mut self) -> Step {
        match self.turn.stage {
            Stage::Receive | Stage::Keep | Stage::Collect => self.fail(Failure::ClientTimeout),
            Stage::Queue => self.fail(Failure::QueueTimeout),
            Stage::Pause => self.reconnect(),
            Stage::Connect => self.connect_failed(Failure::ConnectTimeout),
            Stage::Relay if self.client_limit() < self.server_limit() => self.fail(Failure::ClientTimeout),
            Stage::Relay => self.unanswered(),
            Stage::Serve => self.answer_error(503, true),
            Stage::Recall | Stage::Reply => self.fail(Failure::ClientTimeout),
            Stage::Tunnel => self.tunnel_expired(),
        }
    }

    /// When the present stage has lasted too long; to be asked before each wait.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let limit = match self.turn.stage {
            Stage::Receive
            | Stage::Keep
            | Stage::Queue
            | Stage::Pause
            | Stage::Connect
            | Stage::Collect
            | Stage::Serve => return self.turn.until,
            Stage::Relay => self.client_limit().min(self.server_limit()),
            Stage::Recall | Stage::Reply => self.client_timeout(),
            Stage::Tunnel => self.tunnel_limit(),
        };
        (limit != Duration::MAX).then(|| self.turn.moved + limit)
    }

    /// How long the exchange may wait for the client now; `MAX`: it does not wait for it.
    fn client_limit(&self) -> Duration {
        let turn = &*self.turn;
        let uploading = !turn.up.is_received() && !turn.up.is_blocked() && !turn.facts.refused;
        if uploading || turn.down.is_blocked() { self.client_timeout() } else { Duration::MAX }
    }

    /// The same for the server. Its answer is due once it has the whole request, or has begun to answer.
    fn server_limit(&self) -> Duration {
        let turn = &*self.turn;
        let sending = turn.up.is_blocked();
        let answer_due = turn.up.is_done() || turn.facts.refused || turn.facts.answered;
        let awaiting =
            answer_due && !turn.down.is_blocked() && !(turn.facts.answered && turn.down.is_received());
        if sending || awaiting { self.server_timeout() } else { Duration::MAX }
    }

    pub(super) fn client_timeout(&self) -> Duration {
        self.frontend.settings().timeouts.client.unwrap_or(Duration::MAX)
    }

    pub(super) fn server_timeout(&self) -> Duration {
        let limit = self.turn.backend().and_then(|backend| backend.settings().timeouts.server);
        limit.unwrap_or(Duration::MAX)
    }

    /// The endpoint that the exchange has a place at.
    pub(super) fn endpoint(&self) -> Option<&Arc<LiveEndpoint>> {
        self.turn.exchange.endpoint.as_ref()
    }
}
