//! What a health check does: `option httpchk`, `http-check send`, `http-check expect`.

use sluicegate_proto::v1::{self, format_piece::Piece, health_check::Probe};

use super::Lowering;
use super::report::texts;
use super::rule::Args;
use super::settings::Lines;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::{Scope, is_token};
use crate::keywords::Effect;
use crate::raw;
use crate::word::Word;

impl<'a> Lowering<'a> {
    /// The check of a backend; a connection that opens where nothing else is said.
    pub(super) fn health_check(&mut self, lines: &Lines<'a>) -> v1::HealthCheck {
        let tcp = v1::HealthCheck { probe: Some(Probe::Tcp(v1::Empty {})) };
        let kind = |line: &Directive| {
            matches!(line.name(), "option httpchk" | "option tcp-check") || line.has(Effect::ChecksConnect)
        };
        // Of the lines that choose a check, the last one counts; one for a single server counts for all of them.
        let line = lines.last_where(|line| !is_of_server(line) && kind(line));
        let single = lines.lines_with(Effect::ChecksConnect).any(is_of_server);
        let Some(line) = line.filter(|line| line.name() == "option httpchk" && !single) else { return tcp };
        // All three are read even where one is wrong, so that all that is wrong is told.
        let mut probe = self.httpchk(line).unwrap_or_default();
        for line in lines.all("http-check send") {
            self.check_send(line, &mut probe);
        }
        for line in lines.all("http-check expect") {
            probe.expected = self.check_expect(line).unwrap_or_default();
        }
        v1::HealthCheck { probe: Some(Probe::Http(probe)) }
    }

    /// `option httpchk [[<method>] <uri> [<version> [<host>]]]`
    fn httpchk(&mut self, line: &'a Directive) -> Option<v1::HttpProbe> {
        let mut probe = v1::HttpProbe {
            method: "OPTIONS".into(),
            uri: "/".into(),
            version: "HTTP/1.0".into(),
            ..v1::HttpProbe::default()
        };
        match line.args() {
            [] => {}
            [uri] => probe.uri = self.check_uri(uri)?,
            [method, uri, rest @ ..] => {
                probe.method = self.check_method(method)?;
                probe.uri = self.check_uri(uri)?;
                if let Some(version) = rest.first() {
                    self.check_version(version, &mut probe)?;
                }
                if let Some(host) = rest.get(1) {
                    probe.headers.push(v1::Header {
                        name: "Host".into(),
                        value: raw::bytes(host.text()).into_owned().into(),
                    });
                }
            }
        }
        Some(probe)
    }

    fn check_method(&mut self, word: &Word) -> Option<String> {
        if is_token(word.text().as_bytes()) {
            return Some(word.text().to_owned());
        }
        let message = format!("`{}` is not a method", word.text());
        self.report(Diagnostic::error(Code::BadValue, word.span(), message));
        None
    }

    fn check_uri(&mut self, word: &Word) -> Option<String> {
        let good = |byte: u8| byte > b' ' && byte != 0x7f;
        if !word.text().is_empty() && word.text().bytes().all(good) {
            return Some(word.text().to_owned());
        }
        let message = format!("`{}` is not a path to check", word.text().escape_debug());
        self.report(
            Diagnostic::error(Code::BadValue, word.span(), message).help("write a path like `/health`"),
        );
        None
    }

    fn check_version(&mut self, word: &Word, probe: &mut v1::HttpProbe) -> Option<()> {
        let version = word.text();
        if matches!(version, "HTTP/1.0" | "HTTP/1.1") {
            version.clone_into(&mut probe.version);
            return Some(());
        }
        let message = format!("`{}` is not a version of HTTP that checks can have", version.escape_debug());
        self.report(
            Diagnostic::error(Code::BadValue, word.span(), message)
                .help("allowed are `HTTP/1.0` and `HTTP/1.1`"),
        );
        None
    }

    fn check_send(&mut self, line: &'a Directive, probe: &mut v1::HttpProbe) -> Option<()> {
        let mut args = Args::new(line.args(), line.end());
        while let Some(word) = args.value() {
            if word.text() == "hdr" {
                let name = match args.value() {
                    Some(name) => self.header_name(name)?,
                    None => return self.missing(&args, "the name of a header"),
                };
                let Some(value) = args.value() else { return self.missing(&args, "a value") };
                self.header_value(value)?;
                let value = self.check_text(value, &args)?;
                probe.headers.push(v1::Header { name, value });
                continue;
            }
            let Some(value) = args.value() else {
                self.incomplete(word, "a value");
                return None;
            };
            match word.text() {
                "meth" => probe.method = self.check_method(value)?,
                "uri" => probe.uri = self.check_uri(value)?,
                "ver" => self.check_version(value, probe)?,
                "body" => probe.body = raw::bytes(value.text()).into_owned().into(),
                name @ ("uri-lf" | "body-lf" | "comment") => {
                    let message = format!("`{name}` of a check is not done yet");
                    let finding = Diagnostic::warning(Code::DegradedValue, word.span(), message);
                    self.report(finding.label("left out"));
                }
                _ => {
                    let allowed = ["meth", "uri", "ver", "hdr", "body"];
                    self.not_one_of(word, "an argument of `http-check send`", &allowed);
                    return None;
                }
            }
        }
        Some(())
    }

    /// A value that is a format for HAProxy; here it must be the same for each check.
    fn check_text(&mut self, word: &Word, args: &Args<'a>) -> Option<bytes::Bytes> {
        let format = self.reader.format(&texts(args.words()), args.last(), Scope::REQUEST);
        self.expression_findings(args.words(), args.end());
        let pieces = format?.pieces;
        match pieces.as_slice() {
            [] => Some(bytes::Bytes::new()),
            [v1::FormatPiece { piece: Some(Piece::Literal(text)), .. }] => Some(text.clone()),
            _ => {
                let message = "expressions in checks are not evaluated yet: they give nothing";
                self.report(Diagnostic::warning(Code::DegradedValue, word.span(), message));
                Some(literals(&pieces))
            }
        }
    }

    /// `http-check expect status 200-399,404`
    fn check_expect(&mut self, line: &'a Directive) -> Option<Vec<v1::StatusRange>> {
        let at = line.args().iter().position(|word| word.text() == "status");
        let Some((at, statuses)) = at.and_then(|at| Some((at, line.args().get(at + 1)?))) else {
            let message = "what the check expects is not understood: a status from 200 to 399 is good";
            let finding = Diagnostic::warning(Code::DegradedValue, line.span, message);
            self.report(finding.help("write `http-check expect status 200-399`"));
            return None;
        };
        for word in line.args()[..at].iter().chain(&line.args()[at + 2..]) {
            let message = format!("`{}` of `http-check expect` is not done yet", word.text());
            let finding = Diagnostic::warning(Code::DegradedValue, word.span(), message);
            self.report(finding.label("left out"));
        }
        let mut ranges = Vec::new();
        let mut start = 0;
        for part in statuses.text().split(',') {
            let span = statuses.span_of(start..start + part.len());
            start += part.len() + 1;
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let status = |text: &str| text.parse().ok().filter(|status| (100..=599).contains(status));
            match (status(first), status(last)) {
                (Some(first), Some(last)) if first <= last => ranges.push(v1::StatusRange { first, last }),
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

/// The text of a format, without its expressions.
fn literals(pieces: &[v1::FormatPiece]) -> bytes::Bytes {
    let text = pieces.iter().filter_map(|piece| match &piece.piece {
        Some(Piece::Literal(text)) => Some(text.as_ref()),
        _ => None,
    });
    text.collect::<Vec<_>>().concat().into()
}

/// Whether a line is about single servers.
fn is_of_server(line: &Directive) -> bool {
    matches!(line.name(), "server" | "default-server")
}
