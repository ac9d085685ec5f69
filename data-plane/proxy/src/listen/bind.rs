//! Binding: one socket per worker, every refusal in the operator's words.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;

use mio::net::{TcpListener, UnixListener};
use sluicegate_model::listener::{ListenAddress, Socket as Wanted, UnixName};
use socket2::{Domain, Protocol, SockAddr, SockRef, Socket, Type};

use super::handover::Inherited;
use super::owner::{self, Owner};
use super::{datagrams, descriptor, unix};
use crate::keep_alive;

/// A listening socket, for a worker's event loop. It is closed when nobody has a share in it any more.
#[derive(Debug, Clone)]
pub(crate) enum Half {
    Tcp(Arc<TcpListener>),
    Unix(Arc<UnixListener>),
    Udp(Arc<UdpSocket>),
}

impl Half {
    pub(super) fn tcp(socket: Socket) -> Self {
        Self::Tcp(Arc::new(TcpListener::from_std(socket.into())))
    }

    fn unix(socket: Socket) -> Self {
        Self::Unix(Arc::new(UnixListener::from_std(OwnedFd::from(socket).into())))
    }

    fn udp(socket: Socket) -> Self {
        Self::Udp(Arc::new(socket.into()))
    }

    pub(crate) fn socket(&self) -> SockRef<'_> {
        match self {
            Self::Udp(socket) => SockRef::from(&**socket),
            Self::Tcp(listener) => SockRef::from(&**listener),
            Self::Unix(listener) => SockRef::from(&**listener),
        }
    }
}

/// The sockets of one listener.
#[derive(Debug)]
pub(crate) struct Sockets {
    /// At least one per worker.
    pub(crate) halves: Vec<Half>,
    /// Where it listens; `None`: no IP address.
    pub(crate) local: Option<SocketAddr>,
    /// A socket in the file system that waits to be put into its place.
    pub(crate) file: Option<unix::File>,
}

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody else listens there.
    #[error("{address} is in use by {owner}: stop it, or give this listener another address")]
    InUse {
        /// The address wanted.
        address: String,
        /// Who has it.
        owner: Owner,
    },
    /// Ports below the first unprivileged one, file permissions.
    #[error("no permission to listen on {address}{}", hint(.port))]
    Permission {
        /// The address wanted.
        address: String,
        /// Its port; 0 where it has none.
        port: u16,
    },
    /// The host has no such address.
    #[error(
        "{0} is no address of this host: give it to an interface first, or bind it all the same (haproxy.cfg: transparent)"
    )]
    NoSuchAddress(SocketAddr),
    /// The host has no such interface.
    #[error("there is no network interface {0:?}")]
    NoSuchInterface(Box<str>),
    /// The descriptor is not open, or no socket that listens.
    #[error("descriptor {0} is no listening stream socket of this process")]
    NotListening(u32),
    /// Something that is no socket has the path.
    #[error("{0} exists and is no socket: remove it, or give this listener another path")]
    NotASocket(PathBuf),
    /// No such account.
    #[error("there is no user {0:?} on this host")]
    NoSuchUser(Box<str>),
    /// No such account.
    #[error("there is no group {0:?} on this host")]
    NoSuchGroup(Box<str>),
    /// Anything else that the kernel says.
    #[error("cannot listen on {address}: {error}")]
    Failed {
        /// The address wanted.
        address: String,
        /// What the kernel says.
        error: io::Error,
    },
}

fn hint(port: &u16) -> &'static str {
    match port {
        1..1024 => {
            ": ports below 1024 need root, CAP_NET_BIND_SERVICE, or a lower net.ipv4.ip_unprivileged_port_start"
        }
        _ => "",
    }
}

/// What one binding needs to know beside the address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circumstances<'a> {
    pub(crate) workers: usize,
    /// Where the listener names none.
    pub(crate) backlog: u32,
    /// Processes whose sockets are no obstacle: those that this one relieves.
    pub(crate) predecessors: &'a [u32],
    /// Paths that this process listens on now.
    pub(crate) own_paths: &'a [PathBuf],
    /// What those that it relieves have handed over.
    pub(crate) inherited: &'a Inherited,
}

/// Listens, once per worker: on what was handed over, else on what it binds.
pub(crate) fn bind(wanted: &Wanted, circumstances: Circumstances<'_>) -> Result<Sockets, BindError> {
    let backlog = length(wanted, circumstances.backlog);
    match &wanted.address {
        ListenAddress::Ip(address) | ListenAddress::Udp(address) => {
            bind_ip(*address, wanted, backlog, circumstances)
        }
        ListenAddress::Descriptor(number) => {
            let socket = descriptor::listener(*number).map_err(|_| BindError::NotListening(*number))?;
            let local = socket.local_addr().ok().and_then(|address| address.as_socket());
            if local.is_some() {
                give(&socket, wanted).map_err(|error| failed(&format!("fd@{number}"), 0, error))?;
            }
            spread(socket, local.is_some(), circumstances.workers)
                .map(|halves| Sockets { halves, local, file: None })
                .map_err(|error| failed(&format!("fd@{number}"), 0, error))
        }
        ListenAddress::Unix(wanted) => {
            let (socket, file) = unix::bind(wanted, backlog, circumstances)?;
            spread(socket, false, circumstances.workers)
                .map(|halves| Sockets { halves, local: None, file })
                .map_err(|error| failed(&name(&wanted.name), 0, error))
        }
    }
}

fn length(wanted: &Wanted, otherwise: u32) -> i32 {
    let backlog = wanted.backlog.map_or(otherwise, std::num::NonZeroU32::get);
    i32::try_from(backlog).unwrap_or(i32::MAX)
}

/// One socket for all workers: families that have no SO_REUSEPORT.
fn spread(socket: Socket, tcp: bool, workers: usize) -> io::Result<Vec<Half>> {
    socket.set_nonblocking(true)?;
    let half = if tcp { Half::tcp(socket) } else { Half::unix(socket) };
    Ok(vec![half; workers])
}

/// Whether the kernel would take what is wanted, without a change to any socket that listens.
pub(crate) fn try_out(wanted: &Wanted) -> Result<(), BindError> {
    let ListenAddress::Ip(address) = wanted.address else { return Ok(()) };
    socket(address, wanted).map(drop).map_err(|error| refused(address, wanted, error))
}

/// Gives sockets that listen already what is wanted of them now.
pub(crate) fn settle(halves: &[Half], wanted: &Wanted, backlog: u32) -> io::Result<()> {
    for half in halves.iter().filter(|half| !matches!(half, Half::Udp(_))) {
        let socket = half.socket();
        socket.listen(length(wanted, backlog))?;
        socket.set_tcp_user_timeout(None)?;
        socket.set_keepalive(false)?;
        give(&socket, wanted)?;
    }
    Ok(())
}

fn bind_ip(
    address: SocketAddr,
    wanted: &Wanted,
    backlog: i32,
    circumstances: Circumstances<'_>,
) -> Result<Sockets, BindError> {
    // Datagrams wait in no queue of connections: their sockets are not handed over.
    let mut halves = match is_for_datagrams(wanted) {
        true => Vec::new(),
        false => circumstances.inherited.at(address, wanted),
    };
    settle(&halves, wanted, circumstances.backlog).map_err(|error| refused(address, wanted, error))?;
    probe(address, wanted, circumstances.predecessors)?;
    let mut local = address;
    for _ in halves.len()..circumstances.workers {
        let bound = socket(local, wanted).and_then(|socket| {
            socket.set_reuse_port(true)?;
            socket.bind(&SockAddr::from(local))?;
            if is_for_datagrams(wanted) {
                datagrams::prepare(&socket, local)?;
            } else {
                socket.listen(backlog)?;
            }
            Ok(socket)
        });
        let socket = bound.map_err(|error| refused(address, wanted, error))?;
        if let Some(bound) = socket.local_addr().ok().and_then(|address| address.as_socket()) {
            // Port 0: the others get the port that the first was given.
            local.set_port(bound.port());
        }
        halves.push(if is_for_datagrams(wanted) { Half::udp(socket) } else { Half::tcp(socket) });
    }
    Ok(Sockets { halves, local: Some(local), file: None })
}

/// Without SO_REUSEPORT a foreign owner of the port shows, even one that set it.
fn probe(address: SocketAddr, wanted: &Wanted, predecessors: &[u32]) -> Result<(), BindError> {
    if address.port() == 0 {
        return Ok(());
    }
    let bound = socket(address, wanted).and_then(|socket| socket.bind(&SockAddr::from(address)));
    match bound {
        Err(error) if error.raw_os_error() == Some(libc::EADDRINUSE) => {
            let own = std::process::id();
            match owner::foreign_owner(place(address, wanted), |pid| {
                pid == own || predecessors.contains(&pid)
            }) {
                Some(owner) => Err(BindError::InUse { address: address.to_string(), owner }),
                None => Ok(()),
            }
        }
        Err(error) => Err(refused(address, wanted, error)),
        Ok(()) => Ok(()),
    }
}

fn is_for_datagrams(wanted: &Wanted) -> bool {
    matches!(wanted.address, ListenAddress::Udp(_))
}

/// What it collides with.
fn place(address: SocketAddr, wanted: &Wanted) -> owner::Place {
    owner::Place { address, dual_stack: wanted.dual_stack, datagrams: is_for_datagrams(wanted) }
}

fn socket(address: SocketAddr, wanted: &Wanted) -> io::Result<Socket> {
    let domain = Domain::for_address(address);
    let socket = if is_for_datagrams(wanted) {
        // Not SO_REUSEADDR: with datagrams that lets others have the same port.
        Socket::new(domain, Type::DGRAM.nonblocking(), Some(Protocol::UDP))?
    } else {
        let socket = Socket::new(domain, Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        // Inherited by what is accepted: one system call less per connection.
        socket.set_tcp_nodelay(true)?;
        socket
    };
    if address.is_ipv6() {
        socket.set_only_v6(!wanted.dual_stack)?;
    }
    if wanted.free_bind {
        bind_freely(&socket, address)?;
    }
    give(&socket, wanted)?;
    if let Some(interface) = &wanted.interface {
        socket.bind_device(Some(interface.as_bytes()))?;
    }
    Ok(socket)
}

/// Has a socket take an address that this host does not have. Where this process may, it takes connections to any address too
/// that the kernel leads to it (TPROXY), as HAProxy has it.
fn bind_freely(socket: &Socket, address: SocketAddr) -> io::Result<()> {
    match address {
        SocketAddr::V4(_) => socket.set_ip_transparent_v4(true).or_else(|_| socket.set_freebind_v4(true)),
        SocketAddr::V6(_) => socket.set_ip_transparent_v6(true).or_else(|_| socket.set_freebind_v6(true)),
    }
}

/// Gives a socket what those that it accepts are to have of it.
fn give(socket: &Socket, wanted: &Wanted) -> io::Result<()> {
    if let Some(timeout) = wanted.user_timeout {
        socket.set_tcp_user_timeout(Some(timeout))?;
    }
    wanted.keep_alive.as_ref().map_or(Ok(()), |probes| keep_alive::begin(socket, probes))
}

fn refused(address: SocketAddr, wanted: &Wanted, error: io::Error) -> BindError {
    match (error.raw_os_error(), &wanted.interface) {
        // A socket of this process or of a predecessor, without SO_REUSEPORT.
        (Some(libc::EADDRINUSE), _) => {
            let owner = owner::foreign_owner(place(address, wanted), |_| false).unwrap_or(Owner::Unknown);
            BindError::InUse { address: address.to_string(), owner }
        }
        (Some(libc::EADDRNOTAVAIL), _) => BindError::NoSuchAddress(address),
        (Some(libc::ENODEV), Some(interface)) => BindError::NoSuchInterface(interface.clone()),
        _ => failed(&address.to_string(), address.port(), error),
    }
}

pub(super) fn failed(address: &str, port: u16, error: io::Error) -> BindError {
    let address = address.to_owned();
    match error.kind() {
        io::ErrorKind::PermissionDenied => BindError::Permission { address, port },
        _ => BindError::Failed { address, error },
    }
}

pub(super) fn name(name: &UnixName) -> String {
    match name {
        UnixName::Path(path) => format!("unix@{}", path.display()),
        UnixName::Abstract(name) => format!("abns@{}", name.escape_ascii()),
    }
}

#[cfg(test)]
mod tests;
