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
fn idle_connections_are_for_the_place_and_the_settings_that_they_were_opened_with() {
    let with = |low| {
        site().endpoint("app", "a", nowhere(1), |endpoint| {
            let host = v1::HostAddress { name: "app.test".into(), port: 80 };
            endpoint.address = Some(v1::endpoint::Address::Host(host));
            endpoint.pool = Some(v1::Pool { low, ..v1::Pool::default() });
        })
    };
    let live = live(&with(1));
    let state = live.endpoint(&endpoint_key("app", "a")).unwrap();
    let key = |live| Arc::clone(&backend(live).endpoints[0]).transport_for(None);
    state.set_address(nowhere(2));
    let first = key(&live);
    state.set_address(nowhere(3));
    let moved = key(&live);
    let before = Arc::clone(&backend(&live).endpoints[0]);
    commit(&live, &with(2));
    let changed = key(&live);
    assert!(first != moved && moved != changed && first != changed);
    assert_eq!(before.transport_for(None), moved, "who began before keeps to what was then");
    let (asking, other) = (changed.asking(7), changed.asking(8));
    assert!(asking != changed && asking != other && asking == changed.asking(7));
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
