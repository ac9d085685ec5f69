//! What connections of a listener pass before they are served.

use std::sync::Arc;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1;

use super::part::optional;
use super::reason::Fault;
use super::scope::Scope;
use super::{condition, rule, tls};
use crate::listener::{Entry, ExpectedProxyHeader, HttpProtocol};
use crate::rule::{Action, Rule};

/// `None` within: nothing.
pub(super) fn entry(
    key: &ObjectKey,
    wire: &v1::Listener,
    scope: &mut Scope<'_>,
) -> Option<Option<Arc<Entry>>> {
    let http = http(wire, scope);
    let passes = wire.proxy_header.is_some() || !wire.connection_rules.is_empty() || wire.tls.is_some();
    if !passes && http == Some(HttpProtocol::Any) {
        return match wire.entry_timeout_ms {
            0 => Some(None),
            _ => scope.fault(Fault::Meaningless { what: "entry_timeout_ms where nothing is to be passed" }),
        };
    }
    let time_limit = match wire.entry_timeout_ms {
        0 => Some(None),
        ms => scope.milliseconds("entry_timeout_ms", ms).map(Some),
    };
    let (origins, _) = scope.rule_origins();
    let rules = rule::list("connection rule", &wire.connection_rules, origins, scope);
    let rules = rules.and_then(|rules| judging(rules, scope));
    let proxy_header = optional(wire.proxy_header.as_ref(), |wire| {
        scope.at("proxy_header", |scope| {
            let when = optional(wire.when.as_ref(), |when| condition::condition(when, scope))?;
            Some(ExpectedProxyHeader { when })
        })
    });
    let tls = optional(wire.tls.as_ref(), |wire| scope.at("tls", |scope| tls::server(wire, scope)));
    let of_frontend = wire.frontend.as_ref().map_or("", |frontend| &frontend.name);
    let own = key.name().strip_prefix(of_frontend).and_then(|rest| rest.strip_prefix('/'));
    let name = if wire.label.is_empty() { own.unwrap_or(key.name()) } else { &wire.label };
    Some(Some(Arc::new(Entry {
        name: name.into(),
        time_limit: time_limit?,
        rules: rules?.into(),
        proxy_header: proxy_header?,
        tls: tls?,
        http: http?,
    })))
}

fn http(wire: &v1::Listener, scope: &mut Scope<'_>) -> Option<HttpProtocol> {
    Some(match scope.value::<v1::HttpProtocol>("http_protocol", wire.http_protocol)? {
        v1::HttpProtocol::Any => HttpProtocol::Any,
        v1::HttpProtocol::Negotiated => HttpProtocol::Negotiated,
        v1::HttpProtocol::Http1 => HttpProtocol::Http1,
        v1::HttpProtocol::Http2 => HttpProtocol::Http2,
    })
}

/// Nothing else can be done with a connection of which nothing was read.
fn judging(rules: Vec<Rule>, scope: &mut Scope<'_>) -> Option<Vec<Rule>> {
    let judges = |rule: &Rule| matches!(rule.action, Action::Allow | Action::Deny(_));
    match rules.iter().all(judges) {
        true => Some(rules),
        false => scope.fault(Fault::Meaningless { what: "another action than allow or deny" }),
    }
}
