//! A configuration as it was written: sections of directives of words, each with its place.
//!
//! What stands here has passed the keyword table: the keyword exists, may stand in its section, is supported at least
//! in part, and has a right number of arguments. What the arguments mean is the business of the lowering.

use crate::environment::Environment;
use crate::keywords::Keyword;
use crate::sections::SectionEntry;
use crate::source::Span;
use crate::word::Word;

/// All files of one configuration, read as one: a section may start in one file and the next file goes on in it.
#[derive(Debug, Default)]
pub struct File {
    /// The sections, in order.
    pub sections: Vec<Section>,
    /// The environment after the last line: what was given, and what `setenv` and its like made of it.
    pub environment: Environment,
}

impl File {
    /// The sections of one kind, in order.
    pub fn of_kind(&self, kind: SectionKind) -> impl Iterator<Item = &Section> {
        self.sections.iter().filter(move |section| section.kind == kind)
    }
}

/// What a section is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionKind {
    /// `global`: the process.
    Global,
    /// `defaults`: settings of the proxies that follow.
    Defaults,
    /// `frontend`: takes connections.
    Frontend,
    /// `listen`: a frontend and a backend in one.
    Listen,
    /// `backend`: servers.
    Backend,
    /// A section that is known and has no effect; its lines are not in the tree.
    Other(&'static SectionEntry),
}

/// A section and its lines.
#[derive(Debug)]
pub struct Section {
    /// What it is.
    pub kind: SectionKind,
    /// The word that opened it.
    pub keyword: Word,
    /// Its name. `frontend`, `listen` and `backend` always have one, `defaults` may, `global` never does.
    pub name: Option<Word>,
    /// The `defaults` section named after `from`.
    pub from: Option<Word>,
    /// The addresses that a `frontend` or `listen` line carried, as files did before HAProxy 1.6: one `bind` argument.
    pub address: Option<Word>,
    /// The line that opened it.
    pub span: Span,
    /// Its lines.
    pub directives: Vec<Directive>,
}

/// What stood in front of a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// Nothing: the keyword is given.
    None,
    /// `no`: the keyword is taken back.
    No,
    /// `default`: the keyword is as if never given.
    Default,
}

/// One line of a section.
#[derive(Debug)]
pub struct Directive {
    /// Its entry in the table; an old spelling has the entry of its modern form.
    pub keyword: &'static Keyword,
    /// `no` or `default`.
    pub prefix: Prefix,
    /// All words of the line.
    pub words: Vec<Word>,
    /// How many of the words are the prefix and the keyword.
    pub(crate) head: usize,
    /// From the first word to the last.
    pub span: Span,
}

impl Directive {
    /// The keyword's name as in the table: `timeout client`.
    pub fn name(&self) -> &'static str {
        self.keyword.name
    }

    /// The words after the keyword.
    pub fn args(&self) -> &[Word] {
        self.words.get(self.head..).unwrap_or_default()
    }

    /// The words of the keyword itself, as written.
    pub fn head(&self) -> &[Word] {
        self.words.get(..self.head).unwrap_or_default()
    }

    /// The place of the keyword's words, without the prefix.
    pub fn keyword_span(&self) -> Span {
        let head = self.head();
        let first = usize::from(self.prefix != Prefix::None);
        match (head.get(first), head.last()) {
            (Some(first), Some(last)) => first.span().to(last.span()),
            _ => self.span,
        }
    }

    /// The place after the last word: where a missing argument would stand.
    pub fn end(&self) -> Span {
        self.span.after()
    }
}
