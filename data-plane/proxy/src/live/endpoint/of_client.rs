//! Places of endpoints that hang on where the client connected to.

use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::sync::LazyLock;

use sluicegate_model::Endpoint;
use sluicegate_model::endpoint::ClientPort;

use super::transport::TransportId;
use crate::stream::Peer;

/// Clients choose where they connect to: they cannot know which addresses have equal hashes.
static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// What an endpoint has of where its client connected to.
#[derive(Debug, Clone, Copy)]
pub(in crate::live) struct OfClient {
    port: Option<ClientPort>,
    address: bool,
}

impl OfClient {
    /// `None`: nothing.
    pub(in crate::live) fn of(config: &Endpoint) -> Option<Self> {
        let of_client = Self { port: config.client_port, address: config.client_address };
        (of_client.port.is_some() || of_client.address).then_some(of_client)
    }

    /// Where an endpoint at `own` is for a client that connected to `local`; `None`: nowhere.
    pub(super) fn place(self, own: SocketAddr, local: Option<Peer>) -> Option<SocketAddr> {
        let mut place = own;
        if self.address {
            place.set_ip(local?.ip()?.ip().to_canonical());
        }
        if let Some(port) = self.port {
            place.set_port(port.port(client_port(local))?.get());
        }
        Some(place)
    }

    /// Key of the pooled connections that lead there.
    pub(super) fn transport(self, own: TransportId, local: Option<Peer>) -> TransportId {
        let mut transport = own;
        if let Some(address) = local.and_then(Peer::ip).filter(|_| self.address) {
            transport = transport.at_place(HASHER.hash_one(address.ip().to_canonical()));
        }
        if let Some(port) = self.port {
            transport = transport.at_port(port.port(client_port(local)).map_or(0, NonZeroU16::get));
        }
        transport
    }
}

/// The port of the address that a client connected to; 0 on a unix socket.
fn client_port(local: Option<Peer>) -> u16 {
    local.and_then(Peer::ip).map_or(0, |address| address.port())
}
