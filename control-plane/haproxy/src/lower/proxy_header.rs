//! Headers of the PROXY protocol that servers are sent.

use sluicegate_proto::v1::{self, ProxyVersion};

use super::Lowering;
use super::report::texts;
use crate::ast::OptionUse;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::{Phase, Scope};
use crate::source::Span;
use crate::word::Word;

/// The type of the checksum (section 2.2.3).
const CHECKSUM: u8 = 3;

/// What the options of a `server` line say of them, each for itself: one may be undone.
#[derive(Clone, Default)]
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
    /// Values of its own.
    values: Vec<v1::ProxyValue>,
}

impl SentHeader {
    /// The header; `None`: none is sent. With both versions asked for HAProxy sends the second, and the first where there is
    /// nothing but what the second would tell.
    fn wire(&self) -> Option<v1::ProxyHeader> {
        let Self {
            line, binary, checksum, authority, tls, name: common_name, cipher, signature, key, ..
        } = *self;
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
                values: self.values.clone(),
            });
        }
        let one = v1::ProxyHeader { version: ProxyVersion::One.into(), ..v1::ProxyHeader::default() };
        (line || self.is_left_over()).then_some(one)
    }

    /// Whether something is to be told that only the second version has a place for, and that is not sent.
    fn is_left_over(&self) -> bool {
        !self.binary
            && (self.checksum
                || self.authority
                || self.tls
                || self.name
                || self.unsent
                || !self.values.is_empty())
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
            "set-proxy-v2-tlv-fmt" => {
                let value = self.own_value(option);
                header.values.extend(value);
            }
            _ => {}
        }
    }

    /// `set-proxy-v2-tlv-fmt(TYPE) FORMAT`
    fn own_value(&mut self, option: &OptionUse<'_>) -> Option<v1::ProxyValue> {
        let inside = option.word.text().split_once('(').map(|(_, inside)| inside.trim_end_matches(')'));
        let number = inside.and_then(|text| match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
            Some(digits) => u8::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        });
        let Some(kind) = number.filter(|kind| *kind != CHECKSUM) else {
            let message = format!("`{}` names no type of a value", option.word.text());
            let help = "write a number of 0 to 255 in parentheses, as in `set-proxy-v2-tlv-fmt(0xE1)`; 3 is that of the checksum";
            self.report(Diagnostic::error(Code::BadValue, option.word.span(), message).help(help));
            return None;
        };
        let scope = Scope { phase: Phase::Request, http: false };
        let format = self.reader.format(&texts(option.args), 0, scope);
        self.expression_findings(option.args, option.span());
        Some(v1::ProxyValue { kind: kind.into(), value: Some(format?) })
    }

    /// The header of a server, whose line is there.
    pub(super) fn sent_header(&mut self, header: &SentHeader, server: Span) -> Option<v1::ProxyHeader> {
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
