//! From an address to a channel for gRPC.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::net::NetError;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, duplex};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint, Uri};
use tower::service_fn;

use crate::address::ControlAddress;

/// Time for one address, and for one handshake.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// A peer that is silent for so long is asked whether it is there, and given up after as long again.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// Bytes on their way at one time.
const WINDOW_BYTES: u32 = 1 << 20;

/// Bytes on their way between two parts of one process.
const INSIDE_BYTES: usize = 256 << 10;

/// Into a control plane of the same process: takes the far ends of connections.
pub type Door = mpsc::Sender<DuplexStream>;

/// A control plane and how to reach it.
#[derive(Clone)]
pub struct Target {
    address: ControlAddress,
    door: Option<Door>,
    tls: Option<Arc<ClientConfig>>,
}

/// `https` without certificates, or certificates that would not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTarget {
    /// Mutual TLS needs them.
    #[error("{0} needs an authority, a certificate and a key")]
    NoCertificate(ControlAddress),
    /// The operator expects protection that there would not be.
    #[error("{0} does not use certificates: write https://")]
    NoTls(ControlAddress),
    /// [`ControlAddress::Inside`] says where, and not how.
    #[error("a control plane in this process is reached by Target::inside")]
    NoDoor,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The resolver cannot be set up.
    #[error("cannot read the resolver's configuration: {0}")]
    Resolver(NetError),
    /// The name has no address.
    #[error("cannot resolve '{host}': {source}")]
    Resolve {
        /// The name.
        host: String,
        /// Why.
        source: NetError,
    },
    /// Nothing answers there.
    #[error("cannot connect to {address}: {source}")]
    Connect {
        /// Which control plane.
        address: ControlAddress,
        /// Why.
        source: io::Error,
    },
    /// Something answers that is not to be trusted, or does not trust us.
    #[error("TLS with {address} failed: {source}")]
    Tls {
        /// Which control plane.
        address: ControlAddress,
        /// Why.
        source: io::Error,
    },
    /// Something answers that does not speak HTTP/2.
    #[error("{address} does not speak gRPC: {source}")]
    Http {
        /// Which control plane.
        address: ControlAddress,
        /// Why.
        source: tonic::transport::Error,
    },
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Target {
    /// A control plane. `tls` is for `https` and for nothing else.
    ///
    /// # Errors
    /// Where the two do not go together.
    pub fn new(address: ControlAddress, tls: Option<Arc<ClientConfig>>) -> Result<Self, InvalidTarget> {
        let wanted = matches!(address, ControlAddress::Tcp { tls: true, .. });
        match (wanted, &tls) {
            (_, _) if address == ControlAddress::Inside => Err(InvalidTarget::NoDoor),
            (true, None) => Err(InvalidTarget::NoCertificate(address)),
            (false, Some(_)) => Err(InvalidTarget::NoTls(address)),
            _ => Ok(Self { address, door: None, tls }),
        }
    }

    /// A control plane in the same process: nothing touches the network or the file system.
    pub fn inside(door: Door) -> Self {
        Self { address: ControlAddress::Inside, door: Some(door), tls: None }
    }

    /// Where it is.
    pub fn address(&self) -> &ControlAddress {
        &self.address
    }

    /// Opens one connection. The channel does not come back by itself when the connection ends.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn connect(&self) -> Result<Channel, ConnectError> {
        let stream = Mutex::new(Some(self.stream().await?));
        let once = service_fn(move |_: Uri| {
            let stream = stream.lock().unwrap_or_else(PoisonError::into_inner).take();
            async move { stream.map(TokioIo::new).ok_or(io::Error::from(io::ErrorKind::NotConnected)) }
        });
        Endpoint::from_static("http://control.sluicegate")
            .http2_keep_alive_interval(KEEPALIVE)
            .keep_alive_timeout(KEEPALIVE)
            .keep_alive_while_idle(true)
            .initial_stream_window_size(WINDOW_BYTES)
            .initial_connection_window_size(WINDOW_BYTES)
            .connect_with_connector(once)
            .await
            .map_err(|source| ConnectError::Http { address: self.address.clone(), source })
    }

    async fn stream(&self) -> Result<Box<dyn Stream>, ConnectError> {
        let failed = |source| ConnectError::Connect { address: self.address.clone(), source };
        let (host, port) = match &self.address {
            ControlAddress::Unix(path) => {
                return Ok(Box::new(within(UnixStream::connect(path)).await.map_err(failed)?));
            }
            ControlAddress::Inside => return Ok(Box::new(self.enter().await.map_err(failed)?)),
            ControlAddress::Tcp { host, port, .. } => (host, *port),
        };
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for ip in resolve(host).await? {
            match within(TcpStream::connect(SocketAddr::new(ip, port))).await {
                Ok(stream) => return self.secure(stream, ip).await,
                Err(error) => last = error,
            }
        }
        Err(failed(last))
    }

    async fn enter(&self) -> io::Result<DuplexStream> {
        let closed = || io::Error::from(io::ErrorKind::ConnectionRefused);
        let (near, far) = duplex(INSIDE_BYTES);
        self.door.as_ref().ok_or_else(closed)?.send(far).await.map_err(|_| closed())?;
        Ok(near)
    }

    async fn secure(&self, stream: TcpStream, ip: IpAddr) -> Result<Box<dyn Stream>, ConnectError> {
        stream
            .set_nodelay(true)
            .map_err(|source| ConnectError::Connect { address: self.address.clone(), source })?;
        let Some(config) = &self.tls else { return Ok(Box::new(stream)) };
        let name = ServerName::IpAddress(ip.into());
        let handshake = TlsConnector::from(config.clone()).connect(name, stream);
        match within(handshake).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(source) => Err(ConnectError::Tls { address: self.address.clone(), source }),
        }
    }
}

async fn within<T>(attempt: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(CONNECT_LIMIT, attempt).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// All addresses of a host, in the resolver's order. The configuration is read anew each time: it changes under
/// containers that move.
async fn resolve(host: &str) -> Result<Vec<IpAddr>, ConnectError> {
    if let Ok(ip) = host.parse() {
        return Ok(vec![ip]);
    }
    let resolver =
        TokioResolver::builder_tokio().and_then(|builder| builder.build()).map_err(ConnectError::Resolver)?;
    let found = resolver
        .lookup_ip(host)
        .await
        .map_err(|source| ConnectError::Resolve { host: host.to_owned(), source })?;
    Ok(found.iter().collect())
}
