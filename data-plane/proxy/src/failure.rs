//! What went wrong, and the one place that says what the client and the log are told of it.

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
}

/// What the client and the log are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Answered where no answer has begun (HTTP mode).
    pub status: u16,
    /// In the log.
    pub termination: Termination,
}

/// Maps a failure in a phase (HAProxy: configuration manual 8.5, and the statuses that its engine gives them).
pub fn outcome(failure: Failure, phase: Phase) -> Outcome {
    let (status, cause, phase) = match failure {
        Failure::ClientClosed => (client_status(phase, 400), Cause::Client, phase),
        Failure::ClientTimeout => (client_status(phase, 408), Cause::ClientTimeout, phase),
        Failure::BadRequest(status) => (status, Cause::Proxy, phase),
        Failure::Denied(status) => (status, Cause::Proxy, phase),
        Failure::QueueTimeout => (503, Cause::ServerTimeout, Phase::Queue),
        Failure::QueueFull => (503, Cause::Server, Phase::Queue),
        Failure::NoEndpoint => (503, Cause::Server, Phase::Connect),
        Failure::ConnectRefused => (503, Cause::Server, Phase::Connect),
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
    Outcome { status, termination: Termination { cause, phase } }
}

/// A client that goes away while an endpoint is sought did nothing wrong: HAProxy logs 503.
fn client_status(phase: Phase, otherwise: u16) -> u16 {
    if matches!(phase, Phase::Queue | Phase::Connect) { 503 } else { otherwise }
}

#[cfg(test)]
mod tests;
