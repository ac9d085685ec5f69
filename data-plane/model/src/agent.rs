//! Programs beside endpoints that say how these are.

use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use sluicegate_health::Script;

use crate::endpoint::{EndpointAddress, ForcedHealth, HostPort};

/// HAProxy: agent-check.
#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    /// Asked there instead of at the endpoint's address; its port is 0.
    pub address: Option<SocketAddr>,
    /// Of the agent.
    pub port: NonZeroU16,
    /// Between two questions. At least a millisecond.
    pub interval: Duration,
    /// How it is asked.
    pub script: Arc<Script>,
    /// It is not asked, and what it said stays.
    pub paused: bool,
    /// What a person set in place of what it said last.
    pub forced: Option<ForcedHealth>,
}

impl Agent {
    /// Where the agent of an endpoint at `own` is; `None`: that is a unix socket, and no address is said.
    pub fn target(&self, own: &EndpointAddress) -> Option<EndpointAddress> {
        let port = self.port.get();
        match (self.address, own) {
            (Some(address), _) => Some(EndpointAddress::Ip(SocketAddr::new(address.ip(), port))),
            (None, EndpointAddress::Ip(own)) => Some(EndpointAddress::Ip(SocketAddr::new(own.ip(), port))),
            (None, EndpointAddress::Host(host)) => {
                Some(EndpointAddress::Host(HostPort { name: host.name.clone(), port }))
            }
            (None, EndpointAddress::Unix(_)) => None,
        }
    }
}
