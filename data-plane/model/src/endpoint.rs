//! One server of a backend.

use std::fmt;
use std::net::SocketAddr;
use std::num::{NonZeroU16, NonZeroU32};
use std::sync::Arc;
use std::time::Duration;

pub use sluicegate_health::Initial;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::Origin;

use crate::agent::Agent;
use crate::listener::UnixName;
use crate::observation::Observation;
use crate::outgoing::{Outgoing, Pool};
use crate::resolvers::{FirstAddress, Resolution};
use crate::tls::TlsClient;

/// HAProxy: server.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    /// Its identity; keys its statistics and health over generations.
    pub key: ObjectKey,
    /// The backend that it belongs to.
    pub backend: ObjectKey,
    /// Where a person wrote it, when it was compiled; what has moved since is the same and is not compiled again.
    pub origin: Origin,
    /// Place among its siblings, before `number`.
    pub order: Box<str>,
    /// Name within its backend, in logs, statistics and cookies.
    pub name: Box<str>,
    /// Stable while the endpoint lives.
    pub number: NonZeroU32,
    /// Somebody wrote the number; it does not come from its place.
    pub number_written: bool,
    /// Where it is.
    pub address: EndpointAddress,
    /// Its port, where that depends on the client; the port of its address is 0 then.
    pub client_port: Option<ClientPort>,
    /// It is where the client connected to: its own address is unspecified then.
    pub client_address: bool,
    /// 0 to 256; 0 takes no new traffic.
    pub weight: u16,
    /// Used only while no other endpoint is usable.
    pub backup: bool,
    /// Administratively down.
    pub disabled: bool,
    /// Takes nothing new, is checked as before.
    pub drain: bool,
    /// What a person set the health to; `None`: as the checks find it.
    pub forced_health: Option<ForcedHealth>,
    /// Exchanges at one time, what is over waits; `None`: no limit.
    pub max_connections: Option<NonZeroU32>,
    /// Places that it always has, where it has more as its backend has more to do; `None`: all of them.
    pub min_connections: Option<NonZeroU32>,
    /// How long its weight and its places grow from the time that it is up; `None`: they are there at once.
    pub slow_start: Option<Duration>,
    /// What the backend's cookie calls it; `None`: nothing.
    pub cookie: Option<Box<[u8]>>,
    /// What hashes know it by.
    pub hash_identity: HashIdentity,
    /// Longest queue; `None`: no limit of its own.
    pub max_queue: Option<NonZeroU32>,
    /// What is kept of its connections between requests.
    pub pool: Pool,
    /// What its sockets have that others have not; `None`: nothing.
    pub outgoing: Option<Arc<Outgoing>>,
    /// `None`: not checked, taken for up.
    pub check: Option<CheckSchedule>,
    /// The endpoint whose health is its own; it has no checks then.
    pub track: Option<ObjectKey>,
    /// How its name leads to it, with [`EndpointAddress::Host`] alone; `None`: the system's resolver is asked.
    pub resolution: Option<Box<Resolution>>,
    /// What is made of its exchanges; `None` where it is not checked either.
    pub observation: Option<Observation>,
    /// Says how it is, beside its checks.
    pub agent: Option<Box<Agent>>,
    /// Its sessions end when it goes down.
    pub down_ends_sessions: bool,
    /// The sessions of backups end when it comes up.
    pub up_ends_backup_sessions: bool,
}

impl Endpoint {
    /// What a pooled connection is good for: endpoints with equal keys may share connections, where these go to one port
    /// for each client too.
    pub fn transport_key(&self) -> TransportKey {
        TransportKey { address: self.address.clone(), pool: self.pool, outgoing: self.outgoing.clone() }
    }

    /// Its port as it is written: that of its address, or what is added to the client's, as HAProxy shows it. 0 for a unix
    /// socket.
    pub fn written_port(&self) -> i32 {
        match (self.client_port, &self.address) {
            (Some(port), _) => port.offset,
            (None, EndpointAddress::Ip(address)) => address.port().into(),
            (None, EndpointAddress::Host(host)) => host.port.into(),
            (None, EndpointAddress::Unix(_)) => 0,
        }
    }

    /// Where a name leads before anybody is asked for it (HAProxy: init-addr with an address).
    pub fn first_address(&self) -> Option<SocketAddr> {
        let EndpointAddress::Host(host) = &self.address else { return None };
        let resolution = self.resolution.as_deref().filter(|resolution| !resolution.service)?;
        match resolution.first[..] {
            [FirstAddress::Ip(ip), ..] => Some(SocketAddr::new(ip, host.port)),
            _ => None,
        }
    }

    /// What is probed; `None` where nothing is. A change of it makes what was known of the health worthless.
    pub fn check_key(&self) -> Option<CheckKey> {
        self.check.as_ref().map(|check| CheckKey {
            target: check.target(&self.address),
            send_proxy: check.send_proxy,
            tls: check.tls.clone(),
            http2: check.http2,
        })
    }
}

/// What hashes know an endpoint by (HAProxy: hash-key).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HashIdentity {
    /// Its number in the configuration.
    #[default]
    Number,
    /// Its address, so that lists in another order agree.
    Address,
    /// Its address and port.
    AddressAndPort,
}

/// A health that a person set (HAProxy: set server health). Checks go on from it; without checks it stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForcedHealth {
    /// What it is set to.
    pub value: ForcedValue,
    /// When, in milliseconds since 1970: the same value set later is set again.
    pub at_unix_ms: u64,
}

/// What a health can be set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForcedValue {
    /// Takes traffic.
    Up,
    /// Takes nothing new.
    Stopping,
    /// Takes none.
    Down,
}

/// Where an endpoint is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EndpointAddress {
    /// TCP.
    Ip(SocketAddr),
    /// A stream socket.
    Unix(UnixName),
    /// TCP, by name; the endpoint is down until it resolves.
    Host(HostPort),
}

/// A port that depends on the one that the client connected to (HAProxy: `server` without a port, with `+n` or `-n`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientPort {
    /// Added to the client's port; -65535 to 65535.
    pub offset: i32,
}

impl ClientPort {
    /// The port for a client that connected to `client`; that of a unix socket is 0. As in HAProxy, what is beyond 65535
    /// or below 0 begins anew on the other side. `None`: 0, which nobody can connect to.
    pub fn port(self, client: u16) -> Option<NonZeroU16> {
        let sum = (i32::from(client) + self.offset).rem_euclid(1 << 16);
        NonZeroU16::new(u16::try_from(sum).ok()?)
    }
}

impl fmt::Display for EndpointAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Unix(UnixName::Path(path)) => write!(f, "unix@{}", path.display()),
            Self::Unix(UnixName::Abstract(name)) => write!(f, "abns@{}", name.escape_ascii()),
            Self::Host(host) => write!(f, "{}:{}", host.name, host.port),
        }
    }
}

/// A name to resolve, and a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostPort {
    /// At most 253 bytes, no control characters.
    pub name: Box<str>,
    /// 0 for an endpoint whose port depends on the client ([`Endpoint::client_port`]), or comes with its address
    /// ([`Resolution::service`]), never elsewhere.
    pub port: u16,
}

/// Identity of a transport. The name that is asked for comes with each request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TransportKey {
    /// Where the connection goes.
    pub address: EndpointAddress,
    /// Connections that are kept by other rules are not counted together.
    pub pool: Pool,
    /// How its socket is made, and what it begins with.
    pub outgoing: Option<Arc<Outgoing>>,
}

/// Identity of what is probed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CheckKey {
    /// Where probes go.
    pub target: EndpointAddress,
    /// They begin with a PROXY line.
    pub send_proxy: bool,
    /// Those of HTTP speak HTTP/2.
    pub http2: bool,
    /// How they speak TLS.
    pub tls: Option<Arc<CheckTls>>,
}

/// TLS of probes.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct CheckTls {
    /// What there is of it.
    pub client: Arc<TlsClient>,
    /// All probes speak it, but for steps that connect in a way of their own.
    pub all: bool,
    /// The name that they ask for.
    pub server_name: Option<Box<str>>,
}

/// When an endpoint is probed, and what makes it up or down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckSchedule {
    /// Between probes while nothing changes (HAProxy: inter). At least a millisecond.
    pub interval: Duration,
    /// While changing state (HAProxy: fastinter).
    pub fast_interval: Duration,
    /// While down (HAProxy: downinter).
    pub down_interval: Duration,
    /// Successes until up.
    pub rise: NonZeroU32,
    /// Failures until down.
    pub fall: NonZeroU32,
    /// Probe this address instead of the endpoint's; its port is 0 where the endpoint's is meant.
    pub address: Option<SocketAddr>,
    /// Probe this port instead of the endpoint's.
    pub port: Option<u16>,
    /// No probe is made, and the health stays what it is.
    pub paused: bool,
    /// Probes begin with a PROXY line about their own connection.
    pub send_proxy: bool,
    /// Probes of HTTP speak HTTP/2 where they connect as the endpoint's checks do.
    pub http2: bool,
    /// How the endpoint stands before the first one.
    pub initial: Initial,
    /// How probes speak TLS; `None`: they do not.
    pub tls: Option<Arc<CheckTls>>,
}

impl CheckSchedule {
    /// Where probes of an endpoint at `own` go.
    pub fn target(&self, own: &EndpointAddress) -> EndpointAddress {
        let own_port = match own {
            EndpointAddress::Ip(address) => Some(address.port()),
            EndpointAddress::Host(host) => Some(host.port),
            EndpointAddress::Unix(_) => None,
        };
        if let Some(address) = self.address {
            let written = Some(address.port()).filter(|&port| port != 0);
            let port = self.port.or(written).or(own_port).unwrap_or_default();
            return EndpointAddress::Ip(SocketAddr::new(address.ip(), port));
        }
        match (own, self.port) {
            (EndpointAddress::Ip(address), Some(port)) => {
                EndpointAddress::Ip(SocketAddr::new(address.ip(), port))
            }
            (EndpointAddress::Host(host), Some(port)) => {
                EndpointAddress::Host(HostPort { name: host.name.clone(), port })
            }
            _ => own.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
