//! `redirect` and `http-request redirect`.

use sluicegate_proto::v1::{self, RedirectKind, format_piece::Piece};

use super::Lowering;
use super::rule::Args;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::{Scope, literal};
use crate::word::Word;

const CODES: [u32; 5] = [301, 302, 303, 307, 308];
const PARAMETERS: [&str; 9] = [
    "location",
    "prefix",
    "scheme",
    "code",
    "drop-query",
    "append-slash",
    "ignore-empty",
    "set-cookie",
    "clear-cookie",
];

impl<'a> Lowering<'a> {
    /// The arguments of a redirect; the target is a format where a scope is given, else plain text.
    pub(super) fn redirect(&mut self, args: &mut Args<'a>, format: Option<Scope>) -> Option<v1::Redirect> {
        let mut redirect = v1::Redirect { status: 302, ..v1::Redirect::default() };
        while let Some(word) = args.parameter() {
            match word.text() {
                "drop-query" => redirect.drop_query = true,
                "append-slash" => redirect.append_slash = true,
                "ignore-empty" => redirect.ignore_empty = true,
                "keep-query" => {
                    let message = "`keep-query` is not done yet: the target is sent as it is";
                    self.report(Diagnostic::warning(Code::DegradedValue, word.span(), message));
                }
                name if PARAMETERS.contains(&name) => {
                    self.redirect_value(word, args, format, &mut redirect)?
                }
                _ => {
                    self.not_one_of(word, "an argument of a redirect", &PARAMETERS);
                    return None;
                }
            }
        }
        if redirect.target.is_none() {
            return self.missing(args, "`location`, `prefix` or `scheme` and a target");
        }
        Some(redirect)
    }

    fn redirect_value(
        &mut self,
        word: &'a Word,
        args: &mut Args<'a>,
        format: Option<Scope>,
        redirect: &mut v1::Redirect,
    ) -> Option<()> {
        let Some(value) = args.value() else {
            self.incomplete(word, "a value");
            return None;
        };
        let kind = match word.text() {
            "location" => RedirectKind::Location,
            "prefix" => RedirectKind::Prefix,
            "scheme" => RedirectKind::Scheme,
            "code" => {
                redirect.status = self.redirect_code(value)?;
                return Some(());
            }
            // The whole header value, as HAProxy writes it.
            "set-cookie" => {
                redirect.set_cookie = format!("{}; path=/;", self.plain(value)?);
                return Some(());
            }
            _ => {
                let value = self.plain(value)?;
                let name = value.trim_end_matches('=');
                redirect.set_cookie = format!("{name}=; path=/; Max-Age=0;");
                return Some(());
            }
        };
        if redirect.target.is_some() {
            self.report(
                Diagnostic::error(Code::ExtraArgument, word.span(), "a redirect has one target")
                    .label("a second one"),
            );
            return None;
        }
        redirect.kind = kind.into();
        redirect.target = Some(match format {
            Some(scope) => {
                let format = self.format(args, scope)?;
                self.up_to_line_end(value, format)
            }
            // A prefix of `/` means: nothing in front (manual 4.2, redirect prefix).
            None if kind == RedirectKind::Prefix && value.text() == "/" => literal(""),
            None => literal(value.text()),
        });
        if format.is_none() {
            self.header_value(value)?;
        }
        Some(())
    }

    /// HAProxy sends a line end in a target as it is, so that files put further headers behind it.
    fn up_to_line_end(&mut self, word: &Word, mut format: v1::Format) -> v1::Format {
        let end = format.pieces.iter().enumerate().find_map(|(index, piece)| match &piece.piece {
            Some(Piece::Literal(text)) => {
                text.iter().position(|byte| matches!(byte, b'\r' | b'\n' | 0)).map(|at| (index, at))
            }
            _ => None,
        });
        let Some((index, at)) = end else { return format };
        let message = "headers behind the target of a redirect are not sent";
        let finding = Diagnostic::warning(Code::DegradedValue, word.span(), message);
        self.report(finding.label("what stands behind the line end is left out"));
        format.pieces.truncate(index + 1);
        if let Some(v1::FormatPiece { piece: Some(Piece::Literal(text)), .. }) = format.pieces.last_mut() {
            text.truncate(at);
        }
        format
    }

    fn redirect_code(&mut self, word: &Word) -> Option<u32> {
        let code = word.text().parse().ok().filter(|code| CODES.contains(code));
        if code.is_none() {
            let message = format!("`{}` is not a status of a redirect", word.text());
            self.report(
                Diagnostic::error(Code::BadValue, word.span(), message)
                    .help("allowed are 301, 302, 303, 307 and 308"),
            );
        }
        code
    }
}
