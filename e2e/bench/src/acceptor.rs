//! A bare acceptor of TLS: it shakes hands by the book of rustls and answers by itself, without a server behind it. What
//! a handshake costs here is what rustls and the kernel take for it.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};

use crate::net::{self, Happened, Interest, Poll, slot};
use crate::tls::Sealed;
use crate::{origin, wire};

/// Connections taken before others get their turn.
const ACCEPTS: usize = 64;

/// No request's head is longer.
const HEAD: usize = 4096;

/// Answers each request with 128 bytes until the process is ended.
pub(crate) fn run(listener: &OwnedFd, certificate: &Path) -> anyhow::Result<()> {
    let mut acceptor = Acceptor {
        config: config(certificate).with_context(|| format!("{}", certificate.display()))?,
        answers: ["", "Connection: close\r\n"].map(|lines| origin::answer(128, lines)),
        connections: Vec::new(),
        poll: Poll::new()?,
    };
    acceptor.poll.add(listener, slot(listener), Interest::IN)?;
    let mut happened = Vec::new();
    loop {
        acceptor.poll.wait(None, &mut happened)?;
        for &event in &happened {
            if event.token == slot(listener) {
                acceptor.accept(listener)?;
            } else {
                acceptor.event(event);
            }
        }
    }
}

/// As rustls has it, with tickets that take no memory.
pub(crate) fn config(certificate: &Path) -> anyhow::Result<Arc<ServerConfig>> {
    let chain = CertificateDer::pem_file_iter(certificate)?.collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_file(certificate)?;
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions()?.with_no_client_auth();
    let mut config = config.with_single_cert(chain, key)?;
    config.ticketer = aws_lc_rs::Ticketer::new()?;
    Ok(Arc::new(config))
}

struct Acceptor {
    config: Arc<ServerConfig>,
    /// The one that keeps the connection, and the one that does not.
    answers: [Vec<u8>; 2],
    connections: Vec<Option<Connection>>,
    poll: Poll,
}

struct Connection {
    sealed: Sealed,
    /// Bytes read that are no whole head yet.
    input: Vec<u8>,
    interest: Interest,
}

impl Acceptor {
    fn accept(&mut self, listener: &OwnedFd) -> anyhow::Result<()> {
        for _ in 0..ACCEPTS {
            let Some(socket) = net::accept(listener)? else { break };
            let (at, interest) = (slot(&socket), Interest::IN);
            self.poll.add(&socket, at, interest)?;
            let sealed = Sealed::new(socket, ServerConnection::new(Arc::clone(&self.config))?.into());
            if self.connections.len() <= at {
                self.connections.resize_with(at + 1, || None);
            }
            self.connections[at] = Some(Connection { sealed, input: Vec::new(), interest });
        }
        Ok(())
    }

    fn event(&mut self, event: Happened) {
        let Some(mut connection) = self.connections.get_mut(event.token).and_then(Option::take) else {
            return;
        };
        let stays = matches!(connection.advance(&self.answers), Ok(true));
        if stays && connection.watch(&self.poll, event.token).is_ok() {
            self.connections[event.token] = Some(connection);
        }
    }
}

impl Connection {
    /// False where it is over.
    fn advance(&mut self, answers: &[Vec<u8>; 2]) -> io::Result<bool> {
        let mut bytes = [0; HEAD];
        while let Some(read) = self.sealed.receive(&mut bytes)? {
            self.input.extend_from_slice(&bytes[..read]);
            if read == 0 || self.input.len() > HEAD {
                return Ok(false);
            }
            while let Some(head) = wire::head(&self.input).map_err(io::Error::other)? {
                self.input.drain(..head.length);
                self.sealed.send(&answers[usize::from(head.close)])?;
                if head.close {
                    self.sealed.close()?;
                    return Ok(false);
                }
            }
            if !self.sealed.holds() {
                break;
            }
        }
        Ok(true)
    }

    fn watch(&mut self, poll: &Poll, token: usize) -> io::Result<()> {
        let interest = self.sealed.interest(false);
        if interest != self.interest {
            poll.modify(self.sealed.as_fd(), token, interest)?;
            self.interest = interest;
        }
        Ok(())
    }
}
