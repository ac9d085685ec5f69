//! Addresses of `bind`, `server` and `log` lines (manual 11).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use sluicegate_proto::v1;

use crate::inet;

/// What an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// Nothing before the port, or `*`.
    Any,
    /// An address.
    Ip(IpAddr),
    /// A name to resolve.
    Name(String),
}

/// Which addresses a prefix allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// No prefix.
    Unsaid,
    /// `ipv4@`
    V4,
    /// `ipv6@`
    V6,
}

/// What follows the last colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Port {
    /// Nothing.
    None,
    /// One port.
    One(u16),
    /// `0`, which servers may say: the same as none.
    Zero,
    /// `first-last`
    Range(u16, u16),
    /// `+n` or `-n`, relative to the client's.
    Offset(i32),
}

/// An address as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// An IP socket.
    Inet {
        /// Where.
        host: Host,
        /// What its prefix allows.
        family: Family,
        /// Which port.
        port: Port,
    },
    /// A unix socket; a leading NUL stands for the abstract name space.
    Unix(Vec<u8>),
    /// An inherited descriptor.
    Descriptor(u32),
}

/// An address that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidAddress {
    /// Nothing there.
    #[error("an address is missing")]
    Empty,
    /// A prefix that HAProxy has.
    #[error("addresses with `{0}@` are not supported yet")]
    UnsupportedPrefix(String),
    /// A prefix that there is not.
    #[error("`{0}@` is not an address family")]
    Prefix(String),
    /// `[` without `]`.
    #[error("`{0}` is not an IPv6 address in brackets")]
    Brackets(String),
    /// An address of the other family.
    #[error("`{address}` is not an {family} address")]
    Family {
        /// As written.
        address: String,
        /// The family of its prefix.
        family: &'static str,
    },
    /// A port that is none.
    #[error("`{0}` is not a port")]
    Port(String),
    /// A range from high to low.
    #[error("the port range `{0}` is empty")]
    EmptyRange(String),
    /// A name with characters that names do not have.
    #[error("`{0}` is neither an address nor a name")]
    Name(String),
    /// A control character in the name of a socket.
    #[error("the socket name has a control character")]
    Control,
    /// A path that does not fit in a socket address.
    #[error("the socket name `{0}` is longer than 107 bytes")]
    LongPath(String),
    /// A descriptor that is no number.
    #[error("`{0}` is not a descriptor number")]
    Descriptor(String),
}

impl InvalidAddress {
    /// Whether it is an address that HAProxy has and that is done without.
    pub(super) fn is_degraded(&self) -> bool {
        matches!(self, InvalidAddress::UnsupportedPrefix(_))
    }

    /// What would be right.
    pub(super) fn help(&self) -> &'static str {
        match self {
            InvalidAddress::Prefix(_) | InvalidAddress::UnsupportedPrefix(_) => {
                "allowed are `ipv4@`, `ipv6@`, `unix@`, `abns@` and `fd@`"
            }
            InvalidAddress::Port(_) | InvalidAddress::EmptyRange(_) => {
                "a port is a number from 1 to 65535, a range is `8000-8010`"
            }
            InvalidAddress::Brackets(_) => "write `[::1]:80`",
            InvalidAddress::LongPath(_) => "shorten the path",
            _ => "write `192.0.2.1:80`, `[2001:db8::1]:80`, `*:80` or a path that starts with `/`",
        }
    }
}

/// The longest name that `sockaddr_un` holds (unix(7)).
const MAX_UNIX_NAME_BYTES: usize = 107;

/// Reads one address whose variables are expanded.
pub(super) fn parse(text: &str) -> Result<Address, InvalidAddress> {
    if text.is_empty() {
        return Err(InvalidAddress::Empty);
    }
    if text.starts_with('/') {
        return unix(text.as_bytes().to_vec(), text);
    }
    match text.split_once('@') {
        Some(("unix", path)) => unix(path.as_bytes().to_vec(), path),
        Some(("abns", name)) => {
            let mut path = vec![0];
            path.extend_from_slice(name.as_bytes());
            unix(path, name)
        }
        Some(("fd", number)) => {
            number.parse().map(Address::Descriptor).map_err(|_| InvalidAddress::Descriptor(number.to_owned()))
        }
        Some(("ipv4" | "tcp4" | "stream+ipv4", rest)) => inet(rest, Family::V4),
        Some(("ipv6" | "tcp6" | "stream+ipv6", rest)) => inet(rest, Family::V6),
        Some(("ip" | "tcp", rest)) => inet(rest, Family::Unsaid),
        Some((prefix, _)) => Err(known_prefix(prefix)),
        None => inet(text, Family::Unsaid),
    }
}

fn known_prefix(prefix: &str) -> InvalidAddress {
    const KNOWN: [&str; 21] = [
        "abnsz",
        "dgram",
        "dgram+ipv4",
        "dgram+ipv6",
        "dgram+unix",
        "mptcp",
        "mptcp4",
        "mptcp6",
        "quic",
        "quic4",
        "quic6",
        "quic+ipv4",
        "quic+ipv6",
        "rev",
        "rhttp",
        "ring",
        "sockpair",
        "stream",
        "udp",
        "udp4",
        "udp6",
    ];
    let name = prefix.to_owned();
    if KNOWN.contains(&prefix) {
        InvalidAddress::UnsupportedPrefix(name)
    } else {
        InvalidAddress::Prefix(name)
    }
}

fn unix(path: Vec<u8>, written: &str) -> Result<Address, InvalidAddress> {
    match written.len() {
        0 => Err(InvalidAddress::Empty),
        _ if written.chars().any(char::is_control) => Err(InvalidAddress::Control),
        1..=MAX_UNIX_NAME_BYTES => Ok(Address::Unix(path)),
        _ => Err(InvalidAddress::LongPath(written.to_owned())),
    }
}

fn inet(text: &str, family: Family) -> Result<Address, InvalidAddress> {
    // The last colon splits off the port, brackets or not (manual 11.2: `:::80` is port 80 of `::`).
    let (host, port) = match text.rfind([':', ']']) {
        Some(at) if text[at..].starts_with(':') => (&text[..at], Some(&text[at + 1..])),
        _ => (text, None),
    };
    let host = host_of(host, text)?;
    if let Host::Ip(ip) = &host {
        let wrong = match family {
            Family::V4 if !ip.is_ipv4() => Some("IPv4"),
            Family::V6 if !ip.is_ipv6() => Some("IPv6"),
            _ => None,
        };
        if let Some(family) = wrong {
            return Err(InvalidAddress::Family { address: ip.to_string(), family });
        }
    }
    let port = port.map_or(Ok(Port::None), port_of)?;
    Ok(Address::Inet { host, family, port })
}

fn host_of(host: &str, text: &str) -> Result<Host, InvalidAddress> {
    if host.is_empty() || host == "*" {
        return Ok(Host::Any);
    }
    if let Some(inner) = host.strip_prefix('[') {
        let ip = inner.strip_suffix(']').and_then(|inner| inner.parse::<Ipv6Addr>().ok());
        return ip.map(|ip| Host::Ip(ip.into())).ok_or_else(|| InvalidAddress::Brackets(text.to_owned()));
    }
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(Host::Ip(ip));
    }
    // All digits and dots: never a name.
    if let Some(ip) = inet::aton(host) {
        return Ok(Host::Ip(ip.into()));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    // All digits and dots, and no address: a typing error, not a name.
    let numeric = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && host.contains('.');
    if host.len() > 253 || numeric || !host.chars().all(allowed) {
        return Err(InvalidAddress::Name(host.to_owned()));
    }
    Ok(Host::Name(host.to_owned()))
}

fn port_of(text: &str) -> Result<Port, InvalidAddress> {
    let bad = || InvalidAddress::Port(text.to_owned());
    let one = |text: &str| text.parse::<u16>().ok().filter(|port| *port != 0).ok_or_else(bad);
    if text.is_empty() {
        return Ok(Port::None);
    }
    if text == "0" {
        return Ok(Port::Zero);
    }
    if text.starts_with(['+', '-']) {
        let offset: i32 = text.parse().map_err(|_| bad())?;
        return if offset.unsigned_abs() > 65_535 { Err(bad()) } else { Ok(Port::Offset(offset)) };
    }
    match text.split_once('-') {
        None => one(text).map(Port::One),
        Some((first, last)) => {
            let (first, last) = (one(first)?, one(last)?);
            if first > last {
                return Err(InvalidAddress::EmptyRange(text.to_owned()));
            }
            Ok(if first == last { Port::One(first) } else { Port::Range(first, last) })
        }
    }
}

/// The wildcard of a family; IPv4 where none is said.
pub(super) fn wildcard(family: Family) -> IpAddr {
    match family {
        Family::V6 => Ipv6Addr::UNSPECIFIED.into(),
        Family::V4 | Family::Unsaid => Ipv4Addr::UNSPECIFIED.into(),
    }
}

/// The wire's form.
pub(super) fn ip_address(ip: IpAddr, port: u16) -> v1::IpAddress {
    let ip: Vec<u8> = match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    v1::IpAddress { ip: ip.into(), port: port.into() }
}

#[cfg(test)]
mod tests;
