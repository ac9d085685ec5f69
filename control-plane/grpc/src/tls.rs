//! The server's side of mutual TLS.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sluicegate_proto::identity::{Identity, of_certificate};

/// Files of the control plane's identity, PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerTls {
    /// Authorities that sign the certificates of proxies and operators.
    pub ca: PathBuf,
    /// The control plane's certificate and those between it and the authority.
    pub cert: PathBuf,
    /// The certificate's private key.
    pub key: PathBuf,
}

/// Why mutual TLS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum InvalidTls {
    /// A file that is no PEM, or cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: rustls_pki_types::pem::Error,
    },
    /// A file without a certificate.
    #[error("{}: no certificate in it", .0.display())]
    Empty(PathBuf),
    /// A certificate that proxies would refuse.
    #[error("{}: the certificate does not carry the URI '{}' in its subjectAltName", .0.display(), Identity::Control)]
    NotControl(PathBuf),
    /// Certificates that are no authorities, or a key that is not the certificate's.
    #[error("{}: {source}", path.display())]
    Rejected {
        /// The file that it is about.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// Authorities that cannot verify.
    #[error("{}: {source}", path.display())]
    Authority {
        /// The file that it is about.
        path: PathBuf,
        /// Why.
        source: rustls::server::VerifierBuilderError,
    },
}

impl ServerTls {
    /// Reads the files. Clients must have a certificate of the authority; HTTP/2 alone is spoken.
    ///
    /// # Errors
    /// Where a file is not what it should be.
    pub fn load(&self) -> Result<Arc<ServerConfig>, InvalidTls> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        for authority in certificates(&self.ca)? {
            roots.add(authority).map_err(|source| InvalidTls::Rejected { path: self.ca.clone(), source })?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .build()
            .map_err(|source| InvalidTls::Authority { path: self.ca.clone(), source })?;
        let chain = certificates(&self.cert)?;
        if !chain.first().is_some_and(|own| of_certificate(own).contains(&Identity::Control)) {
            return Err(InvalidTls::NotControl(self.cert.clone()));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|source| InvalidTls::File { path: self.key.clone(), source })?;
        let rejected = |source| InvalidTls::Rejected { path: self.cert.clone(), source };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(rejected)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(rejected)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Arc::new(config))
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, InvalidTls> {
    let failed = |source| InvalidTls::File { path: path.to_owned(), source };
    let found: Vec<_> =
        CertificateDer::pem_file_iter(path).map_err(failed)?.collect::<Result<_, _>>().map_err(failed)?;
    if found.is_empty() {
        return Err(InvalidTls::Empty(path.to_owned()));
    }
    Ok(found)
}
