//! Addresses, networks, names of hosts and sockets.

use std::net::{IpAddr, SocketAddr};
use std::os::unix::ffi::OsStrExt;

use sluicegate_proto::limits::{MAX_HOST_BYTES, MAX_UNIX_PATH_BYTES};
use sluicegate_proto::v1;

use super::reason::Fault;
use super::scope::Scope;
use crate::endpoint::HostPort;
use crate::expr::Network;
use crate::listener::{UnixName, UnixSocket};

pub(super) fn ip(what: &'static str, bytes: &[u8], scope: &mut Scope<'_>) -> Option<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(v4.into());
    }
    match <[u8; 16]>::try_from(bytes) {
        Ok(v6) => Some(v6.into()),
        Err(_) => scope.fault(Fault::Address { what, bytes: bytes.len() }),
    }
}

/// An address and a port of at least `least_port`.
pub(super) fn socket(wire: &v1::IpAddress, least_port: u16, scope: &mut Scope<'_>) -> Option<SocketAddr> {
    let ip = ip("ip", &wire.ip, scope);
    let port = port(wire.port, least_port, scope);
    Some(SocketAddr::new(ip?, port?))
}

pub(super) fn port(port: u32, least: u16, scope: &mut Scope<'_>) -> Option<u16> {
    let port = scope.range("port", port, least.into(), u16::MAX.into())?;
    u16::try_from(port).ok()
}

pub(super) fn network(wire: &v1::IpNetwork, scope: &mut Scope<'_>) -> Option<Network> {
    let ip = ip("ip", &wire.ip, scope)?;
    let most = if ip.is_ipv4() { 32 } else { 128 };
    let prefix_length = scope.range("prefix_length", wire.prefix_length, 0, most)?;
    Some(Network { ip, prefix_length: u8::try_from(prefix_length).ok()? })
}

/// A name and a port of at least `least_port`.
pub(super) fn host(wire: &v1::HostAddress, least_port: u16, scope: &mut Scope<'_>) -> Option<HostPort> {
    let name = host_name(&wire.name, scope);
    let port = port(wire.port, least_port, scope);
    Some(HostPort { name: name?, port: port? })
}

fn host_name(name: &str, scope: &mut Scope<'_>) -> Option<Box<str>> {
    let what = "host name";
    if name.is_empty() {
        return scope.fault(Fault::Empty { what });
    }
    if name.len() > MAX_HOST_BYTES {
        return scope.fault(Fault::TooLong { what, bytes: name.len(), limit: MAX_HOST_BYTES });
    }
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        return Some(name.into());
    }
    scope.fault(Fault::Character { what, value: name.to_owned() })
}

pub(super) fn unix_socket(wire: &v1::UnixAddress, scope: &mut Scope<'_>) -> Option<UnixSocket> {
    let name = unix_name(&wire.path, scope);
    let mode = super::part::optional(wire.mode, |mode| {
        let mode = scope.range("mode", mode, 0, 0o7777)?;
        u32::try_from(mode).ok()
    });
    let user = scope.text("user", &wire.user);
    let group = scope.text("group", &wire.group);
    Some(UnixSocket { name: name?, mode: mode?, user: user?, group: group? })
}

/// The name alone, for sockets that others make.
pub(super) fn unix_peer(wire: &v1::UnixAddress, scope: &mut Scope<'_>) -> Option<UnixName> {
    let socket = unix_socket(wire, scope)?;
    if socket.mode.is_some() || socket.user.is_some() || socket.group.is_some() {
        return scope.fault(Fault::Meaningless { what: "an owner or mode of a socket that is connected to" });
    }
    Some(socket.name)
}

fn unix_name(path: &[u8], scope: &mut Scope<'_>) -> Option<UnixName> {
    let what = "path";
    let (name, is_abstract) = match path {
        [0, name @ ..] => (name, true),
        name => (name, false),
    };
    if name.is_empty() {
        return scope.fault(Fault::Empty { what });
    }
    if name.len() > MAX_UNIX_PATH_BYTES {
        return scope.fault(Fault::TooLong { what, bytes: name.len(), limit: MAX_UNIX_PATH_BYTES });
    }
    if is_abstract {
        return Some(UnixName::Abstract(name.into()));
    }
    if name.contains(&0) {
        return scope.fault(Fault::Character { what, value: String::from_utf8_lossy(name).into_owned() });
    }
    Some(UnixName::Path(std::ffi::OsStr::from_bytes(name).into()))
}
