//! What has an address: listeners and endpoints.

use std::num::NonZeroU32;
use std::sync::Arc;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::limits::MAX_WEIGHT;
use sluicegate_proto::v1::{self, Kind};

use super::part::optional;
use super::reason::Fault;
use super::scope::Scope;
use super::{address, entry, outgoing, persistence, resolvers, tls, watch};
use crate::endpoint::{
    CheckSchedule, CheckTls, ClientPort, Endpoint, EndpointAddress, ForcedHealth, ForcedValue, HashIdentity,
};
use crate::listener::{ListenAddress, Listener, Socket};

/// `IFNAMSIZ` without its terminating NUL.
const MAX_INTERFACE_BYTES: usize = 15;

pub(super) fn listener(key: &ObjectKey, wire: &v1::Listener, scope: &mut Scope<'_>) -> Option<Listener> {
    use v1::listener::Address;
    let address = scope.at("address", |scope| match &wire.address {
        None => scope.fault(Fault::Unset("address")),
        // Port 0: any that is free.
        Some(Address::Ip(ip)) => {
            let form = if wire.udp { ListenAddress::Udp } else { ListenAddress::Ip };
            address::socket(ip, 0, scope).map(form)
        }
        Some(_) if wire.udp => scope.fault(Fault::Meaningless { what: "udp without an IP address" }),
        Some(Address::Unix(unix)) => address::unix_socket(unix, scope).map(ListenAddress::Unix),
        Some(Address::Descriptor(descriptor)) => {
            scope.range("descriptor", *descriptor, 0, i32::MAX.into())?;
            Some(ListenAddress::Descriptor(*descriptor))
        }
    });
    let frontend = scope.reference("frontend", wire.frontend.as_ref(), Kind::Frontend);
    let interface = interface(&wire.interface, scope);
    let label = scope.text("label", &wire.label);
    let user_timeout = outgoing::user_timeout(wire.user_timeout_ms, scope);
    let keep_alive = outgoing::keep_alive(wire.keep_alive.as_ref(), scope);
    let entry = entry::entry(key, wire, scope);
    let is_stream = wire.backlog > 0
        || wire.user_timeout_ms > 0
        || wire.keep_alive.is_some()
        || matches!(entry, Some(Some(_)));
    if wire.udp && is_stream {
        return scope.fault(Fault::Meaningless { what: "what connections alone have at a listener for UDP" });
    }
    Some(Listener {
        key: key.clone(),
        origin: scope.origin(),
        socket: Socket {
            address: address?,
            backlog: NonZeroU32::new(wire.backlog),
            dual_stack: wire.dual_stack,
            free_bind: wire.free_bind,
            interface: interface?,
            user_timeout: user_timeout?,
            keep_alive: keep_alive?,
        },
        frontend: frontend?,
        max_connections: NonZeroU32::new(wire.max_connections),
        label: label?,
        entry: entry?,
    })
}

pub(super) fn interface(name: &str, scope: &mut Scope<'_>) -> Option<Option<Box<str>>> {
    let what = "interface";
    if name.len() > MAX_INTERFACE_BYTES {
        return scope.fault(Fault::TooLong { what, bytes: name.len(), limit: MAX_INTERFACE_BYTES });
    }
    if name.contains(['/', ' ']) {
        return scope.fault(Fault::Character { what, value: name.to_owned() });
    }
    scope.text(what, name)
}

pub(super) fn endpoint(key: &ObjectKey, wire: &v1::Endpoint, scope: &mut Scope<'_>) -> Option<Endpoint> {
    let endpoint = wire;
    let backend = scope.reference("backend", wire.backend.as_ref(), Kind::Backend);
    let name = match scope.text("name", &wire.name) {
        Some(None) => scope.fault(Fault::Empty { what: "name" }),
        Some(name) => name,
        None => None,
    };
    let number = scope.range("number", wire.number, 1, u32::MAX.into());
    let client_port = optional(wire.client_port_offset, |offset| client_port(offset, wire, scope));
    let address = scope.at("address", |scope| endpoint_address(wire, scope));
    let client_address = client_address(address.as_ref(), wire.client_address, scope);
    let weight = scope.range("weight", wire.weight, 0, MAX_WEIGHT.into());
    let check = optional(wire.check.as_ref(), |wire| scope.at("check", |scope| check(wire, endpoint, scope)));
    let forced = optional(wire.forced_health.as_ref(), |wire| {
        scope.at("forced_health", |scope| forced_health(wire, scope))
    });
    let track = optional(wire.track.as_ref(), |track| match wire.check {
        Some(_) => scope.fault(Fault::Meaningless { what: "track" }),
        None => scope.reference("track", Some(track), Kind::Endpoint),
    });
    let resolution = optional(wire.resolution.as_ref(), |resolution| {
        scope.at("resolution", |scope| resolvers::resolution(resolution, wire, scope))
    });
    let observation = optional(wire.observation.as_ref(), |wire| {
        scope.at("observation", |scope| watch::observation(wire, scope))
    });
    let agent = optional(wire.agent.as_ref(), |agent| {
        scope.at("agent", |scope| watch::agent(agent, wire.address.as_ref(), scope))
    });
    let cookie = persistence::cookie_value(&wire.cookie, scope);
    let slow_start = match wire.slow_start_ms {
        0 => Some(None),
        ms => scope.milliseconds("slow_start_ms", ms).map(Some),
    };
    let hash_identity = optional(wire.hash_identity, |known| hash_identity(known, scope));
    let pool = outgoing::pool(wire.pool.as_ref(), scope);
    let outgoing = outgoing::outgoing(wire, scope);
    let order = scope.order();
    number?;
    Some(Endpoint {
        key: key.clone(),
        backend: backend?,
        origin: scope.origin(),
        order: order?,
        name: name?,
        number: NonZeroU32::new(wire.number)?,
        number_written: wire.number_written,
        address: address?,
        client_port: client_port?,
        client_address: client_address?,
        weight: u16::try_from(weight?).ok()?,
        backup: wire.backup,
        disabled: wire.disabled || wire.unusable,
        drain: wire.drain,
        forced_health: forced?,
        max_connections: NonZeroU32::new(wire.max_connections),
        min_connections: NonZeroU32::new(wire.min_connections),
        slow_start: slow_start?,
        cookie: cookie?,
        hash_identity: hash_identity?.unwrap_or_default(),
        max_queue: NonZeroU32::new(wire.max_queue),
        pool: pool?,
        outgoing: outgoing?,
        check: check?,
        track: track?,
        resolution: resolution?.map(Box::new),
        observation: observation?,
        agent: agent?.map(Box::new),
        down_ends_sessions: wire.down_ends_sessions,
        up_ends_backup_sessions: wire.up_ends_backup_sessions,
    })
}

fn hash_identity(wire: i32, scope: &mut Scope<'_>) -> Option<HashIdentity> {
    match scope.known("hash_identity", wire)? {
        v1::HashIdentity::Number => Some(HashIdentity::Number),
        v1::HashIdentity::Address => Some(HashIdentity::Address),
        v1::HashIdentity::AddressAndPort => Some(HashIdentity::AddressAndPort),
        v1::HashIdentity::Unspecified => scope.fault(Fault::Unset("hash_identity")),
    }
}

fn endpoint_address(wire: &v1::Endpoint, scope: &mut Scope<'_>) -> Option<EndpointAddress> {
    use v1::endpoint::Address;
    let is_service = wire.resolution.as_ref().is_some_and(|resolution| resolution.service);
    let least_port = u16::from(wire.client_port_offset.is_none() && !is_service);
    match wire.address.as_ref() {
        None => scope.fault(Fault::Unset("address")),
        Some(Address::Ip(ip)) => address::socket(ip, least_port, scope).map(EndpointAddress::Ip),
        Some(Address::Unix(unix)) => address::unix_peer(unix, scope).map(EndpointAddress::Unix),
        Some(Address::Host(host)) => address::host(host, least_port, scope).map(EndpointAddress::Host),
    }
}

fn client_address(address: Option<&EndpointAddress>, wanted: bool, scope: &mut Scope<'_>) -> Option<bool> {
    let unsaid = matches!(address, Some(EndpointAddress::Ip(ip)) if ip.ip().is_unspecified());
    if wanted && address.is_some() && !unsaid {
        return scope.fault(Fault::Meaningless { what: "an address beside client_address" });
    }
    Some(wanted)
}

fn client_port(offset: i32, wire: &v1::Endpoint, scope: &mut Scope<'_>) -> Option<ClientPort> {
    use v1::endpoint::Address;
    let port = match wire.address.as_ref() {
        Some(Address::Ip(ip)) => ip.port,
        Some(Address::Host(host)) => host.port,
        Some(Address::Unix(_)) => {
            return scope.fault(Fault::Meaningless { what: "client_port_offset of a unix socket" });
        }
        None => 0,
    };
    if port != 0 {
        return scope.fault(Fault::Meaningless { what: "a port beside client_port_offset" });
    }
    let most = i64::from(u16::MAX);
    scope.range("client_port_offset", offset, -most, most)?;
    Some(ClientPort { offset })
}

fn check(wire: &v1::CheckSchedule, of: &v1::Endpoint, scope: &mut Scope<'_>) -> Option<CheckSchedule> {
    let interval = scope.milliseconds("interval_ms", wire.interval_ms);
    let fast = optional(wire.fast_interval_ms, |ms| scope.milliseconds("fast_interval_ms", ms));
    let down = optional(wire.down_interval_ms, |ms| scope.milliseconds("down_interval_ms", ms));
    let rise = count("rise", wire.rise, scope);
    let fall = count("fall", wire.fall, scope);
    let address = optional(wire.address.as_ref(), |wire| {
        // Port 0: the endpoint's own.
        scope.at("address", |scope| address::socket(wire, 0, scope))
    });
    let port = address::port(wire.port, 0, scope);
    let initial = watch::initial(wire.initial, scope);
    let client = tls::of_check(wire, of, scope);
    let server_name = scope.text("server_name", &wire.server_name);
    let interval = interval?;
    let server_name = server_name?;
    let tls = client?.map(|client| Arc::new(CheckTls { client, all: wire.over_tls, server_name }));
    Some(CheckSchedule {
        interval,
        fast_interval: fast?.unwrap_or(interval),
        down_interval: down?.unwrap_or(interval),
        rise: rise?,
        fall: fall?,
        address: address?,
        port: port.map(|port| Some(port).filter(|&port| port != 0))?,
        paused: wire.paused,
        send_proxy: wire.send_proxy,
        http2: wire.http2,
        initial: initial?,
        tls,
    })
}

pub(super) fn forced_health(wire: &v1::ForcedHealth, scope: &mut Scope<'_>) -> Option<ForcedHealth> {
    use v1::forced_health::Value;
    let value = match scope.known::<Value>("value", wire.value)? {
        Value::Up => ForcedValue::Up,
        Value::Stopping => ForcedValue::Stopping,
        Value::Down => ForcedValue::Down,
        Value::Unspecified => return scope.fault(Fault::Unset("value")),
    };
    Some(ForcedHealth { value, at_unix_ms: wire.at_unix_ms })
}

fn count(what: &'static str, value: u32, scope: &mut Scope<'_>) -> Option<NonZeroU32> {
    scope.range(what, value, 1, i32::MAX.into())?;
    NonZeroU32::new(value)
}
