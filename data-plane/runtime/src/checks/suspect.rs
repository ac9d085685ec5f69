//! Exchanges that count as probes do (HAProxy: observe).

use sluicegate_engine::live::ErrorRun;
use sluicegate_health::Suspicion;
use sluicegate_model::observation::OnError;
use sluicegate_proto::id::ObjectKey;

use super::{Checks, Verdicts};
use crate::probe::Prober;

impl<P: Prober, V: Verdicts> Checks<P, V> {
    /// Exchanges of an endpoint went wrong too often in a row.
    pub(super) fn suspect(&mut self, key: &ObjectKey, run: ErrorRun) {
        let now = self.now();
        let Some(mut entry) = self.entries.remove(key) else { return };
        let due = self.due.remove(&(entry.state.due(), key.clone()));
        if let Some(observation) = &entry.subject.config.observation {
            let words =
                format!("Detected {} consecutive errors, last one was: {}", run.errors, run.last.words());
            let finding = entry.state.suspect(now, suspicion(observation.on_error), &words);
            if let Some(finding) = finding {
                self.verdicts.probed(&entry.subject, &finding, &entry.state);
            }
        }
        if due {
            self.due.insert((entry.state.due(), key.clone()));
        }
        self.entries.insert(key.clone(), entry);
    }
}

fn suspicion(on_error: OnError) -> Suspicion {
    match on_error {
        OnError::ProbeSoon => Suspicion::Probe,
        OnError::FailCheck => Suspicion::Failure,
        OnError::SuddenDeath => Suspicion::LastFailure,
        OnError::MarkDown => Suspicion::Down,
    }
}
