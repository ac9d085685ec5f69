//! Connecting to endpoints.

pub(crate) mod leave;

use std::ffi::OsStr;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt;
use std::task::{Context, Poll, ready};

use rustls::client::UnbufferedClientConnection;
use sluicegate_model::listener::UnixName;
use sluicegate_model::outgoing::Outgoing;
use sluicegate_model::tls::{BadServerName, TlsClient};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

pub use leave::NoForeign;

use crate::failure::Failure;
use crate::stream::tls::{HandshakeError, Session};
use crate::stream::{Fresh, Stream, Target, Tls};

/// Why there is no connection. Time is kept by the caller.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The endpoint refused, or there is no way to it.
    #[error("cannot connect: {0}")]
    Refused(io::Error),
    /// This host has no port, descriptor or memory for one more connection.
    #[error("this host has nothing left to connect with: {0}")]
    Exhausted(io::Error),
    /// There is a connection, and no agreement on TLS.
    #[error("SSL handshake failure ({0})")]
    Handshake(HandshakeError),
    /// It cannot leave from the address that it should.
    #[error("cannot connect: {0}")]
    Foreign(#[from] NoForeign),
    /// The endpoint cannot be asked for the name that it should be.
    #[error("SSL handshake failure ({0})")]
    Name(#[from] BadServerName),
}

impl ConnectError {
    /// What the log is told.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Refused(_) => Failure::ConnectRefused,
            Self::Handshake(_) | Self::Name(_) => Failure::HandshakeFailed,
            Self::Exhausted(_) | Self::Foreign(_) => Failure::Exhausted,
        }
    }
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> Self {
        let error = match error.downcast::<NoForeign>() {
            Ok(error) => return error.into(),
            Err(error) => error,
        };
        match error.raw_os_error() {
            // EADDRNOTAVAIL: no port is left towards that address. EADDRINUSE: somebody else has the one to leave from.
            // EAGAIN: the same for unix sockets.
            Some(libc::EADDRNOTAVAIL | libc::EADDRINUSE | libc::EAGAIN) => Self::Exhausted(error),
            _ if lacks_room(&error) => Self::Exhausted(error),
            _ => Self::Refused(error),
        }
    }
}

impl From<HandshakeError> for ConnectError {
    fn from(error: HandshakeError) -> Self {
        match error {
            // It did not come to stand.
            HandshakeError::Io(error) if !ends_standing(&error) => error.into(),
            error => Self::Handshake(error),
        }
    }
}

/// Whether the process or the host has no descriptor or memory left for one more socket.
pub(crate) fn lacks_room(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM))
}

/// A connection on its way. Dropping it gives up.
#[derive(Debug)]
pub struct Connecting {
    stream: Option<Stream>,
}

impl Connecting {
    /// Begins to connect; TCP with NODELAY, and what else its sockets are to have.
    ///
    /// # Errors
    /// Where the kernel refuses at once.
    pub fn start(target: &Target, outgoing: Option<&Outgoing>) -> Result<Self, ConnectError> {
        begin(target, outgoing, |socket| socket.set_tcp_nodelay(true))
    }

    /// Begins to connect for a caller that writes at once, as long as that gives nothing, through
    /// [`Connecting::writer`]. A peer on this host has accepted by then, so there is nothing to wait for; and over TCP
    /// the bytes leave together with the acknowledgement that ends the handshake, which spares a packet (HAProxy:
    /// tcp-smart-connect).
    ///
    /// The caller asks for NODELAY ([`Stream::hurry`]) where a second write may follow before an answer.
    ///
    /// # Errors
    /// Where the kernel refuses at once.
    pub fn start_to_write(target: &Target, outgoing: Option<&Outgoing>) -> Result<Self, ConnectError> {
        begin(target, outgoing, |socket| socket.set_tcp_quickack(false))
    }

    /// The connection, once it stands. Not to be called again after that.
    ///
    /// # Errors
    /// Where it does not come to stand.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Stream, ConnectError>> {
        if let Some(stream) = &mut self.stream {
            stream.watch()?;
        }
        if let Some(Stream::Tcp(stream)) = &self.stream {
            ready!(stream.poll_write_ready(cx))?;
            if let Some(error) = stream.take_error()? {
                return Poll::Ready(Err(error.into()));
            }
        }
        if let Some(Stream::Tls(tls)) = &mut self.stream {
            ready!(tls.poll_handshake(cx))?;
        }
        let gone = || ConnectError::Refused(io::ErrorKind::NotConnected.into());
        Poll::Ready(self.stream.take().ok_or_else(gone))
    }

    /// The same over TLS, where the endpoint wants that, once it stands below. `name`: what the endpoint is asked for, `first`:
    /// what goes in clear before that; `protocols` to choose from in place of the client's own, where there are some.
    ///
    /// # Errors
    /// Where the name is none.
    pub fn over_tls(
        mut self,
        client: &TlsClient,
        (name, protocols): (Option<&str>, &[Vec<u8>]),
        first: &[u8],
    ) -> Result<Self, ConnectError> {
        let session = begin_session(client, name, protocols)?;
        self.stream = self.stream.take().map(|stream| secured(stream, session, name, first));
        Ok(self)
    }

    /// Takes part in the handshake of TLS, if there is one: it stands once that is over.
    ///
    /// # Errors
    /// Where it does not come to stand.
    pub fn poll_agree(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        match &mut self.stream {
            Some(Stream::Tls(tls)) => tls.poll_agree(cx).map_err(ConnectError::from),
            _ => Poll::Ready(Ok(())),
        }
    }

    /// What to write to. The first write that takes something shows that the connection stands, as does an error that
    /// [`ends_standing`] knows; any other error is that of the attempt ([`ConnectError`]).
    pub fn writer(&mut self) -> Option<&mut Stream> {
        self.stream.as_mut()
    }

    /// The connection, where writing has shown that it stands.
    pub fn into_stream(self) -> Option<Stream> {
        self.stream
    }
}

/// A connection to an endpoint, before its handshake of TLS.
fn secured(stream: Stream, session: UnbufferedClientConnection, name: Option<&str>, first: &[u8]) -> Stream {
    let server_name = name.filter(|name| !name.is_empty()).map(Box::from);
    let session = Session::Client { session, server_name };
    Stream::Tls(Box::new(Tls::to_endpoint(stream, session, first)))
}

fn begin_session(
    client: &TlsClient,
    name: Option<&str>,
    protocols: &[Vec<u8>],
) -> Result<UnbufferedClientConnection, BadServerName> {
    match protocols {
        [] => client.session(name),
        protocols => client.session_with(name, protocols.to_vec()),
    }
}

/// Comes to an agreement on TLS over a connection that stands; `protocols` to choose from in place of the client's own,
/// where there are some.
///
/// # Errors
/// Where there is none.
pub async fn agree(
    stream: Stream,
    client: &TlsClient,
    name: Option<&str>,
    protocols: &[Vec<u8>],
) -> Result<Stream, ConnectError> {
    let session = begin_session(client, name, protocols)?;
    let mut stream = secured(stream, session, name, &[]);
    if let Stream::Tls(tls) = &mut stream {
        poll_fn(|cx| tls.poll_handshake(cx)).await.map_err(ConnectError::Handshake)?;
    }
    Ok(stream)
}

/// Whether an error of the first write is that of a connection that stood, and that the peer has ended since.
pub fn ends_standing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}

fn begin(
    target: &Target,
    outgoing: Option<&Outgoing>,
    prepare: impl Fn(&Socket) -> io::Result<()>,
) -> Result<Connecting, ConnectError> {
    let stream = match target {
        Target::Ip(address) => Fresh::connecting(start_tcp(*address, outgoing, prepare)?, false),
        Target::Unix(name) => Fresh::connecting(start_unix(name)?, true),
    };
    Ok(Connecting { stream: Some(Stream::Fresh(stream)) })
}

fn start_tcp(
    address: SocketAddr,
    outgoing: Option<&Outgoing>,
    prepare: impl Fn(&Socket) -> io::Result<()>,
) -> io::Result<Socket> {
    let mut tries = outgoing.map_or(1, leave::tries);
    loop {
        tries -= 1;
        match try_tcp(address, outgoing, &prepare) {
            Err(error) if tries > 0 && leave::is_taken(&error) => {}
            begun => return begun,
        }
    }
}

fn try_tcp(
    address: SocketAddr,
    outgoing: Option<&Outgoing>,
    prepare: impl Fn(&Socket) -> io::Result<()>,
) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
    prepare(&socket)?;
    if let Some(outgoing) = outgoing {
        leave::prepare(&socket, outgoing)?;
    }
    match socket.connect(&SockAddr::from(address)) {
        Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => Err(error),
        _ => Ok(socket),
    }
}

fn start_unix(name: &UnixName) -> io::Result<Socket> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None)?;
    socket.connect(&unix_address(name)?)?;
    Ok(socket)
}

/// A unix socket's address; an abstract name gets its leading NUL (unix(7)).
pub(crate) fn unix_address(name: &UnixName) -> io::Result<SockAddr> {
    match name {
        UnixName::Path(path) => SockAddr::unix(path),
        UnixName::Abstract(name) => {
            let named: Vec<u8> = [&[0], &name[..]].concat();
            SockAddr::unix(OsStr::from_bytes(&named))
        }
    }
}

#[cfg(test)]
mod tests;
