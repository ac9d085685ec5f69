//! Which endpoint a request belongs to, and what is tried again.

use std::num::NonZeroU32;

use sluicegate_proto::limits::{MAX_RULES, MAX_TEXT_BYTES};
use sluicegate_proto::v1;

use super::part::optional;
use super::reason::Fault;
use super::scope::Scope;
use super::{condition, format};
use crate::frontend::Mode;
use crate::persistence::{Assignment, Cookie, CookieMode, Persistence, PersistenceEffect, PersistenceRule};
use crate::retry::RetryOn;

/// Domains, and attributes, of one cookie.
const MAX_COOKIE_PARTS: usize = 64;

/// `Some(None)`: nothing is asked for.
pub(super) fn persistence(
    wire: &v1::Backend,
    mode: Option<Mode>,
    scope: &mut Scope<'_>,
) -> Option<Option<Box<Persistence>>> {
    let is_tcp = mode == Some(Mode::Tcp);
    if is_tcp && wire.cookie.is_some() {
        return scope.fault(Fault::Meaningless { what: "a cookie in mode tcp" });
    }
    let keeps = wire.cookie.is_some() || wire.prefer_last || !wire.rdp_cookie.is_empty();
    if keeps && mode == Some(Mode::Udp) {
        return scope
            .fault(Fault::Meaningless { what: "persistence by cookies or the last endpoint in UDP mode" });
    }
    scope.count("assignments", wire.assignments.len(), MAX_RULES)?;
    scope.count("persistence_rules", wire.persistence_rules.len(), MAX_RULES)?;
    let cookie = optional(wire.cookie.as_ref(), |wire| scope.at("cookie", |scope| self::cookie(wire, scope)));
    let assignments = scope.each("assignment", &wire.assignments, |scope, wire| {
        let when = required(wire.when.as_ref(), scope);
        let endpoint = scope.at("endpoint", |scope| match &wire.endpoint {
            Some(wire) => format::format(wire, scope),
            None => scope.fault(Fault::Unset("endpoint")),
        });
        Some(Assignment { when: when?, endpoint: endpoint? })
    });
    let rules = scope.each("persistence rule", &wire.persistence_rules, |scope, wire| {
        let when = required(wire.when.as_ref(), scope);
        let effect = match scope.known("effect", wire.effect)? {
            v1::PersistenceEffect::Force => PersistenceEffect::Force,
            v1::PersistenceEffect::Ignore => PersistenceEffect::Ignore,
            v1::PersistenceEffect::Unspecified => return scope.fault(Fault::Unset("effect")),
        };
        Some(PersistenceRule { when: when?, effect })
    });
    let rdp_cookie = scope.text("rdp_cookie", &wire.rdp_cookie)?.map(|name| name.as_bytes().into());
    let persistence = Persistence {
        assignments: assignments?,
        cookie: cookie?,
        rules: rules?,
        when_down: wire.persist_when_down,
        rdp_cookie,
        prefer_last: wire.prefer_last,
        most_before_last: wire.max_keep_alive_queue,
    };
    let asked = persistence.cookie.is_some()
        || persistence.rdp_cookie.is_some()
        || persistence.prefer_last
        || !persistence.assignments.is_empty();
    Some(asked.then(|| Box::new(persistence)))
}

fn required(wire: Option<&v1::Condition>, scope: &mut Scope<'_>) -> Option<crate::expr::Condition> {
    match wire {
        Some(wire) => condition::condition(wire, scope),
        None => scope.fault(Fault::Unset("when")),
    }
}

fn cookie(wire: &v1::Cookie, scope: &mut Scope<'_>) -> Option<Cookie> {
    let name = token("name", &wire.name, scope);
    let mode = match scope.known("mode", wire.mode) {
        Some(v1::CookieMode::Read) => Some(CookieMode::Read),
        Some(v1::CookieMode::Insert) => Some(CookieMode::Insert),
        Some(v1::CookieMode::Rewrite) => Some(CookieMode::Rewrite),
        Some(v1::CookieMode::Prefix) => Some(CookieMode::Prefix),
        Some(v1::CookieMode::Unspecified) => scope.fault(Fault::Unset("mode")),
        None => None,
    };
    let attributes = attributes(wire, scope);
    let dynamic_key = scope.text("dynamic_key", &wire.dynamic_key);
    Some(Cookie {
        name: name?,
        mode: mode?,
        indirect: wire.indirect,
        no_cache: wire.no_cache,
        post_only: wire.post_only,
        preserve: wire.preserve,
        attributes: attributes?,
        max_idle_seconds: NonZeroU32::new(wire.max_idle_seconds),
        max_life_seconds: NonZeroU32::new(wire.max_life_seconds),
        dynamic_key: dynamic_key?.map(|key| key.as_bytes().into()),
    })
}

/// In the order in which HAProxy writes them.
fn attributes(wire: &v1::Cookie, scope: &mut Scope<'_>) -> Option<Box<[u8]>> {
    scope.count("domains", wire.domains.len(), MAX_COOKIE_PARTS)?;
    scope.count("attributes", wire.attributes.len(), MAX_COOKIE_PARTS)?;
    let mut text = b"; path=/".to_vec();
    for domain in &wire.domains {
        text.extend_from_slice(b"; domain=");
        text.extend_from_slice(&plain("domains", domain, scope)?);
    }
    if wire.http_only {
        text.extend_from_slice(b"; HttpOnly");
    }
    if wire.secure {
        text.extend_from_slice(b"; Secure");
    }
    for attribute in &wire.attributes {
        text.extend_from_slice(b"; ");
        text.extend_from_slice(&plain("attributes", attribute, scope)?);
    }
    if text.len() > MAX_TEXT_BYTES {
        return scope.fault(Fault::TooLong { what: "attributes", bytes: text.len(), limit: MAX_TEXT_BYTES });
    }
    Some(text.into())
}

/// What may stand in an attribute (RFC 6265 4.1.1): no control character, no semicolon.
fn plain(what: &'static str, text: &str, scope: &mut Scope<'_>) -> Option<Box<[u8]>> {
    if text.contains(';') || !text.is_ascii() {
        return scope.fault(Fault::Character { what, value: text.to_owned() });
    }
    filled(what, text, scope)
}

/// A token (RFC 9110 5.6.2).
fn token(what: &'static str, text: &str, scope: &mut Scope<'_>) -> Option<Box<[u8]>> {
    if text.bytes().any(|byte| byte <= b' ' || byte >= 0x7f || b"\"(),/:;<=>?@[\\]{}".contains(&byte)) {
        return scope.fault(Fault::Character { what, value: text.to_owned() });
    }
    filled(what, text, scope)
}

fn filled(what: &'static str, text: &str, scope: &mut Scope<'_>) -> Option<Box<[u8]>> {
    match scope.text(what, text)? {
        Some(text) => Some(text.as_bytes().into()),
        None => scope.fault(Fault::Empty { what }),
    }
}

/// The value by which an endpoint is known in a cookie (RFC 6265 4.1.1).
pub(super) fn cookie_value(text: &str, scope: &mut Scope<'_>) -> Option<Option<Box<[u8]>>> {
    if text.bytes().any(|byte| byte <= b' ' || byte >= 0x7f || b"\",;\\".contains(&byte)) {
        return scope.fault(Fault::Character { what: "cookie", value: text.to_owned() });
    }
    Some(scope.text("cookie", text)?.map(|text| text.as_bytes().into()))
}

pub(super) fn retry_on(wire: &v1::RetryOn, scope: &mut Scope<'_>) -> Option<RetryOn> {
    let mut on = RetryOn::default();
    for cause in &wire.causes {
        let asked = match scope.known("causes", *cause)? {
            v1::RetryCause::Connection => &mut on.connection,
            v1::RetryCause::EmptyResponse => &mut on.empty_response,
            v1::RetryCause::JunkResponse => &mut on.junk_response,
            v1::RetryCause::ResponseTimeout => &mut on.response_timeout,
            v1::RetryCause::Unspecified => return scope.fault(Fault::Unset("causes")),
        };
        *asked = true;
    }
    let mut statuses = scope.each("statuses", &wire.statuses, |scope, status| {
        let known = u16::try_from(*status).ok().filter(|status| RetryOn::STATUSES.contains(status));
        known.or_else(|| {
            scope.fault(Fault::NotOneOf {
                what: "status",
                value: status.to_string(),
                allowed: "401, 403, 404, 408, 421, 425, 429, 500, 501, 502, 503 or 504",
            })
        })
    })?;
    statuses.sort_unstable();
    statuses.dedup();
    on.statuses = statuses.into();
    Some(on)
}
