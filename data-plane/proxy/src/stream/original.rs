//! Where a connection was to go before a rule of the kernel led it here (netfilter: REDIRECT).

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::AsFd;

use nix::sys::socket::{getsockopt, sockopt};

/// `None`: no rule did.
pub(super) fn of(socket: &impl AsFd) -> Option<SocketAddr> {
    of_v4(socket).or_else(|| of_v6(socket))
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
