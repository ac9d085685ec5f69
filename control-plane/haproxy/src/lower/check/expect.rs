//! `tcp-check expect` and `http-check expect`

use sluicegate_proto::v1::{self, CheckStatus, Match, check_expect::Pattern, check_text_piece::Piece};

use super::super::Lowering;
use super::super::rule::Args;
use super::tcp::Commented;
use super::written::Written;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::raw;
use crate::word::Word;

const OK: [(&str, CheckStatus); 4] = [
    ("L4OK", CheckStatus::L4ok),
    ("L6OK", CheckStatus::L6ok),
    ("L7OK", CheckStatus::L7ok),
    ("L7OKC", CheckStatus::L7okc),
];
const ERROR: [(&str, CheckStatus); 5] = [
    ("L4CON", CheckStatus::L4con),
    ("L6RSP", CheckStatus::L6rsp),
    ("L7OKC", CheckStatus::L7okc),
    ("L7RSP", CheckStatus::L7rsp),
    ("L7STS", CheckStatus::L7sts),
];
const LATE: [(&str, CheckStatus); 3] =
    [("L4TOUT", CheckStatus::L4tout), ("L6TOUT", CheckStatus::L6tout), ("L7TOUT", CheckStatus::L7tout)];

impl<'a> Lowering<'a> {
    /// `[min-recv <int>] [ok-status <st>] [error-status <st>] [tout-status <st>] [on-success <fmt>] [on-error <fmt>]
    /// [status-code <expr>] [comment <text>] [!] <match> <pattern>`
    pub(super) fn check_expect(
        &mut self,
        line: &'a Directive,
        http: bool,
    ) -> Option<Commented<v1::CheckExpect>> {
        let mut args = Args::new(line.args(), line.end());
        let (mut expect, mut comment) = (v1::CheckExpect::default(), String::new());
        while let Some(word) = args.value() {
            let bare = word.text().trim_start_matches('!');
            let negations = word.text().len() - bare.len();
            expect.negated ^= negations % 2 == 1;
            let mut what = (word, bare);
            if bare.is_empty() && negations > 0 {
                let Some(next) = args.value() else { return self.missing(&args, "what to look for") };
                what = (next, next.text());
            }
            if let Some(pattern) = self.check_pattern(what.1, &mut args, http) {
                if expect.pattern.is_some() {
                    let message = "a step looks for one thing only";
                    self.report(Diagnostic::error(Code::BadValue, what.0.span(), message));
                    return None;
                }
                expect.pattern = Some(pattern?);
            } else if negations > 0 {
                let message = format!("`{}` cannot be negated", what.1);
                self.report(Diagnostic::error(Code::BadValue, what.0.span(), message));
                return None;
            } else if what.1 == "comment" {
                comment = self.comment_of(&mut args)?;
            } else {
                self.expect_option(word, &mut args, &mut expect, http)?;
            }
        }
        if expect.pattern.is_none() {
            let message = "the check does not say what it expects";
            self.report(Diagnostic::error(Code::MissingArgument, line.end(), message).help(if http {
                "write `http-check expect status 200-399`"
            } else {
                "write `tcp-check expect string <text>`"
            }));
            return None;
        }
        Some((expect, comment))
    }

    /// `None`: the word is none of those that say what to look for. `Some(None)`: what follows it is wrong.
    fn check_pattern(&mut self, word: &str, args: &mut Args<'a>, http: bool) -> Option<Option<Pattern>> {
        let known = match word {
            "string" | "rstring" | "string-lf" => true,
            "binary" | "rbinary" | "binary-lf" => !http,
            "status" | "rstatus" | "hdr" | "fhdr" => http,
            _ => false,
        };
        if !known {
            return None;
        }
        if matches!(word, "hdr" | "fhdr") {
            return Some(self.header_pattern(word == "fhdr", args).map(Pattern::Header));
        }
        let Some(value) = args.value() else { return Some(self.missing(args, "a pattern")) };
        let text = || bytes::Bytes::from(value.text().to_owned());
        Some(match word {
            "string" => Some(Pattern::Text(text())),
            "string-lf" => self.check_format(value, args).map(|written| match written {
                Written::Is(text) => Pattern::Formatted(text),
                Written::Made(format) => Pattern::Made(format),
            }),
            "binary" => self.hexadecimal(value, &text()).map(Pattern::Binary),
            "binary-lf" => match self.check_format(value, args) {
                None => None,
                Some(Written::Is(text)) => self.hexadecimal(value, &text).map(Pattern::FormattedBinary),
                Some(Written::Made(format)) => Some(Pattern::MadeBinary(format)),
            },
            "rstring" => self.regex(value).map(Pattern::Regex),
            "rbinary" => self.regex(value).map(Pattern::HexRegex),
            "rstatus" => self.regex(value).map(Pattern::StatusRegex),
            _ => self.statuses(value).map(|ranges| Pattern::Status(v1::StatusRanges { ranges })),
        })
    }

    fn expect_option(
        &mut self,
        word: &Word,
        args: &mut Args<'a>,
        expect: &mut v1::CheckExpect,
        http: bool,
    ) -> Option<()> {
        let name = word.text();
        let known =
            ["min-recv", "ok-status", "error-status", "tout-status", "on-success", "on-error", "status-code"];
        if !known.contains(&name) {
            let patterns: &[&str] = if http {
                &["string", "rstring", "string-lf", "status", "rstatus", "hdr", "fhdr", "comment"]
            } else {
                &["string", "rstring", "string-lf", "binary", "rbinary", "binary-lf", "comment"]
            };
            self.not_one_of(word, "an argument of `expect`", &[&known[..], patterns].concat());
            return None;
        }
        let Some(value) = args.value() else { return self.missing(args, "a value") };
        match name {
            "min-recv" if value.text() == "-1" => expect.min_bytes = None,
            "min-recv" => expect.min_bytes = Some(self.number(value, 0..=i32::MAX as u32)?),
            "ok-status" => expect.passed = self.check_status(value, &OK)?.into(),
            "error-status" => expect.failed = self.check_status(value, &ERROR)?.into(),
            "tout-status" => expect.late = self.check_status(value, &LATE)?.into(),
            "on-success" => expect.on_success = Some(self.told_text(value, args)?),
            "on-error" => expect.on_error = Some(self.told_text(value, args)?),
            _ if value.text() == "res.payload(0,3)" => expect.has_code = true,
            _ => expect.made_code = self.check_sample(args),
        }
        Some(())
    }

    fn check_status(&mut self, word: &Word, allowed: &[(&str, CheckStatus)]) -> Option<CheckStatus> {
        let found = allowed.iter().find(|(name, _)| name.eq_ignore_ascii_case(word.text()));
        if found.is_none() {
            let names: Vec<&str> = allowed.iter().map(|(name, _)| *name).collect();
            self.not_one_of(word, "a result that can stand here", &names);
        }
        found.map(|(_, status)| *status)
    }

    fn told_text(&mut self, word: &Word, args: &Args<'a>) -> Option<v1::CheckText> {
        let piece = match self.check_format(word, args)? {
            Written::Is(text) => Piece::Literal(text),
            Written::Made(format) => Piece::Made(format),
        };
        Some(v1::CheckText { pieces: vec![v1::CheckTextPiece { piece: Some(piece) }] })
    }

    /// `name [-m <match>] <text> [value [-m <match>] <text>]`
    fn header_pattern(&mut self, whole_lines: bool, args: &mut Args<'a>) -> Option<v1::HeaderPattern> {
        match args.value() {
            Some(word) if matches!(word.text(), "name" | "name-lf") => {
                let name = self.header_text(word.text() == "name-lf", args)?;
                let rest = &args.words()[args.last() + 1..];
                let value = rest.first().filter(|word| matches!(word.text(), "value" | "value-lf"));
                let value = match value {
                    Some(word) => {
                        args.value();
                        Some(self.header_text(word.text() == "value-lf", args)?)
                    }
                    None => None,
                };
                Some(v1::HeaderPattern { name: Some(name), value, whole_lines })
            }
            _ => self.missing(args, "`name` and the name of a header"),
        }
    }

    fn header_text(&mut self, formatted: bool, args: &mut Args<'a>) -> Option<v1::HeaderText> {
        let Some(mut word) = args.value() else { return self.missing(args, "a pattern") };
        let mut how = Match::Str;
        if word.text() == "-m" {
            let Some(method) = args.value() else { return self.missing(args, "a matching method") };
            how = match method.text() {
                "str" => Match::Str,
                "beg" => Match::Beg,
                "end" => Match::End,
                "sub" => Match::Sub,
                "reg" if !formatted => Match::Reg,
                _ => {
                    let all = ["str", "beg", "end", "sub", "reg"];
                    self.not_one_of(method, "a matching method here", &all[..if formatted { 4 } else { 5 }]);
                    return None;
                }
            };
            let Some(next) = args.value() else { return self.missing(args, "a pattern") };
            word = next;
        }
        let text = match how {
            Match::Reg => self.regex(word)?.into(),
            _ if formatted => match self.check_format(word, args)? {
                Written::Is(text) => text,
                Written::Made(format) => {
                    let made = Some(format);
                    return Some(v1::HeaderText { r#match: how.into(), made, ..v1::HeaderText::default() });
                }
            },
            _ => raw::bytes(word.text()).into_owned().into(),
        };
        Some(v1::HeaderText { r#match: how.into(), text, made: None })
    }

    /// `200-399,404`
    fn statuses(&mut self, word: &Word) -> Option<Vec<v1::StatusRange>> {
        let mut ranges = Vec::new();
        let mut start = 0;
        for part in word.text().split(',') {
            let span = word.span_of(start..start + part.len());
            start += part.len() + 1;
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            match (first.parse::<u16>(), last.parse::<u16>()) {
                (Ok(first), Ok(last)) if first <= last && ranges.len() < 256 => {
                    ranges.push(v1::StatusRange { first: first.into(), last: last.into() });
                }
                _ => {
                    let message = format!("`{part}` is not a status or a range of statuses");
                    self.report(
                        Diagnostic::error(Code::BadValue, span, message).help("write `200`, or `200-399`"),
                    );
                    return None;
                }
            }
        }
        Some(ranges)
    }
}
