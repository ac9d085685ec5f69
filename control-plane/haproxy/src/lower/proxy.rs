//! What `frontend`, `backend` and `listen` have in common.

use sluicegate_proto::v1::{self, rule::Action};

use super::Lowering;
use super::arrival::Arrival;
use super::effect::takes_connections;
use super::http_rule::{Carries, Rules};
use super::settings::Lines;
use super::tcp_rule::CONTENT;
use crate::ast::{Directive, Prefix, SectionKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::{Acls, Phase, Scope};
use crate::keywords::{Effect, Support};

/// A proxy, read as far as its two halves share it.
pub(super) struct Proxy<'l, 'a> {
    pub(super) lines: &'l Lines<'a>,
    pub(super) name: &'a str,
    pub(super) mode: v1::Mode,
    pub(super) acls: Acls,
    pub(super) rules: Rules,
    /// What becomes of its connections before its rules.
    pub(super) arrival: Arrival,
    pub(super) error_pages: Vec<v1::ErrorPage>,
    pub(super) http: v1::HttpOptions,
    pub(super) disabled: bool,
    /// Where requests, and what happens to servers, are logged.
    pub(super) log_targets: Vec<v1::LogTarget>,
    /// Its `id`; 0: none.
    pub(super) number: u32,
    /// The rules of a `listen` run with its backend.
    pub(super) rules_behind: bool,
}

impl Proxy<'_, '_> {
    pub(super) fn is_http(&self) -> bool {
        self.mode == v1::Mode::Http
    }

    /// Whether it is about datagrams.
    pub(super) fn is_udp(&self) -> bool {
        self.mode == v1::Mode::Udp
    }

    /// Whether some of its connections turn from bytes to HTTP.
    pub(super) fn switches(&self) -> bool {
        self.rules.first.rules.iter().any(|rule| matches!(rule.action, Some(Action::SwitchToHttp(_))))
    }

    pub(super) fn kind(&self) -> SectionKind {
        self.lines.section().kind
    }

    pub(super) fn takes_connections(&self) -> bool {
        matches!(self.kind(), SectionKind::Frontend | SectionKind::Listen)
    }

    pub(super) fn has_servers(&self) -> bool {
        matches!(self.kind(), SectionKind::Backend | SectionKind::Listen)
    }

    /// Where its conditions over requests stand.
    pub(super) fn request_scope(&self) -> Scope {
        Scope { phase: Phase::Request, http: self.is_http() }
    }
}

/// Keywords that need an `acl` as a rule, so that HAProxy takes them in a `defaults` section with a name only.
const RULES: [&str; 9] = [
    "acl",
    "http-after-response",
    "http-request",
    "http-response",
    "redirect",
    "tcp-request connection",
    "tcp-request content",
    "tcp-request session",
    "tcp-response content",
];

/// Keywords whose lines this lowering reads. One that the table calls working and that is not here would be ignored:
/// [`Lowering::unread`] refuses it.
const READ: &[&str] = &[
    "acl",
    "backlog",
    "balance first",
    "balance hash",
    "balance hdr",
    "balance leastconn",
    "balance random",
    "balance rdp-cookie",
    "balance source",
    "balance static-rr",
    "balance uri",
    "balance url_param",
    "balance",
    "bind",
    "compression algo",
    "compression algo-req",
    "compression algo-res",
    "compression direction",
    "compression minsize-req",
    "compression minsize-res",
    "compression offload",
    "compression type",
    "compression type-req",
    "compression type-res",
    "clitcpka-cnt",
    "clitcpka-idle",
    "clitcpka-intvl",
    "cookie",
    "default-server",
    "default_backend",
    "description",
    "disabled",
    "dynamic-cookie-key",
    "enabled",
    "errorfile",
    "external-check command",
    "external-check path",
    "filter cache",
    "filter compression",
    "force-persist",
    "fullconn",
    "hash-balance-factor",
    "hash-preserve-affinity",
    "hash-type",
    "http-after-response",
    "http-check comment",
    "http-check connect",
    "http-check disable-on-404",
    "http-check expect",
    "http-check send",
    "http-check send-state",
    "http-check set-var",
    "http-check set-var-fmt",
    "http-check unset-var",
    "http-request",
    "http-response",
    "http-reuse",
    "id",
    "ignore-persist",
    "log",
    "log-format",
    "log-format-sd",
    "log-tag",
    "max-keep-alive-queue",
    "max-session-srv-conns",
    "maxconn",
    "mode",
    "monitor fail",
    "monitor-uri",
    "option abortonclose",
    "option allbackups",
    "option clitcpka",
    "option dontlog-normal",
    "option disable-h2-upgrade",
    "option dontlognull",
    "option external-check",
    "option grpc-check",
    "option forwardfor",
    "option http-keep-alive",
    "option http-server-close",
    "option httpchk",
    "option httpclose",
    "option httplog",
    "option ldap-check",
    "option log-health-checks",
    "option log-separate-errors",
    "option mysql-check",
    "option persist",
    "option pgsql-check",
    "option prefer-last-server",
    "option redis-check",
    "option redispatch",
    "option smtpchk",
    "option srvtcpka",
    "option ssl-hello-chk",
    "option tcp-check",
    "option tcpka",
    "option tcplog",
    "option transparent",
    "option udp-check",
    "persist rdp-cookie",
    "redirect",
    "retries",
    "retry-on",
    "server",
    "server-template",
    "source",
    "srvtcpka-cnt",
    "srvtcpka-idle",
    "srvtcpka-intvl",
    "stats admin",
    "stats auth",
    "stats enable",
    "stats hide-version",
    "stats http-request",
    "stats realm",
    "stats refresh",
    "stats scope",
    "stats show-desc",
    "stats show-legends",
    "stats show-node",
    "stats show-version",
    "stats uri",
    "tcp-check comment",
    "tcp-check connect",
    "tcp-check expect",
    "tcp-check send",
    "tcp-check send-binary",
    "tcp-check send-binary-lf",
    "tcp-check send-lf",
    "tcp-check set-var",
    "tcp-check set-var-fmt",
    "tcp-check unset-var",
    "tcp-request connection",
    "tcp-request content",
    "tcp-request inspect-delay",
    "tcp-request session",
    "tcp-response content",
    "tcp-response inspect-delay",
    "timeout check",
    "timeout client",
    "timeout client-fin",
    "timeout client-hs",
    "timeout connect",
    "timeout http-keep-alive",
    "timeout http-request",
    "timeout queue",
    "timeout server",
    "timeout server-fin",
    "timeout tarpit",
    "timeout tunnel",
    "use-server",
    "use_backend",
];

impl<'a> Lowering<'a> {
    /// Reads what both halves of a proxy use.
    pub(super) fn proxy<'l>(&mut self, lines: &'l Lines<'a>) -> Proxy<'l, 'a> {
        let section = lines.section();
        let name = section.name.as_ref().map_or("", |name| name.text());
        self.unread(lines);
        let mode = match self.mode(lines) {
            v1::Mode::Tcp if self.upgrades(lines) => v1::Mode::Http,
            mode => mode,
        };
        let acls = self.acls(lines);
        let http = mode == v1::Mode::Http;
        let carries = match http {
            true => Carries::Requests,
            false if mode == v1::Mode::Udp => Carries::Bytes,
            false if takes_connections(section.kind) && switches(lines) => Carries::Both,
            false => Carries::Bytes,
        };
        self.enter(lines);
        let mut rules = self.rules(lines, &acls, name, carries);
        let mut arrival = Arrival::default();
        if takes_connections(section.kind) {
            arrival = self.arrival(lines, &acls, http);
            // Of one that may switch, the other list is for its requests.
            let list = if carries == Carries::Both { &mut rules.first } else { &mut rules.request };
            list.put_all_first(arrival.with_requests());
        }
        if mode == v1::Mode::Udp {
            self.datagrams_only(lines);
            self.first_datagram(lines, &mut rules);
        }
        for list in [&rules.request, &rules.response, &rules.first, &rules.answer, &arrival.rules] {
            self.few_enough(lines, name, list);
        }
        if http && takes_connections(section.kind) {
            self.monitor(lines, &acls, &mut rules);
        }
        let error_pages = self.error_pages(lines);
        let options = self.http_options(lines, name, carries.requests());
        let disabled = lines.last_of(&["disabled", "enabled"]).is_some_and(|line| line.name() == "disabled");
        let disabled = disabled || lines.has(Effect::NoProxy);
        Proxy {
            lines,
            name,
            mode,
            acls,
            rules,
            arrival,
            error_pages,
            http: options,
            disabled,
            log_targets: self.log_targets(lines),
            number: self.proxy_number(lines),
            rules_behind: false,
        }
    }

    /// `id`, which no other proxy may have; 0: none is written.
    fn proxy_number(&mut self, lines: &Lines<'a>) -> u32 {
        let Some(word) = lines.own("id").last().and_then(|line| line.args().first()) else { return 0 };
        let Some(number) = self.number(word, 1..=u32::MAX) else { return 0 };
        if let Some(first) = self.numbers.insert(number, word.span()) {
            let message = format!("another proxy has the id {number}");
            self.report(
                Diagnostic::error(Code::DuplicateName, word.span(), message).related(first, "first here"),
            );
        }
        number
    }

    /// A text about the section, for people.
    pub(super) fn description(&mut self, lines: &Lines<'_>) -> String {
        let line = lines.last("description");
        let words = line.into_iter().flat_map(|line| line.args());
        let words: Vec<_> = words.filter_map(|word| self.plain(word)).collect();
        words.join(" ")
    }

    /// A `defaults` section by itself, so that its mistakes are told even where no proxy stands under it.
    pub(super) fn defaults(&mut self, lines: &Lines<'a>) {
        self.unread(lines);
        self.mode(lines);
        self.timeouts(lines);
        self.error_pages(lines);
        let named = lines.section().name.is_some();
        for name in RULES {
            for line in lines.own(name).filter(|_| !named) {
                let message = format!("`{name}` may stand in a `defaults` section only if that has a name");
                self.report(
                    Diagnostic::error(Code::WrongSection, line.keyword_span(), message)
                        .help("write `defaults <name>`, and `from <name>` after the proxies that it is for"),
                );
            }
        }
        let log: Vec<_> = lines.own("log").filter(|line| line.prefix == Prefix::None).collect();
        for line in log {
            if line.args().first().is_none_or(|word| word.text() != "global") {
                self.log_target(line, None);
            }
        }
        self.default_servers(lines);
        self.retry_settings(lines);
        if let Some(line) = lines.last("balance") {
            self.turns(line);
        }
    }

    /// Refuses lines that the keyword table takes and that nothing here reads.
    fn unread(&mut self, lines: &Lines<'a>) {
        let unread = |line: &&&Directive| {
            matches!(line.keyword.support, Support::Works { .. }) && !READ.contains(&line.name())
        };
        let unread: Vec<_> =
            lines.own_lines().iter().filter(unread).map(|line| (line.name(), line.span)).collect();
        for (name, span) in unread {
            let message = format!("`{name}` is not supported in this section yet");
            self.report(Diagnostic::error(Code::UnsupportedKeyword, span, message));
        }
    }

    /// Whether a frontend in TCP mode sends to backends in HTTP mode alone: HAProxy turns its connections into HTTP when
    /// they have a backend, here they are so from the start.
    fn upgrades(&mut self, lines: &Lines<'a>) -> bool {
        let section = lines.section();
        if section.kind != SectionKind::Frontend || switches(lines) {
            return false;
        }
        let targets = lines.own("use_backend").chain(lines.last("default_backend"));
        let modes: Vec<bool> =
            targets.filter_map(|line| self.names.is_http(line.args().first()?.text())).collect();
        let upgrades = !modes.is_empty() && modes.iter().all(|http| *http);
        if upgrades {
            let message = "a frontend in TCP mode whose backends are in HTTP mode is read as in HTTP mode";
            let finding = Diagnostic::warning(Code::ModeMismatch, section.name_span(), message);
            self.report(finding.help("write `mode http` in it"));
        }
        upgrades
    }

    fn mode(&mut self, lines: &Lines<'a>) -> v1::Mode {
        // HAProxy's default (manual 4.2, mode).
        let Some(word) = lines.last("mode").and_then(|line| line.args().first()) else {
            return v1::Mode::Tcp;
        };
        match word.text() {
            "http" => v1::Mode::Http,
            "tcp" => v1::Mode::Tcp,
            "udp" => v1::Mode::Udp,
            "health" => {
                let message = "`mode health` is not supported yet";
                let diagnostic = Diagnostic::error(Code::UnsupportedValue, word.span(), message);
                self.report(diagnostic.help("supported are `mode http`, `mode tcp` and `mode udp`"));
                v1::Mode::Tcp
            }
            _ => {
                self.not_one_of(word, "a mode", &["http", "tcp", "udp"]);
                v1::Mode::Http
            }
        }
    }
}

/// Whether a rule of a section, or of its `defaults`, turns connections into HTTP.
fn switches(lines: &Lines<'_>) -> bool {
    let own = |line: &Directive| line.action.is_some_and(|action| action.name == "switch-mode");
    lines.own(CONTENT).any(own) || lines.parent().is_some_and(switches)
}
