//! What is decided over the first bytes of a connection in TCP mode, or over the first that its endpoint says.

use std::time::Duration;

use crate::expr::{Condition, Sample};
use crate::rule::{Action, Priority, Rule};

/// HAProxy: tcp-request content, tcp-request inspect-delay; tcp-response content, tcp-response inspect-delay.
#[derive(Debug)]
pub struct Inspection {
    /// How long a rule waits for bytes that its condition hangs on; `None`: it takes those that are there.
    pub delay: Option<Duration>,
    /// In order, until one allows, denies, switches to HTTP or closes the connection to the endpoint; they do no more than
    /// that and set priorities.
    pub rules: Vec<Rule>,
    /// Whether any of them hangs on bytes.
    pub looks: bool,
    /// Whether any of them switches to HTTP.
    pub switches: bool,
}

impl Inspection {
    pub(crate) fn new(delay: Option<Duration>, rules: Vec<Rule>) -> Self {
        let looks = rules.iter().any(looks);
        let switches = rules.iter().any(|rule| matches!(rule.action, Action::SwitchToHttp));
        Self { delay, rules, looks, switches }
    }
}

fn looks(rule: &Rule) -> bool {
    let in_condition = |when: &Condition| when.tests().iter().any(|test| is_of_bytes(&test.sample));
    let in_action = match &rule.action {
        Action::SetPriority(Priority::Class(sample) | Priority::Offset(sample)) => is_of_bytes(sample),
        _ => false,
    };
    in_action || rule.when.as_ref().is_some_and(in_condition)
}

fn is_of_bytes(sample: &Sample) -> bool {
    sample.fetch.is_of_first_bytes()
}
