//! What is wrong with a configuration, where, and what would be right.
//!
//! Every stage (reading, lexing, parsing, lowering) adds to one [`Diagnostics`]; nothing stops at the first error.
//! [`render`] draws them for people, [`Diagnostic::one_line`] for logs and editors.

mod code;
pub mod render;
#[cfg(test)]
mod tests;

pub use code::{Class, Code};

use std::borrow::Cow;

use crate::raw;
use crate::source::{SourceMap, Span};

/// How many diagnostics are kept; what comes after is only counted.
pub const MAX_DIAGNOSTICS: usize = 100_000;

/// How many errors are told with what was probably meant, which takes time to find.
const MAX_ADVISED: usize = 1_000;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The configuration is refused.
    Error,
    /// It is taken, but something is not as written.
    Warning,
    /// It is taken; good to know.
    Notice,
}

impl Severity {
    /// `error`, `warning`, `notice`.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Notice => "notice",
        }
    }
}

/// What a finding means for whoever wants the file served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The file is refused for it.
    Fatal,
    /// The file is served without something that it asks for.
    Degraded,
    /// The file is served; this part has nothing to act on.
    Inert,
    /// The file is served; good to know.
    Note,
}

impl Verdict {
    /// Every one, the worst first.
    pub const ALL: [Verdict; 4] = [Verdict::Fatal, Verdict::Degraded, Verdict::Inert, Verdict::Note];

    /// Its stable name: `fatal`, `degraded`, `inert`, `note`.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Fatal => "fatal",
            Verdict::Degraded => "degraded",
            Verdict::Inert => "inert",
            Verdict::Note => "note",
        }
    }
}

/// A second place that explains the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The place.
    pub span: Span,
    /// What is there.
    pub label: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The stable name of the kind of finding.
    pub code: Code,
    /// One sentence, without a full stop.
    pub message: String,
    /// The place; none for a finding about the configuration as a whole.
    pub span: Option<Span>,
    /// What to write under the caret; may be empty.
    pub label: String,
    /// Other places that matter.
    pub related: Vec<Related>,
    /// Why it is so.
    pub notes: Vec<String>,
    /// What would be right.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// The configuration is refused for this.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, Some(span), message.into())
    }

    /// Something is not done as written.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, Some(span), message.into())
    }

    /// Good to know.
    pub fn notice(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Notice, code, Some(span), message.into())
    }

    /// A finding about the configuration as a whole.
    pub fn global(severity: Severity, code: Code, message: impl Into<String>) -> Self {
        Self::new(severity, code, None, message.into())
    }

    fn new(severity: Severity, code: Code, span: Option<Span>, message: String) -> Self {
        let (label, related, notes, help) = Default::default();
        let message = said(message);
        Self { severity, code, message, span, label, related, notes, help }
    }

    /// Writes `label` under the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = said(label.into());
        self
    }

    /// Points at a second place.
    #[must_use]
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push(Related { span, label: said(label.into()) });
        self
    }

    /// Says why.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(said(note.into()));
        self
    }

    /// Says what would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(said(help.into()));
        self
    }

    /// Says what would be right, if that is known.
    #[must_use]
    pub fn help_if(self, help: Option<String>) -> Self {
        match help {
            Some(help) => self.help(help),
            None => self,
        }
    }

    /// The family the finding belongs to.
    pub fn class(&self) -> Class {
        self.code.class()
    }

    /// What it means for whoever wants the file served.
    pub fn verdict(&self) -> Verdict {
        match (self.severity, self.class()) {
            (Severity::Error, _) => Verdict::Fatal,
            (_, Class::Degraded | Class::Unsupported) => Verdict::Degraded,
            (_, Class::Inert) => Verdict::Inert,
            _ => Verdict::Note,
        }
    }

    /// `file:line:column: error[code]: message`, without a line end.
    pub fn one_line(&self, sources: &SourceMap) -> String {
        let finding = format!("{}[{}]: {}", self.severity.as_str(), self.code, self.message);
        match self.span.and_then(|span| sources.locate(span)) {
            Some((name, at)) => format!("{name}:{}:{}: {finding}", at.line, at.column),
            None => finding,
        }
    }
}

/// Words of a configuration may hold bytes that are no text; what is said of them is text.
fn said(words: String) -> String {
    match raw::text(&words) {
        Cow::Borrowed(_) => words,
        Cow::Owned(text) => text,
    }
}

/// All findings of one reading, bounded by [`MAX_DIAGNOSTICS`].
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    errors: usize,
    /// By [`Verdict`].
    dropped: [usize; 4],
}

impl Diagnostics {
    /// Adds a finding. Beyond the limit it is only counted; an error takes the place of a lesser finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let error = diagnostic.severity == Severity::Error;
        self.errors += usize::from(error);
        if self.list.len() < MAX_DIAGNOSTICS {
            self.list.push(diagnostic);
            return;
        }
        // The first error that does not fit is worth more than any warning: it is why the file is refused.
        let out = match self.list.pop() {
            Some(last) if error && self.errors == 1 => {
                self.list.push(diagnostic);
                last
            }
            last => {
                self.list.extend(last);
                diagnostic
            }
        };
        self.dropped[out.verdict() as usize] += 1;
    }

    /// Adds an error that takes time to put into words; beyond the limit it is not made, only counted. `make` is told
    /// whether there is time to look for what was meant.
    pub fn push_error(&mut self, make: impl FnOnce(bool) -> Diagnostic) {
        if self.list.len() < MAX_DIAGNOSTICS || self.errors == 0 {
            return self.push(make(self.errors < MAX_ADVISED));
        }
        self.errors += 1;
        self.dropped[Verdict::Fatal as usize] += 1;
    }

    /// Adds all findings of another stage.
    pub fn append(&mut self, other: Diagnostics) {
        for (dropped, more) in self.dropped.iter_mut().zip(other.dropped) {
            *dropped += more;
        }
        let kept_errors = other.list.iter().filter(|d| d.severity == Severity::Error).count();
        for diagnostic in other.list {
            self.push(diagnostic);
        }
        self.errors += other.errors - kept_errors;
    }

    /// Refuses the configuration for everything that is not done as written.
    pub fn be_strict(&mut self) {
        for finding in self.list.iter_mut().filter(|finding| finding.verdict() == Verdict::Degraded) {
            finding.severity = Severity::Error;
            self.errors += 1;
        }
        let dropped = std::mem::take(&mut self.dropped[Verdict::Degraded as usize]);
        self.dropped[Verdict::Fatal as usize] += dropped;
        self.errors += dropped;
    }

    /// The findings, in the order they were made.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// The findings in the order of the text: file, offset, severity.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut sorted: Vec<_> = self.list.iter().collect();
        sorted.sort_by_key(|d| (d.span.is_none(), d.span, d.severity));
        sorted
    }

    /// Whether the configuration is refused.
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// How many errors there are, counted ones included.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// How many findings of that severity are kept.
    pub fn count(&self, severity: Severity) -> usize {
        self.list.iter().filter(|d| d.severity == severity).count()
    }

    /// How many findings did not fit and were only counted.
    pub fn dropped(&self) -> usize {
        self.dropped.iter().sum()
    }

    /// The same by kind, in the order of [`Verdict::ALL`].
    pub fn dropped_by_verdict(&self) -> [usize; 4] {
        self.dropped
    }

    /// How many findings of that kind are kept.
    pub fn count_of(&self, verdict: Verdict) -> usize {
        self.list.iter().filter(|d| d.verdict() == verdict).count()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}
