//! Ports that nobody else takes, not even another test process at the same moment.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr as UnixAddress, UnixListener};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Mutex, PoisonError};

use socket2::{Domain, Socket, Type};

/// Below the range that Linux takes for outgoing connections, which would else collide now and then.
const FIRST: u16 = 20_000;
const LAST: u16 = 32_000;

static NEXT: AtomicU16 = AtomicU16::new(0);
static HELD: Mutex<Vec<UnixListener>> = Mutex::new(Vec::new());

/// A TCP port, free on every address, and reserved for this process until it ends.
pub fn free_port() -> u16 {
    // Processes start at different places, so that they rarely ask for the same lock.
    let start = std::process::id() as u16;
    for _ in FIRST..LAST {
        let step = start.wrapping_mul(97).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = FIRST + step % (LAST - FIRST);
        if let Some(lock) = reserve(&format!("port-{port}"))
            && is_free(port)
        {
            HELD.lock().unwrap_or_else(PoisonError::into_inner).push(lock);
            return port;
        }
    }
    panic!("no TCP port from {FIRST} to {LAST} is free");
}

/// Bound without listening: a process that another test starts at this moment has a copy of every descriptor until it
/// runs its program, and a copy that listens would keep the port taken.
fn is_free(port: u16) -> bool {
    let Ok(probe) = Socket::new(Domain::IPV4, Type::STREAM, None) else { return false };
    probe.set_reuse_address(true).is_ok()
        && probe.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)).into()).is_ok()
}

/// [`free_port`] on 127.0.0.1.
pub fn free_address() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, free_port()).into()
}

/// Takes a name for as long as the listener lives, among all processes of this network namespace: an abstract unix
/// socket can be bound once, and goes with its process.
pub(crate) fn reserve(name: &str) -> Option<UnixListener> {
    let address = UnixAddress::from_abstract_name(format!("sluicegate-e2e-{name}")).ok()?;
    UnixListener::bind_addr(&address).ok()
}
