//! `tcp-request` and `tcp-response` rules.
//!
//! Of their actions only those that let in and keep out are done: `accept` ends the list of its kind, so a `reject`
//! below it turns away what no `accept` above it took.

use sluicegate_proto::limits::{MAX_CONDITION_OPS, MAX_CONDITION_TESTS};
use sluicegate_proto::v1::{self, rule::Action};

use super::Lowering;
use super::condition::{both, either, is_never, not};
use super::doubt::Stake;
use super::effect::takes_connections;
use super::http_rule::{RuleList, Rules, refusal};
use super::rule::Args;
use super::settings::Lines;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::{Acls, Phase, Scope};

/// The lists, in the order in which they run.
const LISTS: [&str; 3] = ["tcp-request connection", "tcp-request session", "tcp-request content"];

impl<'a> Lowering<'a> {
    /// What the `tcp-request` lines of a section turn away.
    pub(super) fn tcp_rules(&mut self, lines: &Lines<'a>, acls: &Acls, http: bool) -> RuleList {
        let mut rules = RuleList::default();
        for list in LISTS {
            self.tcp_list(lines.own(list), acls, http, &mut rules);
        }
        rules
    }

    fn tcp_list(
        &mut self,
        lines: impl Iterator<Item = &'a Directive>,
        acls: &Acls,
        http: bool,
        rules: &mut RuleList,
    ) {
        let mut accepted: Option<v1::Condition> = None;
        for line in lines {
            let Some(action) = line.action else { continue };
            let status = match action.name {
                "accept" => None,
                "reject" => Some(403),
                _ => match action.refusal() {
                    Some(status) => Some(status),
                    None => continue,
                },
            };
            let mut args = Args::new(line.args().get(1..).unwrap_or_default(), line.end());
            args.skip();
            let scope = Scope { phase: Phase::Request, http };
            let Some(when) = self.ending(line, &args, acls, scope) else { continue };
            let stake = if status.is_some() { Stake::Refuses } else { Stake::LetsIn };
            let when = when.map(|when| self.settled(line, &when, stake));
            match (status, when) {
                // All that comes here is taken.
                (None, None) => return,
                (None, Some(when)) => {
                    accepted = Some(match accepted {
                        Some(above) => either(above, when),
                        None => when,
                    })
                }
                (Some(status), when) => {
                    let when = both(when, accepted.clone().map(not));
                    self.short_enough(line, when.as_ref());
                    if !when.as_ref().is_some_and(is_never) {
                        let action = Some(Action::Deny(refusal(status)));
                        rules.push((v1::Rule { when, action }, self.origin(line.span)));
                    }
                }
            }
        }
    }

    fn short_enough(&mut self, line: &Directive, when: Option<&v1::Condition>) {
        let Some(when) = when else { return };
        if when.tests.len() > MAX_CONDITION_TESTS || when.ops.len() > MAX_CONDITION_OPS {
            let message = "this rule and the `accept` lines above it are too many conditions for one";
            self.report(Diagnostic::error(Code::BadValue, line.span, message));
        }
    }

    /// Whether a backend in TCP mode has rules that turn away: nothing runs them, so it takes nothing.
    pub(super) fn cannot_refuse(&mut self, lines: &Lines<'a>, rules: &Rules, http: bool) -> bool {
        let section = lines.section();
        let refuses = |rule: &v1::Rule| !rule.when.as_ref().is_some_and(is_never);
        if http || takes_connections(section.kind) || !rules.request.rules.iter().any(refuses) {
            return false;
        }
        let message = "rules of a backend in TCP mode are not run yet: it takes no connections";
        let finding = Diagnostic::warning(Code::DegradedValue, section.name_span(), message);
        self.report(finding.help("move the rules to the frontends that send to it"));
        true
    }
}
