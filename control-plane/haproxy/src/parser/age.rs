//! How old a file is: whether its quotes were meant as letters.
//!
//! Up to HAProxy 1.5 a quote was a character like others. A file is read by those rules where today's fail on it or
//! would change it, and where it has a line that no version with today's rules can have taken.

#[cfg(test)]
mod tests;

use crate::diagnostic::{Code, Diagnostic};
use crate::lexer::{Line, Quoting};
use crate::source::Span;
use crate::word::Word;

/// Keywords that 1.6, the first version with quotes, no longer had.
const BEFORE_QUOTES: &[&str] = &["appsession", "reqsetbe", "reqisetbe", "ruleset"];

/// Keywords of old files that went later.
const OLD: &[&str] = &[
    "clitimeout",
    "contimeout",
    "srvtimeout",
    "redispatch",
    "redisp",
    "block",
    "cliexp",
    "srvexp",
    "reqadd",
    "reqallow",
    "reqiallow",
    "reqdel",
    "reqidel",
    "reqdeny",
    "reqideny",
    "reqpass",
    "reqipass",
    "reqrep",
    "reqirep",
    "reqtarpit",
    "reqitarpit",
    "rspadd",
    "rspdel",
    "rspidel",
    "rspdeny",
    "rspideny",
    "rsprep",
    "rspirep",
];

/// The marks that one file bears.
#[derive(Debug, Default)]
pub(super) struct Age {
    /// The first line that would have other words without its quotations.
    joined: Option<Span>,
    /// A variable stands in a quotation: whoever wrote it knew what quotes are.
    expands: bool,
    /// The first one that does not end.
    unmatched: Option<Span>,
    /// What no version with quotes has taken.
    before_quotes: Option<Span>,
    /// What old files have.
    old: Option<Span>,
}

impl Age {
    /// Looks at a line as it is read by today's rules.
    pub(super) fn note_line(&mut self, line: &Line) {
        let Some(first) = line.words.first() else { return };
        let span = first.span();
        if line.quotes.joins {
            self.joined = self.joined.or(Some(span));
        }
        self.expands |= line.quotes.expands;
        if line.quotes.unmatched {
            self.unmatched = self.unmatched.or(Some(span));
        }
        let keyword = first.text();
        if BEFORE_QUOTES.contains(&keyword) || address_on_section(&line.words) {
            self.before_quotes = self.before_quotes.or(Some(span));
        } else if OLD.contains(&keyword) {
            self.old = self.old.or(Some(span));
        }
    }

    /// Whether its quotes were meant as letters.
    pub(super) fn is_old(&self) -> bool {
        let doubtful = self.unmatched.is_some() && (self.old.is_some() || self.before_quotes.is_some());
        let changed = self.joined.is_some() && self.before_quotes.is_some();
        !self.expands && (doubtful || changed)
    }

    /// The rules to read it by.
    pub(super) fn quoting(&self) -> Quoting {
        if self.is_old() { Quoting::Old } else { Quoting::Modern }
    }

    /// Tells that it is read by the old rules, and what shows its age.
    pub(super) fn note(&self) -> Diagnostic {
        let message = "this file is read by the rules of HAProxy up to 1.5, in which quotes are letters";
        let finding = match self.unmatched.or(self.joined) {
            Some(span) => Diagnostic::warning(Code::OldQuoting, span, message)
                .label("a quote on this line would mean something else since 1.6"),
            None => Diagnostic::global(crate::diagnostic::Severity::Warning, Code::OldQuoting, message),
        };
        let finding = match self.before_quotes.or(self.old) {
            Some(mark) => finding.related(mark, "this shows the age of the file"),
            None => finding,
        };
        finding.help("write `\\\"` and `\\'` for the characters themselves, and what is old in today's form")
    }
}

/// `listen web :80`: the address went to its own line in 1.6.
fn address_on_section(words: &[Word]) -> bool {
    match words {
        [kind, _, third, ..] => matches!(kind.text(), "listen" | "frontend") && third.text() != "from",
        _ => false,
    }
}
