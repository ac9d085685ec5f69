//! Signature schemes, where not all that there are may be used.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, PeerMisbehaved, SignatureAlgorithm, SignatureScheme,
};

/// As IANA numbers them.
pub(crate) fn schemes(numbers: &[u32]) -> Arc<[SignatureScheme]> {
    numbers.iter().filter_map(|number| u16::try_from(*number).ok()).map(SignatureScheme::from).collect()
}

/// A certificate whose key signs in these ways alone (HAProxy: sigalgs).
pub(crate) fn signing(key: &CertifiedKey, schemes: Arc<[SignatureScheme]>) -> CertifiedKey {
    let limited = Limited { key: Arc::clone(&key.key), schemes };
    CertifiedKey { key: Arc::new(limited), ..key.clone() }
}

#[derive(Debug)]
struct Limited {
    key: Arc<dyn SigningKey>,
    schemes: Arc<[SignatureScheme]>,
}

impl SigningKey for Limited {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let both = self.schemes.iter().filter(|scheme| offered.contains(scheme));
        // One at a time: the order of the list counts, and not that of the key.
        both.map(|scheme| self.key.choose_scheme(&[*scheme])).find(Option::is_some)?
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        self.key.public_key()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }
}

/// Takes what another one takes, of those who sign in these ways (HAProxy: client-sigalgs of clients, sigalgs of servers).
#[derive(Debug)]
pub(crate) struct Checking<V: ?Sized> {
    pub(crate) verifier: Arc<V>,
    pub(crate) schemes: Arc<[SignatureScheme]>,
}

impl<V: ?Sized> Checking<V> {
    fn allow(&self, signed: &DigitallySignedStruct) -> Result<(), Error> {
        match self.schemes.contains(&signed.scheme) {
            true => Ok(()),
            false => Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into()),
        }
    }

    fn of(&self, all: &[SignatureScheme]) -> Vec<SignatureScheme> {
        self.schemes.iter().filter(|scheme| all.contains(scheme)).copied().collect()
    }
}

impl ServerCertVerifier for Checking<dyn ServerCertVerifier> {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.allow(signed)?;
        self.verifier.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.allow(signed)?;
        self.verifier.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.of(&self.verifier.supported_verify_schemes())
    }
}

impl ClientCertVerifier for Checking<dyn ClientCertVerifier> {
    fn offer_client_auth(&self) -> bool {
        self.verifier.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.verifier.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.verifier.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.verifier.verify_client_cert(end_entity, intermediates, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.allow(signed)?;
        self.verifier.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.allow(signed)?;
        self.verifier.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.of(&self.verifier.supported_verify_schemes())
    }
}
