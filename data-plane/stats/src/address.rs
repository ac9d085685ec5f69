//! Where servers are.

use std::net::{IpAddr, SocketAddr};

use sluicegate_model::endpoint::EndpointAddress;
use sluicegate_proto::v1::EndpointStats;

/// Address and port of a server, by what was reported of it where it is known by a name; `None`: that leads nowhere, or
/// there is a socket of another kind.
pub fn place(address: &EndpointAddress, stats: &EndpointStats) -> Option<SocketAddr> {
    match address {
        EndpointAddress::Ip(address) => Some(*address),
        EndpointAddress::Host(host) => Some(SocketAddr::new(ip(&stats.resolved_ip)?, host.port)),
        EndpointAddress::Unix(_) => None,
    }
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}
