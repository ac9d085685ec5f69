//! What a health check does: `option httpchk`, `http-check send`, `http-check expect`.

use sluicegate_proto::v1::{self, format_piece::Piece, health_check::Probe};

use super::Lowering;
use super::report::texts;
use super::rule::Args;
use super::settings::Lines;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::{Scope, is_token};
use crate::word::Word;

impl<'a> Lowering<'a> {
    /// The check of a backend; a connection that opens where nothing else is said.
    pub(super) fn health_check(&mut self, lines: &Lines<'a>) -> v1::HealthCheck {
        let tcp = v1::HealthCheck { probe: Some(Probe::Tcp(v1::Empty {})) };
        let line = lines.last_of(&["option httpchk", "option tcp-check"]);
        let Some(line) = line.filter(|line| line.name() == "option httpchk") else { return tcp };
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
                    probe
                        .headers
                        .push(v1::Header { name: "Host".into(), value: host.text().to_owned().into() });
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

    /// The version, after which old files put headers: `HTTP/1.1\r\nHost:\ www`.
    fn check_version(&mut self, word: &Word, probe: &mut v1::HttpProbe) -> Option<()> {
        let mut lines = word.text().split("\r\n");
        let version = lines.next().unwrap_or_default();
        if !matches!(version, "HTTP/1.0" | "HTTP/1.1") {
            let message = format!("`{}` is not a version of HTTP that checks can have", version.trim());
            self.report(
                Diagnostic::error(Code::BadValue, word.span(), message)
                    .help("allowed are `HTTP/1.0` and `HTTP/1.1`"),
            );
            return None;
        }
        version.clone_into(&mut probe.version);
        for line in lines.filter(|line| !line.is_empty()) {
            let header = line
                .split_once(':')
                .filter(|(name, value)| is_token(name.as_bytes()) && !value.contains(char::is_control));
            let Some((name, value)) = header else {
                let message = format!("`{line}` is not a header");
                self.report(Diagnostic::error(Code::BadValue, word.span(), message));
                return None;
            };
            probe.headers.push(v1::Header { name: name.to_owned(), value: value.trim().to_owned().into() });
        }
        Some(())
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
                "body" => probe.body = value.text().to_owned().into(),
                name @ ("uri-lf" | "body-lf" | "comment") => {
                    let message = format!("`{name}` of a check is not supported yet");
                    self.report(Diagnostic::error(Code::UnsupportedValue, word.span(), message));
                    return None;
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
                let message = "expressions in checks are not supported yet";
                self.report(Diagnostic::error(Code::UnsupportedValue, word.span(), message));
                None
            }
        }
    }

    /// `http-check expect status 200-399,404`
    fn check_expect(&mut self, line: &'a Directive) -> Option<Vec<v1::StatusRange>> {
        let [what, statuses] = line.args() else {
            let message = "only `http-check expect status <statuses>` is supported yet";
            self.report(Diagnostic::error(Code::UnsupportedValue, line.span, message));
            return None;
        };
        if what.text() != "status" {
            let message = format!("`http-check expect {}` is not supported yet", what.text());
            let diagnostic = Diagnostic::error(Code::UnsupportedValue, what.span(), message);
            self.report(diagnostic.help("supported is `http-check expect status 200-399`"));
            return None;
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
