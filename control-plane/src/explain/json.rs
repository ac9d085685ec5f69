//! For programs: everything, under the schema's names.

use serde_json::{Value, json as object};
use sluicegate_proto::v1::container_explanation::{Container, Route};
use sluicegate_proto::v1::{ContainerExplanation, FleetStatus};

use super::seen;
use crate::status::{health, name};

/// What became of a container.
pub(super) fn json(explained: &ContainerExplanation, fleet: &FleetStatus) -> Value {
    object!({
        "away": explained.away,
        "container": explained.container.as_ref().map(|found| container(found, fleet)),
        "nearest": explained.nearest,
    })
}

fn container(container: &Container, fleet: &FleetStatus) -> Value {
    object!({
        "id": container.id,
        "name": container.name,
        "created_unix_s": container.created_unix_s,
        "state": container.state,
        "since_unix_ms": container.since_unix_ms,
        "until_unix_ms": container.until_unix_ms,
        "on_host": container.on_host,
        "networks": container.networks.iter().map(|network| object!({
            "name": network.name,
            "addresses": network.addresses,
        })).collect::<Vec<_>>(),
        "ports": container.ports,
        "labels": container.labels.iter().map(|label| object!({
            "name": label.name,
            "value": label.value,
        })).collect::<Vec<_>>(),
        "routes": container.routes.iter().map(|found| route(found, fleet)).collect::<Vec<_>>(),
        "findings": container.findings.iter().map(|finding| object!({
            "label": finding.label,
            "value": finding.value,
            "reason": finding.reason,
            "nearest": finding.nearest,
            "warning": finding.warning,
        })).collect::<Vec<_>>(),
    })
}

fn route(route: &Route, fleet: &FleetStatus) -> Value {
    object!({
        "name": route.name,
        "mode": route.mode,
        "entrypoints": route.entrypoints,
        "hosts": route.hosts,
        "path": route.path,
        "rule": route.rule,
        "address": route.address,
        "endpoint": name(route.endpoint.as_ref()),
        "drains": route.drains,
        "proxies": seen(fleet, route.endpoint.as_ref()).map(|(proxy, row)| object!({
            "id": proxy,
            "health": health(row.health),
            "evidence": row.evidence,
            "since_unix_ms": row.since_unix_ms,
            "exchanges": row.exchanges,
        })).collect::<Vec<_>>(),
    })
}
