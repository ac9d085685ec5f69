//! Lines of words, by HAProxy's rules since 1.6 (configuration manual, 2.2 "Quoting and escaping"), or by those of
//! before ([`Quoting::Old`]), when quotes and `$` were characters like others.
//!
//! - Words are apart by white space; `#` outside quotes starts a comment, even inside a word.
//! - `'…'` keeps every byte; `"…"` decodes escapes and expands `$NAME`.
//! - `\ ` `\\` `\#` `\"` `\'` `\r` `\n` `\t` `\xHH` outside `'…'`, and `\$` inside `"…"`, are one byte;
//!   before anything else a backslash is kept, so that regular expressions survive.
//! - A line never goes on in the next one.

mod decode;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::environment::Environment;
use crate::source::{Source, SourceId, Span};
use crate::word::Word;
use decode::Decoder;

/// The most words of a line, as in HAProxy.
pub(crate) const MAX_WORDS: usize = 64;

/// How many bytes all variables of one configuration may expand to: without a bound, `setenv A "$A$A"` doubles.
pub(crate) const MAX_EXPANDED_BYTES: usize = 4 * 1024 * 1024;

/// By which rules a file is cut into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quoting {
    /// Those since 1.6.
    Modern,
    /// Those up to 1.5: quotes are letters, a backslash before one is kept.
    Old,
}

/// What `$NAME` can mean on a line.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) section: &'a str,
}

/// One line that has words.
#[derive(Debug)]
pub(crate) struct Line {
    /// At least one.
    pub(crate) words: Vec<Word>,
    /// Something on it was reported; what it says is not to be relied on.
    pub(crate) broken: bool,
    /// White space stands before the first word.
    pub(crate) indented: bool,
    /// What quotes do on it.
    pub(crate) quotes: Quotes,
}

/// What quotes there are on a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Quotes {
    /// A quotation holds white space or a `#`: by the rules up to 1.5 the line would have other words.
    pub(crate) joins: bool,
    /// A variable stands in one.
    pub(crate) expands: bool,
    /// One is not closed: by the rules up to 1.5 it would be a letter.
    pub(crate) unmatched: bool,
}

/// Takes the lines of one file, one after the other.
pub(crate) struct Lexer<'a> {
    source: &'a Source,
    text: &'a str,
    at: usize,
    line: u32,
    expanded: usize,
    quoting: Quoting,
}

impl<'a> Lexer<'a> {
    /// `expanded`: what variables have expanded to in the files before this one, in bytes.
    pub(crate) fn new(source: &'a Source, quoting: Quoting, expanded: usize) -> Self {
        Self { source, text: source.text(), at: 0, line: 0, expanded, quoting }
    }

    /// What variables have expanded to so far, in bytes.
    pub(crate) fn expanded(&self) -> usize {
        self.expanded
    }

    /// The next line that has words; `None` at the end of the file.
    pub(crate) fn next_line(&mut self, scope: Scope<'_>, diagnostics: &mut Diagnostics) -> Option<Line> {
        while self.at < self.text.len() {
            let start = self.at;
            let end = self.text[start..].find('\n').map_or(self.text.len(), |len| start + len);
            self.at = end + 1;
            self.line += 1;
            let text = &self.text[..end];
            let text = text.strip_suffix('\r').filter(|text| text.len() >= start).unwrap_or(text);
            let quotes = Quotes::default();
            let line = LineLexer {
                file: self,
                scope,
                text,
                at: start,
                broken: false,
                quotes,
                empty: Vec::new(),
                diagnostics,
            };
            if let Some(line) = line.run(start) {
                return Some(line);
            }
        }
        None
    }
}

/// The work on one line. `text` ends where the line ends, so that nothing can look past it.
struct LineLexer<'l, 'a> {
    file: &'l mut Lexer<'a>,
    scope: Scope<'l>,
    text: &'a str,
    at: usize,
    broken: bool,
    quotes: Quotes,
    /// The words that are empty: their numbers, and the variable that is not set.
    empty: Vec<(usize, Option<String>)>,
    diagnostics: &'l mut Diagnostics,
}

impl LineLexer<'_, '_> {
    fn run(mut self, start: usize) -> Option<Line> {
        let mut words = Vec::new();
        let mut indented = false;
        loop {
            self.skip_space();
            match self.peek() {
                None | Some(b'#') => break,
                Some(_) if words.len() >= MAX_WORDS => {
                    self.too_many();
                    break;
                }
                Some(_) => {}
            }
            if words.is_empty() {
                indented = self.at > start;
            }
            self.word(&mut words);
        }
        if !self.empty.is_empty() {
            self.empty_words(&mut words);
        }
        let (broken, quotes) = (self.broken, self.quotes);
        (!words.is_empty()).then_some(Line { words, broken, indented, quotes })
    }

    /// Words with nothing in them. In HAProxy up to 3.2 the first of them ends the line, silently; 3.3 refuses them.
    /// At the end of the line nothing gets lost with them. Directives such as `.if` take them as they are.
    fn empty_words(&mut self, words: &mut Vec<Word>) {
        if words.first().is_some_and(|first| first.text().starts_with('.')) {
            return;
        }
        let last = words.iter().rposition(|word| !word.text().is_empty()).map_or(0, |last| last + 1);
        for (number, unset) in std::mem::take(&mut self.empty) {
            let Some(span) = words.get(number).map(Word::span) else { continue };
            let label = unset.map(|name| format!("the environment variable `{name}` is not set"));
            let message = "a word with nothing in it";
            if number >= last {
                let finding = Diagnostic::warning(Code::EmptyWord, span, message)
                    .label(label.unwrap_or_default())
                    .note("left out; HAProxy does so up to 3.2 and refuses it since");
                self.diagnostics.push(finding);
                continue;
            }
            let finding = Diagnostic::error(Code::EmptyWord, span, message)
                .label(label.unwrap_or_default())
                .note("HAProxy refuses it too: older versions took it for the end of the line")
                .help("remove it, or give the variable a default: `\"${NAME-default}\"`");
            self.fail(finding);
        }
        words.truncate(last);
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'\r' {
                self.stray_return(self.at);
            } else if !is_space(byte) {
                return;
            }
            self.at += 1;
        }
    }

    /// Takes one word; `"${NAME[*]}"` may make several of it, or none.
    fn word(&mut self, words: &mut Vec<Word>) {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let old = self.file.quoting == Quoting::Old;
        let ends = |byte: &u8| if old { ends_old(*byte) } else { ends_plain(*byte) };
        let end = bytes[start..].iter().position(ends).map_or(bytes.len(), |len| start + len);
        if bytes.get(end).is_none_or(|byte| is_space(*byte) || *byte == b'#') {
            self.at = end;
            words.push(Word::plain(&self.text[start..end], self.span(start..end)));
            return;
        }
        let mut decoder = Decoder::new(start);
        self.decode(&mut decoder);
        let (made, unset) = decoder.finish(self);
        for word in made {
            if words.len() >= MAX_WORDS {
                self.too_many();
                return;
            }
            if word.text().is_empty() {
                self.empty.push((words.len(), unset.clone()));
            }
            words.push(word);
        }
    }

    fn span(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.source_id(), range)
    }

    fn source_id(&self) -> SourceId {
        self.file.source.id()
    }

    fn fail(&mut self, diagnostic: Diagnostic) {
        self.broken = true;
        self.diagnostics.push(diagnostic);
    }

    fn too_many(&mut self) {
        let span = self.span(self.at..self.text.len().max(self.at));
        self.at = self.text.len();
        let message = format!("more than {MAX_WORDS} words on one line");
        let finding = Diagnostic::error(Code::TooManyWords, span, message)
            .label("from here on")
            .help("patterns can stand on several `acl` lines of one name, or in a file given with `-f`");
        self.fail(finding);
    }

    fn stray_return(&mut self, at: usize) {
        let span = self.span(at..at + 1);
        let finding = Diagnostic::error(Code::StrayCarriageReturn, span, "a carriage return within the line")
            .note("HAProxy drops what follows it on the line; here it is refused so that nothing gets lost")
            .help("remove it; `\\r` in a word stands for the character itself");
        self.fail(finding);
    }

    /// The value of a variable: the pseudo-variables of the place, then the environment.
    fn variable(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            ".FILE" => Some(Cow::Borrowed(self.file.source.name())),
            ".LINE" => Some(Cow::Owned(self.file.line.to_string())),
            ".SECTION" => Some(Cow::Borrowed(self.scope.section)),
            name => self.scope.environment.get(name).map(Cow::Borrowed),
        }
    }
}

/// C's `isspace` without the line end.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\x0b' | b'\x0c')
}

/// A byte at which a word is no longer, or not only, what it reads.
fn ends_plain(byte: u8) -> bool {
    byte <= b'\\' && (is_space(byte) || matches!(byte, b'#' | b'"' | b'\'' | b'\\' | b'\r'))
}

/// The same by the rules up to 1.5.
fn ends_old(byte: u8) -> bool {
    ends_plain(byte) && !matches!(byte, b'"' | b'\'')
}
