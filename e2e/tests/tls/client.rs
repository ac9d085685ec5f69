//! Certificates, and a client that speaks TLS.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName, DnType, IsCa,
    Issuer, KeyPair, SerialNumber, SignatureAlgorithm,
};
use rustls::client::{ClientConfig, Resumption};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{HandshakeKind, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Who signs certificates of servers and of clients.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
    der: CertificateDer<'static>,
}

/// A certificate and its key, in PEM.
pub(crate) struct Signed {
    pub(crate) certificate: String,
    pub(crate) key: String,
    der: (CertificateDer<'static>, Vec<u8>),
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.clone().self_signed(&key).unwrap();
        let (pem, der) = (certificate.pem(), certificate.der().clone());
        Self { issuer: Issuer::new(params, key), pem, der }
    }

    pub(crate) fn sign(&self, names: &[&str]) -> Signed {
        self.sign_with(names, &rcgen::PKCS_ECDSA_P256_SHA256)
    }

    pub(crate) fn sign_with(&self, names: &[&str], algorithm: &'static SignatureAlgorithm) -> Signed {
        self.signed(names, KeyPair::generate_for(algorithm).unwrap(), None)
    }

    /// With a number, by which it may be revoked.
    pub(crate) fn sign_numbered(&self, names: &[&str], number: u64) -> Signed {
        self.signed(names, KeyPair::generate().unwrap(), Some(number))
    }

    /// A list of what was revoked, in PEM.
    pub(crate) fn revoke(&self, list: CertificateRevocationListParams) -> String {
        list.signed_by(&self.issuer).unwrap().pem().unwrap()
    }

    fn signed(&self, names: &[&str], key: KeyPair, number: Option<u64>) -> Signed {
        let common_name = names[0];
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.serial_number = number.map(SerialNumber::from);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Signed {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            der: (certificate.der().clone(), key.serialize_der()),
        }
    }
}

impl Signed {
    /// Both in one file, as HAProxy reads them.
    pub(crate) fn save(&self, path: &Path) {
        fs::write(path, format!("{}{}", self.certificate, self.key)).unwrap();
    }
}

/// What a client brings along, and what it insists on.
pub(crate) struct Client {
    config: ClientConfig,
}

impl Client {
    /// Trusts an authority.
    pub(crate) fn of(authority: &Authority, versions: &[&'static SupportedProtocolVersion]) -> Self {
        Self::with(authority, versions, None)
    }

    /// The same with a certificate of its own.
    pub(crate) fn with(
        authority: &Authority,
        versions: &[&'static SupportedProtocolVersion],
        own: Option<&Signed>,
    ) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(authority.der.clone()).unwrap();
        let builder = ClientConfig::builder_with_protocol_versions(versions).with_root_certificates(roots);
        let config = match own {
            None => builder.with_no_client_auth(),
            Some(own) => {
                let key = PrivateKeyDer::try_from(own.der.1.clone()).unwrap();
                builder.with_client_auth_cert(vec![own.der.0.clone()], key).unwrap()
            }
        };
        Self { config }
    }

    pub(crate) fn offering(mut self, protocols: &[&str]) -> Self {
        self.config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        self
    }

    pub(crate) fn forgetful(mut self) -> Self {
        self.config.resumption = Resumption::disabled();
        self
    }

    /// Opens connections that share what they know of earlier sessions.
    pub(crate) fn ready(self) -> Ready {
        Ready(TlsConnector::from(Arc::new(self.config)))
    }
}

pub(crate) struct Ready(TlsConnector);

/// A connection that speaks TLS.
pub(crate) struct Secure(pub(crate) TlsStream<TcpStream>);

impl Ready {
    /// # Errors
    /// Where the two ends do not agree.
    pub(crate) async fn connect(&self, address: SocketAddr, name: &str) -> std::io::Result<Secure> {
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from(name.to_owned()).unwrap();
        Ok(Secure(self.0.connect(name, stream).await?))
    }
}

impl Secure {
    /// The body of the answer to a request for a target; the connection stays.
    ///
    /// # Errors
    /// Where the connection ends before.
    pub(crate) async fn get(&mut self, target: &str) -> std::io::Result<String> {
        let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        self.0.write_all(request.as_bytes()).await?;
        let (mut answer, mut byte) = (Vec::new(), [0]);
        while !answer.ends_with(b"\r\n\r\n") {
            self.0.read_exact(&mut byte).await?;
            answer.push(byte[0]);
        }
        let head = String::from_utf8(answer).unwrap().to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let mut body = vec![0; length.trim().parse().unwrap()];
        self.0.read_exact(&mut body).await?;
        Ok(String::from_utf8(body).unwrap())
    }

    /// The first name of the server's certificate, in DER.
    pub(crate) fn shown(&self) -> &CertificateDer<'_> {
        &self.0.get_ref().1.peer_certificates().unwrap()[0]
    }

    pub(crate) fn shows(&self, signed: &Signed) -> bool {
        *self.shown() == signed.der.0
    }

    pub(crate) fn is_resumed(&self) -> bool {
        self.0.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed)
    }
}
