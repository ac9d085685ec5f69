//! Diagnostics as people read them: the place, the line, a caret, and what would be right.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write as _;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Code, Diagnostic, Diagnostics, Severity};
use crate::raw;
use crate::source::{Source, SourceMap, Span, floor_boundary};

/// The longest part of a line that is shown, in bytes.
const MAX_SHOWN: usize = 160;

/// How far apart the places of a finding may be to be shown as one piece, in bytes.
const MAX_REGION: usize = 8192;

/// So many findings are drawn; those after them are told in a line each, which is as much as anyone reads of them.
const MAX_DRAWN: usize = 500;

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

/// All findings in the order of the text; one that comes again word for word is drawn once, with all its places. Ends in
/// a line end unless it is empty.
pub fn all(diagnostics: &Diagnostics, sources: &SourceMap, style: Style) -> String {
    let mut groups: Vec<(&Diagnostic, Vec<Span>)> = Vec::new();
    let mut known: HashMap<(Severity, Code, &str), usize> = HashMap::new();
    for diagnostic in diagnostics.sorted() {
        let Some(span) = diagnostic.span.filter(|_| diagnostic.related.is_empty()) else {
            groups.push((diagnostic, Vec::new()));
            continue;
        };
        match known.entry((diagnostic.severity, diagnostic.code, &diagnostic.message)) {
            Entry::Occupied(group) => groups[*group.get()].1.push(span),
            Entry::Vacant(free) => {
                free.insert(groups.len());
                groups.push((diagnostic, Vec::new()));
            }
        }
    }
    let mut out = String::new();
    for (index, (diagnostic, again)) in groups.into_iter().enumerate() {
        let drawn = index < MAX_DRAWN;
        match drawn {
            true => out.push_str(&one(diagnostic, sources, style)),
            false => out.push_str(&diagnostic.one_line(sources)),
        }
        if !again.is_empty() {
            out.push_str("\n  = again at ");
            places_of(&again, sources, &mut out);
        }
        out.push_str(if drawn { "\n\n" } else { "\n" });
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

/// `a.cfg:1:2, :5:2, b.cfg:7:1`: a file is named where it changes.
fn places_of(spans: &[Span], sources: &SourceMap, out: &mut String) {
    let mut last = None;
    for (name, at) in spans.iter().filter_map(|span| sources.locate(*span)) {
        let comma = if last.is_none() { "" } else { ", " };
        let shown = if last == Some(name) { "" } else { name };
        last = Some(name);
        // A string takes all that is written to it.
        let _always_taken = write!(out, "{comma}{shown}:{}:{}", at.line, at.column);
    }
}

/// One finding, without a line end after the last line.
pub fn one(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> String {
    let title = level(diagnostic.severity).primary_title(&*diagnostic.message).id(diagnostic.code.as_str());
    let mut group = Group::with_title(title);
    let mut moved = None;
    if let Some((span, source)) = diagnostic.span.and_then(|span| Some((span, sources.source(span.source)?)))
    {
        (group, moved) = places(group, diagnostic, source, span, sources);
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
    let text = raw::drawn(renderer.render(&[group]));
    // A line that is shown cut has its places counted in what is shown.
    match moved {
        Some((shown, real)) => text.replacen(&shown, &real, 1),
        None => text,
    }
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Notice => Level::NOTE.with_name("notice"),
    }
}

/// The place as the renderer would name it, and as it is.
type Moved = Option<(String, String)>;

fn places<'a>(
    mut group: Group<'a>,
    diagnostic: &'a Diagnostic,
    source: &'a Source,
    span: Span,
    sources: &'a SourceMap,
) -> (Group<'a>, Moved) {
    if source.text().is_empty() {
        return (group.element(Origin::path(source.name())), None);
    }
    if let Some(region) = Region::of(diagnostic, source, span) {
        return (group.element(region.snippet(diagnostic, source, span)), None);
    }
    let at = source.position(span.start);
    let shown = Shown::of(source, span);
    let column = shown.text[..shown.mark.start].chars().count() + 1;
    let name = source.name();
    let moved = (format!("{name}:{}:{column}", at.line), format!("{name}:{}:{}", at.line, at.column));
    group = group.element(shown.snippet(source, span, &diagnostic.label, AnnotationKind::Primary));
    for related in &diagnostic.related {
        if let Some(source) = sources.source(related.span.source) {
            let shown = Shown::of(source, related.span);
            group =
                group.element(shown.snippet(source, related.span, &related.label, AnnotationKind::Context));
        }
    }
    (group, Some(moved))
}

/// Lines of one file that hold all places of a finding, near enough to be shown together.
struct Region {
    range: Range<usize>,
}

impl Region {
    fn of(diagnostic: &Diagnostic, source: &Source, span: Span) -> Option<Self> {
        let mut range = source.line_range(span.start);
        let mut fits = range.len() <= MAX_SHOWN;
        for related in &diagnostic.related {
            let line = source.line_range(related.span.start);
            fits &= related.span.source == span.source && line.len() <= MAX_SHOWN;
            range = range.start.min(line.start)..range.end.max(line.end);
        }
        (fits && range.len() <= MAX_REGION).then_some(Self { range })
    }

    fn snippet<'a>(
        self,
        diagnostic: &'a Diagnostic,
        source: &'a Source,
        span: Span,
    ) -> Snippet<'a, Annotation<'a>> {
        let Range { start, end } = self.range;
        let text = &source.text()[start..end];
        let mark = |span: Span| {
            let at = |offset: u32| floor_boundary(text, (offset as usize).saturating_sub(start));
            at(span.start)..at(span.end).max(at(span.start))
        };
        let line = source.position(Span::new(span.source, start..start).start).line as usize;
        let mut snippet = Snippet::source(text).line_start(line).path(source.name());
        snippet = snippet.annotation(annotation(AnnotationKind::Primary, mark(span), &diagnostic.label));
        for related in &diagnostic.related {
            snippet =
                snippet.annotation(annotation(AnnotationKind::Context, mark(related.span), &related.label));
        }
        snippet
    }
}

fn annotation(kind: AnnotationKind, mark: Range<usize>, label: &str) -> Annotation<'_> {
    let annotation = kind.span(mark);
    if label.is_empty() { annotation } else { annotation.label(label) }
}

/// The part of a long line that is shown, and the place in it.
struct Shown {
    text: String,
    mark: Range<usize>,
}

impl Shown {
    fn of(source: &Source, span: Span) -> Self {
        let line = source.line_range(span.start);
        let text = &source.text()[line.clone()];
        let start = floor_boundary(text, span.range().start.saturating_sub(line.start));
        let end = floor_boundary(text, span.range().end.saturating_sub(line.start)).max(start);
        let from = if start > LEAD { floor_boundary(text, start - LEAD) } else { 0 };
        let to = floor_boundary(text, from + MAX_SHOWN);
        let (before, after) = (if from > 0 { "..." } else { "" }, if to < text.len() { "..." } else { "" });
        let shift = |at: usize| at.min(to) - from + before.len();
        Self { text: format!("{before}{}{after}", &text[from..to]), mark: shift(start)..shift(end) }
    }

    fn snippet<'a>(
        self,
        source: &'a Source,
        span: Span,
        label: &'a str,
        kind: AnnotationKind,
    ) -> Snippet<'a, Annotation<'a>> {
        let line = source.position(span.start).line as usize;
        Snippet::source(self.text)
            .line_start(line)
            .path(source.name())
            .annotation(annotation(kind, self.mark, label))
    }
}
