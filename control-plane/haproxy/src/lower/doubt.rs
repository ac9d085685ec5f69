//! What becomes of a rule or a route of whose condition a part cannot be told: never more than what is written.
//!
//! What refuses does so wherever the condition could be true, what lets in only where it is for sure. Answers and routes
//! are taken where they are sure; what they could have taken besides is answered 503, as it must not go elsewhere.

use sluicegate_proto::v1::{self, rule::Action};

use super::Lowering;
use super::condition::is_never;
use super::http_rule::refusal;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::Bounds;

/// The status of what a decision could have taken.
const UNDECIDED: u32 = 503;

/// What hangs on a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stake {
    /// Something is turned away, taken out, or made easier to turn away.
    Refuses,
    /// Something is let past what turns away.
    LetsIn,
    /// Something is changed or added.
    Edits,
    /// It is decided who answers.
    Decides,
}

impl Stake {
    fn of(action: &Action) -> Self {
        match action {
            // Rules below look at the usual form.
            Action::Deny(_) | Action::DeleteHeader(_) | Action::Normalize(_) | Action::CloseEndpoint(_) => {
                Self::Refuses
            }
            Action::Allow(_) => Self::LetsIn,
            Action::SetHeader(_)
            | Action::AddHeader(_)
            | Action::Rewrite(_)
            | Action::SetStatus(_)
            | Action::SetPriority(_)
            | Action::DisableRetries(_)
            | Action::UseCache(_)
            | Action::StoreInCache(_)
            | Action::SetRetries(_) => Self::Edits,
            Action::Return(_) | Action::Redirect(_) | Action::Service(_) | Action::SwitchToHttp(_) => {
                Self::Decides
            }
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Refuses => "it is taken to apply wherever it could",
            Self::LetsIn => "it lets in only where it is sure to apply",
            Self::Edits => "it is done only where it is sure to apply",
            Self::Decides => "what it could apply to is answered 503, or closed without HTTP",
        }
    }
}

impl Lowering<'_> {
    /// The condition that stands for one of which a part cannot be told.
    pub(super) fn settled(&mut self, line: &Directive, when: &Bounds, stake: Stake) -> v1::Condition {
        self.tell_doubt(line, when, stake);
        match stake {
            Stake::Refuses => when.possibly().clone(),
            Stake::LetsIn | Stake::Edits | Stake::Decides => when.surely().clone(),
        }
    }

    /// The rules that stand for an action under such a condition.
    pub(super) fn settled_rules(
        &mut self,
        line: &Directive,
        when: Option<&Bounds>,
        action: Action,
    ) -> Vec<v1::Rule> {
        let Some(when) = when else { return vec![v1::Rule { when: None, action: Some(action) }] };
        let stake = Stake::of(&action);
        let settled = self.settled(line, when, stake);
        let never = when.is_doubtful() && is_never(&settled);
        let mut rules = Vec::new();
        if !never {
            rules.push(v1::Rule { when: Some(settled), action: Some(action) });
        }
        if let Some(when) = undecided(when).filter(|_| stake == Stake::Decides) {
            rules.push(v1::Rule { when: Some(when), action: Some(Action::Deny(refusal(UNDECIDED))) });
        }
        rules
    }

    /// The condition of what a route takes, and that of what it could have taken; each where there is such.
    pub(super) fn settled_route(
        &mut self,
        line: &Directive,
        when: &Bounds,
    ) -> (Option<v1::Condition>, Option<v1::Condition>) {
        let settled = self.settled(line, when, Stake::Decides);
        let never = when.is_doubtful() && is_never(&settled);
        ((!never).then_some(settled), undecided(when))
    }

    fn tell_doubt(&mut self, line: &Directive, when: &Bounds, stake: Stake) {
        if when.is_doubtful() {
            let message = format!("whether this line applies is not always known: {}", stake.words());
            self.report(Diagnostic::warning(Code::DegradedExpression, line.span, message));
        }
    }
}

/// Where a decision is open, below the rule or route of what is sure.
fn undecided(when: &Bounds) -> Option<v1::Condition> {
    when.is_doubtful().then(|| when.possibly().clone())
}
