//! What a proxy changes about every message: hop-by-hop fields, the client's address, versions, framing.

use std::io::Write;
use std::net::IpAddr;

use sluicegate_model::frontend::{ConnectionMode, ForwardedFor};

use crate::h1::{Edits, Framing, Head, InvalidEdit, Known, Persistence, Version, View};
use crate::transfer::Coding;

/// Which connections may live on after an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keep {
    pub(super) client: bool,
    pub(super) server: bool,
}

impl Keep {
    /// HAProxy since 2.8: `httpclose` closes the side that it is written on, `http-server-close` on either side
    /// closes the server's.
    pub(super) fn of(frontend: ConnectionMode, backend: ConnectionMode) -> Self {
        Self {
            client: frontend != ConnectionMode::Close,
            server: frontend != ConnectionMode::ServerClose && backend == ConnectionMode::KeepAlive,
        }
    }
}

/// What the Connection header tells a peer that speaks `version`: only what differs from that version's default.
pub(super) fn say(version: Version, persistence: Persistence) -> Option<Persistence> {
    match (version, persistence) {
        (Version::Http11, Persistence::KeepAlive) => None,
        _ => Some(persistence),
    }
}

/// What is done to a request besides its rules.
pub(super) struct RequestPolicy<'a> {
    pub(super) frontend: Option<&'a ForwardedFor>,
    pub(super) backend: Option<&'a ForwardedFor>,
    pub(super) client: Option<IpAddr>,
    /// The server's connection is wanted for later requests.
    pub(super) keep: bool,
    /// It came over HTTP/2, where a target is a whole URI always and says nothing by that.
    pub(super) whole_uri: bool,
}

impl RequestPolicy<'_> {
    /// Makes the request fit for the next hop, behind what rules did to it. Tells whether the server may keep its
    /// connection.
    ///
    /// # Errors
    /// [`InvalidEdit::TooLarge`].
    #[inline]
    pub(super) fn apply(&self, head: &Head, buf: &[u8], edits: &mut Edits) -> Result<bool, InvalidEdit> {
        let hop = edits.strip_hop_by_hop(head, buf, head.asks_upgrade())?;
        if self.backend.is_some() || self.frontend.is_some() {
            self.forward_address(head, buf, edits)?;
        }
        if self.whole_uri {
            edits.set_origin_form(head, buf)?;
        } else {
            edits.settle_host(head, buf)?;
        }
        // A proxy sends its own version (RFC 9110 section 2.5), which an HTTP/1.1 request cannot have without Host.
        let old = head.version() == Version::Http10 && !head.has(Known::Host);
        let keep = self.keep && !old;
        if head.version() == Version::Http10 && !old {
            edits.set_version(Version::Http11);
        }
        let persistence = if keep { Persistence::KeepAlive } else { Persistence::Close };
        edits.set_connection(hop, say(Version::Http11, persistence))?;
        Ok(keep)
    }

    /// HAProxy: option forwardfor. The backend's name wins over the frontend's; `except` of either counts, `if-none`
    /// only where no side asks for the field in any case.
    fn forward_address(&self, head: &Head, buf: &[u8], edits: &mut Edits) -> Result<(), InvalidEdit> {
        let (Some(option), Some(client)) = (self.backend.or(self.frontend), self.client) else {
            return Ok(());
        };
        let excepted =
            [self.frontend, self.backend].into_iter().flatten().any(|option| option.except.contains(client));
        let name = option.header.as_bytes();
        let if_none = [self.frontend, self.backend].into_iter().flatten().all(|option| option.if_none);
        let present = if_none && View::new(head, buf, edits).value(name).is_some();
        if excepted || present {
            return Ok(());
        }
        edits.add_with(name, |out| write_ip(client, out))
    }
}

/// Appends an address. IPv4 goes without the formatting machinery: it is in every request.
pub(super) fn write_ip(ip: IpAddr, out: &mut Vec<u8>) {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let mut digits = itoa::Buffer::new();
            for (index, octet) in ip.octets().into_iter().enumerate() {
                if index > 0 {
                    out.push(b'.');
                }
                out.extend_from_slice(digits.format(octet).as_bytes());
            }
        }
        // Writing to a vector cannot fail.
        IpAddr::V6(ip) => drop(write!(out, "{ip}")),
    }
}

/// What is known of an exchange when its response head has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct ResponsePolicy {
    /// Version of the client.
    pub(super) version: Version,
    /// How the server's body ends.
    pub(super) framing: Framing,
    /// It goes out compressed.
    pub(super) compressed: bool,
    /// The client's connection may live on, as far as all but the response is concerned.
    pub(super) keep: bool,
}

/// How a response goes to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delivery {
    pub(super) coding: Coding,
    /// The client's connection lives on.
    pub(super) keep: bool,
}

impl ResponsePolicy {
    /// Makes the response fit for the client, behind what rules did to it.
    ///
    /// # Errors
    /// [`InvalidEdit::TooLarge`].
    #[inline]
    pub(super) fn apply(&self, head: &Head, buf: &[u8], edits: &mut Edits) -> Result<Delivery, InvalidEdit> {
        let status = head.status();
        let hop = edits.strip_hop_by_hop(head, buf, status == 101)?;
        if head.version() == Version::Http10 {
            edits.set_version(Version::Http11);
        }
        let delivery = self.delivery();
        match (delivery.coding, self.framing) {
            (Coding::Compress, Framing::Chunked) => {}
            (Coding::Chunk | Coding::Compress, _) => edits.set_framing(head, Framing::Chunked)?,
            (Coding::Unchunk, _) => edits.set_framing(head, Framing::UntilClose)?,
            // A response to HEAD, 304: the fields speak of another message; but chunks are not for HTTP/1.0.
            (_, Framing::Empty) if head.is_chunked() && self.version == Version::Http10 => {
                edits.set_framing(head, Framing::Empty)?;
            }
            // RFC 9112 section 6.3: neither field may stand in these, and readers that believe it would wait.
            (_, Framing::Empty | Framing::Tunnel) if status < 200 || status == 204 => {
                edits.set_framing(head, Framing::Empty)?;
            }
            // RFC 9110 section 9.3.6.
            (_, Framing::Tunnel) => edits.set_framing(head, Framing::Empty)?,
            _ => {}
        }
        let persistence = if delivery.keep { Persistence::KeepAlive } else { Persistence::Close };
        // A tunnel's connection ends with it; nothing is said of it.
        let said = if self.framing == Framing::Tunnel { None } else { say(self.version, persistence) };
        edits.set_connection(hop, said)?;
        Ok(delivery)
    }

    fn delivery(&self) -> Delivery {
        match (self.framing, self.version) {
            _ if self.compressed => Delivery { coding: Coding::Compress, keep: self.keep },
            (Framing::UntilClose, Version::Http11) if self.keep => {
                Delivery { coding: Coding::Chunk, keep: true }
            }
            (Framing::UntilClose | Framing::Tunnel, _) => Delivery { coding: Coding::AsIs, keep: false },
            (Framing::Chunked, Version::Http10) => Delivery { coding: Coding::Unchunk, keep: false },
            _ => Delivery { coding: Coding::AsIs, keep: self.keep },
        }
    }
}

#[cfg(test)]
mod tests;
