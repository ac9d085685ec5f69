//! Where servers are.

use std::net::IpAddr;

use sluicegate_model::Endpoint;
use sluicegate_model::endpoint::EndpointAddress;
use sluicegate_proto::v1::EndpointStats;

/// Address of a server, by what was reported of it where it is known by a name; `None`: that leads nowhere, or there is a
/// socket of another kind.
pub fn ip(endpoint: &Endpoint, stats: &EndpointStats) -> Option<IpAddr> {
    match &endpoint.address {
        EndpointAddress::Ip(address) => Some(address.ip()),
        EndpointAddress::Host(_) => resolved(&stats.resolved_ip),
        EndpointAddress::Unix(_) => None,
    }
}

/// Address and port as HAProxy shows them; of a port that depends on the client's, what is added to that.
pub(crate) fn written(endpoint: &Endpoint, stats: &EndpointStats) -> Option<String> {
    let port = endpoint.written_port();
    match (ip(endpoint, stats), &endpoint.address) {
        (Some(IpAddr::V4(ip)), _) => Some(format!("{ip}:{port}")),
        (Some(IpAddr::V6(ip)), _) => Some(format!("[{ip}]:{port}")),
        (None, EndpointAddress::Unix(_)) => Some("unix".to_owned()),
        (None, _) => None,
    }
}

fn resolved(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}
