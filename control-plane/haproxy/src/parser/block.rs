//! Conditional blocks and the messages that a file gives (HAProxy's configuration manual, 2.4 "Conditional blocks").
//!
//! A block begins and ends in one file. Lines of a branch that is not taken are cut into words and forgotten: what is
//! wrong with them is not told, because they may be written for another version.

#[cfg(test)]
mod tests;

use super::Parser;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lexer::Line;
use crate::predicate::{self, InvalidPredicate};
use crate::source::Span;
use crate::word::Word;

/// The most blocks in one another, as in HAProxy.
const MAX_NESTED: usize = 99;

/// The blocks of one file that are open, outermost first.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    open: Vec<Block>,
    /// How many `.if` beyond the limit are open.
    beyond: usize,
}

#[derive(Debug)]
struct Block {
    /// Its `.if`.
    span: Span,
    branch: Branch,
    /// `.else` has come.
    last: bool,
}

/// What becomes of the branch that is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Branch {
    /// It counts.
    Taken,
    /// It does not; one of the next may.
    Waiting,
    /// It does not, nor will any of this block.
    Passed,
}

impl Blocks {
    /// Whether the lines that come now do not count.
    pub(super) fn skipping(&self) -> bool {
        self.beyond > 0 || self.open.last().is_some_and(|block| block.branch != Branch::Taken)
    }

    /// Whether findings in the words of a line matter, given that its lines do not count.
    fn reads(&self, directive: &str) -> bool {
        match directive {
            ".elif" => self.open.last().is_some_and(|block| block.branch == Branch::Waiting),
            _ => false,
        }
    }
}

impl Parser {
    /// Takes a line that is about blocks or within a branch that is not taken; gives back any other.
    /// `found`: what cutting it into words has told, if it may have to be forgotten.
    pub(super) fn block(&mut self, line: Line, found: Diagnostics) -> Option<Line> {
        let skipping = self.blocks.skipping();
        let directive = line.words.first().map_or("", Word::text);
        if !skipping || self.blocks.reads(directive) {
            self.parsed.diagnostics.append(found);
        }
        match directive {
            ".if" => self.begin(&line),
            ".elif" => self.another(&line),
            ".else" => self.otherwise(&line),
            ".endif" => self.end(&line),
            _ if skipping => {}
            ".notice" | ".warning" | ".alert" | ".diag" => self.message(&line),
            dotted if dotted.starts_with('.') => self.unknown_directive(&line),
            _ => return Some(line),
        }
        None
    }

    /// At the end of a file all its blocks must be closed.
    pub(super) fn end_of_file(&mut self) {
        for block in std::mem::take(&mut self.blocks).open {
            let finding = Diagnostic::error(
                Code::ConditionalBlock,
                block.span,
                "this `.if` has no `.endif` in its file",
            )
            .label("opened here");
            self.report(finding);
        }
    }

    fn begin(&mut self, line: &Line) {
        let span = line.words[0].span();
        if self.blocks.open.len() >= MAX_NESTED {
            self.blocks.beyond += 1;
            let message = format!("more than {MAX_NESTED} blocks in one another");
            return self.report(Diagnostic::error(Code::ConditionalBlock, span, message));
        }
        let branch = if self.blocks.skipping() { Branch::Passed } else { self.branch(line) };
        self.blocks.open.push(Block { span, branch, last: false });
    }

    fn another(&mut self, line: &Line) {
        let Some(block) = self.blocks.open.last().filter(|_| self.blocks.beyond == 0) else {
            return self.lone(line);
        };
        let branch = match block.branch {
            _ if block.last => return self.after_else(line),
            Branch::Waiting => self.branch(line),
            Branch::Taken | Branch::Passed => Branch::Passed,
        };
        self.turn(branch, false);
    }

    fn otherwise(&mut self, line: &Line) {
        self.nothing_after(line);
        let Some(block) = self.blocks.open.last().filter(|_| self.blocks.beyond == 0) else {
            return self.lone(line);
        };
        let branch = match block.branch {
            _ if block.last => return self.after_else(line),
            Branch::Waiting => Branch::Taken,
            Branch::Taken | Branch::Passed => Branch::Passed,
        };
        self.turn(branch, true);
    }

    fn end(&mut self, line: &Line) {
        self.nothing_after(line);
        if self.blocks.beyond > 0 {
            self.blocks.beyond -= 1;
        } else if self.blocks.open.pop().is_none() {
            self.lone(line);
        }
    }

    fn turn(&mut self, branch: Branch, last: bool) {
        if let Some(block) = self.blocks.open.last_mut() {
            block.branch = branch;
            block.last |= last;
        }
    }

    /// Whether the branch of an `.if` or `.elif` is taken. Of one that cannot be read no branch is.
    fn branch(&mut self, line: &Line) -> Branch {
        if line.broken {
            return Branch::Passed;
        }
        let condition = Condition::of(&line.words);
        let environment = |name: &str| self.parsed.file.environment.get(name).map(str::to_owned);
        match predicate::evaluate(&condition.text, &environment) {
            Ok(true) => Branch::Taken,
            Ok(false) => Branch::Waiting,
            Err(invalid) => {
                let finding = bad_condition(&invalid, condition.span(&invalid));
                self.report(finding);
                Branch::Passed
            }
        }
    }

    fn lone(&mut self, line: &Line) {
        if self.blocks.beyond > 0 {
            return;
        }
        let word = &line.words[0];
        let message = format!("`{}` without an `.if` before it in this file", word.text());
        self.report(Diagnostic::error(Code::ConditionalBlock, word.span(), message));
    }

    fn after_else(&mut self, line: &Line) {
        let word = &line.words[0];
        let message = format!("`{}` after `.else`", word.text());
        let finding = Diagnostic::error(Code::ConditionalBlock, word.span(), message)
            .help("`.else` is the last branch of its block");
        self.report(finding);
        self.turn(Branch::Passed, true);
    }

    fn nothing_after(&mut self, line: &Line) {
        if let Some(extra) = line.words.get(1) {
            let message = format!("`{}` takes no argument", line.words[0].text());
            self.report(Diagnostic::error(Code::ExtraArgument, extra.span(), message).label("unexpected"));
        }
    }

    /// `.notice`, `.warning`, `.alert`: what the file itself has to say. `.diag` speaks in HAProxy's diagnostic mode
    /// alone, which does not exist here.
    fn message(&mut self, line: &Line) {
        if line.broken {
            return;
        }
        let (word, args) = (&line.words[0], &line.words[1..]);
        let directive = word.text();
        if let Some(extra) = args.get(1) {
            let message = format!("`{directive}` takes one argument");
            let finding = Diagnostic::error(Code::ExtraArgument, extra.span(), message)
                .label("unexpected")
                .help("write the message in quotes");
            return self.report(finding);
        }
        let text = super::report::shown(args.first().map_or("", Word::text));
        let span = args.first().map_or(word.span(), |text| word.span().to(text.span()));
        let finding = match directive {
            ".notice" => Diagnostic::notice(Code::Message, span, text),
            ".warning" => Diagnostic::warning(Code::Message, span, text),
            ".alert" => Diagnostic::error(Code::Message, span, text),
            _ => return,
        };
        self.report(finding.note("the file itself says so"));
    }

    fn unknown_directive(&mut self, line: &Line) {
        let word = &line.words[0];
        let message = format!("there is no directive `{}`", super::report::shown(word.text()));
        let finding = Diagnostic::error(Code::UnknownKeyword, word.span(), message)
            .help("there are `.if`, `.elif`, `.else`, `.endif`, `.notice`, `.warning`, `.alert` and `.diag`");
        self.report(finding);
    }
}

/// The words of a condition as one text, and where each of them begins in it.
struct Condition<'a> {
    text: String,
    words: &'a [Word],
    starts: Vec<usize>,
    directive: Span,
}

impl<'a> Condition<'a> {
    fn of(line: &'a [Word]) -> Self {
        let (directive, words) = (line[0].span(), &line[1..]);
        let (mut text, mut starts) = (String::new(), Vec::with_capacity(words.len()));
        for word in words {
            if !starts.is_empty() {
                text.push(' ');
            }
            starts.push(text.len());
            text.push_str(word.text());
        }
        Self { text, words, starts, directive }
    }

    /// The place that is at fault.
    fn span(&self, invalid: &InvalidPredicate) -> Span {
        let at = invalid.at();
        let number = self.starts.partition_point(|start| *start <= at).saturating_sub(1);
        let Some(word) = self.words.get(number) else { return self.directive };
        let within = at.saturating_sub(self.starts[number]);
        let len = match invalid {
            InvalidPredicate::Unknown { name, .. } => name.len(),
            InvalidPredicate::Arguments { name, .. } => name.len(),
            _ => 1,
        };
        if within >= word.text().len() {
            return word.span().after();
        }
        let end = within + len;
        let end = (end..word.text().len()).find(|end| word.text().is_char_boundary(*end));
        word.span_of(within..end.unwrap_or(word.text().len()))
    }
}

fn bad_condition(invalid: &InvalidPredicate, span: Span) -> Diagnostic {
    let finding = Diagnostic::error(Code::BadCondition, span, invalid.to_string());
    match invalid {
        InvalidPredicate::Unknown { name, .. } => {
            let names: Vec<_> = predicate::names().collect();
            let near = crate::expr::nearest(name, names.iter().copied());
            finding.help(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", names.join(", ")),
            })
        }
        _ => finding,
    }
}
