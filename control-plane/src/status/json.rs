//! For programs: everything, under the schema's names.

use serde_json::{Value, json as object};
use sluicegate_proto::v1::{
    EndpointStats, FleetStatus, FrontendStats, Origin, ProxyStatus, Rejection, Report,
};

use super::{generation, health, name};

/// The whole status.
pub(crate) fn json(status: &FleetStatus) -> Value {
    object!({
        "version": status.version,
        "epoch": status.epoch,
        "scopes": status.scopes.iter().map(|scope| object!({
            "name": scope.name,
            "generation": generation(scope.generation.as_ref()),
            "number": scope.generation.as_ref().map(|generation| generation.number),
            "published_unix_ms": scope.published_unix_ms,
            "resources": scope.resources,
            "proxies": scope.proxies.iter().map(proxy).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "providers": status.providers.iter().map(|provider| object!({
            "name": provider.name,
            "refused": provider.refused,
            "loaded_unix_ms": provider.loaded_unix_ms,
            "diagnostics": provider.diagnostics,
        })).collect::<Vec<_>>(),
        "quarantined": status.quarantined.iter().map(|held| object!({
            "id": name(held.id.as_ref()),
            "origin": origin(held.origin.as_ref()),
            "reason": held.reason,
            "last_good_serves": held.last_good_serves,
            "since_unix_ms": held.since_unix_ms,
        })).collect::<Vec<_>>(),
        "overrides": status.overrides.iter().map(|set| object!({
            "id": name(set.id.as_ref()),
            "field": set.field,
            "value": set.value,
            "configured": set.configured,
            "since_unix_ms": set.since_unix_ms,
        })).collect::<Vec<_>>(),
    })
}

fn proxy(proxy: &ProxyStatus) -> Value {
    object!({
        "id": proxy.id,
        "version": proxy.version,
        "connected": proxy.connected,
        "last_seen_unix_ms": proxy.last_seen_unix_ms,
        "generation": generation(proxy.generation.as_ref()),
        "number": proxy.generation.as_ref().map(|generation| generation.number),
        "lag": proxy.lag,
        "acks": proxy.acks,
        "nacks": proxy.nacks,
        "rejections": proxy.rejections.iter().map(rejection).collect::<Vec<_>>(),
        "missing_capabilities": proxy.missing_capabilities,
        "report": proxy.report.as_ref().map(report),
    })
}

fn rejection(rejection: &Rejection) -> Value {
    object!({
        "id": name(rejection.id.as_ref()),
        "origin": origin(rejection.origin.as_ref()),
        "reason": rejection.reason,
        "local": rejection.local,
    })
}

fn origin(origin: Option<&Origin>) -> Option<String> {
    origin.map(ToString::to_string)
}

fn report(report: &Report) -> Value {
    let process = report.process.clone().unwrap_or_default();
    object!({
        "boot_epoch": report.boot_epoch,
        "uptime_ms": process.uptime_ms,
        "connections": process.connections,
        "current_connections": process.current_connections,
        "requests": process.requests,
        "retained_generations": process.retained_generations,
        "dropped_log_lines": process.dropped_log_lines,
        "closes": process.closes.iter().map(|close| (close.name.clone(), close.count.into()))
            .collect::<serde_json::Map<String, Value>>(),
        "frontends": report.frontends.iter().map(frontend).collect::<Vec<_>>(),
        "backends": report.backends.iter().map(|backend| object!({
            "id": name(backend.id.as_ref()),
            "exchanges": backend.exchanges,
            "current_exchanges": backend.current_exchanges,
            "queued": backend.queued,
            "retries": backend.retries,
            "redispatches": backend.redispatches,
            "responses": backend.responses,
        })).collect::<Vec<_>>(),
        "endpoints": report.endpoints.iter().map(endpoint).collect::<Vec<_>>(),
        "omitted": report.omitted,
    })
}

fn frontend(frontend: &FrontendStats) -> Value {
    object!({
        "id": name(frontend.id.as_ref()),
        "connections": frontend.connections,
        "current_connections": frontend.current_connections,
        "requests": frontend.requests,
        "responses": frontend.responses,
        "bytes_in": frontend.bytes_in,
        "bytes_out": frontend.bytes_out,
        "denied": frontend.denied,
        "bad_requests": frontend.bad_requests,
        "handshakes": frontend.handshakes,
        "resumed_handshakes": frontend.resumed_handshakes,
        "failed_handshakes": frontend.failed_handshakes,
    })
}

fn endpoint(endpoint: &EndpointStats) -> Value {
    object!({
        "id": name(endpoint.id.as_ref()),
        "health": health(endpoint.health),
        "evidence": endpoint.evidence,
        "since_unix_ms": endpoint.since_unix_ms,
        "exchanges": endpoint.exchanges,
        "current_exchanges": endpoint.current_exchanges,
        "queued": endpoint.queued,
        "connect_errors": endpoint.connect_errors,
        "response_errors": endpoint.response_errors,
        "responses": endpoint.responses,
        "bytes_in": endpoint.bytes_in,
        "bytes_out": endpoint.bytes_out,
        "checks": endpoint.checks,
        "failed_checks": endpoint.failed_checks,
        "ejection": endpoint.ejection.as_ref().map(|ejection| object!({
            "ejections": ejection.ejections,
            "spared": ejection.spared,
            "until_unix_ms": ejection.until_unix_ms,
        })),
    })
}
