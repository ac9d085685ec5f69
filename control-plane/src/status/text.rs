//! For people: what is wrong stands first.

use std::fmt::{self, Write as _};

use sluicegate_proto::v1::{EndpointStats, FleetStatus, ProxyStatus, Report, ScopeStatus};

use super::{generation, health, name};

/// Lines of one proxy's endpoints before the rest is only counted.
const MAX_ROWS: usize = 50;

/// The whole status.
pub(crate) fn text(status: &FleetStatus, now_unix_ms: u64) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    let _ = write(&mut out, status, now_unix_ms);
    out
}

fn write(out: &mut String, status: &FleetStatus, now: u64) -> fmt::Result {
    for provider in status.providers.iter().filter(|provider| provider.refused) {
        writeln!(
            out,
            "REFUSED {}, {}; what came before it serves:",
            provider.name,
            ago(now, provider.loaded_unix_ms)
        )?;
        for line in provider.diagnostics.iter().flat_map(|text| text.lines()) {
            writeln!(out, "    {line}")?;
        }
    }
    for held in &status.quarantined {
        let origin = held.origin.as_ref().map(ToString::to_string).unwrap_or_default();
        let instead = if held.last_good_serves { "its last good version serves" } else { "not served" };
        let since = ago(now, held.since_unix_ms);
        writeln!(
            out,
            "HELD BACK {} ({origin}), {since}, {instead}: {}",
            name(held.id.as_ref()),
            held.reason
        )?;
    }
    for set in &status.overrides {
        let since = ago(now, set.since_unix_ms);
        let over = if set.configured.is_empty() {
            String::new()
        } else {
            format!(" (configured: {})", set.configured)
        };
        writeln!(out, "SET {}: {} {}, {since}{over}", name(set.id.as_ref()), set.field, set.value)?;
    }
    for provider in
        status.providers.iter().filter(|provider| !provider.refused && !provider.diagnostics.is_empty())
    {
        writeln!(out, "{}: {} finding(s)", provider.name, provider.diagnostics.len())?;
        for line in provider.diagnostics.iter().flat_map(|text| text.lines()) {
            writeln!(out, "    {line}")?;
        }
    }
    status.scopes.iter().try_for_each(|scope| write_scope(out, scope, now))
}

fn write_scope(out: &mut String, scope: &ScopeStatus, now: u64) -> fmt::Result {
    let newest = generation(scope.generation.as_ref());
    let published = ago(now, scope.published_unix_ms);
    writeln!(
        out,
        "scope {}: generation {newest}, published {published}, {} objects, {} proxies",
        scope.name,
        scope.resources,
        scope.proxies.len()
    )?;
    scope.proxies.iter().try_for_each(|proxy| write_proxy(out, proxy, now))
}

fn write_proxy(out: &mut String, proxy: &ProxyStatus, now: u64) -> fmt::Result {
    let state = match (proxy.connected, proxy.lag) {
        (false, _) => format!("AWAY since {}", ago(now, proxy.last_seen_unix_ms)),
        (true, 0) => "current".to_owned(),
        (true, lag) => format!("{lag} BEHIND"),
    };
    let held = generation(proxy.generation.as_ref());
    let (acks, nacks) = (proxy.acks, proxy.nacks);
    writeln!(
        out,
        "  proxy {} {}: generation {held}, {state}, {acks} ACK, {nacks} NACK",
        proxy.id, proxy.version
    )?;
    for rejection in &proxy.rejections {
        let origin = rejection.origin.as_ref().map(|origin| format!(" ({origin})")).unwrap_or_default();
        let scope = if rejection.local { " [on this host]" } else { "" };
        writeln!(out, "    NACK {}{origin}: {}{scope}", name(rejection.id.as_ref()), rejection.reason)?;
    }
    if !proxy.missing_capabilities.is_empty() {
        writeln!(
            out,
            "    TOO OLD for the newest generation: lacks {}",
            proxy.missing_capabilities.join(", ")
        )?;
    }
    proxy.report.as_ref().map_or(Ok(()), |report| write_report(out, report, now))
}

fn write_report(out: &mut String, report: &Report, now: u64) -> fmt::Result {
    if let Some(process) = &report.process {
        writeln!(
            out,
            "    up {}, {} connections ({} now), {} requests, {} generations held, {} log lines dropped",
            span(process.uptime_ms),
            process.connections,
            process.current_connections,
            process.requests,
            process.retained_generations,
            process.dropped_log_lines
        )?;
        for close in process.closes.iter().filter(|close| close.count > 0) {
            writeln!(out, "    closed {}: {}", close.name, close.count)?;
        }
    }
    // What is down is read first.
    let mut endpoints: Vec<&EndpointStats> = report.endpoints.iter().collect();
    endpoints.sort_by_key(|endpoint| matches!(health(endpoint.health), "up" | "unchecked"));
    for endpoint in endpoints.iter().take(MAX_ROWS) {
        writeln!(
            out,
            "    {} {} since {}{}: {} requests ({} now, {} queued), {} connect errors, {} response errors",
            name(endpoint.id.as_ref()),
            health(endpoint.health),
            ago(now, endpoint.since_unix_ms),
            if endpoint.evidence.is_empty() { String::new() } else { format!(" ({})", endpoint.evidence) },
            endpoint.exchanges,
            endpoint.current_exchanges,
            endpoint.queued,
            endpoint.connect_errors,
            endpoint.response_errors
        )?;
    }
    match endpoints.len().saturating_sub(MAX_ROWS) as u64 + report.omitted {
        0 => Ok(()),
        more => writeln!(out, "    and {more} more; -o json shows those that were reported"),
    }
}

fn ago(now_unix_ms: u64, then_unix_ms: u64) -> String {
    match then_unix_ms {
        0 => "never".to_owned(),
        then => format!("{} ago", span(now_unix_ms.saturating_sub(then))),
    }
}

pub(crate) fn span(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}
