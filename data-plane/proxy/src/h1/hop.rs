//! Fields that are for the next hop only (RFC 9110 section 7.6.1).

use super::name::KnownSet;
use super::{Edits, Head, InvalidEdit, Known, Persistence, scan};

/// What is left for the Connection header after the received one is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hop {
    /// The Upgrade header was kept.
    pub upgrade: bool,
    /// `TE: trailers` was kept.
    pub te: bool,
}

const HOP_BY_HOP: KnownSet = KnownSet::of(&[
    Known::Connection,
    Known::KeepAlive,
    Known::ProxyConnection,
    Known::Te,
    Known::Upgrade,
    Known::Http2Settings,
]);

impl Edits {
    /// Takes away the received fields that are not for the next hop: Connection and what it names, Keep-Alive,
    /// Proxy-Connection, HTTP2-Settings, TE (of which `trailers` stays), and Upgrade unless `keep_upgrade`.
    /// Transfer-Encoding, Content-Length and Host stay even if Connection names them: without them the
    /// message would end elsewhere or go elsewhere. Fields added before stay, so a client cannot have the proxy's own
    /// fields removed. Proxy-Authenticate and Proxy-Authorization are end-to-end for a proxy that asks for nothing.
    ///
    /// # Errors
    /// [`InvalidEdit::TooLarge`].
    pub fn strip_hop_by_hop(
        &mut self,
        head: &Head,
        buf: &[u8],
        keep_upgrade: bool,
    ) -> Result<Hop, InvalidEdit> {
        if !head.known.meets(HOP_BY_HOP) {
            return Ok(Hop::default());
        }
        if head.facts.nominates {
            self.strip_nominated(head, buf);
        }
        for name in
            [Known::Connection, Known::KeepAlive, Known::ProxyConnection, Known::Http2Settings, Known::Te]
        {
            self.drop_known(head, name);
        }
        let te = head.facts.te_trailers_listed;
        if te {
            self.push(b"TE", Some(Known::Te), |arena| arena.extend_from_slice(b"trailers"))?;
        }
        if !keep_upgrade {
            self.drop_known(head, Known::Upgrade);
        }
        Ok(Hop { upgrade: keep_upgrade && head.has(Known::Upgrade), te })
    }

    /// Writes the Connection header for the next hop: `close` or `keep-alive` if `say` tells so, and the names of
    /// kept hop-by-hop fields. Without any of them there is no such field.
    ///
    /// # Errors
    /// [`InvalidEdit::TooLarge`].
    pub fn set_connection(&mut self, hop: Hop, say: Option<Persistence>) -> Result<(), InvalidEdit> {
        self.added.retain(|field| field.known != Some(Known::Connection));
        let persistence = match say {
            // An upgraded connection ends with its tunnel; `close` beside `Upgrade` confuses servers.
            _ if hop.upgrade => None,
            Some(Persistence::Close) => Some("close"),
            Some(Persistence::KeepAlive) => Some("keep-alive"),
            None => None,
        };
        let tokens = [persistence, hop.upgrade.then_some("Upgrade"), hop.te.then_some("TE")];
        if tokens.iter().all(Option::is_none) {
            return Ok(());
        }
        self.push(b"Connection", Some(Known::Connection), |arena| {
            for (index, token) in tokens.into_iter().flatten().enumerate() {
                if index > 0 {
                    arena.extend_from_slice(b", ");
                }
                arena.extend_from_slice(token.as_bytes());
            }
        })
    }

    fn strip_nominated(&mut self, head: &Head, buf: &[u8]) {
        for connection in head.fields().iter().filter(|field| field.known == Some(Known::Connection)) {
            for name in scan::list(connection.value.of(buf)) {
                match Known::of(name) {
                    // Upgrade and TE have their own rules; the rest must not go.
                    Some(
                        Known::Host
                        | Known::ContentLength
                        | Known::TransferEncoding
                        | Known::Upgrade
                        | Known::Te
                        | Known::Connection,
                    ) => {}
                    _ => self.drop_received(head, buf, name),
                }
            }
        }
    }
}
