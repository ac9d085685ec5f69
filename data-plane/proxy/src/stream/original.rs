//! Where a connection was to go before a rule of the kernel led it here (netfilter: REDIRECT, DNAT).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::AsFd;

use nix::sys::socket::{getsockopt, sockopt};

/// `None`: no rule did. `local`: the socket's own address, which tells whose rules may have led it.
pub(super) fn of(socket: &impl AsFd, local: SocketAddr) -> Option<SocketAddr> {
    match local.ip().to_canonical() {
        IpAddr::V4(_) => of_v4(socket),
        IpAddr::V6(_) => of_v6(socket),
    }
}

fn of_v4(socket: &impl AsFd) -> Option<SocketAddr> {
    let found = getsockopt(socket, sockopt::OriginalDst).ok()?;
    let ip = Ipv4Addr::from(u32::from_be(found.sin_addr.s_addr));
    Some(SocketAddr::from((ip, u16::from_be(found.sin_port))))
}

fn of_v6(socket: &impl AsFd) -> Option<SocketAddr> {
    let found = getsockopt(socket, sockopt::Ip6tOriginalDst).ok()?;
    Some(SocketAddr::from((Ipv6Addr::from(found.sin6_addr.s6_addr), u16::from_be(found.sin6_port))))
}
