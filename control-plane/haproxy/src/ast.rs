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
    /// `ring`: log lines on their way to servers.
    Ring,
    /// `cache`: responses that are kept.
    Cache,
    /// `resolvers`: name servers.
    Resolvers,
    /// `crt-store`: certificates by name.
    CrtStore,
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
    /// Its name. `frontend`, `listen`, `backend` and `ring` always have one, `defaults` may, `global` never does.
    pub name: Option<Word>,
    /// The `defaults` section named after `from`.
    pub from: Option<Word>,
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
    /// Its entry in the table.
    pub keyword: &'static Keyword,
    /// `no` or `default`.
    pub prefix: Prefix,
    /// All words of the line.
    pub words: Vec<Word>,
    /// The entry of the action, for a keyword whose first argument is one (`http-request deny`).
    pub action: Option<&'static Keyword>,
    /// How many of the words are the prefix and the keyword.
    pub(crate) head: usize,
    /// The options found after the fixed arguments of `bind`, `server` and their like.
    pub(crate) options: Vec<OptionAt>,
    /// From the first word to the last.
    pub span: Span,
}

impl Directive {
    /// The keyword's name as in the table: `timeout client`.
    pub fn name(&self) -> &'static str {
        self.keyword.name
    }

    /// What stands in parentheses behind the last word of the keyword; `None`: nothing.
    pub fn called(&self) -> Option<&str> {
        let (_, rest) = self.head().last()?.text().split_once('(')?;
        Some(rest.trim_end_matches(')')).filter(|name| !name.is_empty())
    }

    /// The words after the keyword.
    pub fn args(&self) -> &[Word] {
        self.words.get(self.head..).unwrap_or_default()
    }

    /// The arguments before the options: the address of a `bind`, name and address of a `server`; all where the keyword
    /// has no options.
    pub fn fixed(&self) -> &[Word] {
        let len = self.keyword.options.map_or(self.args().len(), |(_, fixed)| fixed as usize);
        self.args().get(..len).unwrap_or(self.args())
    }

    /// The options of a `bind` or `server` line, in order. One that is given twice is here twice: the last one wins.
    pub fn options(&self) -> impl DoubleEndedIterator<Item = OptionUse<'_>> {
        self.options.iter().filter_map(|found| {
            let word = self.words.get(found.word)?;
            let args = self.words.get(found.word + 1..found.word + 1 + found.args)?;
            Some(OptionUse { keyword: found.keyword, word, args })
        })
    }

    /// The last use of an option.
    pub fn option(&self, name: &str) -> Option<OptionUse<'_>> {
        self.options().rev().find(|option| option.keyword.name == name)
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

/// Where an option stands in the words of its line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OptionAt {
    pub(crate) keyword: &'static Keyword,
    pub(crate) word: usize,
    pub(crate) args: usize,
}

/// An option of a `bind` or `server` line: `inter 2s`.
#[derive(Clone, Copy, Debug)]
pub struct OptionUse<'a> {
    /// Its entry in the table.
    pub keyword: &'static Keyword,
    /// The word itself.
    pub word: &'a Word,
    /// What it takes.
    pub args: &'a [Word],
}

impl OptionUse<'_> {
    /// From its word to its last argument.
    pub fn span(&self) -> Span {
        self.args.last().map_or(self.word.span(), |last| self.word.span().to(last.span()))
    }
}
