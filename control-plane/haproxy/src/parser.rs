//! Lines become directives of sections, checked against the keyword table. Everything that is wrong is collected.

mod age;
mod block;
mod directive;
mod grammar;
mod header;
mod old;
mod report;
mod tail;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use age::Age;
use block::Blocks;
use old::Modes;

use crate::ast::{File, Prefix, Section, SectionKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::environment::Environment;
use crate::keywords::{Keyword, Repeat};
use crate::legacy::Edit;
use crate::lexer::{Lexer, Line, Quoting, Scope};
use crate::source::{Source, SourceMap, Span};
use crate::word::Word;

/// The most words of one configuration: bounds the memory of the tree.
pub(crate) const MAX_TOTAL_WORDS: usize = 4_000_000;

/// A configuration and what is wrong with it.
#[derive(Debug, Default)]
pub struct Parsed {
    /// What could be read. With errors, the lines at fault are missing from it.
    pub file: File,
    /// All findings.
    pub diagnostics: Diagnostics,
    /// What makes today's text of it.
    pub(crate) edits: Vec<Edit>,
    /// A file was read by the rules for quotes of HAProxy up to 1.5.
    pub(crate) old_quotes: bool,
}

/// Reads all files of `sources`, in their order, as one configuration.
///
/// A file that only HAProxy up to 1.5 could have read is read by the rules of then, which are other ones for quotes.
pub fn parse(sources: &SourceMap, environment: Environment) -> Parsed {
    let modern = vec![Quoting::Modern; sources.sources().len()];
    let parser = Parser::read(sources, environment.clone(), &modern);
    if !parser.ages.iter().any(Age::is_old) {
        return parser.parsed;
    }
    let quoting: Vec<_> = parser.ages.iter().map(Age::quoting).collect();
    let mut again = Parser::read(sources, environment, &quoting);
    for age in parser.ages.iter().filter(|age| age.is_old()) {
        again.report(age.note());
    }
    again.parsed.old_quotes = true;
    again.parsed
}

/// What the lines being read belong to.
enum Current {
    /// No section has begun.
    None,
    /// A section of the tree.
    Open(Box<Open>),
    /// A section whose lines are not read.
    Skipped { name: &'static str },
}

/// A line of `resolvers` that no release of HAProxy had.
fn is_old(word: &str) -> bool {
    word == "resolution_pool_size"
}

struct Open {
    section: Section,
    /// Its lines so far, where they are read together when it ends.
    lines: Vec<Line>,
    /// Whether it goes into the tree; if not, it is only read for its mistakes.
    kept: bool,
    /// White space stood before one of its lines.
    indented: bool,
}

struct Parser {
    parsed: Parsed,
    section: Current,
    /// Keywords of this section of which the last one wins, and where they were last.
    seen: HashMap<&'static str, Span>,
    words: usize,
    blocks: Blocks,
    /// Of each file, in order.
    ages: Vec<Age>,
    modes: Modes,
    /// The `grace` line that `global` gets from proxies.
    grace: Option<Vec<Word>>,
}

impl Parser {
    fn read(sources: &SourceMap, environment: Environment, quoting: &[Quoting]) -> Self {
        let mut parser = Self {
            parsed: Parsed { file: File { sections: Vec::new(), environment }, ..Parsed::default() },
            section: Current::None,
            seen: HashMap::new(),
            words: 0,
            blocks: Blocks::default(),
            ages: Vec::new(),
            modes: Modes::default(),
            grace: None,
        };
        let mut expanded = 0;
        for (source, quoting) in sources.sources().iter().zip(quoting) {
            expanded = parser.source(source, *quoting, expanded);
        }
        parser.close();
        parser.give_global();
        parser
    }

    fn source(&mut self, source: &Source, quoting: Quoting, expanded: usize) -> usize {
        for defect in source.defects() {
            self.report(report::defect(source, defect));
        }
        let mut age = Age::default();
        let mut raw = source.is_raw();
        let mut lexer = Lexer::new(source, quoting, expanded);
        while let Some((line, found)) = self.next_line(&mut lexer) {
            age.note_line(&line);
            if quoting == Quoting::Old {
                self.requote(source, &line);
            }
            self.words += line.words.len();
            if self.words > MAX_TOTAL_WORDS {
                let message = format!("the configuration has more than {MAX_TOTAL_WORDS} words");
                let span = line.words.first().map_or(Span::new(source.id(), 0..0), Word::span);
                self.report(
                    Diagnostic::error(Code::FileTooLarge, span, message)
                        .label("nothing is read from here on"),
                );
                break;
            }
            if raw
                && !self.blocks.skipping()
                && let Some(finding) = report::not_text(source, &line.words)
            {
                self.report(finding);
                raw = false;
            }
            let dotted = line.words.first().is_some_and(|first| first.text().starts_with('.'));
            let line = if dotted || self.blocks.skipping() { self.block(line, found) } else { Some(line) };
            if let Some(line) = line {
                self.line(line);
            }
        }
        self.end_of_file();
        self.ages.push(age);
        lexer.expanded()
    }

    /// The next line, and what there is to say about its words where the line may not count.
    fn next_line(&mut self, lexer: &mut Lexer<'_>) -> Option<(Line, Diagnostics)> {
        let section = match &self.section {
            Current::None => "",
            Current::Open(open) => open.section.name.as_ref().map_or(open.section.kind.as_str(), Word::text),
            Current::Skipped { name } => name,
        };
        let scope = Scope { environment: &self.parsed.file.environment, section };
        if !self.blocks.skipping() {
            let line = lexer.next_line(scope, &mut self.parsed.diagnostics)?;
            return Some((line, Diagnostics::default()));
        }
        let mut found = Diagnostics::default();
        let line = lexer.next_line(scope, &mut found)?;
        Some((line, found))
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.parsed.diagnostics.push(diagnostic);
    }

    fn report_error(&mut self, make: impl FnOnce(bool) -> Diagnostic) {
        self.parsed.diagnostics.push_error(make);
    }

    fn line(&mut self, line: Line) {
        let Some(first) = line.words.first() else { return };
        if let Some(kind) = crate::sections::kind_of(first.text()) {
            return self.open(kind, line);
        }
        if line.broken {
            return;
        }
        if self.opens_unknown(&line) {
            return self.open_unknown(&line);
        }
        match &self.section {
            Current::Skipped { name } => self.skipped_line(name, &line),
            Current::None => {
                let finding = report::outside_section(&line.words);
                self.report(finding);
            }
            Current::Open(open) if open.section.kind == SectionKind::Resolvers && is_old(first.text()) => {
                self.skipped_line("resolvers", &line);
            }
            Current::Open(_) => self.section_line(line),
        }
    }

    /// Ends the section that is being read.
    fn close(&mut self) {
        self.section_end();
        self.seen.clear();
        let ended = std::mem::replace(&mut self.section, Current::None);
        if let Current::Open(open) = ended
            && open.kept
        {
            self.parsed.file.sections.push(open.section);
        }
    }

    /// Warns when a keyword of which the last one wins comes again.
    fn note_repeat(&mut self, keyword: &'static Keyword, prefix: Prefix, span: Span) {
        if keyword.repeat == Repeat::Adds || prefix != Prefix::None {
            return;
        }
        if let Some(first) = self.seen.insert(keyword.name, span) {
            let finding = report::duplicate(keyword.name, first, span);
            self.report(finding);
        }
    }
}
