//! The first bytes that the endpoint says, and what is decided over them (HAProxy: tcp-response content, tcp-response
//! inspect-delay). The client's go on to the endpoint meanwhile.

use std::sync::Arc;
use std::task::{Context, Poll};

use sluicegate_model::Inspection;
use tokio::time::Instant;

use super::super::first::First;
use super::super::message::Ruling;
use super::inspect::LOOKED_AT;
use super::{Session, State, Step};
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::live::LiveBackend;
use crate::stream::Stream;
use crate::termination::Phase;
use crate::transfer::Scratch;

/// The status of a response that a rule turns away; in TCP mode nobody is told it.
const DENIED: u16 = 502;

/// What an endpoint has said so far.
#[derive(Debug, Default)]
pub(in crate::tcp) struct Hearing {
    bytes: Vec<u8>,
    ended: bool,
    /// When it is decided with what is there; `None`: nothing was waited for so far.
    until: Option<Instant>,
    /// That time has come, or nothing more can.
    late: bool,
}

impl Hearing {
    pub(in crate::tcp) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn is_over(&self) -> bool {
        self.late || self.ended || self.bytes.len() >= LOOKED_AT
    }

    /// Takes what is there.
    fn listen(
        &mut self,
        cx: &mut Context<'_>,
        server: &mut Stream,
        scratch: &mut Scratch,
    ) -> Result<(), Failure> {
        while !self.is_over() {
            let window = scratch.window(LOOKED_AT - self.bytes.len());
            match server.poll_read(cx, window) {
                Poll::Pending => break,
                Poll::Ready(Ok(0)) => self.ended = true,
                Poll::Ready(Ok(length)) => {
                    self.bytes.extend_from_slice(scratch.slice(Scratch::START, Scratch::START + length));
                }
                Poll::Ready(Err(_)) => return Err(Failure::ServerClosed),
            }
        }
        Ok(())
    }
}

impl Session {
    /// Moves what the client says, and looks at what the endpoint does.
    pub(super) fn poll_answer(
        &mut self,
        exchange: &mut Exchange,
        now: Instant,
        cx: &mut Context<'_>,
    ) -> Poll<Step> {
        let State::Relay { relay, .. } = &mut self.state else { return Poll::Ready(Step::Done) };
        let mut scratch = self.worker.lender.lend();
        let moved = relay.poll(&mut self.client, &mut scratch, now, cx);
        (exchange.bytes_in, exchange.bytes_out) = relay.bytes();
        let Some(mut hearing) = relay.hearing().take() else {
            self.worker.lender.restore(scratch);
            return Poll::Ready(Step::Fail(Failure::Internal, Phase::Data));
        };
        let heard = hearing.listen(cx, &mut relay.server, &mut scratch);
        self.worker.lender.restore(scratch);
        let broken = match (moved, heard) {
            (Poll::Ready(Err(failure)), _) | (_, Err(failure)) => Some(failure),
            _ => None,
        };
        if let Some(failure) = broken {
            return Poll::Ready(self.answer_cut_short(hearing, exchange, failure, now));
        }
        self.look_at_answer(hearing, exchange, now)
    }

    fn look_at_answer(
        &mut self,
        mut hearing: Box<Hearing>,
        exchange: &mut Exchange,
        now: Instant,
    ) -> Poll<Step> {
        let ruling = self.ruling_on_answer(&mut hearing, exchange, now);
        let State::Relay { relay, .. } = &mut self.state else { return Poll::Ready(Step::Done) };
        match ruling {
            Ruling::Open => {
                let silence = relay.limit().map(|(at, _)| at);
                self.until = [hearing.until, silence].into_iter().flatten().min();
                *relay.hearing() = Some(hearing);
                return Poll::Pending;
            }
            Ruling::Refused => return Poll::Ready(self.refuse_answer(exchange)),
            Ruling::Left => relay.leave_server(&hearing),
            Ruling::Passes | Ruling::Http => relay.let_through(&hearing),
        }
        // It goes on as a session that nobody looks into.
        Poll::Ready(Step::Next(std::mem::replace(&mut self.state, State::Over)))
    }

    fn ruling_on_answer(&self, hearing: &mut Hearing, exchange: &mut Exchange, now: Instant) -> Ruling {
        let (Some(backend), Some(frontend)) = (exchange.backend.clone(), exchange.frontend.clone()) else {
            return Ruling::Refused;
        };
        let Some(inspection) = inspection_of(&backend) else { return Ruling::Passes };
        exchange.learn_local(&self.client);
        let waits = inspection.delay.filter(|_| !hearing.is_over());
        let first = First::answered(&hearing.bytes, waits.is_some());
        let ruling = self.ruling(&inspection.rules, exchange, frontend.name(), first);
        if ruling == Ruling::Open {
            hearing.until = hearing.until.or(waits.map(|delay| now + delay));
        }
        ruling
    }

    /// It is time to decide; or somebody was silent for too long, and the client gets what passes none the less (HAProxy).
    #[cold]
    pub(super) fn answer_expired(&mut self, exchange: &mut Exchange, now: Instant) -> Step {
        let State::Relay { relay, .. } = &mut self.state else { return Step::Done };
        let silence = relay.limit();
        let Some(mut hearing) = relay.hearing().take() else { return Step::Done };
        let due = hearing.until;
        hearing.late = true;
        if let Some((at, failure)) = silence
            && due.is_none_or(|due| at < due)
        {
            if self.ruling_on_answer(&mut hearing, exchange, now) == Ruling::Refused {
                return self.refuse_answer(exchange);
            }
            let State::Relay { relay, .. } = &mut self.state else { return Step::Done };
            relay.fail_behind(&hearing, failure);
            return Step::Next(std::mem::replace(&mut self.state, State::Over));
        }
        match self.look_at_answer(hearing, exchange, now) {
            Poll::Ready(step) => step,
            Poll::Pending => Step::Fail(Failure::Internal, Phase::Data),
        }
    }

    /// A connection broke. The response is turned away if the rules would have it so (HAProxy).
    fn answer_cut_short(
        &mut self,
        mut hearing: Box<Hearing>,
        exchange: &mut Exchange,
        failure: Failure,
        now: Instant,
    ) -> Step {
        hearing.late = true;
        match self.ruling_on_answer(&mut hearing, exchange, now) {
            Ruling::Refused => self.refuse_answer(exchange),
            _ => Step::Fail(failure, Phase::Data),
        }
    }

    /// A rule turns the response away.
    fn refuse_answer(&self, exchange: &Exchange) -> Step {
        self.worker.count_denied_response(exchange);
        Step::Fail(Failure::Denied(DENIED), Phase::Data)
    }
}

fn inspection_of(backend: &Arc<LiveBackend>) -> Option<&Inspection> {
    backend.settings().response_inspection.as_deref()
}
