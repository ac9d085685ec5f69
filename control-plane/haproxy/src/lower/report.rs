//! Findings about words, and about expressions in them.

use std::ops::RangeInclusive;

use sluicegate_proto::limits::{MAX_DURATION_MS, MAX_TEXT_BYTES};

use super::value::{self, InvalidTime};
use super::{Lowering, origin};
use crate::ast::{Directive, Section};
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::{Place, Problem, nearest};
use crate::raw;
use crate::source::Span;
use crate::word::Word;

impl Lowering<'_> {
    /// Contents that were named since the last call were named there.
    pub(super) fn note_contents(&mut self, span: Span) {
        let sources = self.sources;
        self.places.note(&mut self.reader, || origin(sources, span));
    }

    /// Tells what the expression reader found in `words`.
    pub(super) fn expression_findings(&mut self, words: &[Word], fallback: Span) {
        self.note_contents(fallback);
        for finding in self.reader.take_findings() {
            let span = span_of(words, finding.place).unwrap_or(fallback);
            let message = finding.problem.to_string();
            let code = code(&finding.problem);
            let diagnostic = if finding.problem.is_error() {
                Diagnostic::error(code, span, message)
            } else {
                Diagnostic::warning(code, span, message)
            };
            let diagnostic = self.defined_below(&finding.problem, diagnostic);
            self.report(diagnostic.help_if(finding.problem.help()));
        }
    }

    /// Shows the definition that stands too low.
    fn defined_below(&self, problem: &Problem, diagnostic: Diagnostic) -> Diagnostic {
        let Problem::AclBelow { line, .. } = problem else { return diagnostic };
        let number = self.sources.locate(*line).map_or(0, |(_, position)| position.line);
        diagnostic
            .related(*line, "defined here")
            .note(format!("it is defined at line {number}, below its use"))
            .help("move the `acl` line above the first line that uses it")
    }

    /// A time in milliseconds.
    pub(super) fn time(&mut self, word: &Word) -> Option<u64> {
        self.time_in(word, "ms")
    }

    /// A time in milliseconds, whose number is in `bare` where it has no unit. One that cannot be kept is cut.
    pub(super) fn time_in(&mut self, word: &Word, bare: &str) -> Option<u64> {
        match value::time(word.text(), bare) {
            Ok(millis) => Some(millis),
            Err(InvalidTime::Unit(_)) if value::beginning(word.text()).is_some() => {
                let (millis, end) = value::beginning(word.text())?;
                let message = format!("`{}` is read as `{}`", word.text(), &word.text()[..end]);
                let span = word.span_of(end..word.text().len());
                self.report(
                    Diagnostic::warning(Code::IgnoredWords, span, message)
                        .label("left out, as HAProxy does up to 2.6; it refuses it since"),
                );
                Some(millis)
            }
            Err(error @ InvalidTime::TooLong(_)) => {
                let finding = Diagnostic::warning(Code::BadValue, word.span(), error.to_string());
                self.report(finding.label("cut to that; HAProxy refuses it since 2.1").help(error.help()));
                Some(MAX_DURATION_MS)
            }
            Err(error) => {
                let message = error.to_string();
                self.report(Diagnostic::error(Code::BadValue, word.span(), message).help(error.help()));
                None
            }
        }
    }

    /// A time that may not be zero.
    pub(super) fn positive_time(&mut self, word: &Word) -> Option<u64> {
        let millis = self.time(word)?;
        if millis == 0 {
            self.report(
                Diagnostic::error(Code::BadValue, word.span(), "a time of zero cannot stand here")
                    .help("write a time of 1ms or more"),
            );
            return None;
        }
        Some(millis)
    }

    /// A number in a range.
    pub(super) fn number(&mut self, word: &Word, range: RangeInclusive<u32>) -> Option<u32> {
        match word.text().parse::<u32>() {
            Ok(number) if range.contains(&number) => Some(number),
            _ => {
                let message =
                    format!("`{}` is not a number from {} to {}", word.text(), range.start(), range.end());
                self.report(Diagnostic::error(Code::BadValue, word.span(), message));
                None
            }
        }
    }

    /// A number of 32 bits that may go below nought.
    pub(super) fn integer(&mut self, word: &Word, least: i64) -> Option<i64> {
        let range = least..=i32::MAX.into();
        let number = word.text().parse().ok().filter(|number| range.contains(number));
        if number.is_none() {
            let message =
                format!("`{}` is not a number from {} to {}", word.text(), range.start(), range.end());
            self.report(Diagnostic::error(Code::BadValue, word.span(), message));
        }
        number
    }

    /// Text without control characters, which would break log lines and headers.
    pub(super) fn plain(&mut self, word: &Word) -> Option<String> {
        if !word.text().chars().any(char::is_control) {
            return Some(raw::text(word.text()).into_owned());
        }
        let message = "a control character cannot stand here";
        self.report(Diagnostic::error(Code::BadValue, word.span(), message));
        None
    }

    /// Refuses words that are longer than anything on the wire may be.
    pub(super) fn long_words(&mut self, section: &Section) {
        for word in section.directives.iter().flat_map(|directive| &directive.words) {
            if word.text().len() > MAX_TEXT_BYTES {
                let message = format!("this word is longer than {MAX_TEXT_BYTES} bytes");
                self.report(Diagnostic::error(Code::BadValue, word.span(), message));
            }
        }
    }

    /// A word that is none of those allowed.
    pub(super) fn not_one_of(&mut self, word: &Word, what: &str, allowed: &[&str]) {
        let message = format!("`{}` is not {what}", word.text());
        let near = nearest(word.text(), allowed.iter().copied());
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("allowed are {}", listed(allowed)),
        };
        self.report(Diagnostic::error(Code::BadValue, word.span(), message).help(help));
    }

    /// A word where none should be.
    pub(super) fn unexpected(&mut self, word: &Word, help: &str) {
        let message = format!("unexpected `{}`", word.text());
        self.report(Diagnostic::error(Code::ExtraArgument, word.span(), message).help(help));
    }

    /// A parameter at the end of a line that needs something after it.
    pub(super) fn incomplete(&mut self, word: &Word, expected: &str) {
        let message = format!("`{}` needs {expected}", word.text());
        self.report(Diagnostic::error(Code::MissingArgument, word.span().after(), message).label("here"));
    }

    /// A line that has no effect in the mode of its proxy.
    pub(super) fn needs_http(&mut self, directive: &Directive, proxy: &str) {
        let message = format!("`{}` has no effect: `{proxy}` is in TCP mode", directive.name());
        self.report(
            Diagnostic::warning(Code::NoEffect, directive.keyword_span(), message)
                .help("write `mode http` in this proxy or in its `defaults`"),
        );
    }
}

/// The words' texts, for the expression reader.
pub(super) fn texts(words: &[Word]) -> Vec<&str> {
    words.iter().map(Word::text).collect()
}

/// `` `a`, `b` and `c` ``
pub(crate) fn listed(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

fn span_of(words: &[Word], place: Place) -> Option<Span> {
    match words.get(place.word) {
        Some(word) if place.start == 0 && place.end >= word.text().len() => Some(word.span()),
        Some(word) => Some(word.span_of(place.start..place.end)),
        None => words.last().map(|word| word.span().after()),
    }
}

fn code(problem: &Problem) -> Code {
    match problem {
        problem if problem.is_degraded() => Code::DegradedExpression,
        Problem::PatternFile { .. } | Problem::InPatternFile { .. } | Problem::ListMismatch { .. } => {
            Code::BadFile
        }
        Problem::UnknownAcl { .. } | Problem::AclBelow { .. } => Code::UnknownReference,
        problem if problem.is_error() => Code::BadExpression,
        _ => Code::DoubtfulExpression,
    }
}
