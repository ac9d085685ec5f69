//! Headers by hand, so that nobody's own reading of the protocol is its only witness.

use std::net::{IpAddr, SocketAddr};

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// A header of version 2.
pub(crate) fn binary(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    [SIGNATURE, &[command, family], &length, body].concat()
}

/// Its addresses, as they stand in version 2.
pub(crate) fn addresses(client: SocketAddr, local: SocketAddr) -> Vec<u8> {
    let ip = |address: SocketAddr| match address.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    [ip(client), ip(local), client.port().to_be_bytes().into(), local.port().to_be_bytes().into()].concat()
}

/// A header of version 2 about a client, and what follows its addresses.
pub(crate) fn proxied(client: SocketAddr, local: SocketAddr, values: &[u8]) -> Vec<u8> {
    let family = if client.is_ipv4() { 0x11 } else { 0x21 };
    binary(0x21, family, &[&addresses(client, local), values].concat())
}

/// The same as a line.
pub(crate) fn line(client: SocketAddr, local: SocketAddr) -> Vec<u8> {
    let family = if client.is_ipv4() { "TCP4" } else { "TCP6" };
    format!("PROXY {family} {} {} {} {}\r\n", client.ip(), local.ip(), client.port(), local.port())
        .into_bytes()
}

/// A value.
pub(crate) fn value(kind: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
    [&[kind][..], &length, bytes].concat()
}

/// A header whose value of type 3, four bytes 0, becomes its CRC32c.
pub(crate) fn summed(mut header: Vec<u8>) -> Vec<u8> {
    let sum = !header.iter().fold(!0u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ if sum & 1 == 1 { 0x82f6_3b78 } else { 0 })
    });
    let at = header.windows(7).position(|bytes| bytes == [3, 0, 4, 0, 0, 0, 0]).unwrap() + 3;
    header[at..at + 4].copy_from_slice(&sum.to_be_bytes());
    header
}
