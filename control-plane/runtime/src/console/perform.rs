//! Commands, done.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use sluicegate_console::limits::SET_PATIENCE;
use sluicegate_console::{Answer, Ask, Command, Outcome, View, run};
use sluicegate_core::overrides::Value;
use sluicegate_grpc::Publisher;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::identity::DEFAULT_SCOPE;
use sluicegate_proto::v1::Report;
use sluicegate_stats::Facts;
use tokio::time::timeout;

use super::Process;
use super::desk::Desk;

/// Does what commands ask for.
#[derive(Debug)]
pub(super) struct Office {
    pub(super) desk: Desk,
    pub(super) publisher: Publisher,
    pub(super) process: Arc<Process>,
}

impl Office {
    /// Does a command. What was set is in force at the proxies that are connected, or they had their time.
    pub(super) async fn perform(&self, command: &Command) -> Answer {
        let outcome = self.outcome(command);
        match outcome {
            Outcome::Answer(answer) => answer,
            Outcome::Set(values, answer) => self.set(values, answer).await,
            Outcome::Ask(ask) => self.ask(ask),
            Outcome::Wait(time) => {
                tokio::time::sleep(time).await;
                Answer::done()
            }
        }
    }

    fn outcome(&self, command: &Command) -> Outcome {
        let (seen, asked) = (self.desk.seen(), self.desk.asked());
        let report = if command.reads_reports() {
            sluicegate_stats::sum(&self.publisher.reports(DEFAULT_SCOPE))
        } else {
            Report::default()
        };
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_unix_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let view = View {
            runtime: &seen.runtime,
            report: &report,
            overrides: &seen.overrides,
            facts: &Facts { now_unix_ms, ..self.process.facts.clone() },
            sockets: &self.desk.sockets(),
            environment: match asked.environment.is_empty() {
                true => &self.process.environment,
                false => &asked.environment,
            },
        };
        run(command, &view)
    }

    async fn set(&self, values: Vec<(ObjectKey, Value)>, answer: Answer) -> Answer {
        if let Err(reason) = self.desk.set(values).await {
            return Answer::error(&reason);
        }
        let mut answers = self.publisher.answers();
        let settled =
            async { while !self.publisher.is_settled(DEFAULT_SCOPE) && answers.changed().await.is_ok() {} };
        if timeout(SET_PATIENCE, settled).await.is_err() {
            tracing::warn!(
                "not every proxy has what was set on the console within {} s",
                SET_PATIENCE.as_secs()
            );
        }
        answer
    }

    /// What only the proxies can tell or do.
    fn ask(&self, ask: Ask) -> Answer {
        let what = match ask {
            Ask::Sessions { .. } => "show sessions",
            Ask::Errors { .. } => "show messages that could not be read",
            Ask::ShutDownSession { .. } | Ask::ShutDownEndpoint { .. } => "end sessions",
            Ask::ClearCounters { .. } => "begin their counters anew",
        };
        Answer::error(&format!("The proxies of this version do not {what} when they are asked."))
    }
}
