//! Sections on their way through the rules for old forms.

use std::collections::HashMap;

use super::{Current, Open, Parser};
use crate::ast::{Section, SectionKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::legacy::{self, Edit, How};
use crate::lexer::Line;
use crate::lower::value::clamped;
use crate::source::Source;
use crate::word::Word;

/// What `defaults` sections say for the rules that read the lines of proxies.
#[derive(Debug, Default)]
pub(super) struct Modes {
    named: HashMap<String, Mode>,
    last: Mode,
}

#[derive(Clone, Debug, Default)]
struct Mode {
    /// Proxies speak HTTP.
    http: bool,
    /// The `monitor-net` line.
    monitor: Option<Vec<Word>>,
}

impl Modes {
    /// What holds in a section that says nothing itself.
    fn inherited(&self, section: &Section) -> Mode {
        let named = section.from.as_ref().and_then(|from| self.named.get(from.text()));
        match section.kind {
            SectionKind::Defaults => named.cloned().unwrap_or_default(),
            _ => named.unwrap_or(&self.last).clone(),
        }
    }

    fn note(&mut self, section: &Section, mode: Mode) {
        if section.kind != SectionKind::Defaults {
            return;
        }
        if let Some(name) = &section.name {
            self.named.insert(name.text().to_owned(), mode.clone());
        }
        self.last = mode;
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
        let last = |name: &str| {
            lines.iter().rev().find(|words| words.len() > 1 && words[0].text() == name).map(Vec::as_slice)
        };
        let above = self.modes.inherited(section);
        let http = last("mode").map_or(above.http, |words| words[1].text() == "http");
        let own = last("monitor-net").map(<[Word]>::to_vec);
        let takes = matches!(section.kind, SectionKind::Frontend | SectionKind::Listen) && own.is_none();
        let inherited = above.monitor.clone().filter(|_| takes).into_iter().collect();
        self.modes.note(section, Mode { http, monitor: own.or(above.monitor) });
        let header = section.span;
        let rewritten = legacy::rewrite(legacy::Section { place, http, header, inherited, lines });
        self.parsed.edits.extend(rewritten.edits);
        rewritten.global.into_iter().for_each(|words| self.for_global(words));
        rewritten.findings.into_iter().for_each(|finding| self.report(finding));
        rewritten.lines.into_iter().for_each(|words| self.directive(words));
    }

    /// A line of a proxy that is one of `global` today: of several the one with the longest time counts.
    fn for_global(&mut self, words: Vec<Word>) {
        let time = |words: &[Word]| words.last().and_then(|word| clamped(word.text())).unwrap_or_default();
        if self.grace.as_ref().is_none_or(|known| time(known) < time(&words)) {
            self.grace = Some(words);
        }
    }

    /// Puts that line in a section `global` at the end, and prints it in the first one. What `global` says itself counts.
    pub(super) fn give_global(&mut self) {
        let Some(words) = self.grace.take() else { return };
        let sections = &self.parsed.file.sections;
        let is_global = |section: &&Section| section.kind == SectionKind::Global;
        let mut lines = sections.iter().filter(is_global).flat_map(|section| &section.directives);
        if lines.any(|line| line.name() == "grace") {
            return;
        }
        let place = words[0].span();
        let keyword = Word::made("global", place);
        let edit = match (sections.iter().find(is_global), sections.first()) {
            (Some(global), _) => {
                Some(Edit { at: global.span, how: How::After, lines: vec![words.clone()], comment: None })
            }
            (None, first) => first.map(|first| {
                let lines = vec![vec![keyword.clone()], words.clone()];
                Edit { at: first.span, how: How::Before, lines, comment: None }
            }),
        };
        self.parsed.edits.extend(edit);
        let section = Section {
            kind: SectionKind::Global,
            keyword,
            name: None,
            from: None,
            span: place,
            directives: Vec::new(),
        };
        self.section =
            Current::Open(Box::new(Open { section, lines: Vec::new(), kept: true, indented: false }));
        self.modern_lines(vec![words]);
        self.close();
    }

    /// A line of a section that is not read, as far as it is old.
    pub(super) fn skipped_line(&mut self, section: &'static str, line: &Line) {
        let (Some(first), Some(last)) = (line.words.first(), line.words.last()) else { return };
        let at = first.span().to(last.span());
        let how = match (section, first.text()) {
            ("ruleset", _) => How::Silence,
            ("resolvers", "resolution_pool_size") => {
                let message = "`resolution_pool_size` has no effect: no release of HAProxy had it";
                self.report(Diagnostic::notice(Code::InertKeyword, first.span(), message));
                How::Replace
            }
            _ => return,
        };
        self.parsed.edits.push(Edit { at, how, lines: Vec::new(), comment: None });
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
