//! What is known of the TLS connection of a client, or of that to an endpoint.

use std::time::Duration;

use sluicegate_model::expr::{CertificateFact, ServerTls, TlsFact, TlsName, Whose};
use sluicegate_model::tls::{Facts, Shown};

use crate::message::Message;
use crate::value::Value;

/// What the two ends agreed upon.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// The name that the client asked for, in lower case (RFC 6066 section 3).
    pub server_name: Option<Box<str>>,
    /// As OpenSSL calls it: `TLSv1.3`.
    pub version: &'static str,
    /// As OpenSSL calls it.
    pub cipher: &'static str,
    /// Bits of the cipher's key.
    pub key_bits: u16,
    /// Application protocol (RFC 7301).
    pub protocol: Option<Box<[u8]>>,
    /// It continues an earlier session.
    pub resumed: bool,
    /// From the accept until all was agreed upon.
    pub handshake: Duration,
    /// The peer's: of a client, where it showed one that is good; of an endpoint always.
    pub certificate: Option<Box<Facts>>,
    /// The one that the client was shown.
    pub own: Option<Shown>,
}

impl Tls {
    pub(crate) fn value(&self, fact: TlsFact) -> Option<Value<'_>> {
        Some(match fact {
            TlsFact::ServerName => Value::Text(self.server_name.as_deref()?.as_bytes()),
            TlsFact::HasServerName => Value::Bool(self.server_name.is_some()),
            TlsFact::Version => Value::Text(self.version.as_bytes()),
            TlsFact::Cipher => Value::Text(self.cipher.as_bytes()),
            TlsFact::KeyBits => Value::Int(self.key_bits.into()),
            TlsFact::Protocol => Value::Text(self.protocol.as_deref()?),
            TlsFact::IsResumed => Value::Bool(self.resumed),
            TlsFact::HasCertificate => Value::Bool(self.certificate.is_some()),
            // Who shows one that is not good comes no further than the handshake.
            TlsFact::Verified => Value::Int(0),
            TlsFact::Of(whose, fact) => of(self.facts(whose)?, fact),
        })
    }

    fn facts(&self, whose: Whose) -> Option<&Facts> {
        match whose {
            Whose::Client => self.certificate.as_deref(),
            Whose::Own => self.own.as_ref()?.facts(),
        }
    }

    /// A name in a certificate: one part of it, or all in one line as OpenSSL writes it.
    pub(crate) fn name<'a>(&'a self, wanted: &TlsName, buffer: &mut Vec<u8>) -> Option<Value<'a>> {
        let certificate = self.facts(wanted.whose)?;
        let parts = if wanted.of_issuer { &certificate.issuer } else { &certificate.subject };
        let Some(part) = &wanted.part else {
            for (what, value) in parts {
                buffer.extend([b"/", what.as_bytes(), b"=", value.as_bytes()].into_iter().flatten());
            }
            return Some(Value::Buffered(0..buffer.len()));
        };
        let mut named = parts.iter().filter(|(what, _)| what.eq_ignore_ascii_case(part));
        let nth = usize::try_from(wanted.occurrence.unsigned_abs()).ok()?.saturating_sub(1);
        let found = if wanted.occurrence < 0 { named.rev().nth(nth) } else { named.nth(nth) };
        found.map(|(_, value)| Value::Text(value.as_bytes()))
    }
}

/// What is known of the connection to the endpoint.
pub(crate) fn of_server<'a, M: Message>(
    wanted: &ServerTls,
    message: &'a M,
    buffer: &mut Vec<u8>,
) -> Option<Value<'a>> {
    let tls = message.server_tls();
    match wanted {
        ServerTls::Is => Some(Value::Bool(tls.is_some())),
        ServerTls::Fact(fact) => tls?.value(*fact),
        ServerTls::Name(name) => tls?.name(name, buffer),
        ServerTls::Error => message.server_tls_error().map(|words| Value::Text(words.as_bytes())),
    }
}

fn of(certificate: &Facts, fact: CertificateFact) -> Value<'_> {
    Value::Text(match fact {
        CertificateFact::Version => return Value::Int(certificate.version.into()),
        CertificateFact::Der => &certificate.der,
        CertificateFact::Sha1 => &certificate.sha1,
        CertificateFact::Serial => &certificate.serial,
        CertificateFact::NotBefore => certificate.not_before.as_bytes(),
        CertificateFact::NotAfter => certificate.not_after.as_bytes(),
        CertificateFact::KeyAlgorithm => certificate.key_algorithm.as_bytes(),
        CertificateFact::SignatureAlgorithm => certificate.signature_algorithm.as_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_has_no_value() {
        let nothing = Tls::default();
        assert_eq!(nothing.value(TlsFact::ServerName), None);
        assert_eq!(nothing.value(TlsFact::HasServerName), Some(Value::Bool(false)));
        let tls = Tls { server_name: Some("a.test".into()), key_bits: 128, ..nothing };
        assert_eq!(tls.value(TlsFact::ServerName), Some(Value::Text(b"a.test")));
        assert_eq!(tls.value(TlsFact::KeyBits), Some(Value::Int(128)));
    }

    #[test]
    fn names_are_told_whole_and_in_parts() {
        let subject = [("C", "FR"), ("OU", "one"), ("OU", "two"), ("CN", "alice")];
        let subject = subject.map(|(what, value)| (what.into(), value.into())).into();
        let tls =
            Tls { certificate: Some(Box::new(Facts { subject, ..Facts::default() })), ..Tls::default() };
        let told = |part: Option<&str>, occurrence| {
            let wanted =
                TlsName { whose: Whose::Client, of_issuer: false, part: part.map(Box::from), occurrence };
            let mut buffer = Vec::new();
            let value = tls.name(&wanted, &mut buffer)?;
            let text = match value {
                Value::Text(text) => text.to_vec(),
                _ => buffer.clone(),
            };
            Some(String::from_utf8(text).unwrap())
        };
        for (part, occurrence, expected) in [
            (None, 1, Some("/C=FR/OU=one/OU=two/CN=alice")),
            (Some("cn"), 1, Some("alice")),
            (Some("OU"), 1, Some("one")),
            (Some("OU"), 2, Some("two")),
            (Some("OU"), -1, Some("two")),
            (Some("OU"), 3, None),
            (Some("L"), 1, None),
        ] {
            assert_eq!(told(part, occurrence).as_deref(), expected, "{part:?} {occurrence}");
        }
        let nobody = Tls::default();
        let wanted = TlsName { whose: Whose::Own, of_issuer: true, part: None, occurrence: 1 };
        assert_eq!(nobody.name(&wanted, &mut Vec::new()), None);
    }
}
