//! Headers that go out.

use std::io::Write as _;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use sluicegate_model::outgoing::{ProxyHeader, ProxyVersion, ToldOfTls};
use sluicegate_model::tls::{Facts, Shown};
use sluicegate_rules::Tls;

use super::{binary, checksum, client, kind};

/// The longest name of a host that is passed on (section 2.2.1: PP2_TYPE_AUTHORITY).
const MAX_AUTHORITY: usize = 255;
/// Bytes of all values of one's own: a header is read where it is below 16 KiB ([`super::MAX_BYTES`]).
const MAX_OWN: usize = 8 * 1024;
/// Bytes of a value's type and length.
const VALUE_HEAD: usize = 3;
/// The longest word about a client's TLS; names of people are short (X.520: 64 characters).
const MAX_TEXT: usize = 255;

/// What is known of a client's connection beside its ends.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// The host that it asked for.
    pub authority: Option<&'a [u8]>,
    /// `None`: it is in clear.
    pub tls: Option<&'a Tls>,
    /// Other values: types and bytes. Of those that are together longer than 8 KiB the last are left out.
    pub own: &'a [(u8, Vec<u8>)],
}

/// Appends a header of that form about the connection from the first address to the second, as HAProxy writes it; `None`:
/// nothing is known of its ends, or they are not of TCP.
pub fn write(
    header: &ProxyHeader,
    ends: Option<(SocketAddr, SocketAddr)>,
    known: Known<'_>,
    out: &mut Vec<u8>,
) {
    let ends = ends.map(|ends| match ends {
        (SocketAddr::V4(_), SocketAddr::V4(_)) => ends,
        (client, local) => (in_six(client), in_six(local)),
    });
    match header.version {
        ProxyVersion::One => line(ends, out),
        ProxyVersion::Two => binary(header, ends, known, out),
    }
}

/// Where only one of the two is of IPv6, both are written so.
fn in_six(address: SocketAddr) -> SocketAddr {
    let ip: Ipv6Addr = match address.ip() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    };
    SocketAddr::new(ip.into(), address.port())
}

fn line(ends: Option<(SocketAddr, SocketAddr)>, out: &mut Vec<u8>) {
    let Some((client, local)) = ends else { return out.extend_from_slice(b"PROXY UNKNOWN\r\n") };
    let family = if client.is_ipv4() { "TCP4" } else { "TCP6" };
    // Writing to a Vec cannot fail.
    let _infallible =
        write!(out, "PROXY {family} {} {} {} {}\r\n", client.ip(), local.ip(), client.port(), local.port());
}

fn binary(header: &ProxyHeader, ends: Option<(SocketAddr, SocketAddr)>, known: Known<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    let (command, family) = match ends {
        None => (binary::LOCAL, binary::UNSPEC),
        Some((client, _)) if client.is_ipv4() => (binary::PROXY, binary::TCP4),
        Some(_) => (binary::PROXY, binary::TCP6),
    };
    out.extend_from_slice(binary::SIGNATURE);
    out.extend_from_slice(&[binary::VERSION | command, family, 0, 0]);
    if let Some((client, local)) = ends {
        ip(client, out);
        ip(local, out);
        out.extend_from_slice(&client.port().to_be_bytes());
        out.extend_from_slice(&local.port().to_be_bytes());
    }
    let sum = header.checksum.then(|| value(kind::CHECKSUM, &[0; 4], out));
    if let Some(authority) = known.authority.filter(|name| header.authority && name.len() <= MAX_AUTHORITY) {
        value(kind::AUTHORITY, authority, out);
    }
    if let Some(wanted) = header.tls {
        tls(wanted, known.tls, out);
    }
    let mut room = MAX_OWN;
    for (kind, bytes) in known.own {
        let Some(left) = room.checked_sub(bytes.len() + VALUE_HEAD) else { break };
        room = left;
        value(*kind, bytes, out);
    }
    // Addresses and the other values are below 2000 bytes.
    let length = u16::try_from(out.len() - start - binary::FIXED).unwrap_or(u16::MAX);
    out[start + binary::FIXED - 2..start + binary::FIXED].copy_from_slice(&length.to_be_bytes());
    if let Some(at) = sum {
        let sum = checksum::without(&out[start..], at - start);
        out[at..at + 4].copy_from_slice(&sum.to_be_bytes());
    }
}

/// What the client's end of TLS is (section 2.2.6); with none no flag is set. Who shows a certificate that is not good comes
/// no further than the handshake, so what was verified is good: 0.
fn tls(wanted: ToldOfTls, tls: Option<&Tls>, out: &mut Vec<u8>) {
    let Some(tls) = tls else {
        value(kind::TLS, &[0; 5], out);
        return;
    };
    let flags = match (tls.certificate.is_some(), tls.resumed) {
        (false, _) => client::TLS,
        (true, false) => client::TLS | client::SHOWN | client::KNOWN,
        (true, true) => client::TLS | client::KNOWN,
    };
    let mut said = vec![flags, 0, 0, 0, 0];
    value(kind::TLS_VERSION, tls.version.as_bytes(), &mut said);
    let name = tls.certificate.as_deref().filter(|_| wanted.common_name).and_then(common_name);
    let own = tls.own.as_ref().and_then(Shown::facts);
    let known = [
        (kind::TLS_COMMON_NAME, name),
        (kind::TLS_KEY, own.filter(|_| wanted.key).map(|own| &*own.key)),
        (kind::TLS_SIGNATURE, own.filter(|_| wanted.signature).map(|own| &*own.signature_algorithm)),
        (kind::TLS_CIPHER, Some(tls.cipher).filter(|_| wanted.cipher)),
    ];
    for (kind, text) in known {
        if let Some(text) = text.filter(|text| !text.is_empty() && text.len() <= MAX_TEXT) {
            value(kind, text.as_bytes(), &mut said);
        }
    }
    value(kind::TLS, &said, out);
}

fn common_name(certificate: &Facts) -> Option<&str> {
    certificate.subject.iter().find(|(what, _)| &**what == "CN").map(|(_, name)| &**name)
}

fn ip(address: SocketAddr, out: &mut Vec<u8>) {
    match address.ip() {
        IpAddr::V4(ip) => out.extend_from_slice(&ip.octets()),
        IpAddr::V6(ip) => out.extend_from_slice(&ip.octets()),
    }
}

/// Appends a value; where its bytes begin.
fn value(kind: u8, bytes: &[u8], out: &mut Vec<u8>) -> usize {
    let [high, low] = u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
    out.extend_from_slice(&[kind, high, low]);
    out.extend_from_slice(bytes);
    out.len() - bytes.len()
}
