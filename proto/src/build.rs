//! Constructors of wire values for providers: what a number or a name may be is checked once, here.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;

use crate::hash::ContentHash;
use crate::id::{InvalidId, ObjectKey, kind_word};
use crate::limits::{
    MAX_BLOB_BYTES, MAX_DURATION_MS, MAX_HOST_BYTES, MAX_ORDER_BYTES, MAX_UNIX_PATH_BYTES, MAX_WEIGHT,
};
use crate::v1::{
    self, Blob, HostAddress, IpAddress, IpNetwork, Kind, Origin, Resource, UnixAddress, resource,
};

/// A value that the schema does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidValue {
    /// The identity.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// An id of one kind with a body of another.
    #[error("the id is one of a {}, the body is a {}", kind_word(*id), kind_word(*body))]
    Kind {
        /// In the id.
        id: Kind,
        /// Of the body.
        body: Kind,
    },
    /// Over its limit.
    #[error("the {what} is {bytes} bytes long, the limit is {limit}")]
    TooLong {
        /// What it is, in words.
        what: &'static str,
        /// Length found.
        bytes: usize,
        /// Length allowed.
        limit: usize,
    },
    /// Nothing where something must stand.
    #[error("the {what} is empty")]
    Empty {
        /// What it is, in words.
        what: &'static str,
    },
    /// Control characters, blanks or NUL in a name.
    #[error("the {what} has a character that it may not have: {value:?}")]
    Character {
        /// What it is, in words.
        what: &'static str,
        /// The whole value.
        value: String,
    },
    /// A time span of less than a millisecond or more than 24 days.
    #[error("a time of {0:?} is outside of 1 ms to {MAX_DURATION_MS} ms")]
    Duration(Duration),
    /// Over the largest.
    #[error("a weight of {0} is over the largest, {MAX_WEIGHT}")]
    Weight(u32),
    /// Port 0 names nothing.
    #[error("port 0 is no port to connect to")]
    Port,
    /// A prefix longer than the address.
    #[error("a prefix of {length} bits is longer than the address {ip}")]
    Prefix {
        /// The address.
        ip: IpAddr,
        /// The length in bits.
        length: u8,
    },
}

/// The kind that a body makes its resource.
pub fn body_kind(body: &resource::Body) -> Kind {
    match body {
        resource::Body::Process(_) => Kind::Process,
        resource::Body::Listener(_) => Kind::Listener,
        resource::Body::Frontend(_) => Kind::Frontend,
        resource::Body::Route(_) => Kind::Route,
        resource::Body::Backend(_) => Kind::Backend,
        resource::Body::Endpoint(_) => Kind::Endpoint,
        resource::Body::Blob(_) => Kind::Blob,
        resource::Body::Patterns(_) => Kind::Patterns,
        resource::Body::Resolvers(_) => Kind::Resolvers,
        resource::Body::Cache(_) => Kind::Cache,
    }
}

/// One resource. `order` is its place among its siblings, compared bytewise.
///
/// # Errors
/// Where the key is not of the body's kind, or the order is too long.
pub fn resource(
    key: &ObjectKey,
    origin: Origin,
    order: impl Into<String>,
    body: resource::Body,
) -> Result<Resource, InvalidValue> {
    let kind = body_kind(&body);
    if kind != key.kind() {
        return Err(InvalidValue::Kind { id: key.kind(), body: kind });
    }
    let order = order.into();
    short_enough("order", order.len(), MAX_ORDER_BYTES)?;
    Ok(Resource { id: Some(key.into()), order, body: Some(body), provenance: Some(origin.into()) })
}

/// A blob and the name that others refer to it by.
///
/// # Errors
/// Where the data is too long.
pub fn blob(provider: &str, origin: Origin, data: Bytes) -> Result<(Resource, String), InvalidValue> {
    short_enough("blob", data.len(), MAX_BLOB_BYTES)?;
    let name = ContentHash::of(&data).to_string();
    let key = ObjectKey::new(provider, "", Kind::Blob, &name)?;
    Ok((resource(&key, origin, "", resource::Body::Blob(Blob { data, secret: false }))?, name))
}

/// An address and port. Port 0 is for listeners that take any.
pub fn ip_address(address: SocketAddr) -> IpAddress {
    IpAddress { ip: ip_bytes(address.ip()), port: address.port().into() }
}

/// The octets of an address as the schema wants them.
pub fn ip_bytes(ip: IpAddr) -> Bytes {
    match ip {
        IpAddr::V4(ip) => Bytes::copy_from_slice(&ip.octets()),
        IpAddr::V6(ip) => Bytes::copy_from_slice(&ip.octets()),
    }
}

/// A network.
///
/// # Errors
/// Where the prefix is longer than the address.
pub fn ip_network(ip: IpAddr, prefix_bits: u8) -> Result<IpNetwork, InvalidValue> {
    let most = if ip.is_ipv4() { 32 } else { 128 };
    if prefix_bits > most {
        return Err(InvalidValue::Prefix { ip, length: prefix_bits });
    }
    Ok(IpNetwork { ip: ip_bytes(ip), prefix_length: prefix_bits.into() })
}

/// A name to resolve, and a port.
///
/// # Errors
/// Where the name is no host name by its length or characters, or the port is 0.
pub fn host_address(name: &str, port: u16) -> Result<HostAddress, InvalidValue> {
    if name.is_empty() {
        return Err(InvalidValue::Empty { what: "host name" });
    }
    short_enough("host name", name.len(), MAX_HOST_BYTES)?;
    if !name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/') {
        return Err(InvalidValue::Character { what: "host name", value: name.to_owned() });
    }
    if port == 0 {
        return Err(InvalidValue::Port);
    }
    Ok(HostAddress { name: name.to_owned(), port: port.into() })
}

/// Whether a server can be called so in requests: a host, and a port behind it where there is one (RFC 3986 section 3.2).
pub fn is_authority(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:[]".contains(&byte))
}

/// A unix socket in the file system, with the permissions that umask leaves.
///
/// # Errors
/// Where the path is empty, has a NUL or is longer than `sockaddr_un` holds (unix(7)).
pub fn unix_address(path: &Path) -> Result<UnixAddress, InvalidValue> {
    use std::os::unix::ffi::OsStrExt;
    let bytes = path.as_os_str().as_bytes();
    if bytes.is_empty() {
        return Err(InvalidValue::Empty { what: "path of the unix socket" });
    }
    short_enough("path of the unix socket", bytes.len(), MAX_UNIX_PATH_BYTES)?;
    if bytes.contains(&0) {
        let value = path.to_string_lossy().into_owned();
        return Err(InvalidValue::Character { what: "path of the unix socket", value });
    }
    Ok(UnixAddress { path: Bytes::copy_from_slice(bytes), ..UnixAddress::default() })
}

/// A time span in whole milliseconds.
///
/// # Errors
/// Where it is under a millisecond or over 24 days.
pub fn milliseconds(span: Duration) -> Result<u64, InvalidValue> {
    u64::try_from(span.as_millis())
        .ok()
        .filter(|span| (1..=MAX_DURATION_MS).contains(span))
        .ok_or(InvalidValue::Duration(span))
}

/// The weight of an endpoint; 0 takes no new traffic.
///
/// # Errors
/// Over 256.
pub fn weight(weight: u32) -> Result<u32, InvalidValue> {
    if weight <= MAX_WEIGHT { Ok(weight) } else { Err(InvalidValue::Weight(weight)) }
}

fn short_enough(what: &'static str, bytes: usize, limit: usize) -> Result<(), InvalidValue> {
    if bytes <= limit { Ok(()) } else { Err(InvalidValue::TooLong { what, bytes, limit }) }
}

/// What a check over datagrams expects where any answer will do, and so will none in its time: only that nobody says that the
/// port is nobody's.
pub fn any_answer() -> v1::CheckExpect {
    let good = v1::CheckStatus::L4ok.into();
    v1::CheckExpect {
        pattern: Some(v1::check_expect::Pattern::Text(Bytes::new())),
        passed: good,
        late: good,
        ..v1::CheckExpect::default()
    }
}

/// A check over datagrams: sends these bytes and wants an answer that contains those of `expected`; where there are none, no
/// more than [`any_answer`].
pub fn datagram_probe(sent: Bytes, expected: Bytes) -> v1::HealthCheck {
    use v1::check_step::Action;
    let connect = v1::CheckConnect { udp: true, ..v1::CheckConnect::default() };
    let send = v1::CheckSend { data: sent, ..v1::CheckSend::default() };
    let expect = match expected.is_empty() {
        true => any_answer(),
        false => v1::CheckExpect {
            pattern: Some(v1::check_expect::Pattern::Text(expected)),
            ..v1::CheckExpect::default()
        },
    };
    let actions = [Action::Connect(connect), Action::Send(send), Action::Expect(expect)];
    let steps = actions.map(|action| v1::CheckStep { action: Some(action), ..v1::CheckStep::default() });
    let script = v1::CheckScript { steps: steps.into(), ..v1::CheckScript::default() };
    v1::HealthCheck { probe: Some(v1::health_check::Probe::Script(script)) }
}

#[cfg(test)]
mod tests;
