//! What a POST to the statistics page asks for (HAProxy: stats admin): read here, done by the control plane.

use std::time::Duration;

use sluicegate_engine::{Answer, Posted};
use sluicegate_model::Runtime;
use sluicegate_model::service::StatsPage;
use sluicegate_proto::limits::MAX_OPERATION_ENDPOINTS;
use sluicegate_proto::v1::{Operation, OperationResult, Report};
use sluicegate_stats::{Facts, Form, Outcome, Parameters, Table};
use sluicegate_sync::{Errands, Unanswered};
use tokio::sync::oneshot;

/// Time for the control plane to do it; the client waits for twice as long.
const PATIENCE: Duration = Duration::from_secs(5);

/// Takes what is posted.
pub(super) struct Posts {
    errands: Errands,
}

impl Posts {
    pub(super) fn new(errands: Errands) -> Self {
        Self { errands }
    }

    /// Answers a POST when it is done. The page's next GET tells what came of it, so that loading that again does not send
    /// the form again.
    pub(super) fn take(
        &self,
        settings: &StatsPage,
        posted: &Posted,
        runtime: &Runtime,
        (target, answer): (&[u8], oneshot::Sender<Answer>),
    ) {
        let target = String::from_utf8_lossy(target).into_owned();
        let (uri, refreshes) = (settings.uri.to_string(), settings.refresh.is_some());
        let send = move |outcome| {
            let mut parameters = Parameters::of(target.strip_prefix(&*uri).unwrap_or_default());
            // As HAProxy: what is not loaded again anyway need not be told so.
            parameters.no_refresh &= refreshes;
            // The client may have gone.
            let _gone = answer.send(see_other(parameters.location(&uri, outcome)));
        };
        let operation = match operation(settings, posted, runtime) {
            Ok(operation) => operation,
            Err(outcome) => return send(outcome),
        };
        let errands = self.errands.clone();
        // As many as may wait for the control plane at a time: more are answered at once.
        tokio::spawn(async move { send(outcome(errands.run(operation, PATIENCE).await)) });
    }
}

/// What is asked for, as the control plane has to know it, or why there is nothing to ask.
pub(super) fn operation(
    settings: &StatsPage,
    posted: &Posted,
    runtime: &Runtime,
) -> Result<Operation, Outcome> {
    let body = match posted {
        Posted::Form(body) => body,
        Posted::Denied => return Err(Outcome::Denied),
        Posted::TooLong => return Err(Outcome::TooLong),
        Posted::NoForm => return Err(Outcome::Invalid),
    };
    let form = Form::parse(body).map_err(|_| Outcome::Invalid)?;
    let backend = match &form.backend {
        // Which numbers backends have is what the page says.
        Some(name) => {
            let table = Table::new(runtime, &Report::default(), &Facts::default());
            Some(table.backend(name).cloned().ok_or(Outcome::Invalid)?)
        }
        None => None,
    };
    let (Some(backend), Some(action), false) = (backend, form.action, form.servers.is_empty()) else {
        return Err(Outcome::None);
    };
    if !settings.shows(backend.name()) {
        return Err(Outcome::Denied);
    }
    if form.servers.len() > MAX_OPERATION_ENDPOINTS {
        return Err(Outcome::TooLong);
    }
    Ok(Operation { id: 0, backend: Some((&backend).into()), endpoints: form.servers, action: action.into() })
}

/// What came of it, as the page tells it.
pub(super) fn outcome(answer: Result<OperationResult, Unanswered>) -> Outcome {
    match answer {
        Ok(OperationResult::Done) => Outcome::Done,
        Ok(OperationResult::Part) => Outcome::Part,
        Ok(OperationResult::None) => Outcome::None,
        Ok(OperationResult::Invalid) => Outcome::Invalid,
        Ok(OperationResult::Denied) => Outcome::Denied,
        Ok(OperationResult::Failed) => Outcome::Failed,
        Err(Unanswered::Away) => Outcome::Away,
        Ok(OperationResult::Unspecified) | Err(Unanswered::Lost) => Outcome::Unknown,
    }
}

fn see_other(location: String) -> Answer {
    let headers = vec![
        ("Cache-Control", "no-cache".to_owned()),
        ("Content-Type", "text/plain".to_owned()),
        ("Location", location),
    ];
    Answer { status: 303, headers, body: Vec::new() }
}
