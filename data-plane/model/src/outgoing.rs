//! How connections to an endpoint are made, and what is kept of them.

use std::hash::{Hash, Hasher};
use std::net::SocketAddr;
use std::num::{NonZeroU16, NonZeroU32};
use std::sync::Arc;
use std::time::Duration;

use crate::expr::{Format, Sample};
use crate::tls::TlsClient;

/// HAProxy: pool-purge-delay, its default.
pub const PURGE_DELAY: Duration = Duration::from_secs(5);

/// Idle connections to an endpoint, of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pool {
    /// How many at most (HAProxy: pool-max-conn); `None`: no limit of its own.
    pub max_idle: Option<u32>,
    /// Each time that so long has passed, half of those that were not needed are closed (HAProxy: pool-purge-delay).
    /// `None`: none is kept.
    pub purge_delay: Option<Duration>,
    /// Requests that go over one after its first (HAProxy: max-reuse); `None`: no limit.
    pub max_reuse: Option<u32>,
    /// How many are opened ahead, before a request needs them.
    pub warm: u32,
    /// With fewer than that a worker that has none opens its own, and takes none of another worker's (HAProxy:
    /// pool-low-conn).
    pub low: u32,
}

impl Default for Pool {
    fn default() -> Self {
        Self { max_idle: None, purge_delay: Some(PURGE_DELAY), max_reuse: None, warm: 0, low: 0 }
    }
}

impl Pool {
    /// Whether a connection that has served so many requests may serve another one.
    pub fn lets_serve(&self, served: u32) -> bool {
        self.max_reuse.is_none_or(|most| served <= most)
    }
}

/// What connections to an endpoint have that others have not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Outgoing {
    /// The address that they leave from (HAProxy: source).
    pub source: Option<Source>,
    /// Whom the endpoint takes for its client; `None`: this host. `source` is for probes then, where this hangs on a client.
    pub foreign: Option<Foreign>,
    /// The interface that they leave by; `None`: the one that the kernel routes to.
    pub interface: Option<Box<str>>,
    /// How long what was sent may stay without an acknowledgement (HAProxy: tcp-ut).
    pub user_timeout: Option<Duration>,
    /// `None`: no probes.
    pub keep_alive: Option<KeepAlive>,
    /// What they begin with; `None`: nothing that was agreed on.
    pub proxy_header: Option<ProxyHeader>,
    /// Values of one's own in that header (HAProxy: set-proxy-v2-tlv-fmt).
    pub proxy_values: Arc<[ProxyValue]>,
    /// `None`: they are in clear.
    pub tls: Option<Arc<TlsClient>>,
    /// What is spoken over them, in HTTP mode.
    pub http: OutgoingHttp,
    /// What WebSockets are opened in.
    pub web_sockets: WebSocketHttp,
}

/// The version of HTTP that a WebSocket is opened in (HAProxy: ws).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum WebSocketHttp {
    /// That of requests; where TLS is to find it out, HTTP/1.
    #[default]
    Auto,
    /// HTTP/1.
    Http1,
    /// HTTP/2.
    Http2,
}

impl Outgoing {
    /// Whether how a connection begins hangs on the exchange that it is opened for: no other one may go over it.
    #[inline]
    pub fn hangs_on_exchange(&self) -> bool {
        let of_client = self.foreign.as_ref().is_some_and(Foreign::hangs_on_exchange);
        of_client || self.tls.as_ref().is_some_and(|tls| tls.server_name.is_some())
    }
}

/// A source that need not be this host's (HAProxy: usesrc).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Foreign {
    /// The client's address and port.
    Client,
    /// The client's address.
    ClientAddress,
    /// Always this one; port 0: any.
    Address(SocketAddr),
    /// An address that the request says.
    Told(Sample),
}

impl Foreign {
    /// Whether it is another one for each exchange.
    pub fn hangs_on_exchange(&self) -> bool {
        !matches!(self, Self::Address(_))
    }
}

impl Hash for Foreign {
    /// Expressions are compared, and not hashed.
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        if let Self::Address(address) = self {
            address.hash(state);
        }
    }
}

/// The version of HTTP that an endpoint is spoken to in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum OutgoingHttp {
    /// HTTP/1.
    #[default]
    Http1,
    /// HTTP/2, which the endpoint is known to speak (HAProxy: proto h2).
    Http2,
    /// HTTP/2 where TLS comes to that (HAProxy: alpn h2), else HTTP/1.
    Negotiated,
}

/// A value of a header of the PROXY protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyValue {
    /// Its type.
    pub kind: u8,
    /// What it says.
    pub format: Format,
}

impl Hash for ProxyValue {
    /// Formats are compared, and not hashed.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
    }
}

/// A header of the PROXY protocol about the client's connection (HAProxy: send-proxy).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProxyHeader {
    /// Its form.
    pub version: ProxyVersion,
    /// The rest with version 2 alone: its checksum.
    pub checksum: bool,
    /// The host that the client asked for, where that is known.
    pub authority: bool,
    /// Whether the client speaks TLS; `None`: that is not told.
    pub tls: Option<ToldOfTls>,
}

/// What is told of a client's TLS beside its version, and whether it showed a certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ToldOfTls {
    /// The common name in the client's certificate.
    pub common_name: bool,
    /// The cipher suite.
    pub cipher: bool,
    /// How the certificate that it was shown is signed.
    pub signature: bool,
    /// What the key of that certificate is.
    pub key: bool,
}

impl ProxyHeader {
    /// A line of text.
    pub const LINE: Self = Self { version: ProxyVersion::One, checksum: false, authority: false, tls: None };
}

/// Versions of the PROXY protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxyVersion {
    /// A line of text.
    One,
    /// Binary.
    Two,
}

/// Where connections leave from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source {
    /// Port 0: any that is free.
    pub address: SocketAddr,
    /// With the port of the address a range, of which each connection gets one.
    pub last_port: Option<NonZeroU16>,
}

/// Probes of the kernel on connections that are silent; `None`: as the kernel has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct KeepAlive {
    /// Probes without an answer after which the connection is broken.
    pub count: Option<NonZeroU32>,
    /// Silence before the first probe.
    pub idle: Option<Duration>,
    /// Between two probes.
    pub interval: Option<Duration>,
}
