//! Addresses of the schema as those of the standard library.

use std::net::{IpAddr, SocketAddr};

use crate::v1::IpAddress;

impl IpAddress {
    /// Its octets as an address; `None` where they are neither four nor sixteen.
    pub fn ip(&self) -> Option<IpAddr> {
        let v4 = <[u8; 4]>::try_from(&self.ip[..]).map(IpAddr::from);
        v4.or_else(|_| <[u8; 16]>::try_from(&self.ip[..]).map(IpAddr::from)).ok()
    }

    /// With its port; `None` where either is none.
    pub fn socket(&self) -> Option<SocketAddr> {
        Some(SocketAddr::new(self.ip()?, u16::try_from(self.port).ok()?))
    }
}
