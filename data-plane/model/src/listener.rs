//! Sockets that accept.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::Origin;

use crate::expr::Condition;
use crate::outgoing::KeepAlive;
use crate::rule::Rule;
use crate::tls::TlsServer;

/// An address that accepts connections for one frontend.
#[derive(Debug, Clone)]
pub struct Listener {
    /// Its identity.
    pub key: ObjectKey,
    /// Where a person wrote it, when it was compiled; what has moved since is the same and is not compiled again.
    pub origin: Origin,
    /// What decides whether a socket stays over a change.
    pub socket: Socket,
    /// Takes its connections. May be missing in a Runtime: then they are closed at once.
    pub frontend: ObjectKey,
    /// Its own limit of connections at one time; `None`: the frontend's alone.
    pub max_connections: Option<NonZeroU32>,
    /// Name in logs and statistics; `None`: the address.
    pub label: Option<Box<str>>,
    /// What its connections pass before they are served; `None`: nothing.
    pub entry: Option<Arc<Entry>>,
}

/// What connections pass between their accept and the first byte that is theirs, in this order.
#[derive(Debug)]
pub struct Entry {
    /// The listener's, in logs.
    pub name: Box<str>,
    /// From the accept until all is passed; `None`: as long as the client may be silent (HAProxy: timeout client-hs).
    pub time_limit: Option<Duration>,
    /// They see the addresses that a connection has by itself (HAProxy: tcp-request connection).
    pub rules: Box<[Rule]>,
    /// `None`: they begin with none.
    pub proxy_header: Option<ExpectedProxyHeader>,
    /// `None`: they are in clear.
    pub tls: Option<TlsServer>,
    /// In HTTP mode.
    pub http: HttpProtocol,
}

/// Which versions of HTTP clients may speak, and how it is known which one they do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HttpProtocol {
    /// Any: HTTP/2 where TLS came to that, or where a connection begins with its preface.
    #[default]
    Any,
    /// HTTP/2 where TLS came to that alone (HAProxy: option disable-h2-upgrade).
    Negotiated,
    /// HTTP/1 (HAProxy: proto h1).
    Http1,
    /// HTTP/2 (HAProxy: proto h2).
    Http2,
}

/// A header of the PROXY protocol that is waited for (HAProxy: accept-proxy, expect-proxy).
#[derive(Debug)]
pub struct ExpectedProxyHeader {
    /// Of which connections, by the addresses that they have by themselves; `None`: of all.
    pub when: Option<Condition>,
}

/// All that needs a new socket when it changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Socket {
    /// Where it listens.
    pub address: ListenAddress,
    /// Length of the kernel's queue; `None`: the frontend's limit of connections.
    pub backlog: Option<NonZeroU32>,
    /// On an IPv6 wildcard: accept IPv4 too.
    pub dual_stack: bool,
    /// Bind an address that this host does not have (yet).
    pub free_bind: bool,
    /// The one interface to accept on.
    pub interface: Option<Box<str>>,
    /// How long what was sent may stay without an acknowledgement (HAProxy: tcp-ut).
    pub user_timeout: Option<Duration>,
    /// `None`: no probes of clients that are silent.
    pub keep_alive: Option<KeepAlive>,
}

/// Where a listener accepts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ListenAddress {
    /// TCP.
    Ip(SocketAddr),
    /// Datagrams of UDP.
    Udp(SocketAddr),
    /// A stream socket in the file system or the abstract name space.
    Unix(UnixSocket),
    /// An inherited descriptor that listens already.
    Descriptor(u32),
}

/// A unix socket with the permissions that it is made with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnixSocket {
    /// Its name.
    pub name: UnixName,
    /// Permission bits; `None`: as umask leaves it.
    pub mode: Option<u32>,
    /// Owner; `None`: the process's.
    pub user: Option<Box<str>>,
    /// Group; `None`: the process's.
    pub group: Option<Box<str>>,
}

/// Name of a unix socket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnixName {
    /// In the file system.
    Path(PathBuf),
    /// In the abstract name space, without the leading NUL.
    Abstract(Box<[u8]>),
}
