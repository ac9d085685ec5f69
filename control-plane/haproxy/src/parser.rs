//! Lines become directives of sections, checked against the keyword table. Everything that is wrong is collected.

mod directive;
mod header;
mod report;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::ast::{File, Prefix, Section};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::environment::Environment;
use crate::keywords::{Keyword, Repeat};
use crate::lexer::{Lexer, Line, Scope};
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
}

/// Reads all files of `sources`, in their order, as one configuration.
pub fn parse(sources: &SourceMap, environment: Environment) -> Parsed {
    let mut parser = Parser {
        parsed: Parsed {
            file: File { sections: Vec::new(), environment },
            diagnostics: Diagnostics::default(),
        },
        section: Current::None,
        seen: HashMap::new(),
        words: 0,
    };
    let mut expanded = 0;
    for source in sources.sources() {
        expanded = parser.source(source, expanded);
    }
    parser.close();
    parser.parsed
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

struct Open {
    section: Section,
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
}

impl Parser {
    fn source(&mut self, source: &Source, expanded: usize) -> usize {
        for defect in source.defects() {
            self.report(report::defect(source, defect));
        }
        let mut lexer = Lexer::new(source, expanded);
        while let Some(line) = self.next_line(&mut lexer) {
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
            self.line(line);
        }
        lexer.expanded()
    }

    fn next_line(&mut self, lexer: &mut Lexer<'_>) -> Option<Line> {
        let section = match &self.section {
            Current::None => "",
            Current::Open(open) => open.section.name.as_ref().map_or(open.section.kind.as_str(), Word::text),
            Current::Skipped { name } => name,
        };
        let scope = Scope { environment: &self.parsed.file.environment, section };
        lexer.next_line(scope, &mut self.parsed.diagnostics)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.parsed.diagnostics.push(diagnostic);
    }

    fn report_error(&mut self, make: impl FnOnce() -> Diagnostic) {
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
        if let Some(block) = report::conditional_block(first) {
            return self.report(block);
        }
        if self.opens_unknown(&line) {
            return self.open_unknown(&line);
        }
        match &self.section {
            Current::Skipped { .. } => {}
            Current::None => {
                let finding = report::outside_section(&line.words);
                self.report(finding);
            }
            Current::Open(_) => self.directive(line),
        }
    }

    /// Ends the section that is being read.
    fn close(&mut self) {
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
