//! What the two ends of a TLS connection agreed upon.

use std::time::Duration;

use rustls::{HandshakeKind, ProtocolVersion};
use sluicegate_model::tls::{Facts, Shown};
use sluicegate_rules::Tls;

use super::Session;

/// Facts of a session whose handshake is over; how long it took is for others to say.
pub(crate) fn agreed(session: &Session, server_name: Option<Box<str>>, own: Option<Shown>) -> Tls {
    let common = session.common();
    let suite = common.negotiated_cipher_suite().map(|suite| u16::from(suite.suite()));
    let (cipher, key_bits) = suite.map_or(("", 0), cipher);
    Tls {
        server_name,
        version: match common.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
            Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
            _ => "",
        },
        cipher,
        key_bits,
        protocol: common.alpn_protocol().map(Box::from),
        resumed: common.handshake_kind() == Some(HandshakeKind::Resumed),
        certificate: common
            .peer_certificates()
            .and_then(<[_]>::first)
            .and_then(|it| Facts::read(it))
            .map(Box::new),
        handshake: Duration::ZERO,
        own,
    }
}

/// The name of a cipher suite that rustls has, as OpenSSL has it, and the bits of its key.
fn cipher(number: u16) -> (&'static str, u16) {
    match number {
        0x1301 => ("TLS_AES_128_GCM_SHA256", 128),
        0x1302 => ("TLS_AES_256_GCM_SHA384", 256),
        0x1303 => ("TLS_CHACHA20_POLY1305_SHA256", 256),
        0xc02b => ("ECDHE-ECDSA-AES128-GCM-SHA256", 128),
        0xc02c => ("ECDHE-ECDSA-AES256-GCM-SHA384", 256),
        0xcca9 => ("ECDHE-ECDSA-CHACHA20-POLY1305", 256),
        0xc02f => ("ECDHE-RSA-AES128-GCM-SHA256", 128),
        0xc030 => ("ECDHE-RSA-AES256-GCM-SHA384", 256),
        0xcca8 => ("ECDHE-RSA-CHACHA20-POLY1305", 256),
        _ => ("", 0),
    }
}

#[cfg(test)]
mod tests {
    use rustls::crypto::aws_lc_rs::ALL_CIPHER_SUITES;

    use super::*;

    #[test]
    fn every_cipher_suite_has_its_name() {
        for suite in ALL_CIPHER_SUITES {
            let (name, bits) = cipher(suite.suite().into());
            assert!(!name.is_empty() && bits >= 128, "{suite:?}");
        }
    }
}
