use sluicegate_model::resolvers::FirstAddress;

use super::*;

fn first(first: &[FirstAddress]) -> First {
    First::of(&Resolution {
        resolvers: None,
        service: false,
        prefers_v4: false,
        preferred_networks: Vec::new(),
        shares_addresses: false,
        ignores_weight: false,
        first: first.to_vec(),
    })
}

#[test]
fn the_first_way_that_gives_an_address_counts() {
    let ip = IpAddr::from([192, 0, 2, 1]);
    assert_eq!(first(&[]), First::System(None));
    assert_eq!(first(&[FirstAddress::System]), First::System(None));
    assert_eq!(first(&[FirstAddress::System, FirstAddress::Ip(ip)]), First::System(Some(ip)));
    assert_eq!(first(&[FirstAddress::System, FirstAddress::None, FirstAddress::Ip(ip)]), First::System(None));
    assert_eq!(first(&[FirstAddress::None, FirstAddress::System]), First::None);
    assert_eq!(first(&[FirstAddress::Ip(ip), FirstAddress::System]), First::Ip(ip));
}
