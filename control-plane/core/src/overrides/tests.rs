use sluicegate_proto::v1::resource::Body;
use sluicegate_proto::v1::{Endpoint, Kind, Resource};

use super::*;
use crate::sample::{backend, endpoint, frontend, key, keyed};

fn app() -> ObjectKey {
    key("haproxy", Kind::Backend, "app")
}

fn one() -> ObjectKey {
    key("haproxy", Kind::Endpoint, "app/one")
}

fn main() -> ObjectKey {
    key("haproxy", Kind::Frontend, "main")
}

fn site(change: impl FnOnce(&mut Endpoint)) -> BTreeMap<ObjectKey, Entry> {
    let mut server = endpoint(&app(), "one", 8001);
    if let Some(Body::Endpoint(body)) = &mut server.body {
        change(body);
    }
    keyed([backend("haproxy", "app", 3), server, endpoint(&app(), "two", 8002), frontend("haproxy", "main")])
}

fn body(candidate: &BTreeMap<ObjectKey, Entry>) -> Endpoint {
    match &candidate[&one()].resource().body {
        Some(Body::Endpoint(body)) => body.clone(),
        other => panic!("{other:?}"),
    }
}

fn with(values: &[Value]) -> Overrides {
    let mut overrides = Overrides::default();
    for value in values {
        overrides.set(&site(|_| {}), &one(), value.clone(), 7).unwrap();
    }
    overrides
}

#[test]
fn each_field_is_put_over_the_candidate_and_nothing_else_changes() {
    let overrides = with(&[
        Value::Weight(9),
        Value::Admin(Admin::Drain),
        Value::Health(Forced::Down),
        Value::Address("127.0.0.9:99".parse().unwrap()),
        Value::MaxConnections(5),
    ]);
    let mut candidate = site(|_| {});
    assert_eq!(overrides.apply(&mut candidate), []);
    let body = body(&candidate);
    assert_eq!((body.weight, body.drain, body.disabled, body.max_connections), (9, true, false, 5));
    let forced = body.forced_health.unwrap();
    assert_eq!((forced.value(), forced.at_unix_ms), (v1::forced_health::Value::Down, 7));
    assert_eq!(Field::Address.configured(candidate[&one()].resource()).unwrap(), "127.0.0.9:99");
    let before = site(|_| {});
    assert!(before.iter().all(|(key, entry)| *key == one() || candidate[key] == *entry));
}

#[test]
fn an_address_with_a_port_takes_the_place_of_the_client_s() {
    let by_client = || site(|server| server.client_port_offset = Some(3));
    for (address, offset) in [("127.0.0.9:0", Some(3)), ("127.0.0.9:99", None)] {
        let mut candidate = by_client();
        with(&[Value::Address(address.parse().unwrap())]).apply(&mut candidate);
        assert_eq!(body(&candidate).client_port_offset, offset, "{address}");
        assert_eq!(Field::Address.configured(candidate[&one()].resource()).unwrap(), address);
    }
}

#[test]
fn an_override_ends_when_the_configuration_changes_that_very_thing() {
    let mut overrides = with(&[Value::Weight(9), Value::MaxConnections(5)]);
    let mut elsewhere = site(|server| server.max_queue = 3);
    assert_eq!(overrides.apply(&mut elsewhere), []);
    assert_eq!(body(&elsewhere).weight, 9);
    let mut changed = site(|server| server.weight = 2);
    let ended = overrides.apply(&mut changed);
    assert_eq!((body(&changed).weight, body(&changed).max_connections), (2, 5));
    let told: Vec<String> = ended.iter().map(ToString::to_string).collect();
    let expected =
        "haproxy/endpoint/app/one: weight 9, set at run time, ends: the configuration changed it from 1 to 2";
    assert_eq!(told, [expected]);
    overrides.forget(&ended);
    assert_eq!(overrides.len(), 1);
    // What ended does not come back with the value that it was set over.
    let mut back = site(|_| {});
    assert_eq!(overrides.apply(&mut back), []);
    assert_eq!(body(&back).weight, 1);
}

#[test]
fn a_server_out_of_service_stays_so_until_its_line_changes() {
    let overrides = with(&[Value::Admin(Admin::Maint)]);
    let mut renumbered = site(|server| server.number = 8);
    assert_eq!(overrides.apply(&mut renumbered), []);
    assert!(body(&renumbered).disabled);
    let mut other = site(|server| server.weight = 3);
    let ended = overrides.apply(&mut other);
    assert!(!body(&other).disabled);
    assert!(ended[0].to_string().ends_with("the configuration changed the object"), "{}", ended[0]);
    let mut gone = keyed([backend("haproxy", "app", 3)]);
    assert!(overrides.apply(&mut gone)[0].to_string().ends_with("no such object any more"));
}

#[test]
fn what_the_configuration_says_itself_is_no_override() {
    let mut overrides = with(&[Value::Weight(9), Value::Weight(1), Value::Admin(Admin::Ready)]);
    assert!(overrides.is_empty());
    let enabled = Value::Frontend(FrontendState::Enabled);
    overrides.set(&site(|_| {}), &main(), Value::Frontend(FrontendState::Disabled), 1).unwrap();
    assert_eq!(overrides.configured(&main(), Field::Frontend), Some("enabled"));
    overrides.set(&site(|_| {}), &main(), enabled, 2).unwrap();
    assert_eq!(overrides, Overrides::default());
}

#[test]
fn what_is_not_there_cannot_be_set() {
    let mut overrides = Overrides::default();
    let unknown = key("haproxy", Kind::Endpoint, "app/three");
    let refused = overrides.set(&site(|_| {}), &unknown, Value::Weight(1), 1).unwrap_err();
    assert_eq!(refused.to_string(), "there is no haproxy/endpoint/app/three");
    let refused = overrides.set(&site(|_| {}), &one(), Value::Checks(false), 1).unwrap_err();
    assert_eq!(refused.to_string(), "haproxy/endpoint/app/one has no checks that could be set");
    let refused = overrides.set(&site(|_| {}), &main(), Value::Weight(1), 1).unwrap_err();
    assert!(matches!(refused, Refused::NoField { .. }));
}

#[test]
fn their_number_is_bounded() {
    let servers: Vec<Resource> =
        (0..=MAX_OVERRIDES).map(|number| endpoint(&app(), &number.to_string(), 1)).collect();
    let all = keyed(servers);
    let mut overrides = Overrides::default();
    for (key, _) in all.iter().take(MAX_OVERRIDES) {
        overrides.set(&all, key, Value::Weight(5), 1).unwrap();
    }
    let last = all.keys().last().unwrap();
    assert_eq!(overrides.set(&all, last, Value::Weight(5), 1), Err(Refused::Full));
    let first = all.keys().next().unwrap();
    overrides.set(&all, first, Value::Weight(6), 1).unwrap();
    assert_eq!(overrides.status().len(), MAX_OVERRIDES);
}
