//! Commands, done.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sluicegate_console::limits::{ASK_PATIENCE, SET_PATIENCE};
use sluicegate_console::{Answer, Ask, Command, Outcome, View, ambiguous, answer, run};
use sluicegate_core::overrides::{Value, Versions};
use sluicegate_grpc::Publisher;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::identity::DEFAULT_SCOPE;
use sluicegate_proto::v1::Report;
use sluicegate_stats::Facts;
use tokio::time::timeout;

use super::Process;
use super::desk::Desk;

/// Waits until what was set is in force at the proxies that are connected, or they had their time.
pub(crate) async fn settled(publisher: &Publisher) {
    let mut answers = publisher.answers();
    let settled = async { while !publisher.is_settled(DEFAULT_SCOPE) && answers.changed().await.is_ok() {} };
    if timeout(SET_PATIENCE, settled).await.is_err() {
        tracing::warn!("not every proxy has what was set within {} s", SET_PATIENCE.as_secs());
    }
}

/// Does what commands ask for.
#[derive(Debug)]
pub(super) struct Office {
    pub(super) desk: Desk,
    pub(super) publisher: Publisher,
    pub(super) process: Arc<Process>,
    /// What is ready, of all connections.
    pub(super) versions: Arc<Mutex<Versions>>,
}

impl Office {
    /// Does a command. What was set is in force at the proxies that are connected, or they had their time.
    pub(super) async fn perform(&self, command: &Command) -> Answer {
        let outcome = self.outcome(command);
        match outcome {
            Outcome::Answer(answer) => answer,
            Outcome::Set(values, answer) => self.set(values, answer).await,
            Outcome::Prepare(list) => match lock(&self.versions).prepare(&list) {
                Ok(version) => Answer::prepared(version),
                Err(refused) => Answer::error(&refused.to_string()),
            },
            Outcome::Edit(list, version, edits) => match lock(&self.versions).edit(&list, version, &edits) {
                Ok(()) => Answer::done(),
                Err(refused) => Answer::error(&refused.to_string()),
            },
            Outcome::Commit(list, version) => self.commit(list, version).await,
            Outcome::Ask(ask) => self.ask(&ask).await,
            Outcome::Wait(time) => {
                tokio::time::sleep(time).await;
                Answer::done()
            }
        }
    }

    fn outcome(&self, command: &Command) -> Outcome {
        let report = if command.reads_reports() {
            sluicegate_stats::sum(&self.publisher.reports(DEFAULT_SCOPE))
        } else {
            Report::default()
        };
        self.with_view(&report, |view| run(command, view))
    }

    fn with_view<T>(&self, report: &Report, look: impl FnOnce(&View<'_>) -> T) -> T {
        let (seen, asked) = (self.desk.seen(), self.desk.asked());
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_unix_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let versions = lock(&self.versions);
        let view = View {
            runtime: &seen.runtime,
            report,
            overrides: &seen.overrides,
            versions: &versions,
            facts: &Facts { now_unix_ms, ..self.process.facts.clone() },
            sockets: &self.desk.sockets(),
            environment: match asked.environment.is_empty() {
                true => &self.process.environment,
                false => &asked.environment,
            },
        };
        look(&view)
    }

    /// What was put into force once, by another connection, is not put there again.
    async fn commit(&self, list: ObjectKey, version: u32) -> Answer {
        let Some(edits) = lock(&self.versions).ready(&list, version).cloned() else { return Answer::done() };
        if let Err(reason) =
            self.desk.set(vec![(list.clone(), Value::Patterns(edits))], "on the console".to_owned()).await
        {
            return Answer::error(&reason);
        }
        lock(&self.versions).commit(&list, version);
        settled(&self.publisher).await;
        Answer::done()
    }

    async fn set(&self, values: Vec<(ObjectKey, Value)>, answer: Answer) -> Answer {
        if let Err(reason) = self.desk.set(values, "on the console".to_owned()).await {
            return Answer::error(&reason);
        }
        settled(&self.publisher).await;
        answer
    }

    /// What only the proxies can tell or do.
    async fn ask(&self, ask: &Ask) -> Answer {
        let connected = self.publisher.connected(DEFAULT_SCOPE);
        if let Some(refusal) = ambiguous(ask, &connected) {
            return refusal;
        }
        let to = ask.session().and_then(|session| session.proxy.as_deref());
        let question = ask.question(connected.len());
        let told = self.publisher.ask(DEFAULT_SCOPE, to, question, ASK_PATIENCE).await;
        self.with_view(&Report::default(), |view| answer(ask, &told, connected.len(), view, &calendar))
    }
}

fn lock(versions: &Mutex<Versions>) -> MutexGuard<'_, Versions> {
    versions.lock().unwrap_or_else(PoisonError::into_inner)
}

/// In this host's time zone.
fn calendar(unix_us: u64) -> String {
    let time = i64::try_from(unix_us).ok().and_then(|time| Timestamp::from_microsecond(time).ok());
    let time = time.unwrap_or_default().to_zoned(TimeZone::system());
    time.strftime("%d/%b/%Y:%H:%M:%S%.6f").to_string()
}
