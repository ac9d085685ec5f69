//! Actions that give a part of a message another value: `set-path`, `replace-header` and their like.

use regex::bytes::RegexBuilder;
use sluicegate_proto::v1::{self, Part, rule::Action};

use super::Lowering;
use super::rule::Args;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::Scope;
use crate::raw;
use crate::word::Word;

/// What an action replaces: always, or where a regular expression matches.
const ACTIONS: [(&str, Part, bool); 10] = [
    ("set-method", Part::Method, false),
    ("set-path", Part::Path, false),
    ("set-pathq", Part::PathAndQuery, false),
    ("set-query", Part::Query, false),
    ("set-uri", Part::Uri, false),
    ("replace-path", Part::Path, true),
    ("replace-pathq", Part::PathAndQuery, true),
    ("replace-uri", Part::Uri, true),
    ("replace-header", Part::HeaderLines, true),
    ("replace-value", Part::HeaderValues, true),
];

impl<'a> Lowering<'a> {
    /// An action of this family; `None` where `name` is none of them, `Some(None)` where it has a fault.
    pub(super) fn rewrite(
        &mut self,
        name: &str,
        args: &mut Args<'a>,
        scope: Scope,
    ) -> Option<Option<Action>> {
        if name == "set-status" {
            return Some(self.set_status(args).map(Action::SetStatus));
        }
        let (_, part, matching) = ACTIONS.iter().find(|(of, ..)| *of == name)?;
        Some(self.rewritten(*part, *matching, args, scope).map(Action::Rewrite))
    }

    fn rewritten(
        &mut self,
        part: Part,
        matching: bool,
        args: &mut Args<'a>,
        scope: Scope,
    ) -> Option<v1::Rewrite> {
        let mut name = String::new();
        if matches!(part, Part::HeaderLines | Part::HeaderValues) {
            let Some(word) = args.value() else { return self.missing(args, "the name of a header") };
            name = self.header_name(word)?;
        }
        let mut pattern = None;
        if matching {
            let Some(word) = args.value() else { return self.missing(args, "a regular expression") };
            pattern = Some(self.regex(word)?);
        }
        let Some(word) = args.value() else { return self.missing(args, "a value") };
        self.header_value(word)?;
        let value = self.format(args, scope)?;
        Some(v1::Rewrite { part: part.into(), name, pattern, value: Some(value) })
    }

    /// A regular expression as rules take it.
    pub(super) fn regex(&mut self, word: &Word) -> Option<String> {
        let text = raw::regex(word.text());
        // As the engine builds it: on bytes.
        let built = RegexBuilder::new(&text).unicode(false).build();
        let Err(error) = built else { return Some(text.into_owned()) };
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
        let message = format!("`{text}` is not a usable regular expression: {reason}");
        self.report(Diagnostic::error(Code::BadExpression, word.span(), message));
        None
    }

    /// `<status> [reason <text>]`
    fn set_status(&mut self, args: &mut Args<'a>) -> Option<v1::SetStatus> {
        let Some(word) = args.parameter() else { return self.missing(args, "a status") };
        let status = self.number(word, 100..=999)?;
        let mut reason = String::new();
        if let Some(word) = args.parameter() {
            if word.text() != "reason" {
                self.unexpected(word, "the form is `set-status <status> [reason <text>]`");
                return None;
            }
            let Some(text) = args.value() else { return self.missing(args, "the reason") };
            self.header_value(text)?;
            reason = raw::text(text.text()).into_owned();
        }
        Some(v1::SetStatus { status, reason })
    }
}
