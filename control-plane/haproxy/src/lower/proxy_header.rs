//! Headers of the PROXY protocol that servers are sent.

use sluicegate_proto::v1::{self, ProxyVersion};

use super::Lowering;
use crate::ast::OptionUse;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::word::Word;

/// What the options of a `server` line say of them, each for itself: one may be undone.
#[derive(Clone, Copy, Default)]
pub(super) struct SentHeader {
    line: bool,
    binary: bool,
    checksum: bool,
    authority: bool,
    tls: bool,
    /// The name in the client's certificate.
    name: bool,
    cipher: bool,
    signature: bool,
    key: bool,
    /// Values that are not sent.
    unsent: bool,
}

impl SentHeader {
    /// The header; `None`: none is sent. With both versions asked for HAProxy sends the second, and the first where there is
    /// nothing but what the second would tell.
    fn wire(self) -> Option<v1::ProxyHeader> {
        let Self {
            line, binary, checksum, authority, tls, name: common_name, cipher, signature, key, ..
        } = self;
        if binary {
            let version = ProxyVersion::Two.into();
            return Some(v1::ProxyHeader {
                version,
                checksum,
                authority,
                tls,
                common_name: tls && common_name,
                cipher: tls && cipher,
                signature: tls && signature,
                key: tls && key,
            });
        }
        let one = v1::ProxyHeader { version: ProxyVersion::One.into(), ..v1::ProxyHeader::default() };
        (line || self.is_left_over()).then_some(one)
    }

    /// Whether something is to be told that only the second version has a place for, and that is not sent.
    fn is_left_over(self) -> bool {
        !self.binary && (self.checksum || self.authority || self.tls || self.name || self.unsent)
    }
}

impl Lowering<'_> {
    /// Reads an option of a `server` line over those that are there.
    pub(super) fn header_option(&mut self, option: &OptionUse<'_>, header: &mut SentHeader) {
        match option.keyword.name {
            "send-proxy" => header.line = true,
            "no-send-proxy" => header.line = false,
            "send-proxy-v2" => header.binary = true,
            "no-send-proxy-v2" => header.binary = false,
            "send-proxy-v2-ssl" => (header.binary, header.tls) = (true, true),
            "no-send-proxy-v2-ssl" => (header.binary, header.tls) = (false, false),
            "send-proxy-v2-ssl-cn" => (header.binary, header.tls, header.name) = (true, true, true),
            "no-send-proxy-v2-ssl-cn" => (header.binary, header.tls, header.name) = (false, false, false),
            "proxy-v2-options" => {
                if let Some(word) = option.args.first() {
                    self.header_values(word, header);
                }
            }
            _ => {}
        }
    }

    /// The header of a server, whose line is there.
    pub(super) fn sent_header(&mut self, header: SentHeader, server: Span) -> Option<v1::ProxyHeader> {
        if header.is_left_over() {
            let message =
                "what only version 2 of the PROXY protocol tells is not sent without `send-proxy-v2`";
            self.report(
                Diagnostic::warning(Code::NoEffect, server, message)
                    .note("as with HAProxy, a header of version 1 is sent for its sake")
                    .help("write `send-proxy-v2`, or take the options of version 2 away"),
            );
        }
        header.wire()
    }

    fn header_values(&mut self, word: &Word, header: &mut SentHeader) {
        for name in word.text().split(',') {
            let told = match name {
                "crc32c" => &mut header.checksum,
                "authority" => &mut header.authority,
                "ssl" => &mut header.tls,
                "cert-cn" => &mut header.name,
                "ssl-cipher" => &mut header.cipher,
                "cert-sig" => &mut header.signature,
                "cert-key" => &mut header.key,
                _ => {
                    let message = format!("`{name}` is not sent: requests get no identifier");
                    self.report(Diagnostic::warning(Code::DegradedValue, word.span(), message));
                    &mut header.unsent
                }
            };
            *told = true;
            // Each of these tells that there is TLS, too.
            header.tls |= header.name || header.cipher || header.signature || header.key;
        }
    }
}
