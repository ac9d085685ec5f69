//! Version 2: a binary header (section 2.2).

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{Ends, Header, Invalid, MAX_BYTES, Parsed, Values, checksum, kind};

/// What it begins with.
pub(super) const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version and command, family, length.
pub(super) const FIXED: usize = 16;
/// The version, in the upper half of its byte.
pub(super) const VERSION: u8 = 0x20;
/// The connection is the sender's own.
pub(super) const LOCAL: u8 = 0;
/// The connection is a client's.
pub(super) const PROXY: u8 = 1;
/// Families, with STREAM in the lower half.
pub(super) const UNSPEC: u8 = 0x00;
pub(super) const TCP4: u8 = 0x11;
pub(super) const TCP6: u8 = 0x21;
const UNIX: u8 = 0x31;
/// Two names of unix(7).
const UNIX_BYTES: usize = 2 * 108;

pub(super) fn parse(bytes: &[u8]) -> Result<Parsed, Invalid> {
    let Some(&[.., command, family, high, low]) = bytes.first_chunk::<FIXED>() else {
        return Ok(Parsed::Part { wanted: FIXED });
    };
    if command & 0xf0 != VERSION {
        return Err(Invalid::Foreign);
    }
    let length = FIXED + usize::from(u16::from_be_bytes([high, low]));
    if length > MAX_BYTES {
        return Err(Invalid::TooLong);
    }
    let Some(whole) = bytes.get(..length) else { return Ok(Parsed::Part { wanted: length }) };
    let header = match command & 0x0f {
        // Of its own connection a sender may say what it likes: it is to be passed over.
        LOCAL => Header { ends: Ends::Untold, values: Values::default() },
        PROXY => proxied(family, whole).ok_or(Invalid::Malformed)?,
        _ => return Err(Invalid::Malformed),
    };
    Ok(Parsed::Whole { header, length })
}

/// The header of a client's connection.
fn proxied(family: u8, whole: &[u8]) -> Option<Header> {
    let body = &whole[FIXED..];
    let (ends, values) = match family {
        UNSPEC => return Some(Header { ends: Ends::Untold, values: Values::default() }),
        TCP4 => {
            let (addresses, values) = body.split_first_chunk::<12>()?;
            let (ips, ports) = addresses.split_at(8);
            let ip = |at: usize| <[u8; 4]>::try_from(&ips[at..at + 4]).ok().map(Ipv4Addr::from);
            (ip_ends(ip(0)?, ip(4)?, ports)?, values)
        }
        TCP6 => {
            let (addresses, values) = body.split_first_chunk::<36>()?;
            let (ips, ports) = addresses.split_at(32);
            let ip = |at: usize| <[u8; 16]>::try_from(&ips[at..at + 16]).ok().map(Ipv6Addr::from);
            (ip_ends(ip(0)?, ip(16)?, ports)?, values)
        }
        UNIX => (Ends::Unix, body.split_at_checked(UNIX_BYTES)?.1),
        _ => return None,
    };
    let begin = whole.len() - values.len();
    let values = Values::read(values)?;
    for value in values.iter().filter(|value| value.kind == kind::CHECKSUM) {
        let given = u32::from_be_bytes(value.bytes.try_into().ok()?);
        if checksum::without(whole, begin + value.at) != given {
            return None;
        }
    }
    Some(Header { ends, values })
}

fn ip_ends<T: Into<std::net::IpAddr>>(client: T, local: T, ports: &[u8]) -> Option<Ends> {
    let &[a, b, c, d] = ports else { return None };
    Some(Ends::Ip {
        client: SocketAddr::new(client.into(), u16::from_be_bytes([a, b])),
        local: SocketAddr::new(local.into(), u16::from_be_bytes([c, d])),
    })
}
