//! `tcp-request content` and `tcp-request inspect-delay` in TCP mode: what is decided over the first bytes of a connection;
//! `tcp-response content` and `tcp-response inspect-delay`: over the first that the server says.

use sluicegate_proto::v1::{self, rule::Action};

use super::Lowering;
use super::arrival::Arrival;
use super::http_rule::RuleList;
use super::proxy::Proxy;
use super::rule::Args;
use super::settings::Lines;
use super::tcp_rule::{CONTENT, Deed};
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::{Acls, Phase, Scope};

const DELAY: &str = "tcp-request inspect-delay";
const ANSWER_DELAY: &str = "tcp-response inspect-delay";
const ANSWER: &str = "tcp-response content";

impl<'a> Lowering<'a> {
    /// The rules of a section over what its servers say first; in HTTP mode over responses.
    pub(super) fn answer_rules(&mut self, lines: &Lines<'a>, acls: &Acls, http: bool) -> RuleList {
        if !http {
            return self.byte_rules(lines.own(ANSWER), acls, Phase::Response);
        }
        let mut rules = Arrival::default();
        self.tcp_list(lines.own(ANSWER), acls, Scope { phase: Phase::Response, http }, &mut rules);
        rules.rules
    }

    /// Rules over bytes, in their order.
    pub(super) fn byte_rules(
        &mut self,
        lines: impl Iterator<Item = &'a Directive>,
        acls: &Acls,
        phase: Phase,
    ) -> RuleList {
        let mut rules = RuleList::default();
        let scope = Scope { phase, http: false };
        for line in lines {
            let Some(keyword) = line.action else { continue };
            let mut args = Args::new(line.args().get(1..).unwrap_or_default(), line.end());
            let Some((Deed::Act(action), _)) = self.tcp_action(keyword, &mut args, scope) else { continue };
            args.skip();
            rules.extend(self.ruled(line, (&args, action), acls, scope).unwrap_or_default());
        }
        rules
    }

    /// `switch-mode http [proto { h1 | h2 }]`
    pub(super) fn switch_mode(&mut self, args: &mut Args<'a>) -> Option<Action> {
        let Some(mode) = args.parameter() else { return self.missing(args, "a mode") };
        if mode.text() != "http" {
            self.not_one_of(mode, "a mode to switch to", &["http"]);
            return None;
        }
        if let Some(word) = args.parameter() {
            if word.text() != "proto" {
                self.unexpected(word, "the form is `switch-mode http [proto { h1 | h2 }]`");
                return None;
            }
            let Some(protocol) = args.parameter() else { return self.missing(args, "a protocol") };
            match protocol.text() {
                "h1" => {}
                "h2" => self.report(
                    Diagnostic::warning(
                        Code::DegradedValue,
                        protocol.span(),
                        "`proto h2` does not keep clients of HTTP/1 out",
                    )
                    .label("a connection is HTTP/2 where it begins so"),
                ),
                _ => {
                    self.not_one_of(protocol, "a protocol to switch to", &["h1", "h2"]);
                    return None;
                }
            }
        }
        Some(Action::SwitchToHttp(v1::Empty {}))
    }

    /// What a proxy decides over first bytes, by these of its rules; nothing where there are none.
    pub(super) fn inspection(
        &mut self,
        proxy: &Proxy<'_, 'a>,
        rules: Vec<v1::Rule>,
    ) -> Option<v1::Inspection> {
        self.idle_delay(proxy, (DELAY, CONTENT), "request");
        if rules.is_empty() || !self.may_switch(proxy, &rules) {
            return None;
        }
        Some(v1::Inspection { delay_ms: self.inspect_delay(proxy, DELAY), rules })
    }

    /// What a proxy in TCP mode decides over what its servers say first; nothing where there are no such rules.
    pub(super) fn response_inspection(
        &mut self,
        proxy: &Proxy<'_, 'a>,
        rules: Vec<v1::Rule>,
    ) -> Option<v1::Inspection> {
        self.idle_delay(proxy, (ANSWER_DELAY, ANSWER), "response");
        if rules.is_empty() {
            return None;
        }
        Some(v1::Inspection { delay_ms: self.inspect_delay(proxy, ANSWER_DELAY), rules })
    }

    /// Tells of a delay in HTTP mode, where there is nothing to wait for.
    fn idle_delay(&mut self, proxy: &Proxy<'_, 'a>, (delay, content): (&str, &str), message: &str) {
        let concerned = [delay, content].iter().any(|name| proxy.lines.own(name).next().is_some());
        if let Some(line) = proxy.lines.last(delay).filter(|_| concerned && proxy.is_http()) {
            let text = format!("`{delay}` has no effect: `{}` is in HTTP mode", proxy.name);
            let finding = Diagnostic::notice(Code::InertKeyword, line.span, text);
            self.report(finding.note(format!("its rules run when the head of a {message} is there")));
        }
    }

    /// How long rules wait for bytes, in milliseconds.
    fn inspect_delay(&mut self, proxy: &Proxy<'_, 'a>, delay: &str) -> u64 {
        let word = proxy.lines.last(delay).and_then(|line| line.args().first());
        word.and_then(|word| self.time(word)).unwrap_or_default()
    }

    /// Whether a proxy may do what these rules do: what a frontend has given away does not come back to HTTP.
    fn may_switch(&mut self, proxy: &Proxy<'_, 'a>, rules: &[v1::Rule]) -> bool {
        let switches = |rule: &v1::Rule| matches!(rule.action, Some(Action::SwitchToHttp(_)));
        if proxy.takes_connections() || !rules.iter().any(switches) {
            return true;
        }
        let line = proxy
            .lines
            .own(CONTENT)
            .find(|line| line.action.is_some_and(|action| action.name == "switch-mode"));
        let span = line.map_or(proxy.lines.section().span, |line| line.span);
        let message = format!("`{}` takes no connections, so it cannot switch them to HTTP", proxy.name);
        self.report(
            Diagnostic::error(Code::WrongSection, span, message)
                .help("`switch-mode` belongs into the frontend, before `use_backend`"),
        );
        false
    }
}
