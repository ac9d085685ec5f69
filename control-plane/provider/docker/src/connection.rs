//! The way to an engine: its socket, or TCP with TLS.

use std::fmt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bollard::errors::Error;
use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker, body_full};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::{self, PemObject as _};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tokio::time::timeout;

/// How long the engine may take to answer.
pub(crate) const ANSWER: Duration = Duration::from_secs(10);
/// Longest answer that is read by [`Engine::get`].
const MAX_ANSWER_BYTES: usize = 64 << 20;

/// Where an engine is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `unix:///var/run/docker.sock`, a path, or `tcp://host:port`.
    pub engine: String,
    /// A folder with `ca.pem`, `cert.pem` and `key.pem`, as Docker's own client has them: TCP with TLS.
    pub tls: Option<PathBuf>,
}

/// Why an engine cannot be connected to.
#[derive(Debug, thiserror::Error)]
#[error("the Docker engine '{engine}': {reason}")]
pub struct InvalidEngine {
    engine: String,
    reason: Reason,
}

#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error(transparent)]
    Client(#[from] Error),
    #[error("an engine is at unix:///PATH, at /PATH or at tcp://HOST:PORT")]
    Form,
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: pem::Error },
    #[error("{}: {source}", path.display())]
    Tls { path: PathBuf, source: rustls::Error },
    #[error("TLS is for tcp://HOST:PORT")]
    NoTcp,
}

impl Address {
    /// The way there: nothing is asked of the engine yet.
    ///
    /// # Errors
    /// The address is of no known form, or a file of TLS is no good.
    pub fn way(self) -> Result<Way, InvalidEngine> {
        let engine = self.client()?;
        Ok(Way { address: self, engine })
    }

    fn client(&self) -> Result<Engine, InvalidEngine> {
        self.connect().map_err(|reason| InvalidEngine { engine: self.engine.clone(), reason })
    }

    fn connect(&self) -> Result<Engine, Reason> {
        let tcp =
            ["tcp://", "http://", "https://"].iter().find_map(|scheme| self.engine.strip_prefix(scheme));
        let unix = || self.engine.strip_prefix("unix://").unwrap_or(&self.engine);
        let (base, transport) = match (tcp, &self.tls) {
            (Some(host), None) => (format!("http://{}", authority(host)?), transport(HttpConnector::new())),
            (Some(host), Some(folder)) => {
                let mut tcp = HttpConnector::new();
                tcp.enforce_http(false);
                let secure = HttpsConnector::from((tcp, config(folder)?));
                (format!("https://{}", authority(host)?), transport(secure))
            }
            (None, None) if Path::new(unix()).is_absolute() => {
                let path = PathBuf::from(unix());
                let socket = tower::service_fn(move |_: Uri| {
                    let path = path.clone();
                    Box::pin(async move { UnixStream::connect(path).await.map(TokioIo::new) })
                });
                ("http://docker".to_owned(), transport(socket))
            }
            (None, None) => return Err(Reason::Form),
            (None, Some(_)) => return Err(Reason::NoTcp),
        };
        Ok(Engine::new(base, transport)?)
    }
}

fn authority(host: &str) -> Result<&str, Reason> {
    let host = host.trim_end_matches('/');
    host.parse::<hyper::http::uri::Authority>().map(|_| host).map_err(|_| Reason::Form)
}

/// The way to an engine, by files of TLS that could be read at least once.
#[derive(Debug, Clone)]
pub struct Way {
    address: Address,
    engine: Engine,
}

impl Way {
    /// Where it leads.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// A client, with the files as they are now; where they cannot be read any more, as they were: the process may have
    /// become another user.
    pub(crate) fn client(&mut self) -> Engine {
        match self.address.client() {
            Ok(engine) => self.engine = engine,
            Err(error) => tracing::debug!(%error, "the files of before are used"),
        }
        self.engine.clone()
    }
}

/// An engine, and what is asked of it.
#[derive(Clone)]
pub(crate) struct Engine {
    pub(crate) docker: Docker,
    base: String,
    transport: Transport,
}

type Answer = Pin<Box<dyn Future<Output = Result<Response<Incoming>, Error>> + Send>>;
type Transport = Arc<dyn Fn(BollardRequest) -> Answer + Send + Sync>;

/// A connection of its own for each request: the stream of events holds one for long, and an engine is asked rarely.
fn transport(connector: impl Connect + Clone + Send + Sync + 'static) -> Transport {
    let mut builder = Client::builder(TokioExecutor::new());
    builder.pool_max_idle_per_host(0);
    let client = builder.build(connector);
    Arc::new(move |request| {
        let answer = client.request(request);
        Box::pin(async move { answer.await.map_err(Error::from) })
    })
}

/// Where it is: its clients have nothing to show.
impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Engine({})", self.base)
    }
}

impl Engine {
    fn new(base: String, transport: Transport) -> Result<Self, Error> {
        let through = Arc::clone(&transport);
        let docker = Docker::connect_with_custom_transport(
            move |request| through(request),
            Some(base.clone()),
            ANSWER.as_secs(),
            API_DEFAULT_VERSION,
        )?;
        Ok(Self { docker, base, transport })
    }

    /// Agrees on a version with it.
    pub(crate) async fn negotiated(self) -> Result<Self, Error> {
        Ok(Self { docker: self.docker.negotiate_version().await?, ..self })
    }

    /// Asks for what bollard does not read whole. `path`: without the version.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let version = self.docker.client_version();
        let (major, minor) = (version.major_version, version.minor_version);
        let request = Request::get(format!("{}/v{major}.{minor}{path}", self.base));
        let request = request.body(body_full(Bytes::new()))?;
        let ask = async {
            let answer = (self.transport)(request).await?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), MAX_ANSWER_BYTES).collect().await;
            Ok((status, body.map_err(std::io::Error::other)?.to_bytes()))
        };
        let (status, body) = timeout(ANSWER, ask).await.unwrap_or(Err(Error::RequestTimeoutError))?;
        if status != StatusCode::OK {
            let message = String::from_utf8_lossy(&body).chars().take(1_000).collect();
            return Err(Error::DockerResponseServerError { status_code: status.as_u16(), message });
        }
        Ok(serde_json::from_slice(&body)?)
    }
}

/// Trusts `ca.pem` alone; shows `cert.pem`, where there is one.
fn config(folder: &Path) -> Result<ClientConfig, Reason> {
    let (ca, cert, key) = (folder.join("ca.pem"), folder.join("cert.pem"), folder.join("key.pem"));
    let mut roots = RootCertStore::empty();
    for authority in certificates(&ca)? {
        roots.add(authority).map_err(|source| Reason::Tls { path: ca.clone(), source })?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let rejected = |source| Reason::Tls { path: cert.clone(), source };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(rejected)?
        .with_root_certificates(roots);
    if !cert.exists() {
        return Ok(builder.with_no_client_auth());
    }
    let secret =
        PrivateKeyDer::from_pem_file(&key).map_err(|source| Reason::File { path: key.clone(), source })?;
    builder.with_client_auth_cert(certificates(&cert)?, secret).map_err(rejected)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Reason> {
    let failed = |source| Reason::File { path: path.to_owned(), source };
    let found: Vec<_> =
        CertificateDer::pem_file_iter(path).map_err(failed)?.collect::<Result<_, _>>().map_err(failed)?;
    if found.is_empty() {
        return Err(failed(pem::Error::NoItemsFound));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(engine: &str, tls: Option<&Path>) -> String {
        let address = Address { engine: engine.to_owned(), tls: tls.map(Path::to_owned) };
        address.client().map_or_else(|error| error.to_string(), |_| "good".to_owned())
    }

    #[test]
    fn what_stands_against_tls_is_told() {
        let folder = tempfile::tempdir().unwrap();
        for good in ["tcp://127.0.0.1:2375", "unix:///var/run/docker.sock", "/var/run/docker.sock"] {
            assert_eq!(told(good, None), "good");
        }
        for wrong in ["docker", "tcp://", "tcp://a b:1", "ssh://host", ""] {
            let told = told(wrong, None);
            assert!(told.ends_with("an engine is at unix:///PATH, at /PATH or at tcp://HOST:PORT"), "{told}");
        }
        assert_eq!(
            told("/var/run/docker.sock", Some(folder.path())),
            "the Docker engine '/var/run/docker.sock': TLS is for tcp://HOST:PORT"
        );
        let missing = told("tcp://127.0.0.1:2376", Some(folder.path()));
        assert!(missing.contains("ca.pem: "), "{missing}");
        std::fs::write(folder.path().join("ca.pem"), "nothing").unwrap();
        let empty = told("tcp://127.0.0.1:2376", Some(folder.path()));
        assert!(empty.contains("ca.pem: ") && empty != missing, "{empty}");
    }

    #[test]
    fn files_that_cannot_be_read_any_more_are_used_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(vec!["engine".to_owned()]).unwrap();
        std::fs::write(folder.path().join("ca.pem"), made.cert.pem()).unwrap();
        let tls = Some(folder.path().to_owned());
        let mut way = Address { engine: "tcp://127.0.0.1:2376".to_owned(), tls }.way().unwrap();
        std::fs::remove_file(folder.path().join("ca.pem")).unwrap();
        assert_eq!(format!("{:?}", way.client()), "Engine(https://127.0.0.1:2376)");
    }
}
