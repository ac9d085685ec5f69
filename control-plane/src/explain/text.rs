//! For people.

use std::fmt::{self, Write as _};

use sluicegate_proto::v1::container_explanation::{Container, Finding, Route};
use sluicegate_proto::v1::{ContainerExplanation, FleetStatus};
use sluicegate_provider_docker::problem::plain;

use super::seen;
use crate::status::{health, span};

/// What became of the container that was asked for.
pub(super) fn text(asked: &str, explained: &ContainerExplanation, fleet: &FleetStatus, now: u64) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    let _ = write(&mut out, asked, explained, fleet, now);
    out
}

fn write(
    out: &mut String,
    asked: &str,
    explained: &ContainerExplanation,
    fleet: &FleetStatus,
    now: u64,
) -> fmt::Result {
    if !explained.away.is_empty() {
        writeln!(out, "THE ENGINE IS AWAY, this is what it said last: {}", explained.away)?;
    }
    let Some(container) = &explained.container else {
        write!(out, "no container '{asked}' runs")?;
        return match explained.nearest.as_slice() {
            [] => writeln!(out),
            near => writeln!(out, "; did you mean {}?", near.join(", ")),
        };
    };
    write_container(out, container, now)?;
    if container.labels.is_empty() {
        writeln!(out, "  it has no label that is read here: it is not to be served")?;
    } else if container.routes.is_empty() && container.findings.is_empty() {
        writeln!(out, "  its labels ask for nothing: sluicegate.enable=true is not among them")?;
    }
    container.routes.iter().try_for_each(|route| write_route(out, container, route, fleet, now))?;
    container.findings.iter().try_for_each(|finding| write_finding(out, finding))
}

fn write_container(out: &mut String, container: &Container, now: u64) -> fmt::Result {
    let Container { name, id, state, .. } = container;
    let id: String = id.chars().take(12).collect();
    let made = u64::try_from(container.created_unix_s).unwrap_or_default().saturating_mul(1000);
    match container.since_unix_ms {
        0 => write!(out, "container {name} ({id}): {state}, made {} ago", span(now.saturating_sub(made)))?,
        since => {
            let (since, until) = (now.saturating_sub(since), container.until_unix_ms.saturating_sub(now));
            let (since, until) = (span(since), span(until));
            write!(
                out,
                "container {name} ({id}): {state} since {since}; its routes wait for another {until}"
            )?;
        }
    }
    let networks = container.networks.iter();
    let mut places: Vec<String> = networks
        .map(|network| format!("{} in network {}", network.addresses.join(" and "), network.name))
        .collect();
    if container.on_host {
        places.push("in the network of the host".to_owned());
    }
    if !places.is_empty() {
        write!(out, "; at {}", places.join(", "))?;
    }
    if !container.ports.is_empty() {
        write!(out, "; exposes {}", container.ports.join(", "))?;
    }
    writeln!(out)
}

fn write_route(
    out: &mut String,
    container: &Container,
    route: &Route,
    fleet: &FleetStatus,
    now: u64,
) -> fmt::Result {
    let Route { name, mode, entrypoints, hosts, path, rule, address, .. } = route;
    write!(out, "  route {name} ({mode}) at {}", entrypoints.join(", "))?;
    for (word, value) in [("host", &hosts.join(" or ")), ("path", path), ("where", rule)] {
        if !value.is_empty() {
            write!(out, ", {word} {value}")?;
        }
    }
    writeln!(out)?;
    if address.is_empty() {
        let state = container.state.as_str();
        return match state {
            "running" => writeln!(out, "    gets no traffic: see below"),
            _ => writeln!(out, "    gets no traffic: the container is {state}"),
        };
    }
    let drains = if route.drains { ", takes nothing new" } else { "" };
    writeln!(out, "    server {address}{drains}")?;
    for (proxy, row) in seen(fleet, route.endpoint.as_ref()) {
        let evidence = if row.evidence.is_empty() { String::new() } else { format!(" ({})", row.evidence) };
        let since = span(now.saturating_sub(row.since_unix_ms));
        let (word, exchanges) = (health(row.health), row.exchanges);
        writeln!(out, "    {word} since {since}{evidence} at proxy {proxy}, {exchanges} requests")?;
    }
    Ok(())
}

fn write_finding(out: &mut String, finding: &Finding) -> fmt::Result {
    let Finding { label, value, reason, warning, .. } = finding;
    let word = if *warning { "WARNING" } else { "NOT SERVED" };
    if !label.is_empty() {
        writeln!(out, "  {word} {}={}", plain(label), plain(value))?;
        return writeln!(out, "    {}", plain(reason));
    }
    writeln!(out, "  {word} {}", plain(reason))
}
