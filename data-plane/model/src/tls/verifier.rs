//! Whether an endpoint is who it should be.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::certificate::Certificate;
use super::client::{is_nameless, text};

/// The certificates that an endpoint may show (HAProxy: verify required).
#[derive(Debug)]
pub(crate) struct Verifier {
    pub(crate) chains: Arc<WebPkiServerVerifier>,
    /// Certificates of the file of authorities: one of them may be the endpoint's own. Empty where lists of revoked ones are
    /// to be looked at.
    pub(crate) own: Box<[CertificateDer<'static>]>,
    /// Whose it has to be where no name is asked for, or that does not count.
    pub(crate) host: Option<ServerName<'static>>,
    /// Whose it has to be is the name that is asked for.
    pub(crate) checks_name: bool,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain =
            self.chains.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match chain {
            // It looks at the name last, and that is answered below.
            Ok(_) => {}
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => {}
            Err(_) if self.is_own(end_entity, now) => {}
            Err(error) => return Err(error),
        }
        let asked = Some(server_name).filter(|name| self.checks_name && !is_nameless(name));
        let wanted = asked.or(self.host.as_ref());
        wanted.map_or(Ok(()), |name| is_of(end_entity, name))?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}

impl Verifier {
    /// Whether a certificate that signed itself is one of those that are trusted, and holds now: OpenSSL takes it so, though it
    /// may call itself an authority.
    fn is_own(&self, end_entity: &CertificateDer<'_>, now: UnixTime) -> bool {
        let Some(known) = self.own.iter().find(|known| *known == end_entity) else { return false };
        let Ok((_, parsed)) = X509Certificate::from_der(known) else { return false };
        let validity = parsed.validity();
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        parsed.subject() == parsed.issuer()
            && (validity.not_before.timestamp()..=validity.not_after.timestamp()).contains(&now)
    }
}

/// Whether a certificate is of this name: by its alternative names or, as with HAProxy, its common name.
fn is_of(der: &CertificateDer<'_>, name: &ServerName<'_>) -> Result<(), Error> {
    let otherwise = match verify_server_name(&ParsedCertificate::try_from(der)?, name) {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    let Some(wanted) = text(name) else { return Err(otherwise) };
    let names = Certificate::parse(der).map(|known| known.server_names).unwrap_or_default();
    let fits = |known: &str| match known.strip_prefix("*.") {
        Some(domain) => wanted.split_once('.').is_some_and(|(_, behind)| behind == domain),
        None => known == wanted,
    };
    if names.iter().any(|known| fits(known)) { Ok(()) } else { Err(otherwise) }
}

/// Whoever answers is taken for the endpoint (HAProxy: verify none). Nothing would be known of who signed the handshake, so
/// that is not looked at either: certificates of all kinds will do.
#[derive(Debug)]
pub(crate) struct Anybody(pub(crate) WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
