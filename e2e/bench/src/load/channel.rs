//! What a connection of a load speaks through: a socket, or TLS over one.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, NamedGroup, SignatureScheme};

use super::plan::{Plan, Protocol};
use crate::certificate;
use crate::net::{self, Interest};
use crate::tls::Sealed;

/// Either of them.
pub(super) enum Channel {
    Clear(OwnedFd),
    Sealed(Box<Sealed>),
}

/// Opens channels.
pub(super) struct Dial {
    port: u16,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

impl Dial {
    pub(super) fn new(plan: &Plan) -> io::Result<Self> {
        let tls = if plan.tls { Some((config(plan)?, name()?)) } else { None };
        Ok(Self { port: plan.port, tls })
    }

    /// One that may still be under way.
    pub(super) fn open(&self) -> io::Result<Channel> {
        let socket = net::connect(self.port)?;
        let Some((config, name)) = &self.tls else { return Ok(Channel::Clear(socket)) };
        let tls = ClientConnection::new(Arc::clone(config), name.clone()).map_err(io::Error::other)?;
        Ok(Channel::Sealed(Box::new(Sealed::new(socket, tls.into()))))
    }
}

impl Channel {
    /// As [`net::send`]; of TLS what is taken may wait for room in the socket.
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<Option<usize>> {
        match self {
            Self::Clear(socket) => net::send(socket, bytes),
            Self::Sealed(sealed) => sealed.send(bytes),
        }
    }

    /// As [`net::receive`].
    pub(super) fn receive(&mut self, into: &mut [u8]) -> io::Result<Option<usize>> {
        match self {
            Self::Clear(socket) => net::receive(socket, into),
            Self::Sealed(sealed) => sealed.receive(into),
        }
    }

    /// As [`net::discard`], where nothing has to be unsealed.
    pub(super) fn discard(&mut self, space: &mut [u8]) -> io::Result<Option<usize>> {
        match self {
            Self::Clear(socket) => net::discard(socket, space),
            Self::Sealed(sealed) => sealed.receive(space),
        }
    }

    /// What to wait for; `sending`: there are bytes that were not taken.
    pub(super) fn interest(&self, sending: bool) -> Interest {
        match self {
            Self::Clear(_) if sending => Interest::OUT,
            Self::Clear(_) => Interest::IN,
            Self::Sealed(sealed) => sealed.interest(sending),
        }
    }

    /// There is something to receive that no event will tell of.
    pub(super) fn holds(&self) -> bool {
        matches!(self, Self::Sealed(sealed) if sealed.holds())
    }

    /// Of TLS that is agreed upon: whether an earlier session went on.
    pub(super) fn is_resumed(&self) -> Option<bool> {
        match self {
            Self::Clear(_) => None,
            Self::Sealed(sealed) => sealed.is_resumed(),
        }
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Clear(socket) => socket.as_fd(),
            Self::Sealed(sealed) => sealed.as_fd(),
        }
    }
}

fn name() -> io::Result<ServerName<'static>> {
    ServerName::try_from(certificate::NAME).map_err(io::Error::other)
}

/// TLS 1.3 with one cipher suite and one group, so that all proxies compute the same.
fn config(plan: &Plan) -> io::Result<Arc<ClientConfig>> {
    let provider = Arc::new(CryptoProvider {
        cipher_suites: vec![aws_lc_rs::cipher_suite::TLS13_AES_256_GCM_SHA384],
        kx_groups: vec![aws_lc_rs::kx_group::X25519],
        ..aws_lc_rs::default_provider()
    });
    let believes = Believes(Arc::clone(&provider));
    let config = ClientConfig::builder_with_provider(provider);
    let config = config.with_protocol_versions(&[&rustls::version::TLS13]).map_err(io::Error::other)?;
    let mut config =
        config.dangerous().with_custom_certificate_verifier(Arc::new(believes)).with_no_client_auth();
    config.resumption =
        if plan.resume { Resumption::store(Arc::new(Tickets::default())) } else { Resumption::disabled() };
    config.alpn_protocols = match plan.protocol {
        Protocol::Http2 => vec![b"h2".to_vec()],
        _ => vec![b"http/1.1".to_vec()],
    };
    Ok(Arc::new(config))
}

/// Looks at no certificate: the proxies were started for this, and clients share their core with the servers.
#[derive(Debug)]
struct Believes(Arc<CryptoProvider>);

impl ServerCertVerifier for Believes {
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
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Tickets of the proxy, each for one connection. What rustls brings keeps eight, and more connections are opened at a time.
#[derive(Debug, Default)]
struct Tickets(Mutex<Vec<Tls13ClientSessionValue>>);

impl Tickets {
    /// More are not kept: a proxy may send several for each connection.
    const MOST: usize = 1024;
}

impl ClientSessionStore for Tickets {
    fn insert_tls13_ticket(&self, _: ServerName<'static>, ticket: Tls13ClientSessionValue) {
        let mut tickets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tickets.len() < Self::MOST {
            tickets.push(ticket);
        }
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        None
    }

    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}
    fn set_tls12_session(&self, _: ServerName<'static>, _: Tls12ClientSessionValue) {}
    fn remove_tls12_session(&self, _: &ServerName<'static>) {}
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use rustls::{ServerConnection, Stream};

    use super::*;
    use crate::acceptor;
    use crate::net::Poll;

    /// The port of a server that answers four bytes with one record of so many.
    fn server(length: usize) -> u16 {
        let folder = tempfile::tempdir().unwrap();
        certificate::write(folder.path()).unwrap();
        let config = acceptor::config(&certificate::file(folder.path())).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut tls = ServerConnection::new(config).unwrap();
            let mut stream = Stream::new(&mut tls, &mut socket);
            stream.read_exact(&mut [0; 4]).unwrap();
            stream.write_all(&vec![b'x'; length]).unwrap();
        });
        port
    }

    #[test]
    fn what_no_event_tells_of_is_known() {
        const LENGTH: usize = 10_000;
        let plan = Plan { tls: true, ..Plan::new(server(LENGTH), 1, 1.0) };
        let mut channel = Dial::new(&plan).unwrap().open().unwrap();
        let (mut poll, mut happened) = (Poll::new().unwrap(), Vec::new());
        poll.add(&channel, 0, Interest::OUT).unwrap();
        while channel.send(b"ping").unwrap().is_none() {
            poll.wait(None, &mut happened).unwrap();
            poll.modify(channel.as_fd(), 0, channel.interest(true)).unwrap();
        }
        poll.modify(channel.as_fd(), 0, Interest::IN).unwrap();
        let (mut piece, mut came) = ([0; 999], 0);
        while came < LENGTH {
            match channel.receive(&mut piece).unwrap() {
                Some(length) => came += length,
                None => poll.wait(None, &mut happened).unwrap(),
            }
            assert_eq!(channel.holds(), (1..LENGTH).contains(&came), "after {came} bytes");
        }
    }
}
