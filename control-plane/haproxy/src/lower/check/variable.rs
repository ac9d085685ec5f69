//! `set-var`, `set-var-fmt` and `unset-var` of `tcp-check` and `http-check`.

use sluicegate_proto::v1::{self, VariableCondition, check_step::Action, set_check_variable::Value};

use super::super::Lowering;
use super::super::report::texts;
use super::super::rule::Args;
use super::steps::{Draft, Kind};
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::Scope;
use crate::source::Span;

/// What stands behind the name of a variable, and what has to hold.
const CONDITIONS: [(&str, VariableCondition); 8] = [
    ("ifexists", VariableCondition::Exists),
    ("ifnotexists", VariableCondition::Missing),
    ("ifset", VariableCondition::Set),
    ("ifnotset", VariableCondition::Unset),
    ("ifempty", VariableCondition::Empty),
    ("ifnotempty", VariableCondition::Filled),
    ("ifgt", VariableCondition::Greater),
    ("iflt", VariableCondition::Less),
];

/// Longest name of a variable, in bytes.
const MAX_NAME_BYTES: usize = 64;

impl<'a> Lowering<'a> {
    /// The step of a variable, where it has an effect.
    pub(super) fn check_variable(&mut self, number: u32, line: &'a Directive) -> Option<Draft> {
        let nothing = Draft { number, comment: String::new(), kind: Kind::Nothing };
        let (name, conditions) = line.called().map_or(("", ""), |it| it.split_once(',').unwrap_or((it, "")));
        if !self.is_kept(name, line.keyword_span())? {
            return Some(nothing);
        }
        let when = self.conditions(conditions, line.keyword_span())?;
        let mut args = Args::new(line.args(), line.end());
        let action = if line.name().ends_with("unset-var") {
            Action::Unset(name.to_owned())
        } else {
            let Some(word) = args.value() else { return self.missing(&args, "an expression") };
            let value = if line.name().ends_with("-fmt") {
                Some(Value::Format(self.check_format(word, &args)?.into_format()))
            } else {
                self.check_sample(&args).map(Value::Sample)
            };
            // Without a value it is never set.
            let Some(value) = value else { return Some(nothing) };
            let when = when.into_iter().map(i32::from).collect();
            Action::Set(v1::SetCheckVariable { name: name.to_owned(), when, value: Some(value) })
        };
        if let Some(word) = args.value() {
            let finding = Diagnostic::warning(Code::IgnoredWords, word.span(), "nothing is read here");
            self.report(finding.label("left out, as HAProxy does"));
        }
        Some(Draft { kind: Kind::Setting(Box::new(action)), ..nothing })
    }

    /// An expression over what a check knows; `None` where it has no value there.
    pub(super) fn check_sample(&mut self, args: &Args<'a>) -> Option<v1::Sample> {
        let sample = self.reader.sample(&texts(args.words()), args.last(), Scope::CHECK);
        self.expression_findings(args.words(), args.end());
        sample
    }

    /// Whether a check keeps variables of that name; `None` where none can have it.
    fn is_kept(&mut self, name: &str, span: Span) -> Option<bool> {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"._".contains(&byte);
        let (scope, own) = name.split_once('.').unwrap_or((name, ""));
        let known = ["check", "sess", "proc", "txn", "req", "res"];
        if own.is_empty() || !own.bytes().all(good) || !known.contains(&scope) {
            let message = format!("`{name}` is not the name of a variable");
            let finding = Diagnostic::error(Code::BadValue, span, message);
            self.report(finding.help("write a name like `check.mine`"));
            return None;
        }
        if name.len() > MAX_NAME_BYTES {
            let message = format!("the name of a variable has at most {MAX_NAME_BYTES} bytes");
            self.report(Diagnostic::error(Code::BadValue, span, message));
            return None;
        }
        match scope {
            "check" | "sess" => return Some(true),
            "proc" => {
                let message = format!("`{name}` is not set: variables of the process are not kept yet");
                self.report(Diagnostic::warning(Code::DegradedValue, span, message).label("left out"));
            }
            _ => {
                let message = format!("`{name}` is not set: a check is part of no request");
                let finding = Diagnostic::warning(Code::NoEffect, span, message);
                self.report(finding.help("write `check.` in place of its scope"));
            }
        }
        Some(false)
    }

    fn conditions(&mut self, text: &str, span: Span) -> Option<Vec<VariableCondition>> {
        let mut found = Vec::new();
        for word in text.split(',').filter(|word| !word.is_empty()) {
            let Some((_, condition)) = CONDITIONS.iter().find(|(name, _)| *name == word) else {
                let message = format!("`{word}` is not a condition of a variable");
                let names: Vec<&str> = CONDITIONS.iter().map(|(name, _)| *name).collect();
                let finding = Diagnostic::error(Code::BadValue, span, message);
                self.report(finding.help(format!("allowed are {}", super::super::listed(&names))));
                return None;
            };
            if !found.contains(condition) {
                found.push(*condition);
            }
        }
        Some(found)
    }
}
