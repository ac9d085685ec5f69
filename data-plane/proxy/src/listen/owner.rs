//! Who has a port: from /proc, as far as this process may look.

use std::fmt;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A process that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Seen in /proc.
    Process {
        /// Its number.
        pid: u32,
        /// Its program's name.
        program: String,
    },
    /// Hidden from this process: another user's, or in another container.
    Unknown,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process { pid, program } => write!(f, "{program} (pid {pid})"),
            Self::Unknown => f.write_str("another process (not visible to this one; try `ss -ltnp` as root)"),
        }
    }
}

/// Where somebody wants to listen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) address: SocketAddr,
    /// A wildcard of IPv6 takes IPv4 too.
    pub(super) dual_stack: bool,
    /// UDP, not TCP.
    pub(super) datagrams: bool,
}

/// A state of a socket in /proc/net/tcp: TCP_LISTEN.
const LISTEN: &str = "0A";

/// The first process that listens on an address that collides with this one and is not `known`. `None`: all are known.
pub(super) fn foreign_owner(place: Place, known: impl Fn(u32) -> bool) -> Option<Owner> {
    let (tables, state) = match place.datagrams {
        // Sockets for datagrams have a port in whatever state they are.
        true => (["/proc/net/udp", "/proc/net/udp6"], None),
        false => (["/proc/net/tcp", "/proc/net/tcp6"], Some(LISTEN)),
    };
    let inodes: Vec<u64> = tables
        .into_iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| listening(&table, state))
        .filter(|(other, _)| collide(place.address, *other, place.dual_stack))
        .map(|(_, inode)| inode)
        .collect();
    let owners = owners(&inodes);
    if let Some(&pid) = owners.iter().find(|pid| !known(**pid)) {
        return Some(process(pid));
    }
    if owners.is_empty() { Some(Owner::Unknown) } else { None }
}

/// A process by its number.
pub(super) fn process(pid: u32) -> Owner {
    match fs::read_to_string(format!("/proc/{pid}/comm")) {
        Ok(program) => Owner::Process { pid, program: program.trim_end().to_owned() },
        Err(_) => Owner::Unknown,
    }
}

/// The sockets in a table in the form of /proc/net/tcp (proc_net_tcp(5)), of this state or of all, with their inodes.
fn listening(table: &str, state: Option<&str>) -> Vec<(SocketAddr, u64)> {
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split_ascii_whitespace();
            let local = fields.nth(1)?;
            let its = fields.nth(1)?;
            state.is_none_or(|state| its == state).then_some(())?;
            let inode = fields.nth(5)?.parse().ok()?;
            Some((parse(local)?, inode))
        })
        .collect()
}

/// `0100007F:0050`: words in the host's order.
fn parse(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| u32::from_str_radix(ip.get(at..at + 8)?, 16).ok().map(u32::to_ne_bytes);
    let ip = match ip.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let mut bytes = [0; 16];
            for (place, chunk) in bytes.chunks_exact_mut(4).enumerate() {
                chunk.copy_from_slice(&word(place * 8)?);
            }
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

fn collide(wanted: SocketAddr, other: SocketAddr, dual_stack: bool) -> bool {
    if wanted.port() != other.port() {
        return false;
    }
    let (a, b) = (wanted.ip().to_canonical(), other.ip().to_canonical());
    let same_family = a.is_ipv4() == b.is_ipv4();
    if same_family {
        return a == b || a.is_unspecified() || b.is_unspecified();
    }
    // A wildcard of IPv6 may cover IPv4; whether the other's does is not in the table.
    (dual_stack && wanted.ip().is_unspecified()) || (other.is_ipv6() && other.ip().is_unspecified())
}

/// The processes that hold one of these sockets, as far as /proc shows.
fn owners(inodes: &[u64]) -> Vec<u32> {
    let wanted: Vec<String> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| holds(*pid, &wanted))
        .collect()
}

fn holds(pid: u32, sockets: &[String]) -> bool {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    descriptors
        .flatten()
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .any(|link| link.to_str().is_some_and(|link| sockets.iter().any(|socket| socket == link)))
}

#[cfg(test)]
mod tests;
