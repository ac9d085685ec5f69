//! Lines that open a section.

use super::{Current, Open, Parser, report};
use crate::ast::{Section, SectionKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::keywords::{Found, Support, lookup};
use crate::lexer::Line;
use crate::sections::{self, SectionEntry};
use crate::source::Span;
use crate::word::Word;

impl Parser {
    /// A known section name: what came before it is complete.
    pub(super) fn open(&mut self, kind: SectionKind, line: Line) {
        self.close();
        if let SectionKind::Other(entry) = kind {
            return self.open_other(entry, &line);
        }
        let broken = line.broken;
        let mut words = line.words.into_iter();
        let Some(keyword) = words.next() else { return };
        let rest: Vec<Word> = words.collect();
        let span = rest.last().map_or(keyword.span(), |last| keyword.span().to(last.span()));
        let mut section = Section { kind, keyword, name: None, from: None, span, directives: Vec::new() };
        let (rest, address) = self.old_address(&section, rest, broken);
        let named = self.header(&mut section, rest, broken);
        let kept = named || !kind.needs_name();
        let lines = address.into_iter().collect();
        self.section = Current::Open(Box::new(Open { section, lines, kept, indented: false }));
    }

    /// Reads what follows the section's word; whether it has the name that it needs.
    fn header(&mut self, section: &mut Section, rest: Vec<Word>, broken: bool) -> bool {
        let mut rest = rest.into_iter().peekable();
        if section.kind != SectionKind::Global
            && rest
                .peek()
                .is_some_and(|word| !(word.text() == "from" && section.kind == SectionKind::Defaults))
        {
            section.name = rest.next();
        }
        if broken {
            return section.name.is_some();
        }
        self.from(section, rest);
        self.name(section)
    }

    fn from(&mut self, section: &mut Section, mut rest: impl Iterator<Item = Word>) {
        let mut extra = rest.next();
        if section.kind.takes_defaults() && extra.as_ref().is_some_and(|word| word.text() == "from") {
            let from = extra.take();
            section.from = rest.next();
            if let (Some(from), None) = (from, &section.from) {
                let finding =
                    Diagnostic::error(Code::MissingArgument, from.span().after(), "`from` needs a name")
                        .label("the name of a `defaults` section goes here");
                self.report(finding);
            }
            extra = rest.next();
        }
        if let Some(extra) = extra {
            if section.kind == SectionKind::Defaults && section.from.is_none() {
                let finding =
                    Diagnostic::warning(Code::IgnoredWords, extra.span(), "`defaults` ends before this word")
                        .label("left out, as HAProxy does without a word");
                return self.report(finding);
            }
            let usage = report::header_usage(section.kind);
            let message = format!("`{}` takes no such argument", section.kind.as_str());
            let finding = Diagnostic::error(Code::ExtraArgument, extra.span(), message)
                .label("unexpected")
                .help(format!("the form is `{usage}`"));
            self.report(finding);
        }
    }

    fn name(&mut self, section: &Section) -> bool {
        let kind = section.kind.as_str();
        let Some(name) = &section.name else {
            if section.kind.needs_name() {
                let finding = Diagnostic::error(
                    Code::MissingName,
                    section.span.after(),
                    format!("`{kind}` needs a name"),
                )
                .label("here")
                .help(format!("the form is `{}`", report::header_usage(section.kind)));
                self.report(finding);
            }
            return false;
        };
        let bad = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'));
        if let Some((at, c)) = name.text().char_indices().find(|(_, c)| bad(*c)) {
            let span = name.span_of(at..at + c.len_utf8());
            let message = format!("the character `{}` may not stand in a name", c.escape_debug());
            let finding = Diagnostic::error(Code::BadName, span, message)
                .help("names are made of ASCII letters, digits, `-`, `_`, `.` and `:`");
            self.report(finding);
        }
        true
    }

    fn open_other(&mut self, entry: &'static SectionEntry, line: &Line) {
        self.section = Current::Skipped { name: entry.name };
        let Some(first) = line.words.first() else { return };
        let name = entry.name;
        if name == "ruleset" {
            self.skipped_line(name, line);
        }
        let message = format!("the section `{name}` has no effect");
        let span = first.span();
        let finding = match entry.support {
            Support::NotSupported { why } => {
                let message = format!("the section `{name}` is not supported");
                Diagnostic::error(Code::UnsupportedKeyword, span, message).note(why)
            }
            Support::Inert { why } => Diagnostic::notice(Code::InertSection, span, message).note(why),
            Support::Degraded { why } => Diagnostic::warning(Code::DegradedSection, span, message).note(why),
            Support::Works { .. } => return,
        };
        self.report(finding);
    }

    /// Whether a line whose first word is no section name was nevertheless meant to open one: a near miss, or a line
    /// at the margin of a section whose lines are indented, and in either case no keyword.
    pub(super) fn opens_unknown(&self, line: &Line) -> bool {
        let Some(first) = line.words.first() else { return false };
        let place = match &self.section {
            Current::Open(open) => open.section.kind.place(),
            Current::None | Current::Skipped { .. } => None,
        };
        let known = place.is_some_and(|place| !matches!(lookup(place, &[first.text()]), Found::Unknown));
        if known || matches!(first.text(), "no" | "default") || line.words.len() > 4 {
            return false;
        }
        let near = || sections::nearest(first.text()).is_some();
        match &self.section {
            Current::Open(open) => !line.indented && ((open.indented && line.words.len() <= 2) || near()),
            Current::None => near(),
            Current::Skipped { .. } => !line.indented && near(),
        }
    }

    pub(super) fn open_unknown(&mut self, line: &Line) {
        self.close();
        self.section = Current::Skipped { name: "" };
        let Some(first) = line.words.first() else { return };
        let text = first.text();
        let finding = Diagnostic::error(
            Code::UnknownSection,
            first.span(),
            format!("there is no section `{}`", report::shown(text)),
        )
        .label("its lines are not read")
        .help(match sections::nearest(text) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!(
                "sections are {}",
                sections::MAIN.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            ),
        });
        self.report(finding);
    }
}

impl Section {
    /// The place of its name, or of the word that opened it.
    pub fn name_span(&self) -> Span {
        self.name.as_ref().unwrap_or(&self.keyword).span()
    }
}
