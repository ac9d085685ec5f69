//! Sockets that accept.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::Origin;

use crate::outgoing::KeepAlive;
use crate::tls::TlsServer;

/// An address that accepts connections for one frontend.
#[derive(Debug, Clone, PartialEq)]
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
    /// `None`: in clear.
    pub tls: Option<Arc<TlsServer>>,
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
