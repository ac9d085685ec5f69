//! The PROXY protocol, versions 1 and 2 (HAProxy: doc/proxy-protocol.txt): at its start a connection tells whose it is, as
//! the proxy knows that it comes from.
//!
//! Bytes to headers and back: nothing here reads, waits or writes to a socket.

mod announce;
mod binary;
mod checksum;
mod line;
#[cfg(test)]
mod tests;
mod values;
mod write;

use std::net::SocketAddr;

pub(crate) use announce::announce;
pub use values::Values;
pub use write::{Known, write};

use crate::stream::Peer;

/// The longest header that is read. HAProxy takes what its buffer of 16 KiB has room for; the protocol asks for 536 bytes at
/// least.
pub const MAX_BYTES: usize = 16 * 1024 - 1;

/// Of the values that a header may have (section 2.2.7 ff.).
pub mod kind {
    /// CRC32c of the whole header.
    pub const CHECKSUM: u8 = 0x03;
    /// The name of the host that the client asked for.
    pub const AUTHORITY: u8 = 0x02;
    /// A number or text that the connection is known by.
    pub const UNIQUE_ID: u8 = 0x05;
    /// How the client spoke TLS.
    pub const TLS: u8 = 0x20;
    /// Within that: the version.
    pub const TLS_VERSION: u8 = 0x21;
    /// The common name in the client's certificate.
    pub const TLS_COMMON_NAME: u8 = 0x22;
    /// The cipher suite.
    pub const TLS_CIPHER: u8 = 0x23;
    /// How the proxy's certificate is signed.
    pub const TLS_SIGNATURE: u8 = 0x24;
    /// What the key of the proxy's certificate is.
    pub const TLS_KEY: u8 = 0x25;
}

/// Flags of a value of the type [`kind::TLS`] (section 2.2.6).
mod client {
    /// The client spoke TLS.
    pub(super) const TLS: u8 = 0x01;
    /// It showed a certificate over this connection.
    pub(super) const SHOWN: u8 = 0x02;
    /// It showed one in the session that this connection is part of.
    pub(super) const KNOWN: u8 = 0x04;
}

/// What a header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Between whom the connection is.
    pub ends: Ends,
    /// What else there is to know.
    pub values: Values,
}

/// The two ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// As they are: it is the proxy's own (LOCAL), or it does not know (UNKNOWN, UNSPEC).
    Untold,
    /// Over TCP.
    Ip {
        /// Who connected.
        client: SocketAddr,
        /// To what.
        local: SocketAddr,
    },
    /// Over a unix socket, whose names are of no use on another host.
    Unix,
}

impl Header {
    /// Who connected; `None`: whoever the connection is with.
    pub fn client(&self) -> Option<Peer> {
        match self.ends {
            Ends::Untold => None,
            Ends::Ip { client, .. } => Some(Peer::Ip(client)),
            Ends::Unix => Some(Peer::Unix),
        }
    }

    /// What the client connected to; `None`: to this end of the connection.
    pub fn local(&self) -> Option<Peer> {
        match self.ends {
            Ends::Untold => None,
            Ends::Ip { local, .. } => Some(Peer::Ip(local)),
            Ends::Unix => Some(Peer::Unix),
        }
    }
}

/// What the first bytes of a connection are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// They begin with a header of `length` bytes.
    Whole {
        /// It.
        header: Header,
        /// What follows it is not looked at.
        length: usize,
    },
    /// They may become one, with so many bytes at least in all.
    Part {
        /// More than there are, and not above [`MAX_BYTES`].
        wanted: usize,
    },
}

/// Why bytes are no header; in HAProxy's words, as its log has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// They do not begin as one.
    #[error("Received something which does not look like a PROXY protocol header")]
    Foreign,
    /// It breaks the rules, or its checksum is wrong.
    #[error("Received an invalid PROXY protocol header")]
    Malformed,
    /// It is of a protocol that has no name here.
    #[error("Received an unhandled protocol in the PROXY protocol header")]
    Protocol,
    /// It is longer than [`MAX_BYTES`], and so never comes whole, as HAProxy says.
    #[error("Truncated PROXY protocol header received")]
    TooLong,
}

/// Reads a header of either version.
///
/// # Errors
/// As soon as it is known that no further bytes make it one; for version 1 when its line ends, or is too long.
pub fn parse(bytes: &[u8]) -> Result<Parsed, Invalid> {
    if begins(bytes, line::START) {
        line::parse(bytes)
    } else if begins(bytes, binary::SIGNATURE) {
        binary::parse(bytes)
    } else {
        Err(Invalid::Foreign)
    }
}

/// Whether the bytes begin with that, as far as there are any.
fn begins(bytes: &[u8], start: &[u8]) -> bool {
    bytes.iter().zip(start).all(|(byte, wanted)| byte == wanted)
}
