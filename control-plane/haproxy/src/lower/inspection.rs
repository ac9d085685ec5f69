//! `tcp-request content` and `tcp-request inspect-delay` in TCP mode: what is decided over the first bytes of a connection.

use sluicegate_proto::v1::{self, rule::Action};

use super::Lowering;
use super::http_rule::RuleList;
use super::proxy::Proxy;
use super::rule::Args;
use super::settings::Lines;
use super::tcp_rule::{CONTENT, Deed};
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::{Acls, Phase, Scope};

const DELAY: &str = "tcp-request inspect-delay";

impl<'a> Lowering<'a> {
    /// The rules of a section, in their order.
    pub(super) fn first_rules(&mut self, lines: &Lines<'a>, acls: &Acls) -> RuleList {
        let mut rules = RuleList::default();
        let scope = Scope { phase: Phase::Request, http: false };
        for line in lines.own(CONTENT) {
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
        let line = proxy.lines.last(DELAY);
        let concerned = [DELAY, CONTENT].iter().any(|name| proxy.lines.own(name).next().is_some());
        if let Some(line) = line.filter(|_| concerned && proxy.is_http()) {
            let message = format!("`{DELAY}` has no effect: `{}` is in HTTP mode", proxy.name);
            let finding = Diagnostic::notice(Code::InertKeyword, line.span, message);
            self.report(finding.note("its rules run when the head of a request is there"));
        }
        if rules.is_empty() || !self.may_switch(proxy, &rules) {
            return None;
        }
        let delay_ms = line.and_then(|line| self.time(line.args().first()?)).unwrap_or_default();
        Some(v1::Inspection { delay_ms, rules })
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
