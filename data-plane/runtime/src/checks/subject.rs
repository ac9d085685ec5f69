//! What is checked.

use std::sync::Arc;
use std::time::Duration;

use sluicegate_engine::stream::Target;
use sluicegate_health::{Check, Limits, Schedule, Script};
use sluicegate_model::Endpoint;
use sluicegate_model::backend::BackendSettings;
use sluicegate_model::endpoint::{CheckKey, ForcedHealth};
use sluicegate_proto::id::ObjectKey;

use crate::probe::Way;

/// One endpoint that is to be checked, or whose agent is to be asked.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) key: ObjectKey,
    pub(crate) kind: Kind,
    /// What is probed; with the script the identity of what is known about it.
    pub(crate) check: CheckKey,
    /// What a probe does.
    pub(crate) script: Arc<Script>,
    pub(crate) settings: Arc<BackendSettings>,
    pub(crate) config: Arc<Endpoint>,
    pub(crate) schedule: Schedule,
    pub(crate) limits: Limits,
    /// Where probes go now; `None`: the name has not been resolved, nothing is probed.
    pub(crate) target: Option<Target>,
    /// Nothing is probed for now, and what is known stays.
    pub(crate) paused: bool,
    /// What a person set the health to.
    pub(crate) forced: Option<ForcedHealth>,
}

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The endpoint itself.
    Endpoint,
    /// Its agent.
    Agent,
}

/// A program takes the place of so many probes: it costs more.
const PROGRAM_COST: usize = 10;

impl Subject {
    /// Where a probe that begins now goes; `None`: it is not known.
    pub(super) fn way(&self) -> Option<Way> {
        let target = self.target.clone()?;
        Some(Way { target, outgoing: self.config.outgoing.clone(), tls: self.check.tls.clone() })
    }

    /// What a probe counts for.
    pub(super) fn cost(&self) -> usize {
        if self.script.runs_program() { PROGRAM_COST } else { 1 }
    }

    /// A check that knows nothing yet, with a first probe at this time.
    pub(super) fn begin(&self, first: Duration) -> Check {
        let check = Check::new(self.schedule, self.limits, first);
        match self.kind {
            Kind::Endpoint => {
                check.starting(self.config.check.as_ref().map(|it| it.initial).unwrap_or_default())
            }
            Kind::Agent => check.of_agent(),
        }
    }
}
