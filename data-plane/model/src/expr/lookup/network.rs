use std::collections::BTreeSet;
use std::net::IpAddr;

use rustc_hash::FxHashMap;

use crate::expr::Network;

/// Networks by their prefixes: a question looks once for each length that they have, the longest first.
///
/// IPv4 addresses and their IPv4-mapped IPv6 forms are the same address here.
#[derive(Debug)]
pub struct Networks {
    v4: Prefixes<u32>,
    v6: Prefixes<u128>,
}

#[derive(Debug)]
struct Prefixes<T> {
    lengths: Box<[u8]>,
    places: FxHashMap<(u8, T), usize>,
}

impl Networks {
    pub(crate) fn new(networks: &[Network]) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for (place, network) in networks.iter().enumerate() {
            let Network { ip, prefix_length } = network.canonical();
            match ip {
                IpAddr::V4(ip) => v4.push((prefix_length, u32::from(ip) & v4_mask(prefix_length), place)),
                IpAddr::V6(ip) => v6.push((prefix_length, u128::from(ip) & v6_mask(prefix_length), place)),
            }
        }
        Self { v4: Prefixes::new(v4), v6: Prefixes::new(v6) }
    }

    /// The smallest that holds the address.
    pub(super) fn find(&self, address: IpAddr) -> Option<usize> {
        match address.to_canonical() {
            IpAddr::V4(ip) => self.v4.find(|length| u32::from(ip) & v4_mask(length)),
            IpAddr::V6(ip) => self.v6.find(|length| u128::from(ip) & v6_mask(length)),
        }
    }
}

impl<T: Eq + std::hash::Hash> Prefixes<T> {
    fn new(networks: Vec<(u8, T, usize)>) -> Self {
        let lengths: BTreeSet<u8> = networks.iter().map(|(length, ..)| *length).collect();
        let mut places = FxHashMap::default();
        for (length, bits, place) in networks {
            places.entry((length, bits)).or_insert(place);
        }
        Self { lengths: lengths.into_iter().rev().collect(), places }
    }

    fn find(&self, bits: impl Fn(u8) -> T) -> Option<usize> {
        self.lengths.iter().find_map(|&length| self.places.get(&(length, bits(length))).copied())
    }
}

fn v4_mask(prefix_length: u8) -> u32 {
    !u32::MAX.checked_shr(prefix_length.into()).unwrap_or(0)
}

fn v6_mask(prefix_length: u8) -> u128 {
    !u128::MAX.checked_shr(prefix_length.into()).unwrap_or(0)
}
