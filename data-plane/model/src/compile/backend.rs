//! Backends and their probes.

use std::num::NonZeroI32;
use std::ops::RangeInclusive;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::limits::MAX_REPLY_BYTES;
use sluicegate_proto::v1;

use super::part::optional;
use super::reason::Fault;
use super::scope::Scope;
use super::{frontend, rule};
use crate::backend::{BackendSettings, Balance, HttpProbe, Probe};
use crate::rule::{HeaderName, is_token};

/// More attempts than this are a typing error.
const MAX_RETRIES: i64 = 1_000;
/// Headers and status ranges of one probe.
const MAX_PROBE_LIST: usize = 256;

pub(super) fn backend(key: &ObjectKey, wire: &v1::Backend, scope: &mut Scope<'_>) -> Option<BackendSettings> {
    let mode = frontend::mode(wire.mode, scope);
    let timeouts = frontend::timeouts(wire.timeouts.as_ref(), scope);
    let balance = match wire.balance.as_ref().and_then(|balance| balance.algorithm.as_ref()) {
        Some(v1::balance::Algorithm::RoundRobin(_)) => Some(Balance::RoundRobin),
        None => scope.fault(Fault::Unset("balance.algorithm")),
    };
    let http = frontend::http_options(wire.http.as_ref(), scope);
    let probe = scope.at("check", |scope| probe(wire.check.as_ref(), scope));
    let retries = scope.range("retries", wire.retries, 0, MAX_RETRIES);
    let redispatch = optional(wire.redispatch.as_ref(), |redispatch| {
        let interval = NonZeroI32::new(redispatch.interval);
        interval.or_else(|| scope.fault(Fault::Unset("redispatch.interval")))
    });
    let (request_origins, response_origins) = scope.rule_origins();
    let request_rules = rule::list("request rule", &wire.request_rules, request_origins, scope);
    let response_rules = rule::list("response rule", &wire.response_rules, response_origins, scope);
    let error_pages = rule::error_pages(&wire.error_pages, scope);
    Some(BackendSettings {
        key: key.clone(),
        origin: scope.origin(),
        mode: mode?,
        timeouts: timeouts?,
        balance: balance?,
        http: http?,
        probe: probe?,
        retries: u32::try_from(retries?).ok()?,
        redispatch: redispatch?,
        request_rules: request_rules?,
        response_rules: response_rules?,
        error_pages: error_pages?,
        all_backups: wire.all_backups,
        disabled: wire.disabled,
    })
}

/// A backend that says nothing of checks has its endpoints probed by a connection, where they are probed.
fn probe(wire: Option<&v1::HealthCheck>, scope: &mut Scope<'_>) -> Option<Probe> {
    use v1::health_check::Probe as Wire;
    match wire.map(|check| check.probe.as_ref()) {
        None | Some(Some(Wire::Tcp(_))) => Some(Probe::Tcp),
        Some(None) => scope.fault(Fault::Unset("probe")),
        Some(Some(Wire::Http(http))) => http_probe(http, scope).map(Probe::Http),
    }
}

fn http_probe(wire: &v1::HttpProbe, scope: &mut Scope<'_>) -> Option<HttpProbe> {
    let method = if is_token(&wire.method) {
        Some(wire.method.as_str().into())
    } else {
        scope.fault(Fault::Character { what: "method", value: wire.method.clone() })
    };
    let uri = uri(&wire.uri, scope);
    let version = match wire.version.as_str() {
        "HTTP/1.0" | "HTTP/1.1" => Some(wire.version.as_str().into()),
        other => scope.fault(Fault::NotOneOf {
            what: "version",
            value: other.to_owned(),
            allowed: "HTTP/1.0 or HTTP/1.1",
        }),
    };
    scope.count("headers", wire.headers.len(), MAX_PROBE_LIST)?;
    scope.count("expected", wire.expected.len(), MAX_PROBE_LIST)?;
    let headers = scope.each("header", &wire.headers, |scope, header| {
        let name = HeaderName::new(&header.name).map_or_else(|invalid| scope.fault(invalid), Some);
        rule::header_bytes(&header.value, scope)?;
        Some((name?, header.value.clone()))
    });
    if wire.body.len() > MAX_REPLY_BYTES {
        scope.fault(Fault::TooLong { what: "body", bytes: wire.body.len(), limit: MAX_REPLY_BYTES })?;
    }
    let expected = scope.each("expected", &wire.expected, |scope, range| status_range(range, scope));
    let mut expected = expected?;
    if expected.is_empty() {
        expected.push(200..=399);
    }
    let (method, uri, version) = (method?, uri?, version?);
    Some(HttpProbe { method, uri, version, headers: headers?, body: wire.body.clone(), expected })
}

fn uri(text: &str, scope: &mut Scope<'_>) -> Option<Box<str>> {
    let what = "uri";
    scope.length(what, text.as_bytes())?;
    if text.is_empty() {
        return scope.fault(Fault::Empty { what });
    }
    if text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
        return scope.fault(Fault::Character { what, value: text.to_owned() });
    }
    Some(text.into())
}

fn status_range(wire: &v1::StatusRange, scope: &mut Scope<'_>) -> Option<RangeInclusive<u16>> {
    let first = scope.range("first", wire.first, 100, 999)?;
    let last = scope.range("last", wire.last, first, 999)?;
    Some(u16::try_from(first).ok()?..=u16::try_from(last).ok()?)
}
