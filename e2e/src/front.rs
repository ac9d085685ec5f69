//! What stands in front in scenarios that HAProxy passes as well as we do.

use std::env;

use crate::{Haproxy, Process, Sluicegate};

/// `sluicegate run`; with `SLUICEGATE_E2E_FRONT=haproxy` in the environment Debian's HAProxy, to see that a scenario
/// asks for nothing that HAProxy does not do.
#[derive(Debug)]
pub enum Front {
    /// Ours.
    Sluicegate(Sluicegate),
    /// Debian's.
    Haproxy(Haproxy),
}

impl Front {
    /// Runs a configuration, and waits until it serves.
    pub async fn run(configuration: &str) -> Self {
        if env::var_os("SLUICEGATE_E2E_FRONT").is_some_and(|front| front == "haproxy") {
            Self::Haproxy(Haproxy::run(configuration).await)
        } else {
            Self::Sluicegate(Sluicegate::run(configuration).await)
        }
    }

    /// Ours or Debian's, for scenarios that look at both.
    pub async fn of(configuration: &str, ours: bool) -> Self {
        match ours {
            true => Self::Sluicegate(Sluicegate::run(configuration).await),
            false => Self::Haproxy(Haproxy::run(configuration).await),
        }
    }

    /// The process.
    pub fn process(&mut self) -> &mut Process {
        match self {
            Self::Sluicegate(front) => front.process(),
            Self::Haproxy(front) => front.process(),
        }
    }
}
