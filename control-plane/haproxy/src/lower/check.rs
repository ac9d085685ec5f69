//! What a health check does: which of the lines that choose one counts, and the script that it becomes.

mod expect;
mod http;
mod protocol;
mod steps;
mod tcp;

use sluicegate_proto::v1::{self, check_step::Action, format_piece::Piece, health_check::Probe};

use super::Lowering;
use super::report::texts;
use super::rule::Args;
use super::settings::Lines;
use crate::ast::{Directive, Prefix};
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::Scope;
use crate::keywords::Effect;
use crate::word::Word;

/// Options that choose a check, each of which takes the place of those above it.
const OPTIONS: [&str; 8] = [
    "option httpchk",
    "option ldap-check",
    "option mysql-check",
    "option pgsql-check",
    "option redis-check",
    "option smtpchk",
    "option ssl-hello-chk",
    "option tcp-check",
];

/// The check of a backend, and what its servers have to know of it.
pub(super) struct Check {
    pub(super) probe: Probe,
    /// It is made as it is written. Else nobody knows which of the servers that it is for are right.
    pub(super) made: bool,
    /// It never connects to the port of the server.
    pub(super) says_ports: bool,
}

impl<'a> Lowering<'a> {
    /// The check of a backend; a connection that opens where nothing else is said.
    pub(super) fn health_check(&mut self, lines: &Lines<'a>) -> Check {
        let chosen = lines.chosen_check();
        self.unused_rules(lines, chosen.map(Directive::name));
        let connecting = Probe::Tcp(v1::Empty {});
        let probe = match chosen {
            None => Some(connecting.clone()),
            Some(line) => match line.name() {
                "option httpchk" => self.http_check(lines),
                "option tcp-check" => self.tcp_check(lines),
                _ if line.has(Effect::NoCheckedServer) => None,
                _ => self.protocol_check(line).map(Probe::Script),
            },
        };
        // Of what is not made it is not known.
        let says_ports = probe.as_ref().is_none_or(says_ports);
        Check { made: probe.is_some(), says_ports, probe: probe.unwrap_or(connecting) }
    }

    /// HAProxy does not use rules of the one kind where the check is of another.
    fn unused_rules(&mut self, lines: &Lines<'a>, chosen: Option<&str>) {
        for (family, option) in [("http-check", "option httpchk"), ("tcp-check", "option tcp-check")] {
            let Some(line) = lines.check_rules(family).first().copied() else { continue };
            if chosen != Some(option) {
                let message = format!("`{}` has no effect without `{option}`", line.name());
                self.report(Diagnostic::warning(Code::NoEffect, line.keyword_span(), message));
            }
        }
    }

    /// A value that is a format for HAProxy; here it must be the same for each check.
    fn check_text(&mut self, word: &Word, args: &Args<'a>) -> Option<bytes::Bytes> {
        let pieces = self.check_pieces(args)?;
        if !pieces.iter().all(is_literal) {
            let message = "expressions in checks are not evaluated yet: they give nothing";
            self.report(Diagnostic::warning(Code::DegradedValue, word.span(), message));
        }
        Some(literals(&pieces))
    }

    /// A pattern that is a format for HAProxy. `None` where it is wrong, and where it depends on an expression: without it,
    /// another answer would be good.
    fn check_pattern_text(&mut self, word: &Word, args: &Args<'a>) -> Option<bytes::Bytes> {
        let pieces = self.check_pieces(args)?;
        if pieces.iter().all(is_literal) {
            return Some(literals(&pieces));
        }
        self.unmade_check(word, "expressions in what a check expects are not evaluated yet");
        None
    }

    fn check_pieces(&mut self, args: &Args<'a>) -> Option<Vec<v1::FormatPiece>> {
        let format = self.reader.format(&texts(args.words()), args.last(), Scope::REQUEST);
        self.expression_findings(args.words(), args.end());
        format.map(|format| format.pieces)
    }

    /// Tells of what a check asks for and cannot have.
    fn unmade_check(&mut self, word: &Word, message: impl Into<String>) {
        let finding = Diagnostic::warning(Code::DegradedValue, word.span(), message);
        self.report(finding.label("the checked servers stand disabled"));
    }

    /// What HAProxy writes in hexadecimal digits.
    fn hexadecimal(&mut self, word: &Word, text: &[u8]) -> Option<bytes::Bytes> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let pair = |pair: &[u8]| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?);
        let bytes: Option<Vec<u8>> = text.chunks(2).map(pair).collect();
        if bytes.is_none() {
            let message = format!("`{}` is not an even number of hexadecimal digits", word.text());
            self.report(Diagnostic::error(Code::BadValue, word.span(), message));
        }
        bytes.map(Into::into)
    }
}

impl<'a> Lines<'a> {
    /// Of the lines that choose a check, the one that counts: the last.
    fn chosen_check(&self) -> Option<&'a Directive> {
        self.last_where(|line| {
            OPTIONS.contains(&line.name()) || is_option(line) && line.has(Effect::NoCheckedServer)
        })
    }

    /// The rules of the section itself: `http-check …` or `tcp-check …`.
    fn check_rules(&self, family: &str) -> Vec<&'a Directive> {
        let rule = |line: &&&Directive| {
            let rest = line.name().strip_prefix(family).and_then(|rest| rest.strip_prefix(' '));
            line.prefix == Prefix::None && rest.is_some_and(|rest| !FLAGS.contains(&rest))
        };
        self.own_lines().iter().filter(rule).copied().collect()
    }
}

/// `http-check` lines that are no step.
const FLAGS: [&str; 2] = ["disable-on-404", "send-state"];

/// Whether each connection of a check has a port of its own.
fn says_ports(probe: &Probe) -> bool {
    let Probe::Script(script) = probe else { return false };
    script.steps.iter().all(|step| match &step.action {
        Some(Action::Connect(connect)) => {
            connect.port != 0 || connect.address.as_ref().is_some_and(|address| address.port != 0)
        }
        _ => true,
    })
}

fn is_option(line: &Directive) -> bool {
    line.name().starts_with("option ")
}

fn is_literal(piece: &v1::FormatPiece) -> bool {
    matches!(piece.piece, Some(Piece::Literal(_)))
}

/// The text of a format, without its expressions.
fn literals(pieces: &[v1::FormatPiece]) -> bytes::Bytes {
    let text = pieces.iter().filter_map(|piece| match &piece.piece {
        Some(Piece::Literal(text)) => Some(text.as_ref()),
        _ => None,
    });
    text.collect::<Vec<_>>().concat().into()
}
