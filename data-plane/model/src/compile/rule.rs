//! Rule lists, answers and error pages.

use std::sync::Arc;

use sluicegate_proto::limits::{MAX_REPLY_BYTES, MAX_RULES};
use sluicegate_proto::v1::{self, Kind, Match, Origin, rule::Action as WireAction};

use super::part::optional;
use super::reason::Fault;
use super::scope::Scope;
use super::{call, condition, format, matcher, rewrite, service};
use crate::expr::Format;
use crate::rule::{
    Action, Content, ErrorPage, ErrorPages, HeaderName, HeaderPattern, HeaderValue, Priority, Redirect,
    RedirectKind, Reply, Rule,
};

/// Headers of one answer.
const MAX_REPLY_HEADERS: usize = 256;
/// Pages of one frontend or backend: one a status.
const MAX_ERROR_PAGES: usize = 400;

/// Rules over requests, or over what has no response.
pub(super) fn list<'a>(
    what: &'static str,
    wire: &[v1::Rule],
    origins: &'a [Origin],
    scope: &mut Scope<'a>,
) -> Option<Vec<Rule>> {
    let takes = |action: &Action| !of_bytes(action) && !matches!(action, Action::StoreInCache(_));
    list_of(what, wire, (origins, takes), scope)
}

/// Rules over responses.
pub(super) fn responses<'a>(
    wire: &[v1::Rule],
    origins: &'a [Origin],
    scope: &mut Scope<'a>,
) -> Option<Vec<Rule>> {
    let takes = |action: &Action| !of_bytes(action) && !matches!(action, Action::UseCache(_));
    list_of("response rule", wire, (origins, takes), scope)
}

/// Whether it is done over bytes alone.
fn of_bytes(action: &Action) -> bool {
    matches!(action, Action::SwitchToHttp | Action::CloseEndpoint)
}

/// A list whose rules do what `takes` says and nothing else.
pub(super) fn list_of<'a>(
    what: &'static str,
    wire: &[v1::Rule],
    (origins, takes): (&'a [Origin], fn(&Action) -> bool),
    scope: &mut Scope<'a>,
) -> Option<Vec<Rule>> {
    scope.count(what, wire.len(), MAX_RULES)?;
    let compiled: Vec<Option<Rule>> = wire
        .iter()
        .enumerate()
        .map(|(index, wire)| {
            let place = format!("{what} {}", index + 1);
            scope.at_origin(place, origins.get(index), |scope| match rule(wire, scope) {
                Some(rule) if !takes(&rule.action) => {
                    scope.fault(Fault::Meaningless { what: "what the rule does, in such a list" })
                }
                rule => rule,
            })
        })
        .collect();
    compiled.into_iter().collect()
}

fn rule(wire: &v1::Rule, scope: &mut Scope<'_>) -> Option<Rule> {
    let when = optional(wire.when.as_ref(), |when| condition::condition(when, scope));
    let action = match &wire.action {
        None => scope.fault(Fault::Unset("action")),
        Some(WireAction::Return(wire)) => scope.at("return", |scope| reply(wire, scope)).map(Action::Return),
        Some(WireAction::Deny(wire)) => scope.at("deny", |scope| reply(wire, scope)).map(Action::Deny),
        Some(WireAction::Redirect(wire)) => {
            scope.at("redirect", |scope| redirect(wire, scope)).map(Action::Redirect)
        }
        Some(WireAction::SetHeader(wire)) => {
            scope.at("set_header", |scope| header(wire, scope)).map(Action::SetHeader)
        }
        Some(WireAction::AddHeader(wire)) => {
            scope.at("add_header", |scope| header(wire, scope)).map(Action::AddHeader)
        }
        Some(WireAction::DeleteHeader(wire)) => {
            scope.at("delete_header", |scope| pattern(wire, scope)).map(Action::DeleteHeader)
        }
        Some(WireAction::Allow(_)) => Some(Action::Allow),
        Some(WireAction::Rewrite(wire)) => {
            scope.at("rewrite", |scope| rewrite::rewrite(wire, scope)).map(Action::Rewrite)
        }
        Some(WireAction::Normalize(wire)) => {
            scope.at("normalize", |scope| rewrite::normalizer(wire, scope)).map(Action::Normalize)
        }
        Some(WireAction::SetStatus(wire)) => {
            scope.at("set_status", |scope| rewrite::status_line(wire, scope)).map(Action::SetStatus)
        }
        Some(WireAction::Service(wire)) => {
            scope.at("service", |scope| service::service(wire, scope)).map(Arc::new).map(Action::Serve)
        }
        Some(WireAction::SetPriority(wire)) => {
            scope.at("set_priority", |scope| priority(wire, scope)).map(Action::SetPriority)
        }
        Some(WireAction::DisableRetries(_)) => Some(Action::DisableRetries),
        Some(WireAction::SwitchToHttp(_)) => Some(Action::SwitchToHttp),
        Some(WireAction::CloseEndpoint(_)) => Some(Action::CloseEndpoint),
        Some(WireAction::UseCache(id)) => {
            scope.reference("use_cache", Some(id), Kind::Cache).map(Action::UseCache)
        }
        Some(WireAction::StoreInCache(id)) => {
            scope.reference("store_in_cache", Some(id), Kind::Cache).map(Action::StoreInCache)
        }
        Some(WireAction::SetRetries(wire)) => {
            scope.at("set_retries", |scope| call::sample(Some(wire), scope)).map(Action::SetRetries)
        }
    };
    Some(Rule { when: when?, origin: scope.origin(), action: action? })
}

fn priority(wire: &v1::SetPriority, scope: &mut Scope<'_>) -> Option<Priority> {
    use v1::set_priority::Part;
    match &wire.part {
        None => scope.fault(Fault::Unset("part")),
        Some(Part::Class(wire)) => call::sample(Some(wire), scope).map(Priority::Class),
        Some(Part::Offset(wire)) => call::sample(Some(wire), scope).map(Priority::Offset),
    }
}

fn reply(wire: &v1::Reply, scope: &mut Scope<'_>) -> Option<Reply> {
    use v1::reply::Content as Wire;
    let status = scope.range("status", wire.status, 200, 599);
    let content_type = scope.text("content_type", &wire.content_type);
    let content = scope.at("content", |scope| match &wire.content {
        None => scope.fault(Fault::Unset("content")),
        Some(Wire::Text(text)) if text.len() > MAX_REPLY_BYTES => {
            scope.fault(Fault::TooLong { what: "text", bytes: text.len(), limit: MAX_REPLY_BYTES })
        }
        Some(Wire::Text(text)) => Some(Content::Bytes(text.clone())),
        Some(Wire::Formatted(wire)) => format::format(wire, scope).map(Content::Formatted),
        Some(Wire::Blob(hex)) => scope.blob(hex).map(Content::Bytes),
        Some(Wire::ErrorPage(_)) => Some(Content::ErrorPage),
        Some(Wire::None(_)) => Some(Content::Empty),
    });
    scope.count("headers", wire.headers.len(), MAX_REPLY_HEADERS)?;
    let headers = scope.each("header", &wire.headers, |scope, wire| header(wire, scope));
    Some(Reply {
        status: u16::try_from(status?).ok()?,
        content_type: content_type?,
        content: content?,
        headers: headers?,
    })
}

fn redirect(wire: &v1::Redirect, scope: &mut Scope<'_>) -> Option<Redirect> {
    let kind = match scope.known("kind", wire.kind) {
        Some(v1::RedirectKind::Location) => Some(RedirectKind::Location),
        Some(v1::RedirectKind::Prefix) => Some(RedirectKind::Prefix),
        Some(v1::RedirectKind::Scheme) => Some(RedirectKind::Scheme),
        Some(v1::RedirectKind::Unspecified) | None => None,
    };
    let target = value("target", wire.target.as_ref(), scope);
    let status = match wire.status {
        301 | 302 | 303 | 307 | 308 => u16::try_from(wire.status).ok(),
        other => scope.fault(Fault::NotOneOf {
            what: "status",
            value: other.to_string(),
            allowed: "301, 302, 303, 307 or 308",
        }),
    };
    let set_cookie = scope.text("set_cookie", &wire.set_cookie);
    Some(Redirect {
        kind: kind?,
        target: target?,
        status: status?,
        drop_query: wire.drop_query,
        append_slash: wire.append_slash,
        ignore_empty: wire.ignore_empty,
        set_cookie: set_cookie?,
    })
}

fn header(wire: &v1::SetHeader, scope: &mut Scope<'_>) -> Option<HeaderValue> {
    let name = header_name(&wire.name, scope);
    let value = value("value", wire.value.as_ref(), scope);
    Some(HeaderValue { name: name?, value: value? })
}

pub(super) fn header_name(name: &str, scope: &mut Scope<'_>) -> Option<HeaderName> {
    scope.length("name", name.as_bytes())?;
    HeaderName::new(name).map_or_else(|invalid| scope.fault(invalid), Some)
}

/// A format that becomes a header's value.
pub(super) fn value(what: &'static str, wire: Option<&v1::Format>, scope: &mut Scope<'_>) -> Option<Format> {
    let Some(wire) = wire else { return scope.fault(Fault::Unset(what)) };
    scope.at(what, |scope| {
        let format = format::format(wire, scope)?;
        format.literals().try_for_each(|literal| header_bytes(literal, scope).ok_or(())).ok()?;
        Some(format)
    })
}

/// What may stand in a header's value (RFC 9110 5.5).
pub(super) fn header_bytes(value: &[u8], scope: &mut Scope<'_>) -> Option<()> {
    scope.length("value", value)?;
    if value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        let value = value.escape_ascii().to_string();
        return scope.fault(Fault::Character { what: "value", value });
    }
    Some(())
}

fn pattern(wire: &v1::DeleteHeader, scope: &mut Scope<'_>) -> Option<HeaderPattern> {
    match scope.known("match", wire.r#match)? {
        Match::Str => header_name(&wire.name, scope).map(HeaderPattern::Name),
        how @ (Match::Beg | Match::End | Match::Sub | Match::Reg) => {
            let patterns = [wire.name.as_bytes().to_vec()];
            if wire.name.is_empty() {
                return scope.fault(Fault::Empty { what: "name" });
            }
            scope.length("name", wire.name.as_bytes())?;
            matcher::bytes_matcher(how, &patterns, true, scope).map(HeaderPattern::Matching)
        }
        other => scope.fault(Fault::NotOneOf {
            what: "match",
            value: other.as_str_name().to_owned(),
            allowed: "str, beg, end, sub or reg",
        }),
    }
}

pub(super) fn error_pages(wire: &[v1::ErrorPage], scope: &mut Scope<'_>) -> Option<ErrorPages> {
    scope.count("error_pages", wire.len(), MAX_ERROR_PAGES)?;
    let pages = scope.each("error page", wire, |scope, wire| {
        let status = scope.range("status", wire.status, 200, 599)?;
        let status = u16::try_from(status).ok()?;
        if wire.blob.is_empty() {
            return Some((status, ErrorPage::Silence));
        }
        let response = scope.blob(&wire.blob)?;
        if !response.starts_with(b"HTTP/1.") {
            return scope.fault(Fault::NoResponse);
        }
        Some((status, ErrorPage::Response(response)))
    })?;
    let mut statuses: Vec<u16> = pages.iter().map(|(status, _)| *status).collect();
    statuses.sort_unstable();
    if statuses.windows(2).any(|pair| pair[0] == pair[1]) {
        return scope.fault(Fault::Meaningless { what: "a second error page of one status" });
    }
    Some(ErrorPages(pages))
}
