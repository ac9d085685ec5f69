//! What a name leads to.

use std::net::IpAddr;

/// What tells a record of a name from the others: an endpoint that has it keeps it while it is there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// Of an A or AAAA record.
    Address(IpAddr),
    /// Of an SRV record.
    Service {
        /// Its host, in lower case, without the dot at the end.
        target: Box<str>,
        /// Its port.
        port: u16,
    },
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Which one it is.
    pub key: Key,
    /// Where it leads; `None`: the host of an SRV record has not been resolved.
    pub ip: Option<IpAddr>,
    /// The weight of an SRV record, 0 to 65535; 0 for others.
    pub weight: u16,
}

impl Record {
    /// Of an address.
    pub fn address(ip: IpAddr) -> Self {
        Self { key: Key::Address(ip), ip: Some(ip), weight: 0 }
    }

    /// The port of an SRV record.
    pub fn port(&self) -> Option<u16> {
        match self.key {
            Key::Address(_) => None,
            Key::Service { port, .. } => Some(port),
        }
    }

    /// The weight that an endpoint gets of an SRV record, 0 to 256 (HAProxy 2.6: of 256 steps each one, begun ones too).
    pub fn endpoint_weight(&self) -> Option<u16> {
        self.port().map(|_| self.weight.div_ceil(256))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_those_that_haproxy_shows() {
        // Seen with HAProxy 2.6: show servers state.
        let cases = [(0, 0), (1, 1), (255, 1), (256, 1), (257, 2), (2_560, 10), (2_561, 11), (65_535, 256)];
        for (weight, expected) in cases {
            let key = Key::Service { target: "n.test".into(), port: 80 };
            assert_eq!(Record { key, ip: None, weight }.endpoint_weight(), Some(expected), "{weight}");
        }
        assert_eq!(Record::address(IpAddr::from([127, 0, 0, 1])).endpoint_weight(), None);
    }
}
