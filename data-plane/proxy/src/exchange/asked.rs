//! What a connection to an endpoint has of the exchange that it is opened for: the name that the endpoint is asked for in its
//! handshake, and whom it takes for its client.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, LazyLock};

use sluicegate_model::expr::Sample;
use sluicegate_model::outgoing::{Foreign, Outgoing};
use sluicegate_model::tls::TlsClient;
use sluicegate_rules::{Given, Message, Scratch, bytes, given};

use super::Exchange;

/// Clients have a say in names: they cannot know which of them have equal hashes.
static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// Longer names are none (RFC 1035 section 2.3.4).
const MAX_NAME: usize = 253;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// In memory that the next exchange uses again; empty: none.
    name: String,
    /// `None`: this host.
    source: Option<SocketAddr>,
}

impl Asked {
    /// Puts down what it is for an exchange, a name as far as one can be long, and one byte more.
    pub(crate) fn write<M: Message>(&mut self, outgoing: &Outgoing, message: &M, scratch: &mut Scratch) {
        self.clear();
        if let Some(sample) = outgoing.tls.as_ref().and_then(|tls| tls.server_name.as_ref()) {
            bytes(sample, message, scratch, |value| {
                let value = value.get(..=MAX_NAME).unwrap_or(value);
                let letters = String::from_utf8_lossy(value);
                self.name.extend(letters.chars().map(|letter| letter.to_ascii_lowercase()));
            });
        }
        self.source = match &outgoing.foreign {
            Some(Foreign::Client) => message.source().map(|at| SocketAddr::new(canonical(at), at.port())),
            Some(Foreign::ClientAddress) => message.source().map(|at| SocketAddr::new(canonical(at), 0)),
            Some(Foreign::Told(sample)) => told(sample, message, scratch),
            Some(Foreign::Address(_)) | None => None,
        };
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        self.name.clear();
        self.source = None;
    }

    pub(crate) fn name(&self) -> Option<&str> {
        Some(self.name.as_str()).filter(|name| !name.is_empty())
    }

    /// Whom the endpoint takes for its client, where that hangs on the exchange.
    pub(crate) fn source(&self) -> Option<SocketAddr> {
        self.source
    }

    /// What keeps connections that were opened for one name and client from those for another; 0 for none.
    #[inline]
    pub(crate) fn hash(&self) -> u64 {
        let name = self.name().map_or(0, |name| HASHER.hash_one(name));
        match self.source {
            None => name,
            Some(source) => name ^ HASHER.hash_one(source),
        }
    }
}

fn canonical(address: SocketAddr) -> IpAddr {
    address.ip().to_canonical()
}

/// The address that a message tells; its port is any.
fn told<M: Message>(sample: &Sample, message: &M, scratch: &mut Scratch) -> Option<SocketAddr> {
    let address = |value: Given<'_>| match value {
        Given::Ip(ip) => Some(ip),
        Given::Text(text) => std::str::from_utf8(text).ok()?.parse::<IpAddr>().ok(),
        Given::Bool(_) | Given::Int(_) => None,
    };
    given(sample, message, scratch, address).flatten().map(|ip| SocketAddr::new(ip.to_canonical(), 0))
}

impl Exchange {
    /// What connections to its endpoint speak; `None`: they are in clear.
    pub(crate) fn tls_client(&self) -> Option<&Arc<TlsClient>> {
        self.endpoint.as_ref()?.tls()
    }

    /// How connections to its endpoint are opened, where that hangs on the exchange.
    #[inline]
    pub(crate) fn asks(&self) -> Option<Arc<Outgoing>> {
        let outgoing = self.endpoint.as_ref()?.config.outgoing.as_ref()?;
        outgoing.hangs_on_exchange().then(|| Arc::clone(outgoing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_clients_are_told_apart_and_no_name_is_its_own() {
        let [a, b, none] = ["a.test", "b.test", ""].map(|name| Asked { name: name.to_owned(), source: None });
        assert_eq!((a.hash(), none.hash()), (a.clone().hash(), 0));
        assert!(a.hash() != b.hash() && a.hash() != 0);
        assert_eq!((a.name(), none.name()), (Some("a.test"), None));
        let [one, other] = ["192.0.2.1:0", "192.0.2.2:0"]
            .map(|source| Asked { source: source.parse().ok(), ..none.clone() });
        assert!(one.hash() != other.hash() && one.hash() != 0);
    }
}
