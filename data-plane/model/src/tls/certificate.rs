//! A certificate with its issuers and its key, from PEM.

use std::sync::{Arc, OnceLock};

use rustls::crypto::CryptoProvider;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::facts::Facts;

/// Names of one certificate that are looked at.
const MAX_NAMES: usize = 4_096;

/// What a listener shows, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// In lower case, as the certificate has them: names of hosts, and the common name of its subject.
    pub server_names: Box<[Box<str>]>,
    /// Seconds since 1970 from which on it holds.
    pub not_before: i64,
    /// Seconds since 1970 up to which it holds.
    pub not_after: i64,
}

/// Why PEM is no certificate with its key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // The message of each variant is its documentation.
pub enum BadCertificate {
    #[error("it holds no certificate")]
    NoCertificate,
    #[error("it holds no private key")]
    NoKey,
    #[error("its private key is encrypted; store it without a pass phrase")]
    Encrypted,
    #[error("it is no PEM: {0}")]
    Pem(String),
    #[error("its certificate cannot be read: {0}")]
    Certificate(String),
    #[error("its private key cannot be used: {0}")]
    Key(String),
    #[error("its private key is not that of its first certificate")]
    Mismatch,
}

/// The certificates of PEM, in their order.
pub(crate) fn certificates(data: &[u8]) -> Result<Vec<CertificateDer<'static>>, BadCertificate> {
    let found = CertificateDer::pem_slice_iter(data).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|error| BadCertificate::Pem(told(&error)))?;
    if found.is_empty() { Err(BadCertificate::NoCertificate) } else { Ok(found) }
}

impl Certificate {
    /// Reads PEM with the certificate, its issuers and its key.
    ///
    /// # Errors
    /// What is missing, or does not belong together.
    pub(crate) fn read(
        data: &[u8],
        ocsp: Option<Vec<u8>>,
        provider: &CryptoProvider,
    ) -> Result<Pair, BadCertificate> {
        let chain = certificates(data)?;
        let key = private_key(data)?;
        let parsed = Self::parse(chain.first().ok_or(BadCertificate::NoCertificate)?)?;
        let key = provider.key_provider.load_private_key(key);
        let key = key.map_err(|error| BadCertificate::Key(error.to_string()))?;
        let mut certified = CertifiedKey::new(chain, key);
        certified.ocsp = ocsp;
        match certified.keys_match() {
            Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {}
            Err(rustls::Error::InconsistentKeys(_)) => return Err(BadCertificate::Mismatch),
            Err(error) => return Err(BadCertificate::Certificate(error.to_string())),
        }
        Ok(Pair { certificate: Arc::new(parsed), key: Arc::new(certified), facts: OnceLock::new() })
    }

    pub(super) fn parse(der: &CertificateDer<'_>) -> Result<Self, BadCertificate> {
        let (_, parsed) =
            X509Certificate::from_der(der).map_err(|error| BadCertificate::Certificate(error.to_string()))?;
        let common = parsed.subject().iter_common_name().filter_map(|it| it.as_str().ok());
        let alternatives = parsed.subject_alternative_name().ok().flatten();
        let alternatives = alternatives.iter().flat_map(|it| &it.value.general_names);
        let hosts = alternatives.filter_map(|it| match it {
            GeneralName::DNSName(name) => Some(*name),
            _ => None,
        });
        let names = common.chain(hosts).take(MAX_NAMES);
        let mut server_names: Vec<Box<str>> = names.map(|name| name.to_ascii_lowercase().into()).collect();
        server_names.sort_unstable();
        server_names.dedup();
        let validity = parsed.validity();
        Ok(Self {
            server_names: server_names.into(),
            not_before: validity.not_before.timestamp(),
            not_after: validity.not_after.timestamp(),
        })
    }
}

fn private_key(data: &[u8]) -> Result<PrivateKeyDer<'static>, BadCertificate> {
    let contains = |words: &[u8]| data.windows(words.len()).any(|part| part == words);
    match PrivateKeyDer::from_pem_slice(data) {
        Ok(key) => Ok(key),
        Err(_) if contains(b"ENCRYPTED") => Err(BadCertificate::Encrypted),
        Err(pem::Error::NoItemsFound) => Err(BadCertificate::NoKey),
        Err(error) => Err(BadCertificate::Pem(told(&error))),
    }
}

/// Without what stands in the file: it is secret.
fn told(error: &pem::Error) -> String {
    match error {
        pem::Error::MissingSectionEnd { .. } => "a section has no end".to_owned(),
        pem::Error::IllegalSectionStart { .. } => "a section begins badly".to_owned(),
        pem::Error::Base64Decode(_) => "a section is no base64".to_owned(),
        _ => "it cannot be read".to_owned(),
    }
}

/// A certificate and its key, shared by all that show it.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) certificate: Arc<Certificate>,
    pub(crate) key: Arc<CertifiedKey>,
    /// Read when somebody asks.
    pub(crate) facts: OnceLock<Option<Box<Facts>>>,
}

/// A certificate that a client was shown.
#[derive(Debug, Clone)]
pub struct Shown(pub(crate) Arc<Pair>);

impl Shown {
    /// What it says; `None`: it cannot be read.
    pub fn facts(&self) -> Option<&Facts> {
        let read = || self.0.key.cert.first().and_then(|der| Facts::read(der)).map(Box::new);
        self.0.facts.get_or_init(read).as_deref()
    }
}

/// The same file, read at the same time.
impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Shown {}
