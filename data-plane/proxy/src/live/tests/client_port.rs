//! Endpoints whose port is the client's, or relative to it.

use super::*;
use crate::stream::{Peer, Target};

#[test]
fn a_port_of_the_client_s_is_part_of_where_and_of_the_pool_s_key() {
    let at = |ip: u8, port| SocketAddr::from(([127, 0, 0, ip], port));
    let client = |port| Some(Peer::Ip(at(1, port)));
    let by = |offset| move |endpoint: &mut v1::Endpoint| endpoint.client_port_offset = Some(offset);
    let site = site()
        .endpoint("app", "same", at(2, 0), by(0))
        .endpoint("app", "next", at(2, 0), by(1))
        .endpoint("app", "own", at(2, 80), |_| {});
    let live = live(&site);
    let backend = backend(&live);
    let [same, next, own] = backend.endpoints.as_slice() else { panic!("{:?}", backend.endpoints) };
    assert_eq!(same.target_for(client(8_080)), Some(Target::Ip(at(2, 8_080))));
    assert_eq!(next.target_for(client(8_080)), Some(Target::Ip(at(2, 8_081))));
    assert_eq!(own.target_for(client(8_080)), Some(Target::Ip(at(2, 80))));
    assert_eq!(same.target_for(Some(Peer::Unix)), None);
    assert_eq!(next.target_for(Some(Peer::Unix)), Some(Target::Ip(at(2, 1))));
    assert_eq!(next.target_for(client(65_535)), None);

    let key = |endpoint: &LiveEndpoint, port| endpoint.transport_for(client(port));
    assert_ne!(key(same, 8_080), key(same, 8_081));
    assert_eq!(key(same, 8_081), key(next, 8_080), "both go to port 8081");
    assert_ne!(key(same, 80), key(own, 80), "another address as it is written");
    assert_eq!(key(own, 80), key(own, 81));
}
