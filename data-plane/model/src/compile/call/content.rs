//! Fetches over the first bytes of a connection.

use super::super::scope::Scope;
use super::Arguments;
use crate::expr::{Content, Direction, Start, TlsPart};

/// Bytes of a number that says how many follow: what is longer is no number.
const MAX_NUMBER_BYTES: usize = 8;

impl Arguments<'_> {
    /// What a fetch of that name asks of the first bytes, and whose; nothing where it asks for something else.
    pub(super) fn content(
        &self,
        canonical: &str,
        scope: &mut Scope<'_>,
    ) -> Option<Option<(Direction, Content)>> {
        let (direction, name) = match canonical.split_once('.') {
            Some(("req", name)) => (Direction::Request, name),
            Some(("res", "ssl_hello_type")) => (Direction::Response, "ssl_hello_type"),
            Some(("res", name)) if !name.starts_with("ssl_") => (Direction::Response, name),
            // It is about whom the rules wait for.
            None if canonical == "wait_end" => (Direction::Request, canonical),
            _ => return Some(None),
        };
        let content = match name {
            "len" => Content::Length,
            "payload" => {
                let (offset, length) = (self.size(0, 0, scope), self.size(1, 0, scope));
                // HAProxy: 0 stands for all.
                Content::Payload { offset: offset?.unwrap_or(0), length: length?.filter(|&bytes| bytes > 0) }
            }
            "payload_lv" => {
                let (offset, size, start) =
                    (self.size(0, 0, scope), self.size(1, 1, scope), self.start(scope));
                let size = size?.unwrap_or(1);
                if size > MAX_NUMBER_BYTES {
                    return self.wrong(1, "1 to 8", scope);
                }
                Content::Counted { offset: offset?.unwrap_or(0), size, start: start? }
            }
            "rdp_cookie" => Content::RdpCookie(self.any_name()),
            "rdp_cookie_cnt" => Content::RdpCookieCount(self.any_name()),
            "wait_end" => Content::End,
            name => match name.strip_prefix("ssl_").and_then(tls_part) {
                Some(part) => Content::Tls(part),
                None => return Some(None),
            },
        };
        Some(Some((direction, content)))
    }

    /// `None` where it was left out.
    fn any_name(&self) -> Option<Box<[u8]>> {
        Some(self.text(0)).filter(|name| !name.is_empty()).map(Into::into)
    }

    /// The third argument of req.payload_lv: with a sign it counts from the end of the number.
    fn start(&self, scope: &mut Scope<'_>) -> Option<Start> {
        let text = std::str::from_utf8(self.text(2)).unwrap_or("?");
        let start = match text.as_bytes().first() {
            None => Some(Start::Behind(0)),
            Some(b'+' | b'-') => text.parse().ok().map(Start::Behind),
            Some(_) => text.parse().ok().map(Start::At),
        };
        start.or_else(|| self.wrong(2, "a number, with a sign or without", scope))
    }
}

fn tls_part(name: &str) -> Option<TlsPart> {
    Some(match name {
        "hello_type" => TlsPart::Type,
        "ver" => TlsPart::Version,
        "sni" => TlsPart::ServerName,
        "alpn" => TlsPart::Protocols,
        "cipherlist" => TlsPart::CipherSuites,
        "ec_ext" => TlsPart::NamesGroups,
        "supported_groups" => TlsPart::Groups,
        "keyshare_groups" => TlsPart::KeyShares,
        "sigalgs" => TlsPart::Signatures,
        "st_ext" => TlsPart::Tickets,
        _ => return None,
    })
}
