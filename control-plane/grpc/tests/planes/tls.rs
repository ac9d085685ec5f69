//! Mutual TLS: who is let in, and whom a proxy believes.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sluicegate_grpc::tls::ServerTls;
use sluicegate_grpc::{ListenAddress, Listening, Security, pki};
use sluicegate_sync::operations::{self, StatusError};
use sluicegate_sync::tls::ClientTls;
use sluicegate_sync::{ControlAddress, Target};

use super::fake::{Control, Proxy, SCOPE, publisher};

struct Authority(tempfile::TempDir);

impl Authority {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        pki::init(dir.path(), &["localhost".to_owned()]).unwrap();
        pki::issue_scope(dir.path(), SCOPE).unwrap();
        pki::issue_scope(dir.path(), "inner").unwrap();
        Self(dir)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    async fn control(&self) -> (Control, SocketAddr) {
        let files = ServerTls {
            ca: self.path().join("ca.pem"),
            cert: self.path().join("control.pem"),
            key: self.path().join("control.key"),
        };
        listen(Security::MutualTls(files.load().unwrap())).await
    }

    fn target(&self, address: SocketAddr, ca: &Self, holder: &str) -> Target {
        let files = ClientTls {
            ca: ca.path().join("ca.pem"),
            cert: self.path().join(format!("{holder}.pem")),
            key: self.path().join(format!("{holder}.key")),
        };
        Target::new(tcp(address, true), Some(files.load().unwrap())).unwrap()
    }
}

async fn listen(security: Security) -> (Control, SocketAddr) {
    let listening = Listening::tcp(([127, 0, 0, 1], 0).into(), security).await.unwrap();
    let Some(&ListenAddress::Tcp(address)) = listening.local_address() else { panic!("no TCP") };
    (Control::start(publisher(1), listening), address)
}

fn tcp(address: SocketAddr, tls: bool) -> ControlAddress {
    ControlAddress::Tcp { host: address.ip().to_string(), port: address.port(), tls }
}

#[tokio::test]
async fn a_certificate_opens_its_own_scope() {
    let authority = Authority::new();
    let (control, address) = authority.control().await;
    let first = control.publish(&[("a", 1)]);
    let mut proxy = Proxy::start(authority.target(address, &authority, "proxy-edge"), SCOPE, None);
    assert_eq!(proxy.next().await.generation, first);
    control.until(|status| status.acks == 1).await;
}

#[tokio::test]
async fn a_certificate_opens_no_other_scope() {
    let authority = Authority::new();
    let (control, address) = authority.control().await;
    control.publish(&[("a", 1)]);
    for (holder, shown) in
        [("proxy-inner", "sluicegate://scope/inner"), ("operator", "sluicegate://operator")]
    {
        let mut proxy = Proxy::start(authority.target(address, &authority, holder), SCOPE, None);
        let expected =
            format!("the control plane says: a certificate for {shown} does not allow scope 'edge'");
        assert_eq!(proxy.away().await, expected);
        assert!(proxy.stop().await.resources.is_empty());
    }
    assert!(control.proxies().is_empty());
}

#[tokio::test]
async fn strangers_are_not_let_in() {
    let (authority, other) = (Authority::new(), Authority::new());
    let (control, address) = authority.control().await;
    // A certificate of another authority; the proxy itself believes the control plane.
    let mut stranger = Proxy::start(other.target(address, &authority, "proxy-edge"), SCOPE, None);
    assert!(!stranger.away().await.is_empty());
    // No TLS at all.
    let plain = Target::new(tcp(address, false), None).unwrap();
    let mut plain = Proxy::start(plain, SCOPE, None);
    assert!(!plain.away().await.is_empty());
    // A proxy that does not believe the control plane.
    let mut doubter = Proxy::start(authority.target(address, &other, "proxy-edge"), SCOPE, None);
    let why = doubter.away().await;
    assert!(why.contains("UnknownIssuer"), "{why}");
    assert!(control.proxies().is_empty());
}

#[tokio::test]
async fn another_proxy_is_no_control_plane() {
    let authority = Authority::new();
    let read = |file: &str| CertificateDer::from_pem_file(authority.path().join(file)).unwrap();
    let key = PrivateKeyDer::from_pem_file(authority.path().join("proxy-edge.key")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![read("proxy-edge.pem")], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let (_impostor, address) = listen(Security::MutualTls(Arc::new(config))).await;
    let mut proxy = Proxy::start(authority.target(address, &authority, "proxy-edge"), SCOPE, None);
    let why = proxy.away().await;
    assert!(
        why.starts_with(&format!("TLS with https://{address} failed: invalid peer certificate")),
        "{why}"
    );
}

#[tokio::test]
async fn plain_tcp_serves_where_it_was_asked_for() {
    let (control, address) = listen(Security::Insecure).await;
    control.publish(&[("a", 1)]);
    let mut proxy = Proxy::start(Target::new(tcp(address, false), None).unwrap(), SCOPE, None);
    assert!(proxy.next().await.full);
}

#[tokio::test]
async fn a_proxy_reads_the_status_of_its_own_scope_alone() {
    let authority = Authority::new();
    let (_control, address) = authority.control().await;
    let scopes = async |holder: &str| -> Result<Vec<String>, StatusError> {
        let status = operations::status(&authority.target(address, &authority, holder)).await?;
        Ok(status.scopes.into_iter().map(|scope| scope.name).collect())
    };
    assert_eq!(scopes("operator").await.unwrap(), ["edge", "inner"]);
    assert_eq!(scopes("control").await.unwrap(), ["edge", "inner"]);
    assert_eq!(scopes("proxy-inner").await.unwrap(), ["inner"]);
}

#[test]
fn certificates_and_https_go_together() {
    let address: SocketAddr = ([127, 0, 0, 1], 1).into();
    assert!(Target::new(tcp(address, true), None).is_err());
    let authority = Authority::new();
    let files = ClientTls {
        ca: authority.path().join("ca.pem"),
        cert: authority.path().join("proxy.pem"),
        key: authority.path().join("proxy.key"),
    };
    assert!(Target::new(tcp(address, false), Some(files.load().unwrap())).is_err());
}
