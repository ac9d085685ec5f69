//! Words with quotes, escapes or variables in them.

use std::ops::Range;

use super::{LineLexer, MAX_EXPANDED_BYTES, Quoting, is_space};
use crate::diagnostic::{Code, Diagnostic};
use crate::environment::{InvalidVariable, Variable};
use crate::raw;
use crate::word::{Segment, Word};

/// A word in the making, and those that `[*]` has split off before it.
pub(super) struct Decoder {
    start: usize,
    text: Vec<u8>,
    segments: Vec<Segment>,
    /// Where the source goes on, had it been copied byte for byte.
    next: Option<usize>,
    split: Vec<(Vec<u8>, Vec<Segment>)>,
    /// A `[*]` took part, so that no word at all is a right result.
    spread: bool,
    /// The last variable that was not set.
    unset: Option<String>,
    /// A variable could not be read, so that an empty word is no news.
    bad: bool,
}

impl Decoder {
    pub(super) fn new(start: usize) -> Self {
        let (text, segments, split) = Default::default();
        Self { start, text, segments, next: None, split, spread: false, unset: None, bad: false }
    }

    /// Copies source bytes as they are.
    fn copy(&mut self, text: &str, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        if self.next != Some(range.start) {
            self.segment(range.start, None);
        }
        self.next = Some(range.end);
        self.text.extend_from_slice(&text.as_bytes()[range]);
    }

    /// Puts `bytes` in the place of the source bytes `range`.
    fn fold(&mut self, bytes: &[u8], range: Range<usize>) {
        if bytes.is_empty() {
            return;
        }
        self.segment(range.start, Some(short(range.len())));
        self.next = None;
        self.text.extend_from_slice(bytes);
    }

    /// Puts a byte in the place of the source bytes `range`.
    fn fold_byte(&mut self, byte: u8, range: Range<usize>) {
        self.fold(raw::character(byte).encode_utf8(&mut [0; 4]).as_bytes(), range);
    }

    fn segment(&mut self, source: usize, folded: Option<u32>) {
        self.segments.push(Segment { decoded: short(self.text.len()), source: short(source), folded });
    }

    /// Puts every word of `value` in the place of `range`, the first one joined to what is there.
    fn spread(&mut self, value: &str, range: &Range<usize>) {
        self.spread = true;
        for (index, word) in value.split_ascii_whitespace().enumerate() {
            if index > 0 && self.split.len() <= super::MAX_WORDS {
                self.split.push((std::mem::take(&mut self.text), std::mem::take(&mut self.segments)));
            }
            self.fold(word.as_bytes(), range.clone());
        }
    }

    /// The words, and why one may be empty: a variable that is not set.
    pub(super) fn finish(mut self, line: &mut LineLexer<'_, '_>) -> (Vec<Word>, Option<String>) {
        let range = self.start..line.at;
        let span = line.span(range);
        if !self.text.is_empty() || !self.spread {
            self.split.push((self.text, self.segments));
        }
        let mut words = Vec::with_capacity(self.split.len());
        for (bytes, segments) in self.split {
            // What could not be read has been told.
            if bytes.is_empty() && self.bad {
                continue;
            }
            let text = String::from_utf8(bytes);
            let text = text.unwrap_or_else(|error| raw::read(error.as_bytes()).into_owned());
            if text.contains('\0') {
                let finding = Diagnostic::error(Code::BadEscape, span, "the word holds a NUL byte");
                line.fail(finding.note("HAProxy takes it for the end of the word"));
            } else {
                words.push(Word::decoded(text, span, segments));
            }
        }
        (words, self.unset)
    }
}

impl LineLexer<'_, '_> {
    /// Reads up to the end of the word.
    pub(super) fn decode(&mut self, out: &mut Decoder) {
        let old = self.file.quoting == Quoting::Old;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' | b'\'' | b'\\' if old => self.old(out),
                b'#' => return,
                byte if is_space(byte) => return,
                b'"' => self.weak(out),
                b'\'' => self.strong(out),
                b'\\' => self.escape(out, false),
                b'\r' => {
                    self.stray_return(self.at);
                    self.at += 1;
                }
                _ => self.copy_until(out, super::ends_plain),
            }
        }
    }

    fn copy_until(&mut self, out: &mut Decoder, stop: impl Fn(u8) -> bool) {
        let start = self.at;
        let rest = &self.text.as_bytes()[start..];
        self.at = start + rest.iter().position(|byte| stop(*byte)).unwrap_or(rest.len());
        out.copy(self.text, start..self.at);
    }

    /// A quote or backslash by the rules up to 1.5: the former is a letter, also after the latter.
    fn old(&mut self, out: &mut Decoder) {
        match self.text.as_bytes().get(self.at..self.at + 2) {
            Some([b'\\', b'"' | b'\'']) => {
                out.copy(self.text, self.at..self.at + 2);
                self.at += 2;
            }
            _ if self.peek() == Some(b'\\') => self.escape(out, false),
            _ => {
                out.copy(self.text, self.at..self.at + 1);
                self.at += 1;
            }
        }
    }

    /// `"…"`
    fn weak(&mut self, out: &mut Decoder) {
        let open = self.at;
        self.at += 1;
        loop {
            self.copy_until(out, |byte| matches!(byte, b'"' | b'\\' | b'$' | b'\r'));
            match self.peek() {
                Some(b'"') => return self.end_quotation(open),
                Some(b'\\') => self.escape(out, true),
                Some(b'$') => {
                    self.quotes.expands = true;
                    self.expand(out);
                }
                Some(_) => {
                    self.stray_return(self.at);
                    self.at += 1;
                }
                None => return self.unmatched(open, "double"),
            }
        }
    }

    /// `'…'`
    fn strong(&mut self, out: &mut Decoder) {
        let open = self.at;
        self.at += 1;
        self.copy_until(out, |byte| byte == b'\'' || byte == b'\r');
        match self.peek() {
            Some(b'\'') => self.end_quotation(open),
            Some(_) => {
                self.stray_return(self.at);
                self.at = self.text.len();
            }
            None => self.unmatched(open, "single"),
        }
    }

    fn end_quotation(&mut self, open: usize) {
        let quoted = &self.text.as_bytes()[open..self.at];
        self.quotes.joins |= quoted.iter().any(|byte| is_space(*byte) || *byte == b'#');
        self.at += 1;
    }

    fn unmatched(&mut self, open: usize, kind: &str) {
        self.quotes.unmatched = true;
        let quote = &self.text[open..open + 1];
        let span = self.span(open..open + 1);
        let finding = Diagnostic::error(
            Code::UnmatchedQuote,
            span,
            format!("the {kind} quote is not closed on its line"),
        )
        .label("opened here")
        .help(format!("close it, or write `\\{quote}` for the character itself"));
        let apostrophe = quote == "'" && open > 0 && self.text.as_bytes()[open - 1].is_ascii_alphanumeric();
        let finding = if apostrophe {
            finding.note("HAProxy up to 1.5 took an apostrophe for a letter; since 1.6 it opens a quotation")
        } else {
            finding
        };
        self.fail(finding);
    }

    fn escape(&mut self, out: &mut Decoder, weak: bool) {
        let at = self.at;
        let next = self.text.as_bytes().get(at + 1).copied();
        let byte = match next {
            Some(byte @ (b' ' | b'\\' | b'#' | b'"' | b'\'')) => byte,
            Some(b'$') if weak => b'$',
            Some(b'r') => b'\r',
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'x') => return self.hex(out),
            Some(_) | None => {
                if next.is_none() && !weak {
                    self.no_continuation(at);
                }
                self.at += 1;
                return out.copy(self.text, at..at + 1);
            }
        };
        self.at += 2;
        out.fold(&[byte], at..at + 2);
    }

    fn hex(&mut self, out: &mut Decoder) {
        let at = self.at;
        let digits = self
            .text
            .get(at + 2..at + 4)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            self.at += 4;
            return out.fold_byte(byte, at..at + 4);
        }
        self.at += 2;
        let span = self.span(at..at + 2);
        let finding =
            Diagnostic::error(Code::BadEscape, span, "`\\x` is not followed by two hexadecimal digits")
                .help("write `\\x2f` for a byte by its number, or `\\\\x` for a backslash and an x");
        self.fail(finding);
    }

    fn no_continuation(&mut self, at: usize) {
        let span = self.span(at..at + 1);
        let finding =
            Diagnostic::warning(Code::NoContinuation, span, "a backslash at the end joins no lines")
                .label("taken as a character of the word")
                .note("a statement is one line in this language");
        self.diagnostics.push(finding);
    }

    /// `$NAME` inside `"…"`
    fn expand(&mut self, out: &mut Decoder) {
        let at = self.at;
        let variable = match Variable::parse(self.text, at) {
            Ok(variable) => variable,
            Err(invalid) => {
                // What cannot be a name goes on being text: it may be the closing quote.
                let resume =
                    if matches!(invalid, InvalidVariable::NoName { .. }) { at } else { invalid.at().end };
                self.at = resume.max(at + 1);
                out.bad = true;
                return self.bad_variable(&invalid);
            }
        };
        self.at = variable.range.end;
        let value = self.variable(variable.name).or_else(|| variable.default.map(Into::into));
        let Some(value) = value.map(std::borrow::Cow::into_owned) else {
            out.unset = Some(variable.name.to_owned());
            out.spread |= variable.words;
            return self.unset(&variable);
        };
        self.file.expanded = self.file.expanded.saturating_add(value.len());
        if self.file.expanded > MAX_EXPANDED_BYTES {
            let message = format!("variables expand to more than {MAX_EXPANDED_BYTES} bytes in all");
            let span = self.span(variable.range);
            return self
                .fail(Diagnostic::error(Code::BadVariable, span, message).label("this one went over"));
        }
        if variable.words {
            out.spread(&value, &variable.range)
        } else {
            out.fold(value.as_bytes(), variable.range)
        }
    }

    fn unset(&mut self, variable: &Variable<'_>) {
        let name = variable.name;
        let span = self.span(variable.range.clone());
        let finding = Diagnostic::warning(
            Code::UnsetVariable,
            span,
            format!("the environment variable `{name}` is not set"),
        )
        .label("stands for nothing")
        .help(format!("set it, or give a default: `${{{name}-default}}`"));
        self.diagnostics.push(finding);
    }

    fn bad_variable(&mut self, invalid: &InvalidVariable) {
        let span = self.span(invalid.at());
        let finding = Diagnostic::error(Code::BadVariable, span, invalid.to_string()).help(
            "in double quotes write `\\$` for the character itself; in single quotes nothing is expanded",
        );
        self.fail(finding);
    }
}

fn short(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
