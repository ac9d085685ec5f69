use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A set of addresses and networks: sorted, merged ranges, one binary search a question.
///
/// IPv4 addresses and their IPv4-mapped IPv6 forms (RFC 4291 2.5.5.2) are the same address here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IpSet {
    v4: Box<[(u32, u32)]>,
    v6: Box<[(u128, u128)]>,
}

/// A network: an address and how many of its bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// Bits of it behind the prefix do not count.
    pub ip: IpAddr,
    /// At most as many as the address has.
    pub prefix_length: u8,
}

/// Prefix length of the IPv4-mapped addresses, `::ffff:0:0/96`.
const MAPPED_BITS: u8 = 96;

impl IpSet {
    /// The set of all addresses of `networks`; bits of an address behind its prefix do not count.
    pub fn new(networks: impl IntoIterator<Item = Network>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for network in networks {
            match network.canonical() {
                Network { ip: IpAddr::V4(ip), prefix_length } => {
                    let host = u32::MAX.checked_shr(prefix_length.into()).unwrap_or(0);
                    v4.push((u32::from(ip) & !host, u32::from(ip) | host));
                }
                Network { ip: IpAddr::V6(ip), prefix_length } => {
                    let host = u128::MAX.checked_shr(prefix_length.into()).unwrap_or(0);
                    v6.push((u128::from(ip) & !host, u128::from(ip) | host));
                }
            }
        }
        // A network around the mapped addresses holds every IPv4 address.
        let mapped = |ip: Ipv4Addr| u128::from(ip.to_ipv6_mapped());
        let (first, last) = (mapped(Ipv4Addr::UNSPECIFIED), mapped(Ipv4Addr::BROADCAST));
        if v6.iter().any(|&(from, to)| from <= first && last <= to) {
            v4.push((0, u32::MAX));
        }
        Self { v4: merged(v4), v6: merged(v6) }
    }

    /// Whether `ip` is in it.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match ip.to_canonical() {
            IpAddr::V4(ip) => within(&self.v4, u32::from(ip)),
            IpAddr::V6(ip) => within(&self.v6, u128::from(ip)),
        }
    }

    /// Whether it has no address.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }
}

impl Network {
    /// One of IPv4-mapped addresses as one of IPv4.
    pub(crate) fn canonical(self) -> Self {
        match self.ip {
            IpAddr::V6(ip) if self.prefix_length >= MAPPED_BITS => match Ipv6Addr::to_ipv4_mapped(&ip) {
                Some(v4) => Self { ip: IpAddr::V4(v4), prefix_length: self.prefix_length - MAPPED_BITS },
                None => self,
            },
            _ => self,
        }
    }
}

pub(super) fn merged<T: Ord + Copy>(mut ranges: Vec<(T, T)>) -> Box<[(T, T)]> {
    ranges.sort_unstable();
    let mut out: Vec<(T, T)> = Vec::with_capacity(ranges.len());
    for (from, to) in ranges {
        match out.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => out.push((from, to)),
        }
    }
    out.into_boxed_slice()
}

pub(super) fn within<T: Ord + Copy>(ranges: &[(T, T)], value: T) -> bool {
    let after = ranges.partition_point(|&(from, _)| from <= value);
    after > 0 && value <= ranges[after - 1].1
}
