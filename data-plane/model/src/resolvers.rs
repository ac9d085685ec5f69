//! Name servers, and how names lead to endpoints.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::Origin;

use crate::expr::Network;

/// HAProxy: resolvers.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolvers {
    /// Its identity.
    pub key: ObjectKey,
    /// Where a person wrote it, when it was compiled.
    pub origin: Origin,
    /// All are asked at once.
    pub servers: Vec<NameServer>,
    /// Those of this host's `/etc/resolv.conf` too.
    pub system_servers: bool,
    /// Rounds of a question that nobody answers.
    pub retries: NonZeroU32,
    /// From an answer to the next question.
    pub resolve_interval: Duration,
    /// From a round that nobody answers to the next.
    pub retry_interval: Duration,
    /// How long an address stays that the name leads to no more.
    pub hold: Hold,
    /// The longest answer over UDP, 512 to 65535.
    pub payload_bytes: u16,
    /// A probe whose connection does not open has the name asked for at once, where the last answer is so old (HAProxy: hold
    /// valid); `None`: none does.
    pub fresh: Option<Duration>,
}

/// HAProxy: nameserver.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NameServer {
    /// In logs.
    pub name: Box<str>,
    /// Where it is.
    pub address: SocketAddr,
    /// It is asked over TCP.
    pub tcp: bool,
}

/// How long an endpoint keeps its address though its name leads there no more (HAProxy: hold). Of failures, from the last
/// answer with records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hold {
    /// There is no such name.
    pub nx: Duration,
    /// Name servers refuse to answer.
    pub refused: Duration,
    /// Nobody answers.
    pub timeout: Duration,
    /// All other failures.
    pub other: Duration,
    /// A record that answers do not have any more.
    pub obsolete: Duration,
}

/// How the name of an endpoint leads to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution {
    /// The name servers that are asked; `None`: the system's resolver.
    pub resolvers: Option<ObjectKey>,
    /// The name is one of services: each of its SRV records is one endpoint.
    pub service: bool,
    /// IPv4 is asked for first, not IPv6.
    pub prefers_v4: bool,
    /// Addresses in these go before others.
    pub preferred_networks: Vec<Network>,
    /// It may have an address that another endpoint of its backend has too.
    pub shares_addresses: bool,
    /// The weight of SRV records does not count.
    pub ignores_weight: bool,
    /// Where its first address comes from, the first that gives one.
    pub first: Vec<FirstAddress>,
}

/// Where a first address comes from (HAProxy: init-addr).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstAddress {
    /// The system's resolver.
    System,
    /// Nowhere: it waits for its name servers.
    None,
    /// It is this.
    Ip(IpAddr),
}
