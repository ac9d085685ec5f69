//! One session of one proxy, from its Hello on.

use std::collections::VecDeque;

use sluicegate_core::Operation;
use sluicegate_core::fleet::SessionId;
use sluicegate_proto::chunk::pieces;
use sluicegate_proto::generation::Generation;
use sluicegate_proto::v1::{
    self, Chunk, ControlMessage, OperationOutcome, OperationResult, ProxyMessage, Welcome, control_message,
    proxy_message::Message,
};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tonic::{Status, Streaming};
use tracing::{info, warn};

use crate::asked::Asked;
use crate::publisher::{Publisher, Verdict};
use crate::questions::Unfit;

/// Operations of one session that are asked for and not answered; one more fails at once.
const MAX_OPERATIONS: usize = 16;

/// Messages on their way to the proxy: one is written while the next waits. What is behind them is not made yet.
pub(crate) type Outgoing = mpsc::Sender<Result<ControlMessage, Status>>;

pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) proxy_id: String,
    pub(crate) scope: String,
    pub(crate) publisher: Publisher,
    pub(crate) wake: watch::Receiver<u64>,
    pub(crate) pending: Pending,
}

/// Operations that the proxy asked for and has no answer to.
#[derive(Default)]
pub(crate) struct Pending {
    /// Those that are being done.
    running: JoinSet<OperationOutcome>,
    /// What is to be told; at most as many as ran, and those that failed at once.
    outcomes: VecDeque<OperationOutcome>,
}

/// Why a session is over.
enum End {
    /// The proxy is gone.
    Gone,
    /// With this word to the proxy.
    With(Status),
}

type Pieces = Box<dyn Iterator<Item = Chunk> + Send>;

impl Session {
    /// Until the proxy leaves, another session of it begins, or the control plane ends.
    pub(crate) async fn run(mut self, mut incoming: Streaming<ProxyMessage>, outgoing: Outgoing) {
        let end = self.converse(&mut incoming, &outgoing).await;
        self.publisher.leave(self.id);
        match end {
            End::Gone => info!(proxy = %self.proxy_id, scope = %self.scope, "proxy left"),
            End::With(status) => {
                warn!(proxy = %self.proxy_id, scope = %self.scope, reason = status.message(), "session ended");
                let _gone_already = outgoing.try_send(Err(status));
            }
        }
    }

    async fn converse(&mut self, incoming: &mut Streaming<ProxyMessage>, outgoing: &Outgoing) -> End {
        let settings = self.publisher.settings();
        let welcome = Welcome {
            control_id: settings.control_id.clone(),
            epoch: settings.epoch,
            version: settings.version.clone(),
            report_interval_ms: u64::try_from(settings.report_interval.as_millis()).unwrap_or(u64::MAX),
        };
        if outgoing.send(Ok(message(control_message::Message::Welcome(welcome)))).await.is_err() {
            return End::Gone;
        }
        let mut sending: Option<Pieces> = None;
        let mut question = None;
        loop {
            match self.publisher.verdict(self.id) {
                Verdict::GoOn => {}
                Verdict::Replaced => {
                    let why = format!("another session of proxy '{}' began", self.proxy_id);
                    return End::With(Status::aborted(why));
                }
                Verdict::Stop => return End::With(Status::unavailable("the control plane ends")),
            }
            if sending.is_none()
                && let Some(update) = self.publisher.next(&self.scope, self.id)
            {
                sending = Some(Box::new(pieces(update.bytes)));
            }
            if question.is_none() {
                question = self.publisher.question(self.id);
            }
            tokio::select! {
                place = outgoing.reserve(),
                    if sending.is_some() || question.is_some() || !self.pending.outcomes.is_empty() =>
                {
                    let Ok(place) = place else { return End::Gone };
                    // Nothing comes between the pieces of an update.
                    if let Some(pieces) = &mut sending {
                        match pieces.next() {
                            Some(piece) => place.send(Ok(message(control_message::Message::Chunk(piece)))),
                            None => sending = None,
                        }
                    } else if let Some(question) = question.take() {
                        place.send(Ok(message(control_message::Message::Question(question))));
                    } else if let Some(outcome) = self.pending.outcomes.pop_front() {
                        place.send(Ok(message(control_message::Message::Outcome(outcome))));
                    }
                }
                Some(done) = self.pending.running.join_next() => {
                    // The task does nothing that could fail.
                    self.pending.outcomes.extend(done.ok());
                }
                received = incoming.message(), if self.pending.outcomes.len() < MAX_OPERATIONS => match received {
                    Ok(Some(received)) => {
                        if let Err(status) = self.take(received) {
                            return End::With(status);
                        }
                    }
                    Ok(None) | Err(_) => return End::Gone,
                },
                changed = self.wake.changed() => {
                    if changed.is_err() {
                        return End::Gone;
                    }
                }
                () = outgoing.closed() => return End::Gone,
            }
        }
    }

    fn take(&mut self, received: ProxyMessage) -> Result<(), Status> {
        let unexpected =
            |error: sluicegate_core::session::Unexpected| Status::failed_precondition(error.to_string());
        match received.message {
            Some(Message::Report(report)) => self.publisher.report(self.id, report),
            Some(Message::Ack(ack)) => {
                let generation = generation(ack.generation.as_ref())?;
                self.publisher.ack(self.id, generation).map_err(unexpected)?;
                info!(proxy = %self.proxy_id, %generation, took_us = ack.took_us, "acknowledged");
            }
            Some(Message::Nack(nack)) => {
                let generation = generation(nack.generation.as_ref())?;
                for rejection in nack.rejections.iter().take(10) {
                    let origin = rejection.origin.clone().unwrap_or_default();
                    warn!(proxy = %self.proxy_id, %generation, %origin, reason = rejection.reason, "refused");
                }
                self.publisher.nack(self.id, generation, nack).map_err(unexpected)?;
            }
            Some(Message::Answered(piece)) => {
                let invalid = |error: Unfit| Status::invalid_argument(error.to_string());
                self.publisher.answered(self.id, piece).map_err(invalid)?;
            }
            Some(Message::Operation(operation)) => self.operate(operation),
            Some(Message::Hello(_)) => return Err(Status::invalid_argument("Hello was said before")),
            None => {
                return Err(Status::invalid_argument("a message that says nothing, or nothing known here"));
            }
        }
        Ok(())
    }

    /// Has done what somebody asked for on the proxy's page; the outcome follows.
    fn operate(&mut self, wire: v1::Operation) {
        let id = wire.id;
        let outcome = move |result: OperationResult| OperationOutcome { id, result: result.into() };
        let operation = match Operation::try_from(wire) {
            Ok(operation) => operation,
            Err(error) => {
                warn!(proxy = %self.proxy_id, %error, "refused");
                return self.pending.outcomes.push_back(outcome(OperationResult::Invalid));
            }
        };
        let (reply, answer) = oneshot::channel();
        let (scope, proxy_id) = (self.scope.clone(), self.proxy_id.clone());
        let taken = self.pending.running.len() < MAX_OPERATIONS
            && self.publisher.operate(Asked { scope, proxy_id, operation, reply });
        if !taken {
            warn!(proxy = %self.proxy_id, "an operation is not done: too many wait already");
            return self.pending.outcomes.push_back(outcome(OperationResult::Failed));
        }
        self.pending.running.spawn(async move { outcome(answer.await.unwrap_or(OperationResult::Failed)) });
    }
}

fn message(message: control_message::Message) -> ControlMessage {
    ControlMessage { message: Some(message) }
}

fn generation(generation: Option<&v1::Generation>) -> Result<Generation, Status> {
    generation
        .and_then(|generation| Generation::try_from(generation).ok())
        .ok_or_else(|| Status::invalid_argument("an answer without a generation"))
}
