//! What is known of a client's TLS connection.

use sluicegate_model::expr::TlsFact;

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
    /// The client's own, in DER, where it showed one that is good.
    pub certificate: Option<Box<[u8]>>,
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
            TlsFact::Certificate => Value::Text(self.certificate.as_deref()?),
        })
    }
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
}
