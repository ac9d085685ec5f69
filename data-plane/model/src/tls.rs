//! TLS, compiled: certificates by the names that clients ask for, what is agreed upon with them, and with endpoints.

mod certificate;
mod client;
mod facts;
mod names;
mod signatures;
mod tickets;
mod verifier;

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::{ClientHello, ProducesTickets, ResolvesServerCert, StoresServerSessions};
use rustls::sign::CertifiedKey;
use rustls::{CipherSuite, SignatureAlgorithm};

pub use certificate::{BadCertificate, Certificate, Shown};
pub(crate) use certificate::{Pair, certificates};
pub use client::{BadServerName, TlsClient};
pub use facts::Facts;
pub(crate) use names::Names;
pub(crate) use signatures::{Checking, schemes, signing};
pub(crate) use tickets::TicketKeys;
pub(crate) use verifier::{Anybody, Verifier};

thread_local! {
    /// The place of the certificate that was chosen last: handshakes keep to themselves what they show.
    static CHOSEN: Cell<Option<u32>> = const { Cell::new(None) };
}

/// This end of TLS to the clients of a listener.
#[derive(Debug)]
pub struct TlsServer {
    pub(crate) shelf: Arc<Shelf>,
    /// For each certificate, in the order of the configuration.
    pub(crate) agreements: Box<[Agreement]>,
    pub(crate) pairs: Box<[Arc<Pair>]>,
    /// What the configuration calls them.
    pub(crate) called: Box<[Box<str>]>,
}

impl TlsServer {
    /// What to agree upon with a client that asks for this name, in lower case. `None`: it is refused.
    pub fn config(&self, server_name: Option<&str>) -> Option<&Arc<ServerConfig>> {
        let first = *self.shelf.of(server_name).first()?;
        self.agreements.get(first as usize).map(|agreement| &agreement.config)
    }

    /// The certificate that was chosen on this thread since this was asked last: to be asked each time that a handshake was
    /// taken further.
    pub fn take_shown(&self) -> Option<Shown> {
        let place = CHOSEN.take()?;
        self.pairs.get(place as usize).map(|pair| Shown(Arc::clone(pair)))
    }

    /// What the configuration calls them, in its order, and what they are.
    pub fn certificates(&self) -> impl Iterator<Item = (&str, &Arc<Certificate>)> {
        self.called.iter().map(|name| &**name).zip(self.pairs.iter().map(|pair| &pair.certificate))
    }
}

/// What is agreed upon with some clients.
#[derive(Debug, Clone)]
pub(crate) struct Agreement {
    pub(crate) config: Arc<ServerConfig>,
    /// Held for the generations that follow.
    pub(crate) _sessions: Arc<Sessions>,
}

/// How sessions are resumed. Those who ask clients for the same certificates share it, whatever their generation: a client
/// that one let in may come back to another.
pub(crate) struct Sessions {
    pub(crate) tickets: Option<Arc<dyn ProducesTickets>>,
    pub(crate) kept: Arc<dyn StoresServerSessions>,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("tickets", &self.tickets.is_some()).finish_non_exhaustive()
    }
}

/// Certificates, and which of them a client is shown.
pub(crate) struct Shelf {
    pub(crate) keys: Box<[Arc<CertifiedKey>]>,
    pub(crate) names: Names,
    /// Shown where no name fits; empty: then nobody is served.
    pub(crate) fallback: Box<[u32]>,
}

impl Shelf {
    /// Those for a name.
    fn of(&self, server_name: Option<&str>) -> &[u32] {
        let named = server_name.map(|name| self.names.of(name)).unwrap_or_default();
        if named.is_empty() { &self.fallback } else { named }
    }
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shelf").field("names", &self.names).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Shelf {
    /// The first that the client can check; of several those of elliptic curves, which cost less (HAProxy does the same).
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let keys = || {
            let places = self.of(hello.server_name()).iter();
            places.filter_map(|&place| Some((place, self.keys.get(place as usize)?)))
        };
        let is_ec = |(_, key): &(u32, &Arc<CertifiedKey>)| key.key.algorithm() != SignatureAlgorithm::RSA;
        let fits = |(_, key): &(u32, &Arc<CertifiedKey>)| can_check(&hello, key);
        let fitting = keys().filter(is_ec).find(fits).or_else(|| keys().find(fits));
        let (place, key) = fitting.or_else(|| keys().next())?;
        CHOSEN.set(Some(place));
        Some(Arc::clone(key))
    }
}

fn can_check(hello: &ClientHello<'_>, key: &CertifiedKey) -> bool {
    let rsa = key.key.algorithm() == SignatureAlgorithm::RSA;
    let suite = |suite: &CipherSuite| {
        let name = suite.as_str().unwrap_or_default();
        name.starts_with("TLS13_") || if rsa { name.contains("_RSA_") } else { name.contains("_ECDSA_") }
    };
    key.key.choose_scheme(hello.signature_schemes()).is_some() && hello.cipher_suites().iter().any(suite)
}
