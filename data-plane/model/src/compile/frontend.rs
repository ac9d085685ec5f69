//! Frontends and routes, and what backends have in common with them.

use std::num::NonZeroU32;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{self, Kind};

use super::part::optional;
use super::reason::Fault;
use super::scope::Scope;
use super::{address, compression, condition, inspection, logging, rule};
use crate::expr::IpSet;
use crate::frontend::{ConnectionMode, ForwardedFor, FrontendSettings, HttpOptions, Mode, Route, Timeouts};
use crate::rule::HeaderName;

/// Networks that forwardfor leaves alone.
const MAX_EXCEPT: usize = 4_096;

/// HAProxy: max-session-srv-conns, its default.
const DEFAULT_PRIVATE_CONNECTIONS: u32 = 5;

pub(super) fn frontend(
    key: &ObjectKey,
    wire: &v1::Frontend,
    scope: &mut Scope<'_>,
) -> Option<FrontendSettings> {
    let mode = mode(wire.mode, scope);
    let timeouts = timeouts(wire.timeouts.as_ref(), scope);
    let logging = scope.at("logging", |scope| logging::logging(wire.logging.as_ref(), scope));
    let http = http_options(wire.http.as_ref(), scope);
    let (request_origins, response_origins) = scope.rule_origins();
    let request_rules = rule::list("request rule", &wire.request_rules, request_origins, scope);
    let response_rules = rule::responses(&wire.response_rules, response_origins, scope);
    let default_backend = optional(wire.default_backend.as_ref(), |id| {
        scope.reference("default_backend", Some(id), Kind::Backend)
    });
    let inspection = inspection::inspection(wire.inspection.as_ref(), mode, inspection::of_frontend, scope);
    let compression = compression::compression(wire.compression.as_ref(), mode, scope);
    let error_pages = rule::error_pages(&wire.error_pages, scope);
    let description = scope.text("description", &wire.description);
    let private = wire.max_private_connections.unwrap_or(DEFAULT_PRIVATE_CONNECTIONS);
    Some(FrontendSettings {
        key: key.clone(),
        origin: scope.origin(),
        mode: mode?,
        timeouts: timeouts?,
        max_connections: NonZeroU32::new(wire.max_connections),
        max_private_connections: usize::try_from(private).unwrap_or(usize::MAX),
        logging: logging?,
        http: http?,
        request_rules: request_rules?,
        response_rules: response_rules?,
        inspection: inspection?,
        default_backend: default_backend?,
        compression: compression?,
        error_pages: error_pages?,
        disabled: wire.disabled || wire.paused,
        paused: wire.paused,
        number: NonZeroU32::new(wire.number),
        description: description?,
    })
}

pub(super) fn route(key: &ObjectKey, wire: &v1::Route, scope: &mut Scope<'_>) -> Option<Route> {
    let frontend = scope.reference("frontend", wire.frontend.as_ref(), Kind::Frontend);
    let when = optional(wire.when.as_ref(), |when| condition::condition(when, scope));
    let backend = scope.reference("backend", wire.backend.as_ref(), Kind::Backend);
    let order = scope.order();
    Some(Route {
        key: key.clone(),
        origin: scope.origin(),
        order: order?,
        frontend: frontend?,
        when: when?,
        backend: backend?,
    })
}

pub(super) fn mode(wire: i32, scope: &mut Scope<'_>) -> Option<Mode> {
    match scope.known::<v1::Mode>("mode", wire)? {
        v1::Mode::Tcp => Some(Mode::Tcp),
        v1::Mode::Http => Some(Mode::Http),
        v1::Mode::Udp => Some(Mode::Udp),
        v1::Mode::Unspecified => scope.fault(Fault::Unset("mode")),
    }
}

pub(super) fn timeouts(wire: Option<&v1::Timeouts>, scope: &mut Scope<'_>) -> Option<Timeouts> {
    let Some(wire) = wire else { return Some(Timeouts::default()) };
    scope.at("timeouts", |scope| {
        let mut span = |what, ms| optional(ms, |ms| scope.milliseconds(what, ms));
        let (client, client_fin) =
            (span("client_ms", wire.client_ms), span("client_fin_ms", wire.client_fin_ms));
        let http_request = span("http_request_ms", wire.http_request_ms);
        let http_keep_alive = span("http_keep_alive_ms", wire.http_keep_alive_ms);
        let (queue, connect) = (span("queue_ms", wire.queue_ms), span("connect_ms", wire.connect_ms));
        let (server, server_fin) =
            (span("server_ms", wire.server_ms), span("server_fin_ms", wire.server_fin_ms));
        let (tunnel, tarpit) = (span("tunnel_ms", wire.tunnel_ms), span("tarpit_ms", wire.tarpit_ms));
        let check = span("check_ms", wire.check_ms);
        Some(Timeouts {
            client: client?,
            client_fin: client_fin?,
            http_request: http_request?,
            http_keep_alive: http_keep_alive?,
            queue: queue?,
            connect: connect?,
            server: server?,
            server_fin: server_fin?,
            tunnel: tunnel?,
            tarpit: tarpit?,
            check: check?,
        })
    })
}

/// Absent options are the defaults; options that are there say their connection mode.
pub(super) fn http_options(wire: Option<&v1::HttpOptions>, scope: &mut Scope<'_>) -> Option<HttpOptions> {
    let Some(wire) = wire else { return Some(HttpOptions::default()) };
    scope.at("http", |scope| {
        let connection_mode = match scope.known("connection_mode", wire.connection_mode) {
            Some(v1::ConnectionMode::KeepAlive) => Some(ConnectionMode::KeepAlive),
            Some(v1::ConnectionMode::ServerClose) => Some(ConnectionMode::ServerClose),
            Some(v1::ConnectionMode::Close) => Some(ConnectionMode::Close),
            Some(v1::ConnectionMode::Unspecified) | None => None,
        };
        let forwarded_for = optional(wire.forwarded_for.as_ref(), |wire| {
            scope.at("forwarded_for", |scope| forwarded_for(wire, scope))
        });
        Some(HttpOptions { connection_mode: connection_mode?, forwarded_for: forwarded_for? })
    })
}

fn forwarded_for(wire: &v1::ForwardedFor, scope: &mut Scope<'_>) -> Option<ForwardedFor> {
    scope.count("except", wire.except.len(), MAX_EXCEPT)?;
    let name = if wire.header.is_empty() { "X-Forwarded-For" } else { &wire.header };
    let header = HeaderName::new(name).map_or_else(|invalid| scope.fault(invalid), Some);
    let except = scope.each("except", &wire.except, |scope, network| address::network(network, scope));
    Some(ForwardedFor { header: header?, except: IpSet::new(except?), if_none: wire.if_none })
}
