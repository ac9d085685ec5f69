//! `mode udp`, which HAProxy does not have: what its proxies may say, and how their servers are checked.

use sluicegate_proto::v1::{self, endpoint, rule};

use super::Lowering;
use super::connections::Connections;
use super::http_rule::Rules;
use super::settings::Lines;
use crate::ast::{Directive, OptionUse, Prefix};
use crate::diagnostic::{Code, Diagnostic};
use crate::keywords::Support;
use crate::source::Span;

/// Lines that act on sessions, or on the proxy itself; those too that begin so, with a space behind it.
const LINES: &[&str] = &[
    "acl",
    "balance",
    "bind",
    "default-server",
    "default_backend",
    "description",
    "disabled",
    "enabled",
    "external-check",
    "force-persist",
    "fullconn",
    "hash-balance-factor",
    "hash-preserve-affinity",
    "hash-type",
    "http-check",
    "id",
    "ignore-persist",
    "log",
    "log-format",
    "log-format-sd",
    "log-tag",
    "maxconn",
    "mode",
    "option allbackups",
    "option dontlog-normal",
    "option dontlognull",
    "option external-check",
    "option httpchk",
    "option ldap-check",
    "option log-health-checks",
    "option log-separate-errors",
    "option mysql-check",
    "option persist",
    "option pgsql-check",
    "option redis-check",
    "option smtpchk",
    "option tcp-check",
    "option tcplog",
    "option udp-check",
    "retries",
    "server",
    "server-template",
    "source",
    "tcp-check",
    "tcp-request",
    "timeout check",
    "timeout client",
    "timeout server",
    "use-server",
    "use_backend",
];
/// Lines that say themselves that they need HTTP or TCP.
const TOLD: [&str; 8] = [
    "compression",
    "cookie",
    "filter",
    "http-after-response",
    "http-request",
    "http-response",
    "redirect",
    "stats",
];

/// Options of `bind` that a socket for datagrams has.
const BIND: [&str; 7] = ["id", "interface", "maxconn", "name", "transparent", "v4v6", "v6only"];
/// Options of `bind` and `server` that change what is sent, or who may send: without them it would be something else.
const DECISIVE: [&str; 8] = [
    "accept-proxy",
    "check-send-proxy",
    "proto",
    "send-proxy",
    "send-proxy-v2",
    "send-proxy-v2-ssl",
    "send-proxy-v2-ssl-cn",
    "ssl",
];
/// Options of servers that have to do with connections alone.
const SERVER: [&str; 11] = [
    "cookie",
    "maxqueue",
    "pool-conn-name",
    "pool-low-conn",
    "pool-max-conn",
    "pool-purge-delay",
    "max-reuse",
    "tcp-ut",
    "tfo",
    "proxy-v2-options",
    "set-proxy-v2-tlv-fmt",
];

impl<'a> Lowering<'a> {
    /// Tells of what a proxy in UDP mode says and has no use for. What it shares with others, in `defaults`, is not told.
    pub(super) fn datagrams_only(&mut self, lines: &Lines<'a>) {
        for line in lines.own_lines().iter().copied().filter(|line| line.prefix == Prefix::None) {
            let name = line.name();
            let is = |known: &&str| {
                name.strip_prefix(*known).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            };
            let works = matches!(line.keyword.support, Support::Works { .. });
            let acts = LINES.iter().chain(&TOLD).any(is);
            if works && (!acts || name == "tcp-request inspect-delay" || name.starts_with("tcp-response ")) {
                self.idle_with_datagrams(name, line.keyword_span());
            }
            if name == "bind" {
                self.options_of_datagrams(line, |option| !BIND.contains(&option));
            } else if matches!(name, "server" | "server-template" | "default-server") {
                self.options_of_datagrams(line, |option| SERVER.contains(&option));
            }
        }
        // What would be left out of what is sent is told wherever it is said.
        for line in lines.parent().into_iter().flat_map(|parent| parent.all("default-server")) {
            self.options_of_datagrams(line, |_| false);
        }
    }

    fn options_of_datagrams(&mut self, line: &'a Directive, idle: impl Fn(&str) -> bool) {
        let works = |option: &OptionUse<'_>| matches!(option.keyword.support, Support::Works { .. });
        let options: Vec<_> = line.options().filter(works).collect();
        for option in options {
            let (name, span) = (option.keyword.name, option.span());
            if DECISIVE.contains(&name) {
                let message = format!("`{name}` is for connections, and `mode udp` has none");
                self.report(
                    Diagnostic::error(Code::ModeMismatch, span, message).help(format!("leave `{name}` out")),
                );
            } else if idle(name) {
                self.idle_with_datagrams(name, span);
            }
        }
    }

    fn idle_with_datagrams(&mut self, name: &str, span: Span) {
        let message = format!("`{name}` has no effect in UDP mode");
        self.report(
            Diagnostic::warning(Code::NoEffect, span, message)
                .note("it is about connections or what they carry"),
        );
    }

    /// What a server in UDP mode cannot have: an address without a port of UDP. What `defaults` says of connections is not for
    /// it.
    pub(super) fn datagram_server(
        &mut self,
        connections: &mut Connections,
        address: &endpoint::Address,
        span: Span,
    ) {
        connections.user_timeout_ms = 0;
        if matches!(address, endpoint::Address::Unix(_)) {
            let message = "a unix socket is no address for datagrams of UDP";
            self.report(
                Diagnostic::error(Code::BadAddress, span, message)
                    .help("write `udp@192.0.2.1:53` or `192.0.2.1:53`"),
            );
        }
    }

    /// A session's first datagram is there as a whole, so that rules over first bytes run with the others, and wait for nothing.
    pub(super) fn first_datagram(&mut self, lines: &Lines<'a>, rules: &mut Rules) {
        let first = std::mem::take(&mut rules.first);
        let switches = |rule: &v1::Rule| matches!(rule.action, Some(rule::Action::SwitchToHttp(_)));
        if first.rules.iter().any(switches) {
            let message = "datagrams do not turn into HTTP";
            self.report(Diagnostic::error(Code::ModeMismatch, lines.section().name_span(), message));
            return;
        }
        rules.request.extend(first);
    }
}

/// An address of a proxy in UDP mode, without the prefix that says so.
pub(super) fn without_prefix(text: &str) -> String {
    match text.split_once('@') {
        Some(("udp", rest)) => rest.to_owned(),
        Some(("udp4", rest)) => format!("ipv4@{rest}"),
        Some(("udp6", rest)) => format!("ipv6@{rest}"),
        _ => text.to_owned(),
    }
}
