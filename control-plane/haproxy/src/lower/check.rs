//! What a health check does: which of the lines that choose one counts, and the script that it becomes.

mod expect;
mod grpc;
mod http;
pub(super) mod program;
mod protocol;
mod steps;
mod tcp;
mod udp;
mod variable;
mod written;

use sluicegate_proto::v1::{self, check_step::Action, health_check::Probe};

use super::Lowering;
use super::proxy::Proxy;
use super::settings::Lines;
use crate::ast::{Directive, Prefix};
use crate::diagnostic::{Code, Diagnostic};
use crate::keywords::Effect;
use crate::source::Span;
use crate::word::Word;

/// Options that choose a check, each of which takes the place of those above it.
const OPTIONS: [&str; 11] = [
    "option external-check",
    "option grpc-check",
    "option httpchk",
    "option ldap-check",
    "option mysql-check",
    "option pgsql-check",
    "option redis-check",
    "option smtpchk",
    "option ssl-hello-chk",
    "option tcp-check",
    "option udp-check",
];

/// The check of a backend, and what its servers have to know of it.
pub(super) struct Check {
    pub(super) probe: Probe,
    /// It is made as it is written. Else nobody knows which of the servers that it is for are right.
    pub(super) made: bool,
    /// It never connects to the port of the server.
    pub(super) says_ports: bool,
    /// It is one of HTTP.
    is_http: bool,
}

impl Check {
    /// Whether servers that are spoken to in `http`, and have `own` as `check-proto`, are checked over HTTP/2.
    pub(super) fn is_http2(&self, own: Option<&str>, http: v1::EndpointHttp) -> bool {
        self.is_http && own.map_or(http == v1::EndpointHttp::Http2, |own| own == "h2")
    }
}

impl<'a> Lowering<'a> {
    /// The check of a backend; a connection that opens where nothing else is said.
    pub(super) fn health_check(&mut self, proxy: &Proxy<'_, 'a>) -> Check {
        let lines = proxy.lines;
        self.reader.surroundings().checks = true;
        let check = self.chosen_health_check(proxy, lines);
        self.reader.surroundings().checks = false;
        check
    }

    fn chosen_health_check(&mut self, proxy: &Proxy<'_, 'a>, lines: &Lines<'a>) -> Check {
        let chosen = lines.chosen_check();
        self.unused_rules(lines, chosen.map(Directive::name));
        let connecting = Probe::Tcp(v1::Empty {});
        let probe = match chosen {
            None if proxy.is_udp() => self.udp_check(lines),
            None => Some(connecting.clone()),
            Some(line) => match line.name() {
                "option httpchk" => self.http_check(lines),
                "option tcp-check" => self.tcp_check(lines),
                "option udp-check" => self.udp_check(lines),
                "option external-check" => self.program_check(proxy, line),
                "option grpc-check" => self.grpc_check(line),
                _ if line.has(Effect::NoCheckedServer) => None,
                _ => self.protocol_check(line).map(Probe::Script),
            },
        };
        // Of what is not made it is not known.
        let says_ports = probe.as_ref().is_none_or(says_ports);
        let is_http = probe.as_ref().is_some_and(is_http);
        Check { made: probe.is_some(), says_ports, is_http, probe: probe.unwrap_or(connecting) }
    }

    /// Whether `check-proto` of a server fits to its check.
    pub(super) fn check_proto_fits(&mut self, check: &Check, (name, span): &(String, Span)) {
        let spoken: &[&str] = match check.probe {
            _ if !check.made => return,
            Probe::Grpc(_) => &["h2"],
            _ if check.is_http => &["h1", "h2"],
            _ => &["none"],
        };
        if !spoken.contains(&name.as_str()) {
            let message = format!("`{name}` is not spoken in checks of this kind");
            self.report(
                Diagnostic::error(Code::BadValue, *span, message)
                    .help("`h1` and `h2` are for `option httpchk`, `none` is for checks without HTTP"),
            );
        }
    }

    /// HAProxy does not use rules of the one kind where the check is of another.
    fn unused_rules(&mut self, lines: &Lines<'a>, chosen: Option<&str>) {
        for (family, option) in [("http-check", "option httpchk"), ("tcp-check", "option tcp-check")] {
            let Some(line) = lines.check_rules(family).first().copied() else { continue };
            let of_datagrams = family == "tcp-check" && chosen == Some("option udp-check");
            if chosen != Some(option) && !of_datagrams {
                let message = format!("`{}` has no effect without `{option}`", line.name());
                self.report(Diagnostic::warning(Code::NoEffect, line.keyword_span(), message));
            }
        }
        let option = "option external-check";
        let of_programs = ["external-check command", "external-check path"];
        for line in of_programs.iter().filter_map(|name| lines.last(name)).filter(|_| chosen != Some(option))
        {
            let message = format!("`{}` has no effect without `{option}`", line.name());
            self.report(Diagnostic::warning(Code::NoEffect, line.keyword_span(), message));
        }
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
            connect.port != 0
                || connect.made_port.is_some()
                || connect.address.as_ref().is_some_and(|address| address.port != 0)
        }
        _ => true,
    })
}

fn is_http(probe: &Probe) -> bool {
    match probe {
        Probe::Http(_) => true,
        Probe::Script(script) => script.http,
        Probe::Tcp(_) | Probe::Program(_) | Probe::Grpc(_) => false,
    }
}

fn is_option(line: &Directive) -> bool {
    line.name().starts_with("option ")
}
