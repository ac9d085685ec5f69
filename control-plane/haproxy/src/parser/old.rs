//! Sections on their way through the rules for old forms.

use std::collections::HashMap;

use super::{Current, Parser};
use crate::ast::{Section, SectionKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::legacy::{self, Edit, How};
use crate::lexer::Line;
use crate::source::Source;
use crate::word::Word;

/// Whether proxies speak HTTP, as `defaults` sections say.
#[derive(Debug, Default)]
pub(super) struct Modes {
    named: HashMap<String, bool>,
    last: bool,
}

impl Modes {
    /// What holds in a section that says nothing itself.
    fn inherited(&self, section: &Section) -> bool {
        let named = section.from.as_ref().and_then(|from| self.named.get(from.text()));
        match section.kind {
            SectionKind::Defaults => named.copied().unwrap_or_default(),
            _ => named.copied().unwrap_or(self.last),
        }
    }

    fn note(&mut self, section: &Section, http: bool) {
        if section.kind != SectionKind::Defaults {
            return;
        }
        self.last = http;
        if let Some(name) = &section.name {
            self.named.insert(name.text().to_owned(), http);
        }
    }
}

impl Parser {
    /// A line of a section. Where a line may change what the next ones mean it is read at once, else when the section
    /// ends: rules move lines.
    pub(super) fn section_line(&mut self, line: Line) {
        let Current::Open(open) = &mut self.section else { return };
        open.indented |= line.indented;
        if matches!(open.section.kind, SectionKind::Defaults) || open.section.kind.is_proxy() {
            open.lines.push(line);
        } else {
            self.modern_lines(vec![line.words]);
        }
    }

    /// Reads the lines that were kept.
    pub(super) fn section_end(&mut self) {
        let Current::Open(open) = &mut self.section else { return };
        let lines: Vec<_> = std::mem::take(&mut open.lines).into_iter().map(|line| line.words).collect();
        self.modern_lines(lines);
    }

    fn modern_lines(&mut self, lines: Vec<Vec<Word>>) {
        let Current::Open(open) = &self.section else { return };
        let section = &open.section;
        let Some(place) = section.kind.place() else { return };
        let mode = |words: &&Vec<Word>| matches!(words.as_slice(), [mode, _, ..] if mode.text() == "mode");
        let inherited = self.modes.inherited(section);
        let http = lines.iter().rev().find(mode).map_or(inherited, |words| words[1].text() == "http");
        self.modes.note(section, http);
        let rewritten = legacy::rewrite(legacy::Section { place, http, lines });
        self.parsed.edits.extend(rewritten.edits);
        rewritten.findings.into_iter().for_each(|finding| self.report(finding));
        rewritten.lines.into_iter().for_each(|words| self.directive(words));
    }

    /// Takes the address from a section line, as HAProxy before 1.6 had it, to a line of its own.
    pub(super) fn old_address(
        &mut self,
        section: &Section,
        mut rest: Vec<Word>,
        broken: bool,
    ) -> (Vec<Word>, Option<Line>) {
        let takes = matches!(section.kind, SectionKind::Frontend | SectionKind::Listen) && !broken;
        if !takes || rest.get(1).is_none_or(|word| word.text() == "from") {
            return (rest, None);
        }
        let ignored = rest.split_off(2);
        let Some(address) = rest.pop() else { return (rest, None) };
        let (kind, name) = (section.kind.as_str(), rest[0].text());
        let mut finding = Diagnostic::warning(
            Code::AddressOnSection,
            address.span(),
            format!("an address on the `{kind}` line is the form of HAProxy before 1.6"),
        )
        .label("read as the `bind` line of this section")
        .help(format!("write `{kind} {name}` and, on a line below, `bind {}`", address.text()));
        if let (Some(first), Some(last)) = (ignored.first(), ignored.last()) {
            finding = finding.related(first.span().to(last.span()), "left out, as those versions did");
        }
        self.report(finding);
        let words = vec![Word::made("bind", address.span()), address];
        let at = section.span;
        let header = vec![section.keyword.clone(), rest[0].clone()];
        self.parsed.edits.push(Edit { at, how: How::Replace, lines: vec![header], comment: None });
        self.parsed.edits.push(Edit { at, how: How::After, lines: vec![words.clone()], comment: None });
        let line = Line { words, broken: false, indented: false, quotes: Default::default() };
        (rest, Some(line))
    }

    /// Notes a line with quotes that were letters.
    pub(super) fn requote(&mut self, source: &Source, line: &Line) {
        let (Some(first), Some(last)) = (line.words.first(), line.words.last()) else { return };
        let at = first.span().to(last.span());
        if source.text().get(at.range()).is_some_and(|text| text.contains(['"', '\''])) {
            let lines = vec![line.words.clone()];
            self.parsed.edits.push(Edit { at, how: How::Requote, lines, comment: None });
        }
    }
}
