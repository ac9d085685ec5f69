//! The first bytes of a connection, and what is decided over them (HAProxy: tcp-request content, tcp-request inspect-delay).
//!
//! They are read into what is held of the client while there is no server ([`Early`](super::early::Early)), so that they
//! are passed on once and in their order.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use sluicegate_model::backend::{Balance, HashKey};
use sluicegate_model::{BackendSettings, Inspection};
use tokio::time::Instant;

use super::super::message::Ruling;
use super::{Session, State, Step};
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::http;
use crate::listen::Incoming;
use crate::live::LiveBackend;
use crate::stream::Stream;
use crate::termination::Phase;

/// Bytes that are looked at; with so many no more are waited for (HAProxy: tune.bufsize less tune.maxrewrite).
pub(super) const LOOKED_AT: usize = 15 * 1024;
/// The longest first message that the endpoint may hang on.
const MESSAGE: usize = 1_024;
/// How long it is waited for.
const MESSAGE_WAIT: Duration = Duration::from_secs(5);

/// A look at the first bytes that is not over.
pub(super) struct Inspecting {
    stage: Stage,
    /// Bytes that have come, and when the last of them did.
    heard: (usize, Instant),
    /// When it is decided with what is there; `None`: nothing was waited for so far.
    until: Option<Instant>,
    /// That time has come.
    late: bool,
}

/// Who wants to look.
#[derive(Clone)]
pub(super) enum Stage {
    /// The rules of the frontend.
    Frontend,
    /// The rules of the backend.
    Backend(Arc<LiveBackend>),
    /// The backend, whose endpoint hangs on the first message.
    Message(Arc<LiveBackend>),
}

impl Session {
    /// Begins to look.
    pub(super) fn inspect(&mut self, stage: Stage, now: Instant) -> Step {
        let until = matches!(stage, Stage::Message(_)).then(|| now + MESSAGE_WAIT);
        let heard = (self.early.bytes().len(), now);
        Step::Next(State::Inspect(Box::new(Inspecting { stage, heard, until, late: false })))
    }

    /// Sets out for a backend, once the first message is there where its endpoint hangs on that. Rules that looked have
    /// waited for it already.
    pub(super) fn await_message(
        &mut self,
        exchange: &mut Exchange,
        backend: Arc<LiveBackend>,
        now: Instant,
    ) -> Step {
        if reads_first(backend.settings()) && !self.early.is_examined() {
            return self.inspect(Stage::Message(backend), now);
        }
        self.set_out(exchange, &backend, now)
    }

    /// Looks at what has come.
    pub(super) fn poll_inspection(
        &mut self,
        exchange: &mut Exchange,
        now: Instant,
        cx: &mut Context<'_>,
    ) -> Poll<Step> {
        let State::Inspect(mut inspecting) = std::mem::replace(&mut self.state, State::Over) else {
            return Poll::Ready(Step::Done);
        };
        if inspecting.looks(exchange) {
            let mut scratch = self.worker.lender.lend();
            let heard = self.early.examine((cx, &mut self.client, &mut scratch), inspecting.most());
            self.worker.lender.restore(scratch);
            if heard.is_err() {
                return Poll::Ready(self.cut_short(inspecting, exchange, Failure::ClientClosed, now));
            }
        }
        let said = self.early.bytes().len();
        if inspecting.heard.0 != said {
            inspecting.heard = (said, now);
        }
        let step = self.look(&mut inspecting, exchange, now);
        if step.is_pending() {
            let silence = inspecting.silence(exchange).map(|(at, _)| at);
            self.until = [inspecting.until, silence].into_iter().flatten().min();
            self.state = State::Inspect(inspecting);
        }
        step
    }

    /// What what has come leads to.
    fn look(&mut self, inspecting: &mut Inspecting, exchange: &mut Exchange, now: Instant) -> Poll<Step> {
        match inspecting.stage.clone() {
            Stage::Frontend => {
                let Some(frontend) = exchange.frontend.clone() else {
                    return Poll::Ready(Step::Fail(Failure::Internal, Phase::Request));
                };
                match self.ruling_on(frontend.settings().inspection.as_deref(), inspecting, exchange, now) {
                    Ruling::Open => Poll::Pending,
                    Ruling::Refused => Poll::Ready(self.refuse(exchange)),
                    Ruling::Http => Poll::Ready(Step::Switch),
                    Ruling::Passes | Ruling::Left => Poll::Ready(self.choose(exchange, now)),
                }
            }
            Stage::Backend(backend) => {
                match self.ruling_on(backend.settings().inspection.as_deref(), inspecting, exchange, now) {
                    Ruling::Open => Poll::Pending,
                    Ruling::Refused => Poll::Ready(self.refuse(exchange)),
                    Ruling::Http | Ruling::Passes | Ruling::Left => {
                        Poll::Ready(self.await_message(exchange, backend, now))
                    }
                }
            }
            Stage::Message(backend) => {
                let said = self.early.bytes();
                let waits = !inspecting.late && !self.early.is_over(MESSAGE) && may_be_longer(said);
                if waits { Poll::Pending } else { Poll::Ready(self.set_out(exchange, &backend, now)) }
            }
        }
    }

    fn ruling_on(
        &self,
        inspection: Option<&Inspection>,
        inspecting: &mut Inspecting,
        exchange: &mut Exchange,
        now: Instant,
    ) -> Ruling {
        let Some(inspection) = inspection else { return Ruling::Passes };
        let Some(frontend) = exchange.frontend.clone() else { return Ruling::Refused };
        let waits = inspection.delay.filter(|_| !inspecting.late && !self.early.is_over(LOOKED_AT));
        let first = self.early.first(waits.is_some());
        let ruling = self.ruling(&inspection.rules, exchange, frontend.name(), first);
        if ruling == Ruling::Open {
            inspecting.until = inspecting.until.or(waits.map(|delay| now + delay));
        }
        ruling
    }

    /// The client was silent for too long, or it is time to decide.
    pub(super) fn inspection_expired(&mut self, exchange: &mut Exchange, now: Instant) -> Step {
        let State::Inspect(mut inspecting) = std::mem::replace(&mut self.state, State::Over) else {
            return Step::Done;
        };
        if let Some((at, failure)) = inspecting.silence(exchange)
            && inspecting.until.is_none_or(|until| at < until)
        {
            return self.cut_short(inspecting, exchange, failure, now);
        }
        self.look_last(&mut inspecting, exchange, now)
    }

    /// Decides with what is there.
    fn look_last(&mut self, inspecting: &mut Inspecting, exchange: &mut Exchange, now: Instant) -> Step {
        inspecting.late = true;
        match self.look(inspecting, exchange, now) {
            Poll::Ready(step) => step,
            Poll::Pending => Step::Fail(Failure::Internal, Phase::Request),
        }
    }

    /// The client has gone. It is turned away if the rules would have it so, and else logged with the backend that it would
    /// have had (HAProxy).
    fn cut_short(
        &mut self,
        mut inspecting: Box<Inspecting>,
        exchange: &mut Exchange,
        failure: Failure,
        now: Instant,
    ) -> Step {
        loop {
            match self.look_last(&mut inspecting, exchange, now) {
                Step::Next(State::Inspect(next)) => inspecting = next,
                Step::Fail(Failure::Denied(status), phase) => {
                    return Step::Fail(Failure::Denied(status), phase);
                }
                _ => return Step::Fail(failure, Phase::Request),
            }
        }
    }

    /// Gives the connection over to HTTP mode, with what was read of it. The record is given back where that cannot be.
    pub(super) fn switch(
        &mut self,
        exchange: Box<Exchange>,
        now: Instant,
    ) -> Result<Box<http::Connection>, Box<Exchange>> {
        let Some(attachment) = self.attachment.take() else {
            return Err(exchange);
        };
        let stream = std::mem::replace(&mut self.client, Stream::gone());
        let (client, accepted) = (exchange.client, exchange.times.accepted);
        let announced = exchange.announced.clone();
        self.worker.exchanges.put(exchange);
        let incoming = Incoming {
            stream,
            client,
            announced,
            accepted,
            attachment: *attachment,
            places: self.places.take(),
        };
        let worker = std::rc::Rc::clone(&self.worker);
        Ok(Box::new(http::Connection::upgraded(worker, incoming, self.early.bytes(), now)))
    }
}

impl Inspecting {
    /// Whether bytes are wanted.
    fn looks(&self, exchange: &Exchange) -> bool {
        let inspection = match &self.stage {
            Stage::Frontend => {
                exchange.frontend.as_ref().and_then(|frontend| frontend.settings().inspection.as_ref())
            }
            Stage::Backend(backend) => backend.settings().inspection.as_ref(),
            Stage::Message(_) => return true,
        };
        inspection.is_some_and(|inspection| inspection.looks)
    }

    /// Bytes with which no more are wanted.
    fn most(&self) -> usize {
        match self.stage {
            Stage::Frontend | Stage::Backend(_) => LOOKED_AT,
            Stage::Message(_) => MESSAGE,
        }
    }

    /// When the client was silent for too long. What the endpoint hangs on is waited for so briefly that it does not count.
    fn silence(&self, exchange: &Exchange) -> Option<(Instant, Failure)> {
        if matches!(self.stage, Stage::Message(_)) {
            return None;
        }
        let limit = exchange.frontend.as_ref()?.settings().timeouts.client?;
        Some((self.heard.1 + limit, Failure::ClientTimeout))
    }
}

/// Whether the endpoint hangs on what the client says first.
fn reads_first(settings: &BackendSettings) -> bool {
    let keeps = settings.persistence.as_ref().is_some_and(|persistence| persistence.rdp_cookie.is_some());
    keeps || matches!(&settings.balance, Balance::Hash(hash) if matches!(hash.key, HashKey::RdpCookie(_)))
}

/// Whether a first message may go on: what begins otherwise is not RDP (RFC 1006: the version of its packets).
fn may_be_longer(said: &[u8]) -> bool {
    said.first().is_none_or(|&version| version == 3) && !said.ends_with(b"\r\n")
}
