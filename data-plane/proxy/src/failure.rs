//! What went wrong, and the one place that says what the client and the log are told of it.

use crate::counters::CloseCause;
use crate::live::Sign;
use crate::sessions::Ending;
use crate::termination::{Cause, Phase, Termination};

/// Why an exchange did not end as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The client closed or reset its connection.
    ClientClosed,
    /// The client was silent for too long.
    ClientTimeout,
    /// The request cannot be understood; with the status that says in what.
    BadRequest(u16),
    /// A rule refused the request; with the rule's status.
    Denied(u16),
    /// No place came free in time.
    QueueTimeout,
    /// The queue is at its limit.
    QueueFull,
    /// No endpoint takes traffic, or there is no backend.
    NoEndpoint,
    /// The endpoint refused the connection, or could not be reached.
    ConnectRefused,
    /// The endpoint and this end did not agree on TLS.
    HandshakeFailed,
    /// The endpoint did not answer the connection in time.
    ConnectTimeout,
    /// This host ran out of ports, descriptors or memory.
    Exhausted,
    /// The endpoint closed or reset its connection too early.
    ServerClosed,
    /// The endpoint was silent for too long.
    ServerTimeout,
    /// The response cannot be understood.
    BadResponse,
    /// A defect of the proxy.
    Internal,
    /// The process stops now.
    Killed,
    /// Somebody ended it.
    ShutDown(Ending),
}

impl Failure {
    /// What it shows of the endpoint, while its answer was awaited.
    pub(crate) fn sign(self) -> Option<Sign> {
        match self {
            Self::ServerClosed => Some(Sign::Closed),
            Self::ServerTimeout => Some(Sign::Silence),
            Self::BadResponse => Some(Sign::Garbled),
            _ => None,
        }
    }

    /// Why the client's connection is closed after it.
    pub(crate) fn close_cause(self) -> CloseCause {
        match self {
            Self::ClientClosed => CloseCause::Client,
            Self::ClientTimeout => CloseCause::ClientTimeout,
            Self::BadRequest(_) => CloseCause::BadRequest,
            Self::Denied(_) => CloseCause::Rule,
            Self::Killed => CloseCause::HardStop,
            Self::ShutDown(ending) => ending.close_cause(),
            _ => CloseCause::Endpoint,
        }
    }
}

/// What the client and the log are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Answered where no answer has begun (HTTP mode); `None`: nobody is there to read it.
    pub status: Option<u16>,
    /// In the log.
    pub termination: Termination,
}

/// Maps a failure in a phase (HAProxy: configuration manual 8.5, and the statuses that its engine gives them).
pub fn outcome(failure: Failure, phase: Phase) -> Outcome {
    let (status, cause, phase) = match failure {
        Failure::ClientClosed if matches!(phase, Phase::Queue | Phase::Connect) => {
            return Outcome { status: None, termination: Termination { cause: Cause::Client, phase } };
        }
        Failure::ClientClosed => (400, Cause::Client, phase),
        Failure::ClientTimeout => (408, Cause::ClientTimeout, phase),
        Failure::BadRequest(status) => (status, Cause::Proxy, phase),
        Failure::Denied(status) => (status, Cause::Proxy, phase),
        Failure::QueueTimeout => (503, Cause::ServerTimeout, Phase::Queue),
        Failure::QueueFull => (503, Cause::Server, Phase::Queue),
        Failure::NoEndpoint => (503, Cause::Server, Phase::Connect),
        Failure::ConnectRefused | Failure::HandshakeFailed => (503, Cause::Server, Phase::Connect),
        Failure::ConnectTimeout => (503, Cause::ServerTimeout, Phase::Connect),
        Failure::Exhausted => (503, Cause::Resource, phase),
        Failure::ServerClosed => (502, Cause::Server, phase),
        Failure::ServerTimeout => (504, Cause::ServerTimeout, phase),
        Failure::BadResponse => (502, Cause::Proxy, phase),
        Failure::Internal => (500, Cause::Internal, phase),
        Failure::Killed => (503, Cause::Killed, phase),
        // An endpoint that answers no more is a bad gateway, as HAProxy has it.
        Failure::ShutDown(ending) if phase == Phase::Headers => (502, ending.cause(), phase),
        Failure::ShutDown(ending) => (503, ending.cause(), phase),
    };
    Outcome { status: Some(status), termination: Termination { cause, phase } }
}

#[cfg(test)]
mod tests;
