//! What is wrong with files, in terms that programs read; drawn for people it is in `Loaded::findings`.

use sluicegate_haproxy::diagnostic::{Diagnostic, Verdict};
use sluicegate_haproxy::source::{SourceMap, Span};

use crate::manifest::InvalidManifest;

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// As given.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
    /// Where it ends, exclusively; the start where only that is known.
    pub end_line: u32,
    /// In characters, from 1.
    pub end_column: u32,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it means for whoever wants the files served.
    pub verdict: Verdict,
    /// The stable name of its kind: `degraded-keyword`.
    pub code: &'static str,
    /// Where; `None` for the files as a whole.
    pub place: Option<Place>,
    /// One sentence.
    pub message: String,
    /// What is to be said about the place itself; may be empty.
    pub label: String,
    /// Why it is so.
    pub notes: Vec<String>,
    /// What would be right.
    pub help: Vec<String>,
    /// Other places, and what is there.
    pub related: Vec<(Place, String)>,
}

impl Finding {
    /// For this the files are not served.
    pub fn fatal(code: &'static str, message: String) -> Self {
        let (label, notes, help, related) = Default::default();
        Self { verdict: Verdict::Fatal, code, place: None, message, label, notes, help, related }
    }

    pub(crate) fn of(diagnostic: &Diagnostic, sources: &SourceMap) -> Self {
        let related = diagnostic.related.iter();
        Self {
            verdict: diagnostic.verdict(),
            code: diagnostic.code.as_str(),
            place: diagnostic.span.and_then(|span| place(span, sources)),
            message: diagnostic.message.clone(),
            label: diagnostic.label.clone(),
            notes: diagnostic.notes.clone(),
            help: diagnostic.help.clone(),
            related: related
                .filter_map(|related| Some((place(related.span, sources)?, related.label.clone())))
                .collect(),
        }
    }
}

impl From<&InvalidManifest> for Finding {
    fn from(invalid: &InvalidManifest) -> Self {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let (line, column) = (number(invalid.line), number(invalid.column));
        let place = Place { file: invalid.path.clone(), line, column, end_line: line, end_column: column };
        Self { place: Some(place), ..Self::fatal("invalid-manifest", invalid.message.clone()) }
    }
}

fn place(span: Span, sources: &SourceMap) -> Option<Place> {
    let (file, start) = sources.locate(span)?;
    let (_, end) = sources.locate(Span { start: span.end, ..span })?;
    let end = if (end.line, end.column) < (start.line, start.column) { start } else { end };
    Some(Place {
        file: file.to_owned(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    })
}
