//! Endpoints that have a name in place of an address.

use sluicegate_proto::build;
use sluicegate_proto::v1::first_address::From;

use super::*;

fn named(first: From) -> Site {
    site().endpoint("app", "a", nowhere(1), |endpoint| {
        let host = v1::HostAddress { name: "app.test".into(), port: 80 };
        endpoint.address = Some(v1::endpoint::Address::Host(host));
        let first = vec![v1::FirstAddress { from: Some(first) }];
        endpoint.resolution = Some(v1::NameResolution { first, ..v1::NameResolution::default() });
    })
}

#[test]
fn one_that_begins_at_an_address_is_served_there_from_the_commit_on() {
    let first = From::Ip(build::ip_address(SocketAddr::from(([127, 0, 0, 2], 0))));
    let live = live(&named(first));
    let state = live.endpoint(&endpoint_key("app", "a")).unwrap();
    assert_eq!(state.address(), Some(SocketAddr::from(([127, 0, 0, 2], 80))));
    assert_eq!(take(&backend(&live)).endpoint().name(), "a");
    state.set_address(SocketAddr::from(([127, 0, 0, 3], 80)));
    commit(&live, &named(first_of_nothing()));
    assert_eq!(state.address(), Some(SocketAddr::from(([127, 0, 0, 3], 80))), "it has one by now");
}

#[test]
fn one_that_begins_nowhere_waits_for_its_name() {
    let live = live(&named(first_of_nothing()));
    assert_eq!(live.endpoint(&endpoint_key("app", "a")).unwrap().health(), Health::Unresolved);
    assert_eq!(backend(&live).usable(), 0);
}

fn first_of_nothing() -> From {
    From::None(v1::first_address::None {})
}
