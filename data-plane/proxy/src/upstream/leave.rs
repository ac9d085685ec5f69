//! Where a connection leaves this host from (HAProxy: source).
#![allow(unsafe_code)]

use std::io;
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU16;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use sluicegate_model::outgoing::{Foreign, Outgoing, Source};
use socket2::{Domain, Protocol, Socket, Type};

use crate::keep_alive;

/// Ports of a range that are tried for one connection, as in HAProxy.
const TRIES: u32 = 10;

/// Where the next connection begins to look for a port of its range. One for all ranges: it only has to move on.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// Why a connection cannot leave from an address that is not this host's.
#[derive(Debug, thiserror::Error)]
pub enum NoForeign {
    /// The process lacks a right.
    #[error(
        "leaving from {0}, which is not this host's, takes CAP_NET_RAW or CAP_NET_ADMIN, and the process has neither"
    )]
    Right(IpAddr),
    /// An address of the other family.
    #[error("{from} is no address to reach {to} from: they are of different families")]
    Family {
        /// Where it should leave from.
        from: IpAddr,
        /// Where it should go.
        to: IpAddr,
    },
    /// A client on a unix socket, or a request that tells no address.
    #[error(
        "the address that it should leave from is not known: the client has none, or the request tells none"
    )]
    Unknown,
}

/// Whether this process may leave from addresses that are not its host's.
pub(crate) fn may_be_foreign() -> bool {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP));
    socket.is_ok_and(|socket| socket.set_ip_transparent_v4(true).is_ok())
}

/// Gives a socket that is to connect what it is to have.
///
/// # Errors
/// Where the host has no such interface or address, has no port left, or does not let this process have them.
pub(super) fn prepare(socket: &Socket, outgoing: &Outgoing) -> io::Result<()> {
    if let Some(timeout) = outgoing.user_timeout {
        socket.set_tcp_user_timeout(Some(timeout))?;
    }
    if let Some(wanted) = &outgoing.keep_alive {
        keep_alive::begin(socket, wanted)?;
    }
    from(socket, outgoing, true)
}

/// The same of a socket for datagrams, whose port is its own: nothing else tells whose answers are whose.
///
/// # Errors
/// As [`prepare`].
pub(crate) fn prepare_datagrams(socket: &Socket, outgoing: &Outgoing) -> io::Result<()> {
    from(socket, outgoing, false)
}

fn from(socket: &Socket, outgoing: &Outgoing, shares: bool) -> io::Result<()> {
    if let Some(interface) = &outgoing.interface {
        socket.bind_device(Some(interface.as_bytes()))?;
    }
    match (&outgoing.foreign, &outgoing.source) {
        (Some(Foreign::Address(address)), _) => bind_foreign(socket, *address),
        (_, Some(source)) => bind(socket, source, shares),
        (_, None) => Ok(()),
    }
}

/// Whether the address is one of this host's is not asked (HAProxy: usesrc).
fn bind_foreign(socket: &Socket, address: SocketAddr) -> io::Result<()> {
    let set = match address {
        SocketAddr::V4(_) => socket.set_ip_transparent_v4(true),
        SocketAddr::V6(_) => socket.set_ip_transparent_v6(true),
    };
    set.map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => io::Error::other(NoForeign::Right(address.ip())),
        _ => error,
    })?;
    if address.port() == 0 {
        choose_port_later(socket)?;
    } else {
        socket.set_reuse_address(true)?;
    }
    socket.bind(&address.into())
}

fn bind(socket: &Socket, source: &Source, shares: bool) -> io::Result<()> {
    let mut address = source.address;
    if address.port() == 0 {
        // The port is chosen as it connects: one that is taken towards other servers will do.
        choose_port_later(socket)?;
        return socket.bind(&address.into());
    }
    if ports(source) > 1 {
        let step = NEXT.fetch_add(1, Relaxed) % ports(source);
        address.set_port(address.port() + u16::try_from(step).unwrap_or_default());
    }
    // The same port serves connections to other servers, and one that waits for its end.
    socket.set_reuse_address(shares)?;
    socket.bind(&address.into())
}

/// How often to begin anew where the port is taken ([`is_taken`]): each time it is the next one of the range.
pub(crate) fn tries(outgoing: &Outgoing) -> u32 {
    outgoing.source.as_ref().map_or(1, ports).min(TRIES)
}

/// Whether the port has a connection to that server already, or somebody listens on it.
pub(crate) fn is_taken(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::AddrNotAvailable)
}

fn ports(source: &Source) -> u32 {
    let last = source.last_port.map_or(source.address.port(), NonZeroU16::get);
    u32::from(last.saturating_sub(source.address.port())) + 1
}

fn choose_port_later(socket: &Socket) -> io::Result<()> {
    let on: libc::c_int = 1;
    let size = libc::socklen_t::try_from(mem::size_of_val(&on)).unwrap_or_default();
    // SAFETY: the descriptor is open for as long as `socket` is borrowed; the kernel reads `size` bytes of `on`.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_IP,
            libc::IP_BIND_ADDRESS_NO_PORT,
            (&raw const on).cast(),
            size,
        )
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests;
