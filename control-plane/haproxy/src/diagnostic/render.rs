//! Diagnostics as people read them: the place, the line, a caret, and what would be right.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Diagnostics, Severity};
use crate::source::{Source, SourceMap, Span, floor_boundary};

/// The longest part of a line that is shown, in bytes.
const MAX_SHOWN: usize = 160;

/// How much of a cut line is shown in front of the place.
const LEAD: usize = 60;

/// With or without terminal colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Text alone.
    Plain,
    /// With ANSI escape sequences.
    Colour,
}

/// All findings in the order of the text, and how many there are. Ends in a line end unless it is empty.
pub fn all(diagnostics: &Diagnostics, sources: &SourceMap, style: Style) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics.sorted() {
        out.push_str(&one(diagnostic, sources, style));
        out.push_str("\n\n");
    }
    if diagnostics.dropped() > 0 {
        out.push_str(&format!("and {} more\n\n", diagnostics.dropped()));
    }
    out.truncate(out.trim_end().len());
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// One finding, without a line end after the last line.
pub fn one(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> String {
    let title = level(diagnostic.severity).primary_title(&*diagnostic.message).id(diagnostic.code.as_str());
    let mut group = Group::with_title(title);
    if let Some(span) = diagnostic.span {
        group = place(group, sources, span, &diagnostic.label, AnnotationKind::Primary);
    }
    for related in &diagnostic.related {
        group = place(group, sources, related.span, &related.label, AnnotationKind::Context);
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(&**note));
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(&**help));
    }
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Colour => Renderer::styled(),
    };
    renderer.render(&[group])
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Notice => Level::NOTE.with_name("notice"),
    }
}

fn place<'a>(
    group: Group<'a>,
    sources: &'a SourceMap,
    span: Span,
    label: &'a str,
    kind: AnnotationKind,
) -> Group<'a> {
    let Some(source) = sources.source(span.source) else { return group };
    let at = source.position(span.start);
    let origin = Origin::path(source.name()).line(at.line as usize).char_column(at.column as usize);
    if source.text().is_empty() {
        return group.element(Origin::path(source.name()));
    }
    let shown = Shown::of(source, span);
    let mut annotation = kind.span(shown.mark);
    if !label.is_empty() {
        annotation = annotation.label(label);
    }
    let snippet = Snippet::source(shown.text).line_start(at.line as usize).annotation(annotation);
    group.element(origin).element(snippet)
}

/// The part of a line that is shown, and the place in it.
struct Shown {
    text: String,
    mark: std::ops::Range<usize>,
}

impl Shown {
    fn of(source: &Source, span: Span) -> Self {
        let line = source.line_range(span.start);
        let text = &source.text()[line.clone()];
        let start = floor_boundary(text, span.range().start.saturating_sub(line.start));
        let end = floor_boundary(text, span.range().end.saturating_sub(line.start)).max(start);
        if text.len() <= MAX_SHOWN {
            return Self { text: text.to_owned(), mark: start..end };
        }
        let from = if start > LEAD { floor_boundary(text, start - LEAD) } else { 0 };
        let to = floor_boundary(text, from + MAX_SHOWN);
        let (before, after) = (if from > 0 { "..." } else { "" }, if to < text.len() { "..." } else { "" });
        let shift = |at: usize| at.min(to) - from + before.len();
        Self { text: format!("{before}{}{after}", &text[from..to]), mark: shift(start)..shift(end) }
    }
}
