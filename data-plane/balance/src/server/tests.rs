use std::collections::BTreeSet;

use super::*;

#[test]
fn addresses_and_ports_tell_endpoints_apart() {
    let socket = |text: &str| text.parse::<SocketAddr>().unwrap();
    let by_address = |text| node_key(NodeKey::Addr(socket(text).ip()));
    let by_port = |text| node_key(NodeKey::AddrPort(socket(text)));
    assert_eq!(by_address("10.0.0.1:80"), by_address("10.0.0.1:81"));
    assert_eq!(by_address("10.0.0.1:80"), by_address("[::ffff:10.0.0.1]:80"));
    assert_ne!(by_port("10.0.0.1:80"), by_port("10.0.0.1:81"));
    assert_ne!(by_address("[2001:db8::1:0]:80"), by_address("[2001:db8::1]:80"));
}

#[test]
fn neighbours_in_a_network_do_not_share_keys() {
    let addresses = (0..=u16::MAX).map(|n| IpAddr::from([10, 0, n.to_be_bytes()[0], n.to_be_bytes()[1]]));
    let keys: BTreeSet<u32> = addresses.map(|address| node_key(NodeKey::Addr(address))).collect();
    assert!(keys.len() > 65_530, "{}", keys.len());
}

#[test]
fn weights_have_a_divisor() {
    assert_eq!(divisor([100, 40, 0]), 20);
    assert_eq!(divisor([0, 7]), 7);
    assert_eq!(divisor([]), 1);
    assert_eq!(divisor([0]), 1);
}
