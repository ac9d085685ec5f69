//! Sockets of the control plane: bound, accepted from, and made safe before a byte of HTTP/2 is read.

use std::fs;
use std::future::pending;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;
use tracing::{debug, warn};

use sluicegate_proto::identity::of_certificate;

use crate::address::ListenAddress;
use crate::peer::Peer;

/// Connections at one time; those over it wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 12_000;
/// A TLS handshake that takes longer is given up.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// What makes a TCP connection safe.
#[derive(Clone)]
pub enum Security {
    /// Mutual TLS ([`crate::tls::ServerTls::load`]).
    MutualTls(Arc<ServerConfig>),
    /// Nothing: anyone who reaches the address reads the configuration.
    Insecure,
}

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The system says so.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: ListenAddress,
        /// Why.
        source: io::Error,
    },
    /// Another process answers there.
    #[error("cannot listen on unix:{}: another process listens there", .0.display())]
    InUse(PathBuf),
    /// Something that is no socket stands there.
    #[error("cannot listen on unix:{}: a file that is no socket is in the way", .0.display())]
    NoSocket(PathBuf),
}

/// A socket that listens.
pub struct Listening {
    socket: Socket,
    /// `None`: inside the process.
    local: Option<ListenAddress>,
}

enum Socket {
    Tcp(TcpListener, Security),
    Unix { listener: UnixListener, _file: SocketFile },
    Inside(mpsc::Receiver<DuplexStream>),
}

/// Takes the socket's file away when it is not listened on any more.
struct SocketFile {
    path: PathBuf,
    inode: u64,
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|found| found.ino() == self.inode) {
            let _gone_already = fs::remove_file(&self.path);
        }
    }
}

impl Listening {
    /// Listens on TCP. All addresses means those of IPv4 alone where the host has no IPv6.
    ///
    /// # Errors
    /// Where the system refuses the address.
    pub async fn tcp(address: SocketAddr, security: Security) -> Result<Self, BindError> {
        let failed = |source| BindError::Bind { address: ListenAddress::Tcp(address), source };
        let listener = match TcpListener::bind(address).await {
            Err(error) if no_ipv6(&error) && address.ip() == IpAddr::from(Ipv6Addr::UNSPECIFIED) => {
                TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port())).await
            }
            bound => bound,
        }
        .map_err(failed)?;
        let local = ListenAddress::Tcp(listener.local_addr().map_err(failed)?);
        Ok(Self { socket: Socket::Tcp(listener, security), local: Some(local) })
    }

    /// Listens on a unix socket with these permission bits (0600: this user alone, 0660: its group too). A socket that
    /// an ended process left behind is replaced. Needs a tokio runtime.
    ///
    /// # Errors
    /// Where another process listens there, or the system refuses the path.
    pub fn unix(path: &Path, mode: u32) -> Result<Self, BindError> {
        let address = ListenAddress::Unix(path.to_owned());
        let failed = |source| BindError::Bind { address: address.clone(), source };
        make_way(path)?;
        // Under a name of its own until its permissions are right, so that nobody connects before.
        let mut early = path.as_os_str().to_owned();
        early.push(format!(".{}", std::process::id()));
        let early = PathBuf::from(early);
        let _left_behind = fs::remove_file(&early);
        let listener = UnixListener::bind(&early).map_err(failed)?;
        let ready = || {
            fs::set_permissions(&early, fs::Permissions::from_mode(mode & 0o777))?;
            let inode = fs::symlink_metadata(&early)?.ino();
            fs::rename(&early, path)?;
            Ok(inode)
        };
        let inode = ready().map_err(|source| {
            let _failed_anyway = fs::remove_file(&early);
            failed(source)
        })?;
        let file = SocketFile { path: path.to_owned(), inode };
        Ok(Self { socket: Socket::Unix { listener, _file: file }, local: Some(address) })
    }

    /// For proxies of the same process, which come in through the door. They are trusted as over a unix socket.
    pub fn inside() -> (Self, mpsc::Sender<DuplexStream>) {
        let (door, arrivals) = mpsc::channel(1);
        (Self { socket: Socket::Inside(arrivals), local: None }, door)
    }

    /// Where it listens; the port is the kernel's choice where 0 was asked for. `None`: inside the process.
    pub fn local_address(&self) -> Option<&ListenAddress> {
        self.local.as_ref()
    }

    /// Accepts until the receiver is dropped.
    pub(crate) fn connections(self) -> mpsc::Receiver<io::Result<Connection>> {
        let (ready, connections) = mpsc::channel(16);
        tokio::spawn(self.accept_all(ready));
        connections
    }

    async fn accept_all(mut self, ready: mpsc::Sender<io::Result<Connection>>) {
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            let Ok(place) = places.clone().acquire_owned().await else { return };
            let accepted = tokio::select! {
                accepted = self.accept() => accepted,
                () = ready.closed() => return,
            };
            match accepted {
                Ok(accepted) => {
                    tokio::spawn(secure(accepted, place, ready.clone()));
                }
                Err(error) => {
                    // Out of descriptors as a rule: others must end first.
                    let address = self.local.as_ref().map(tracing::field::display);
                    warn!(address, %error, "cannot accept");
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    async fn accept(&mut self) -> io::Result<Accepted> {
        match &mut self.socket {
            Socket::Tcp(listener, security) => {
                let (stream, from) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Accepted::Tcp(stream, from, security.clone()))
            }
            Socket::Unix { listener, .. } => Ok(Accepted::Unix(listener.accept().await?.0)),
            Socket::Inside(arrivals) => match arrivals.recv().await {
                Some(stream) => Ok(Accepted::Inside(stream)),
                // Nobody can come any more; those who are in stay.
                None => pending().await,
            },
        }
    }
}

/// EAFNOSUPPORT, or EADDRNOTAVAIL where IPv6 is switched off.
fn no_ipv6(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(97 | 99))
}

fn make_way(path: &Path) -> Result<(), BindError> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    if !found.file_type().is_socket() {
        return Err(BindError::NoSocket(path.to_owned()));
    }
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        return Err(BindError::InUse(path.to_owned()));
    }
    Ok(())
}

enum Accepted {
    Tcp(TcpStream, SocketAddr, Security),
    Unix(UnixStream),
    Inside(DuplexStream),
}

async fn secure(
    accepted: Accepted,
    place: OwnedSemaphorePermit,
    ready: mpsc::Sender<io::Result<Connection>>,
) {
    let (stream, peer): (Box<dyn Stream>, Peer) = match accepted {
        Accepted::Unix(stream) => (Box::new(stream), Peer::Local),
        Accepted::Inside(stream) => (Box::new(stream), Peer::Local),
        Accepted::Tcp(stream, _, Security::Insecure) => (Box::new(stream), Peer::Anyone),
        Accepted::Tcp(stream, from, Security::MutualTls(config)) => {
            let handshake = timeout(HANDSHAKE_LIMIT, TlsAcceptor::from(config).accept(stream)).await;
            match handshake {
                Ok(Ok(stream)) => {
                    let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
                    let identities = certificate.map(|own| of_certificate(own)).unwrap_or_default();
                    (Box::new(stream), Peer::Certified(identities.into()))
                }
                Ok(Err(error)) => {
                    warn!(%from, %error, "TLS handshake failed");
                    return;
                }
                Err(_) => {
                    debug!(%from, "TLS handshake took too long");
                    return;
                }
            }
        }
    };
    let _stopping = ready.send(Ok(Connection { stream, peer, _place: place })).await;
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection ready for HTTP/2.
pub(crate) struct Connection {
    stream: Box<dyn Stream>,
    peer: Peer,
    _place: OwnedSemaphorePermit,
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests;
