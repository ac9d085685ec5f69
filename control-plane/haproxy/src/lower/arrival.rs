//! What becomes of connections when they arrive: `tcp-request connection`, and the headers that they begin with.
//!
//! Its rules see the addresses of the connection itself. Where headers of the PROXY protocol tell others, the rules stand
//! with the listeners, and run before these are read (manual 5.1, accept-proxy). Elsewhere both are the same, and the rules
//! run with those of requests.

use sluicegate_proto::v1;

use super::Lowering;
use super::condition::either;
use super::http_rule::RuleList;
use super::settings::Lines;
use crate::expr::{Acls, Phase, Scope};

/// That of one proxy.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrival {
    pub(super) rules: RuleList,
    /// That `tcp-request connection expect-proxy` waits for.
    header: Option<v1::ExpectedProxyHeader>,
    /// A connection may tell other addresses than its own.
    retold: bool,
}

impl Arrival {
    /// A header is waited for, also where the condition holds; `None`: everywhere.
    pub(super) fn expect(&mut self, when: Option<v1::Condition>) {
        let before = self.header.take();
        let when = match (before, when) {
            (None, when) => when,
            (Some(v1::ExpectedProxyHeader { when: Some(before) }), Some(when)) => Some(either(before, when)),
            (Some(_), _) => None,
        };
        self.header = Some(v1::ExpectedProxyHeader { when });
    }

    /// The header that is waited for at a listener; `always`: in any case (`accept-proxy`).
    pub(super) fn header_at(&self, always: bool) -> Option<v1::ExpectedProxyHeader> {
        if always { Some(v1::ExpectedProxyHeader { when: None }) } else { self.header.clone() }
    }

    /// The rules that stand with the listeners.
    pub(super) fn at_listeners(&self) -> RuleList {
        if self.retold { self.rules.clone() } else { RuleList::default() }
    }

    /// The rules that stand with those of requests.
    pub(super) fn with_requests(&self) -> RuleList {
        if self.retold { RuleList::default() } else { self.rules.clone() }
    }
}

impl<'a> Lowering<'a> {
    /// What becomes of the connections of a proxy: the rules of its named `defaults` first.
    pub(super) fn arrival(&mut self, lines: &Lines<'a>, acls: &Acls, http: bool) -> Arrival {
        let mut arrival = match lines.parent() {
            Some(parent) => {
                // The ACLs of `defaults` are for its own rules.
                let own = self.acls(parent);
                self.arrival(parent, &own, http)
            }
            None => Arrival::default(),
        };
        let scope = Scope { phase: Phase::Connection, http };
        self.tcp_list(lines.own("tcp-request connection"), acls, scope, &mut arrival);
        let accepts = lines.own("bind").any(|line| line.option("accept-proxy").is_some());
        arrival.retold |= accepts || arrival.header.is_some();
        arrival
    }
}
