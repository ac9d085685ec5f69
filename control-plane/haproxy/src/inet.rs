//! Addresses as C programs read them: short forms, and names that this host has in a file of its own.

use std::net::{IpAddr, Ipv4Addr};

use crate::expr::Load;

/// The names of this host (hosts(5)).
const HOSTS: &str = "/etc/hosts";
const MAX_HOSTS_BYTES: usize = 1 << 20;

/// An IPv4 address in any of the forms of inet_aton(3): `127.1` is `127.0.0.1`, and parts may be octal or hexadecimal.
pub(crate) fn aton(text: &str) -> Option<Ipv4Addr> {
    let part = |text: &str| {
        let number = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(digits) => u32::from_str_radix(digits, 16),
            None if text.len() > 1 && text.starts_with('0') => u32::from_str_radix(&text[1..], 8),
            None => text.parse(),
        };
        number.ok().filter(|_| text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains('+'))
    };
    let parts: Vec<u32> = text.split('.').map(part).collect::<Option<_>>()?;
    let (last, front) = parts.split_last()?;
    // The last part takes the place of all that are not written.
    let bits = 32_u32.checked_sub(8 * u32::try_from(front.len()).ok()?).filter(|bits| *bits >= 8)?;
    if front.iter().any(|part| *part > 255) || u64::from(*last) >= 1 << bits {
        return None;
    }
    let high = front.iter().fold(0_u64, |all, part| all << 8 | u64::from(*part));
    u32::try_from(high << bits | u64::from(*last)).ok().map(Ipv4Addr::from)
}

/// The first address that this host's own file of names has for `name` and that will do: no server is asked.
pub(crate) fn host(loader: &dyn Load, name: &str, fits: impl Fn(IpAddr) -> bool) -> Option<IpAddr> {
    let text = loader.load(HOSTS, MAX_HOSTS_BYTES).ok()?;
    let text = String::from_utf8_lossy(&text);
    let mut lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    lines.find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let ip: IpAddr = words.next()?.parse().ok()?;
        (fits(ip) && words.any(|word| word.eq_ignore_ascii_case(name))).then_some(ip)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::LoadError;

    #[test]
    fn short_addresses_are_filled_with_nought() {
        let cases = [
            ("127.1", Some([127, 0, 0, 1])),
            ("1.2.3", Some([1, 2, 0, 3])),
            ("1.2.256", Some([1, 2, 1, 0])),
            ("10", Some([0, 0, 0, 10])),
            ("0x7f.010", Some([127, 0, 0, 8])),
            ("1.2.3.4", Some([1, 2, 3, 4])),
            ("1.2.3.256", None),
            ("256.1", None),
            ("1.2.3.4.5", None),
            ("1..2", None),
            ("+1.2", None),
            ("", None),
            ("a.1", None),
            ("4294967296", None),
        ];
        for (text, expected) in cases {
            assert_eq!(aton(text), expected.map(Ipv4Addr::from), "{text}");
        }
    }

    struct Hosts;

    impl Load for Hosts {
        fn load(&self, path: &str, _: usize) -> Result<Vec<u8>, LoadError> {
            assert_eq!(path, HOSTS);
            Ok(b"# all\n::1 localhost ip6\n127.0.0.1 localhost # me\n".to_vec())
        }
    }

    #[test]
    fn names_are_those_of_the_file() {
        let found = |name: &str, v4: bool| host(&Hosts, name, |ip| ip.is_ipv4() == v4);
        assert_eq!(found("LocalHost", true), Some([127, 0, 0, 1].into()));
        assert_eq!(found("ip6", false), Some(std::net::Ipv6Addr::LOCALHOST.into()));
        assert_eq!(found("me", true), None);
    }
}
