//! Log-format strings: text, aliases (`%ci`) and expressions (`%[path]`), with flags (`%{+Q}r`).

use sluicegate_proto::catalog;
use sluicegate_proto::limits::{MAX_FORMAT_PIECES, MAX_TEXT_BYTES};
use sluicegate_proto::v1::{self, format_piece::Piece};

use super::{Phase, Problem, Reader, Scope, Text, nearest, nth};
use crate::keywords;
use crate::raw;

/// HAProxy: `option httplog clf`.
const CLF_LOG: &str = concat!(
    "%{+Q}o %{-Q}ci - - [%trg] %r %ST %B \"\" \"\" %cp %ms %ft %b %s %TR %Tw %Tc %Tr %Ta %tsc ",
    "%ac %fc %bc %sc %rc %sq %bq %CC %CS %hrl %hsl"
);

/// Aliases that HAProxy quotes where it is asked to; numbers and dates never are.
const TEXT_ALIASES: [&str; 22] = [
    "CC", "CS", "H", "HM", "HP", "HPO", "HQ", "HU", "HV", "b", "bi", "ci", "f", "fi", "ft", "hr", "hrl",
    "hs", "hsl", "r", "s", "si",
];

/// The formats that HAProxy has a name for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// `option httplog`
    Http,
    /// `option httplog clf`
    HttpClf,
    /// `option tcplog`
    Tcp,
    /// No option, in HTTP mode: one line for each request.
    ConnectHttp,
    /// No option, in TCP mode.
    ConnectTcp,
}

impl Preset {
    /// The format as one would write it after `log-format`.
    pub fn text(self) -> &'static str {
        match self {
            Preset::Http => catalog::HTTP_LOG,
            Preset::HttpClf => CLF_LOG,
            Preset::Tcp => catalog::TCP_LOG,
            Preset::ConnectHttp => catalog::CONNECT_LOG_HTTP,
            Preset::ConnectTcp => catalog::CONNECT_LOG_TCP,
        }
    }

    /// The format in the wire's form.
    pub fn format(self) -> v1::Format {
        let mut reader = Reader::new(&super::NoFiles);
        reader.format(&[self.text()], 0, Scope { phase: Phase::Log, http: true }).unwrap_or_default()
    }
}

/// Flags of a piece.
#[derive(Clone, Copy, Default)]
struct Flags {
    quote: bool,
    hexadecimal: bool,
}

/// A format that is being read.
struct Pieces {
    pieces: Vec<v1::FormatPiece>,
    literal: String,
    /// Runs of spaces in the text become one, as HAProxy does in log lines.
    merge_spaces: bool,
    flags: Flags,
}

impl Reader<'_> {
    /// The log-format string that `words[at]` is.
    pub fn format(&mut self, words: &[&str], at: usize, scope: Scope) -> Option<v1::Format> {
        let text = nth(words, at);
        let mut pieces = Pieces {
            pieces: Vec::new(),
            literal: String::new(),
            merge_spaces: scope.phase == Phase::Log,
            flags: Flags::default(),
        };
        let mut good = true;
        let mut position = 0;
        while let Some(found) = text.text[position..].find('%') {
            pieces.text(&text.text[position..position + found]);
            let percent = position + found;
            match self.directive(text, percent, scope, &mut pieces) {
                Ok(end) => position = end,
                Err(end) => {
                    good = false;
                    position = end;
                }
            }
        }
        pieces.text(&text.text[position..]);
        pieces.flush();
        if pieces.pieces.len() > MAX_FORMAT_PIECES {
            self.report(text.whole(), Problem::TooMany { what: "pieces", limit: MAX_FORMAT_PIECES });
            return None;
        }
        good.then_some(v1::Format { pieces: pieces.pieces })
    }

    /// What starts at the `%` at `percent`. Gives the offset behind it, as an error where it is wrong.
    fn directive(
        &mut self,
        text: Text<'_>,
        percent: usize,
        scope: Scope,
        pieces: &mut Pieces,
    ) -> Result<usize, usize> {
        let mut at = percent + 1;
        let mut flags = pieces.flags;
        if text.text[at..].starts_with('{') {
            at = self.format_flags(text, at, &mut flags)?;
        }
        let rest = &text.text[at..];
        if rest.starts_with('[') {
            return self.format_sample(text, at, scope, (pieces, flags));
        }
        if rest.starts_with('%') && at == percent + 1 {
            pieces.literal.push('%');
            return Ok(at + 1);
        }
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (name, end) = (&rest[..length], at + length);
        let place = text.place(percent, end);
        match catalog::alias(name) {
            None if name == "o" => {
                pieces.flags = flags;
                return Ok(end);
            }
            Some(alias) if alias.http_only && !scope.http => {
                let name = format!("%{name}");
                self.report(place, Problem::NotKnownHere { name, place: scope.place() });
            }
            Some(_) => {
                pieces.push(Piece::Alias(name.to_owned()), flags);
                return Ok(end);
            }
            None if name.is_empty() => {
                self.report(text.place(percent, (percent + 1).min(text.text.len())), Problem::LonePercent);
            }
            None if let Some(why) = keywords::lacking(keywords::Place::Variable, name) => {
                self.report(place, Problem::AliasLacking { name: name.to_owned(), why });
                pieces.literal.push('-');
                return Ok(end);
            }
            None => {
                let near = nearest(name, catalog::ALIASES.iter().map(|spec| spec.name));
                self.report(place, Problem::UnknownAlias { name: name.to_owned(), near });
            }
        }
        Err(end.max(percent + 1))
    }

    /// `[expression]` with its `[` at `open`.
    fn format_sample(
        &mut self,
        text: Text<'_>,
        open: usize,
        scope: Scope,
        (pieces, flags): (&mut Pieces, Flags),
    ) -> Result<usize, usize> {
        // After an error the rest of the word is not looked at: where it goes on is anyone's guess.
        let lost = text.text.len();
        let inner = &text.text[open + 1..];
        let start = open + 1 + (inner.len() - inner.trim_start_matches(' ').len());
        let Some(mut expression) = self.expression(text, start, false) else { return Err(lost) };
        let after = &text.text[expression.end..];
        let end = expression.end + (after.len() - after.trim_start_matches(' ').len());
        if !text.text[end..].starts_with(']') {
            if text.text[end..].contains(']') {
                self.trailing(text, expression.end);
            } else {
                self.report(
                    text.place(open - 1, lost),
                    Problem::UnclosedFormat { opening: '[', closing: ']' },
                );
            }
            return Err(lost);
        }
        let place = text.place(start, expression.end);
        let found = match expression.lacks {
            Some(_) => false,
            None => self.settle_value(&mut expression.sample, scope, place).ok_or(end + 1)?,
        };
        match found {
            true => pieces.push(Piece::Sample(expression.sample), flags),
            // As HAProxy writes what is not there: a dash in logs, nothing in headers.
            false if scope.phase == Phase::Log => pieces.literal.push('-'),
            false => {}
        }
        Ok(end + 1)
    }

    /// `{+Q,-X}` with its `{` at `open`.
    fn format_flags(&mut self, text: Text<'_>, open: usize, flags: &mut Flags) -> Result<usize, usize> {
        let lost = text.text.len();
        let Some(length) = text.text[open..].find('}') else {
            self.report(text.place(open - 1, lost), Problem::UnclosedFormat { opening: '{', closing: '}' });
            return Err(lost);
        };
        let mut at = open + 1;
        for flag in text.text[at..open + length].split(',') {
            let place = text.place(at, at + flag.len());
            at += flag.len() + 1;
            let flag = flag.trim();
            match flag {
                "+Q" => flags.quote = true,
                "-Q" => flags.quote = false,
                "+X" => flags.hexadecimal = true,
                "-X" => flags.hexadecimal = false,
                // Off anyway.
                "-E" | "-bin" | "-json" | "-cbor" | "" => {}
                "+E" | "+M" | "-M" | "+bin" | "+json" | "+cbor" => {
                    self.report(place, Problem::FormatFlagLacking { flag: flag.to_owned() });
                }
                _ => {
                    self.report(place, Problem::UnknownFormatFlag { flag: flag.to_owned() });
                    return Err(lost);
                }
            }
        }
        Ok(open + length + 1)
    }
}

impl Pieces {
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            if !(c == ' ' && self.merge_spaces && self.literal.ends_with(' ')) {
                self.literal.push(c);
            }
        }
    }

    fn flush(&mut self) {
        let mut literal = std::mem::take(&mut self.literal);
        if self.merge_spaces && self.pieces.is_empty() {
            literal = literal.trim_start_matches(' ').to_owned();
        }
        for part in raw::bytes(&literal).chunks(MAX_TEXT_BYTES) {
            self.pieces.push(v1::FormatPiece {
                piece: Some(Piece::Literal(part.to_vec().into())),
                ..v1::FormatPiece::default()
            });
        }
    }

    fn push(&mut self, piece: Piece, flags: Flags) {
        self.flush();
        let text = !matches!(&piece, Piece::Alias(alias) if !TEXT_ALIASES.contains(&alias.as_str()));
        self.pieces.push(v1::FormatPiece {
            piece: Some(piece),
            quote: flags.quote && text,
            hexadecimal: flags.hexadecimal,
        });
    }
}

/// A format of text alone.
pub fn literal(text: &str) -> v1::Format {
    let pieces = match text {
        "" => Vec::new(),
        text => vec![v1::FormatPiece {
            piece: Some(Piece::Literal(raw::bytes(text).into_owned().into())),
            ..v1::FormatPiece::default()
        }],
    };
    v1::Format { pieces }
}
