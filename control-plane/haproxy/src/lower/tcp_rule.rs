//! `tcp-request` and `tcp-response` rules.
//!
//! Of their actions those that let in and keep out are done, and those that give a place in queues: `accept` ends the list
//! of its kind, so a `reject` below it turns away what no `accept` above it took. In TCP mode `tcp-request content` has a
//! list of its own, which waits for bytes: see [`inspection`](super::inspection).

use sluicegate_proto::limits::{MAX_CONDITION_OPS, MAX_CONDITION_TESTS};
use sluicegate_proto::v1::{self, rule::Action};

use super::Lowering;
use super::arrival::Arrival;
use super::condition::{both, either, is_never, not};
use super::doubt::Stake;
use super::http_rule::{RuleList, refusal};
use super::rule::Args;
use super::settings::Lines;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::{Acls, Phase, Scope};
use crate::keywords::Keyword;
use crate::word::Word;

/// The lists of what has arrived, in the order in which they run.
const LISTS: [&str; 2] = ["tcp-request session", CONTENT];

/// The list over the first bytes of a connection, or over each request.
pub(super) const CONTENT: &str = "tcp-request content";

/// What a line asks for.
pub(super) enum Deed {
    Act(Action),
    /// A PROXY header is waited for.
    ExpectProxy,
}

impl<'a> Lowering<'a> {
    /// What the `tcp-request` lines of a section turn away, and who goes before whom.
    pub(super) fn tcp_rules(&mut self, lines: &Lines<'a>, acls: &Acls, http: bool) -> RuleList {
        let mut rules = Arrival::default();
        for list in LISTS.into_iter().filter(|list| http || *list != CONTENT) {
            let phase = if list == CONTENT { Phase::Request } else { Phase::Connection };
            self.tcp_list(lines.own(list), acls, Scope { phase, http }, &mut rules);
        }
        rules.rules
    }

    pub(super) fn tcp_list(
        &mut self,
        lines: impl Iterator<Item = &'a Directive>,
        acls: &Acls,
        scope: Scope,
        arrival: &mut Arrival,
    ) {
        let mut accepted: Option<v1::Condition> = None;
        for line in lines {
            let Some(keyword) = line.action else { continue };
            let mut args = Args::new(line.args().get(1..).unwrap_or_default(), line.end());
            let Some((action, stake)) = self.tcp_action(keyword, &mut args, scope) else { continue };
            args.skip();
            let Some(when) = self.ending(line, &args, acls, scope) else { continue };
            let when = when.map(|when| self.settled(line, &when, stake));
            match (action, when) {
                // All that comes here is taken.
                (Deed::Act(Action::Allow(_)), None) => return,
                (Deed::Act(Action::Allow(_)), Some(when)) => {
                    accepted = Some(match accepted {
                        Some(above) => either(above, when),
                        None => when,
                    })
                }
                (deed, when) => {
                    let when = both(when, accepted.clone().map(not));
                    self.short_enough(line, when.as_ref());
                    if when.as_ref().is_some_and(is_never) {
                        continue;
                    }
                    match deed {
                        Deed::Act(action) => {
                            let rule = v1::Rule { when, action: Some(action) };
                            arrival.rules.push((rule, self.origin(line.span)));
                        }
                        Deed::ExpectProxy => arrival.expect(when),
                    }
                }
            }
        }
    }

    /// What an action becomes, and what hangs on its condition; `None`: it is left out, or wrong.
    pub(super) fn tcp_action(
        &mut self,
        keyword: &Keyword,
        args: &mut Args<'a>,
        scope: Scope,
    ) -> Option<(Deed, Stake)> {
        let (action, stake) = match keyword.name {
            // In HTTP mode it has been done.
            "switch-mode" if scope.http => (Action::Allow(v1::Allow {}), Stake::LetsIn),
            "switch-mode" => (self.switch_mode(args)?, Stake::Decides),
            "accept" => (Action::Allow(v1::Allow {}), Stake::LetsIn),
            "reject" if scope.phase == Phase::Response => (Action::Deny(refusal(502)), Stake::Refuses),
            "reject" => (Action::Deny(refusal(403)), Stake::Refuses),
            "close" if scope.http => {
                self.stays_open(keyword, args);
                return None;
            }
            "close" => (Action::CloseEndpoint(v1::Empty {}), Stake::Refuses),
            name @ ("set-priority-class" | "set-priority-offset") => {
                (self.priority(name, args, scope)?, Stake::Edits)
            }
            // Who may tell other addresses than its own is let in with them.
            "expect-proxy" => return Some((Deed::ExpectProxy, Stake::LetsIn)),
            _ => (Action::Deny(refusal(keyword.refusal()?)), Stake::Refuses),
        };
        Some((Deed::Act(action), stake))
    }

    /// In HTTP mode the connection to a server goes on with the response that the rule looks at.
    fn stays_open(&mut self, keyword: &Keyword, args: &Args<'a>) {
        let message =
            format!("`{}` is not done in HTTP mode: the connection to the server stays open", keyword.name);
        let span = args.words().first().map_or(args.end(), Word::span);
        self.report(
            Diagnostic::warning(Code::DegradedValue, span, message)
                .help("`reject` answers 502; in TCP mode `close` is done"),
        );
    }

    fn short_enough(&mut self, line: &Directive, when: Option<&v1::Condition>) {
        let Some(when) = when else { return };
        if when.tests.len() > MAX_CONDITION_TESTS || when.ops.len() > MAX_CONDITION_OPS {
            let message = "this rule and the `accept` lines above it are too many conditions for one";
            self.report(Diagnostic::error(Code::BadValue, line.span, message));
        }
    }
}
