//! What the statistics page of a proxy asks for (HAProxy: stats admin), by what is served.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sluicegate_core::Operation;
use sluicegate_core::overrides::{Admin, Forced, Value};
use sluicegate_model::rule::{Action as RuleAction, Rule};
use sluicegate_model::{Endpoint, Runtime, Service};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{OperationAction as Action, OperationResult};

/// What an operation comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Values to set over the configuration, all or none.
    pub values: Vec<(ObjectKey, Value)>,
    /// Endpoints whose sessions are to end.
    pub shut_down: Vec<ObjectKey>,
    /// What it comes to once that is done.
    pub result: OperationResult,
}

impl Deed {
    fn nothing(result: OperationResult) -> Self {
        Self { values: Vec::new(), shut_down: Vec::new(), result }
    }
}

/// What an operation comes to. A proxy may ask for no more than the pages of its Scope let people do: where no page with
/// conditions of its administrators shows the backend, it is denied.
pub fn operate(operation: &Operation, runtime: &Runtime) -> Deed {
    if !is_administered(runtime, operation.backend.name()) {
        return Deed::nothing(OperationResult::Denied);
    }
    let Some(backend) = runtime.backends.get(&operation.backend) else {
        return Deed::nothing(OperationResult::Invalid);
    };
    let mut deed = Deed::nothing(OperationResult::None);
    let known: HashMap<&str, &Arc<Endpoint>> =
        backend.endpoints.iter().map(|endpoint| (&*endpoint.name, endpoint)).collect();
    // As HAProxy counts: each time that an endpoint is named, but those at which there is nothing to do.
    let (mut whole, mut done) = (0, 0);
    let mut seen = HashSet::new();
    for name in &operation.endpoints {
        let Some(endpoint) = known.get(name.as_str()) else {
            whole += 1;
            continue;
        };
        let step = step(operation.action, endpoint);
        if matches!(step, Step::Nothing) {
            continue;
        }
        whole += 1;
        done += 1;
        if seen.insert(name) {
            match step {
                Step::Nothing => {}
                Step::Set(value) => deed.values.push((endpoint.key.clone(), value)),
                Step::ShutDown => deed.shut_down.push(endpoint.key.clone()),
            }
        }
    }
    deed.result = match done {
        _ if whole == 0 => OperationResult::None,
        0 => OperationResult::Invalid,
        all if all == whole => OperationResult::Done,
        _ => OperationResult::Part,
    };
    deed
}

/// Whether a page somewhere in what is served shows a proxy of this name to those who may change it.
fn is_administered(runtime: &Runtime, name: &str) -> bool {
    let shows = |rule: &Rule| match &rule.action {
        RuleAction::Serve(service) => match &**service {
            Service::Stats(page) => !page.admin.is_empty() && page.shows(name),
            Service::Exporter => false,
        },
        _ => false,
    };
    let of_frontends = runtime.frontends.values().flat_map(|frontend| &frontend.settings.request_rules);
    let of_backends = runtime.backends.values().flat_map(|backend| &backend.settings.request_rules);
    of_frontends.chain(of_backends).any(shows)
}

/// What is to be done to one endpoint.
enum Step {
    Nothing,
    Set(Value),
    ShutDown,
}

fn step(action: Action, endpoint: &Endpoint) -> Step {
    let (maint, drain) = (endpoint.disabled, endpoint.drain);
    let set_if = |is: bool, value: Value| if is { Step::Set(value) } else { Step::Nothing };
    match action {
        Action::Ready => Step::Set(Value::Admin(Admin::Ready)),
        Action::Drain => Step::Set(Value::Admin(Admin::Drain)),
        Action::Maint => Step::Set(Value::Admin(Admin::Maint)),
        Action::ChecksOff => set_if(endpoint.check.is_some(), Value::Checks(false)),
        Action::ChecksOn => set_if(endpoint.check.is_some(), Value::Checks(true)),
        Action::HealthUp => Step::Set(Value::Health(Forced::Up)),
        Action::HealthStopping => Step::Set(Value::Health(Forced::Stopping)),
        Action::HealthDown => Step::Set(Value::Health(Forced::Down)),
        Action::ShutdownSessions => Step::ShutDown,
        Action::Disable => set_if(!maint, Value::Admin(Admin::Maint)),
        Action::Enable => set_if(maint, Value::Admin(Admin::Ready)),
        Action::Stop => set_if(!maint && !drain, Value::Admin(Admin::Drain)),
        Action::Start => set_if(drain, Value::Admin(Admin::Ready)),
        // No endpoint has an agent.
        Action::Agent | Action::Unspecified => Step::Nothing,
    }
}

#[cfg(test)]
mod tests;
