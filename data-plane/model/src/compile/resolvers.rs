//! Name servers, and how names lead to endpoints.

use std::num::NonZeroU32;
use std::time::Duration;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::limits::{
    MAX_DURATION_MS, MAX_FIRST_ADDRESSES, MAX_NAME_SERVERS, MAX_PREFERRED_NETWORKS,
};
use sluicegate_proto::v1::{self, Kind};

use super::address;
use super::part::optional;
use super::reason::Fault;
use super::scope::Scope;
use crate::resolvers::{FirstAddress, Hold, NameServer, Resolution, Resolvers};

pub(super) fn resolvers(key: &ObjectKey, wire: &v1::Resolvers, scope: &mut Scope<'_>) -> Option<Resolvers> {
    let few = scope.count("servers", wire.servers.len(), MAX_NAME_SERVERS);
    let servers = scope.each("server", &wire.servers, name_server);
    let retries = scope.range("retries", wire.retries, 1, i32::MAX.into());
    let resolve = scope.milliseconds("resolve_interval_ms", wire.resolve_interval_ms);
    let retry = scope.milliseconds("retry_interval_ms", wire.retry_interval_ms);
    let hold = match &wire.hold {
        None => scope.fault(Fault::Unset("hold")),
        Some(wire) => scope.at("hold", |scope| hold(wire, scope)),
    };
    let payload = scope.range("payload_bytes", wire.payload_bytes, 512, u16::MAX.into());
    let fresh = optional(wire.fresh_ms, |ms| time("fresh_ms", ms, scope));
    few?;
    retries?;
    Some(Resolvers {
        key: key.clone(),
        origin: scope.origin(),
        servers: servers?,
        system_servers: wire.system_servers,
        retries: NonZeroU32::new(wire.retries)?,
        resolve_interval: resolve?,
        retry_interval: retry?,
        hold: hold?,
        payload_bytes: u16::try_from(payload?).ok()?,
        fresh: fresh?,
    })
}

fn name_server(scope: &mut Scope<'_>, wire: &v1::NameServer) -> Option<NameServer> {
    let name = match scope.text("name", &wire.name) {
        Some(None) => scope.fault(Fault::Empty { what: "name" }),
        Some(name) => name,
        None => None,
    };
    let address = match &wire.address {
        None => scope.fault(Fault::Unset("address")),
        Some(ip) => scope.at("address", |scope| address::socket(ip, 1, scope)),
    };
    Some(NameServer { name: name?, address: address?, tcp: wire.tcp })
}

fn hold(wire: &v1::NameHold, scope: &mut Scope<'_>) -> Option<Hold> {
    let mut time = |what, ms: u64| time(what, ms, scope);
    let nx = time("nx_ms", wire.nx_ms);
    let refused = time("refused_ms", wire.refused_ms);
    let timeout = time("timeout_ms", wire.timeout_ms);
    let other = time("other_ms", wire.other_ms);
    let obsolete = time("obsolete_ms", wire.obsolete_ms);
    Some(Hold { nx: nx?, refused: refused?, timeout: timeout?, other: other?, obsolete: obsolete? })
}

/// A time, which may be none.
fn time(what: &'static str, ms: u64, scope: &mut Scope<'_>) -> Option<Duration> {
    let value = i64::try_from(ms).unwrap_or(i64::MAX);
    scope.range(what, value, 0, MAX_DURATION_MS as i64).map(|_| Duration::from_millis(ms))
}

/// The resolution of an endpoint.
pub(super) fn resolution(
    wire: &v1::NameResolution,
    endpoint: &v1::Endpoint,
    scope: &mut Scope<'_>,
) -> Option<Resolution> {
    let Some(v1::endpoint::Address::Host(host)) = &endpoint.address else {
        return scope.fault(Fault::Meaningless { what: "a resolution without a name" });
    };
    let resolvers =
        optional(wire.resolvers.as_ref(), |id| scope.reference("resolvers", Some(id), Kind::Resolvers));
    if wire.service && (wire.resolvers.is_none() || host.port != 0) {
        return scope.fault(Fault::Meaningless { what: "a service without resolvers, or with a port" });
    }
    let prefers_v4 = match v1::AddressFamily::try_from(wire.prefer) {
        Ok(family) => Some(family == v1::AddressFamily::Ipv4),
        Err(_) => scope.fault(Fault::Unknown { what: "prefer", value: wire.prefer }),
    };
    let few = scope.count("preferred_networks", wire.preferred_networks.len(), MAX_PREFERRED_NETWORKS);
    let networks = scope.each("preferred network", &wire.preferred_networks, |scope, network| {
        address::network(network, scope)
    });
    let few = few.and(scope.count("first", wire.first.len(), MAX_FIRST_ADDRESSES));
    let first = scope.each("first", &wire.first, first_address);
    few?;
    Some(Resolution {
        resolvers: resolvers?,
        service: wire.service,
        prefers_v4: prefers_v4?,
        preferred_networks: networks?,
        shares_addresses: wire.shares_addresses,
        ignores_weight: wire.ignores_weight,
        first: first?,
    })
}

fn first_address(scope: &mut Scope<'_>, wire: &v1::FirstAddress) -> Option<FirstAddress> {
    use v1::first_address::From;
    match &wire.from {
        None => scope.fault(Fault::Unset("from")),
        Some(From::System(_)) => Some(FirstAddress::System),
        Some(From::None(_)) => Some(FirstAddress::None),
        Some(From::Ip(ip)) => {
            scope.range("port", ip.port, 0, 0)?;
            address::ip("ip", &ip.ip, scope).map(FirstAddress::Ip)
        }
    }
}
