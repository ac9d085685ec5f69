//! From lines to steps: what is implied, and whom comments are for.

use sluicegate_proto::limits::MAX_CHECK_STEPS;
use sluicegate_proto::v1::{self, check_step::Action};

use super::super::Lowering;
use super::super::rule::Args;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};

/// A line of a check.
pub(super) struct Draft {
    pub(super) number: u32,
    /// Its own.
    pub(super) comment: String,
    pub(super) kind: Kind,
}

/// What a line does.
pub(super) enum Kind {
    /// Is for the lines below it.
    Comment,
    /// Something that is left out.
    Nothing,
    Step(Box<Action>),
    /// Sets a variable, or takes it away.
    Setting(Box<Action>),
}

impl Draft {
    pub(super) fn step(number: u32, action: Action) -> Self {
        Self { number, comment: String::new(), kind: Kind::Step(Box::new(action)) }
    }

    /// What the line does with the server, where it does.
    pub(super) fn action(&self) -> Option<&Action> {
        match &self.kind {
            Kind::Step(action) => Some(action),
            Kind::Comment | Kind::Nothing | Kind::Setting(_) => None,
        }
    }

    fn sort(&self) -> u8 {
        match self.action() {
            None if matches!(self.kind, Kind::Comment) => 0,
            None => 1,
            Some(Action::Connect(_)) => 2,
            Some(Action::Send(_) | Action::Request(_)) => 3,
            Some(Action::Expect(_)) => 4,
            Some(Action::Set(_) | Action::Unset(_)) => 1,
        }
    }
}

/// The connection of a script that says nothing of it.
fn implied() -> Draft {
    Draft::step(0, Action::Connect(v1::CheckConnect { as_endpoint: true, ..v1::CheckConnect::default() }))
}

/// The steps of these lines: the first one connects, and comments are with those that they are for (a comment is for the
/// line below it and those like it that follow).
pub(super) fn steps(mut drafts: Vec<Draft>) -> Vec<v1::CheckStep> {
    let first = drafts.iter().find_map(Draft::action);
    if !matches!(first, Some(Action::Connect(_))) {
        drafts.insert(0, implied());
    }
    let mut steps = Vec::new();
    let mut comment = String::new();
    let mut before = 0;
    for draft in drafts {
        let sort = draft.sort();
        if before != 0 && before != sort {
            comment.clear();
        }
        before = sort;
        let Draft { number, comment: own, kind } = draft;
        match kind {
            Kind::Comment => comment = own,
            Kind::Nothing => comment.clear(),
            Kind::Setting(action) => {
                comment.clear();
                steps.push(v1::CheckStep { number, comment: own, action: Some(*action) });
            }
            Kind::Step(action) => {
                let told = if own.is_empty() { comment.clone() } else { own };
                if matches!(*action, Action::Connect(_)) {
                    comment.clear();
                }
                steps.push(v1::CheckStep { number, comment: told, action: Some(*action) });
            }
        }
    }
    steps
}

impl<'a> Lowering<'a> {
    /// The line of a comment.
    pub(super) fn check_comment(&mut self, line: &'a Directive) -> Option<String> {
        let mut args = Args::new(line.args(), line.end());
        self.comment_of(&mut args)
    }

    /// What follows `comment`.
    pub(super) fn comment_of(&mut self, args: &mut Args<'a>) -> Option<String> {
        match args.value() {
            Some(word) => self.plain(word),
            None => self.missing(args, "a comment"),
        }
    }

    /// Refuses more steps than a proxy takes.
    pub(super) fn few_steps(&mut self, rules: &[&'a Directive]) -> Option<()> {
        // Three more may be implied.
        let limit = MAX_CHECK_STEPS - 3;
        let Some(line) = rules.get(limit) else { return Some(()) };
        let message = format!("a check has at most {limit} steps");
        self.report(Diagnostic::error(Code::BadValue, line.span, message));
        None
    }
}
