//! Snapshots by hand, and what becomes of them.

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{self, Kind, Origin, Resource, origin, resource::Body};

use super::*;
use crate::runtime::Runtime;

mod lists;
mod refusal;
mod seeds;
mod server_tls;
mod sharing;
mod tls;

pub(crate) fn id(kind: Kind, name: &str) -> ObjectId {
    ObjectId { provider: "test".into(), namespace: String::new(), kind: kind as i32, name: name.into() }
}

pub(crate) fn key(kind: Kind, name: &str) -> ObjectKey {
    ObjectKey::try_from(&id(kind, name)).unwrap()
}

fn line(line: u32) -> Origin {
    Origin { place: Some(origin::Place::File(origin::File { path: "test.cfg".into(), line })) }
}

fn resource(kind: Kind, name: &str, order: &str, body: Body) -> Resource {
    let provenance = Some(line(1).into());
    Resource { id: Some(id(kind, name)), order: order.into(), body: Some(body), provenance }
}

fn endpoint(backend: &str, number: u32) -> Resource {
    let address = v1::IpAddress { ip: vec![10, 0, 0, 1].into(), port: 8000 + number % 1000 };
    let endpoint = v1::Endpoint {
        backend: Some(id(Kind::Backend, backend)),
        name: format!("s{number}"),
        number,
        address: Some(v1::endpoint::Address::Ip(address)),
        weight: 1,
        ..Default::default()
    };
    resource(Kind::Endpoint, &format!("{backend}/s{number}"), "", Body::Endpoint(endpoint))
}

fn backend(name: &str) -> Resource {
    let round_robin = v1::balance::Algorithm::RoundRobin(v1::RoundRobin {});
    let backend = v1::Backend {
        mode: v1::Mode::Http as i32,
        balance: Some(v1::Balance { algorithm: Some(round_robin) }),
        ..Default::default()
    };
    resource(Kind::Backend, name, "", Body::Backend(backend))
}

fn frontend(name: &str) -> Resource {
    let frontend = v1::Frontend { mode: v1::Mode::Http as i32, ..Default::default() };
    resource(Kind::Frontend, name, "", Body::Frontend(frontend))
}

fn listener(name: &str, port: u32) -> Resource {
    let listener = v1::Listener {
        address: Some(v1::listener::Address::Ip(v1::IpAddress { ip: vec![0; 4].into(), port })),
        frontend: Some(id(Kind::Frontend, "main")),
        ..Default::default()
    };
    resource(Kind::Listener, name, "", Body::Listener(listener))
}

fn call(name: &str) -> v1::Call {
    v1::Call { name: name.into(), arguments: Vec::new() }
}

fn path_test(how: v1::Match, patterns: &[&str]) -> v1::Test {
    v1::Test {
        sample: Some(v1::Sample { fetch: Some(call("path")), converters: Vec::new() }),
        r#match: how as i32,
        patterns: patterns.iter().map(|pattern| pattern.as_bytes().to_vec().into()).collect(),
        ..Default::default()
    }
}

fn op(op: v1::op::Op) -> v1::Op {
    v1::Op { op: Some(op) }
}

fn condition(test: v1::Test) -> v1::Condition {
    v1::Condition { tests: vec![test], ops: vec![op(v1::op::Op::Test(0))] }
}

fn route(name: &str, order: &str, path: &str) -> Resource {
    let route = v1::Route {
        frontend: Some(id(Kind::Frontend, "main")),
        when: Some(condition(path_test(v1::Match::Beg, &[path]))),
        backend: Some(id(Kind::Backend, "app")),
    };
    resource(Kind::Route, name, order, Body::Route(route))
}

fn blob(data: &[u8]) -> Resource {
    let hash = sluicegate_proto::hash::ContentHash::of(data).to_string();
    resource(Kind::Blob, &hash, "", Body::Blob(v1::Blob { data: data.to_vec().into(), secret: false }))
}

/// A list over a blob.
fn list(blob: &Resource) -> v1::PatternList {
    v1::PatternList { blob: blob.id.as_ref().unwrap().name.clone(), ..Default::default() }
}

fn patterns(name: &str, list: v1::PatternList) -> Resource {
    resource(Kind::Patterns, name, "", Body::Patterns(list))
}

fn small() -> Vec<Resource> {
    vec![
        frontend("main"),
        listener("web", 8080),
        route("b", "2", "/b"),
        route("a", "1", "/a"),
        backend("app"),
        endpoint("app", 2),
        endpoint("app", 1),
    ]
}

fn full(resources: &[Resource]) -> Runtime {
    compile(None, Change::Full(resources)).unwrap()
}

fn faults(resources: &[Resource]) -> Vec<String> {
    match compile(None, Change::Full(resources)) {
        Ok(_) => Vec::new(),
        Err(rejected) => rejected.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn children_stand_in_order_under_their_parents() {
    let runtime = full(&small());
    let main = &runtime.frontends[&key(Kind::Frontend, "main")];
    let routes: Vec<&str> = main.routes.iter().map(|route| route.key.name()).collect();
    assert_eq!(routes, ["a", "b"]);
    let app = &runtime.backends[&key(Kind::Backend, "app")];
    let numbers: Vec<u32> = app.endpoints.iter().map(|endpoint| endpoint.number.get()).collect();
    assert_eq!(numbers, [1, 2]);
    assert_eq!(runtime.listeners.len(), 1);
    assert_eq!(runtime.compiled(), 7);
    let hashes = runtime.resources().map(|(key, hash, _)| (key, hash));
    assert_eq!(runtime.hash, sluicegate_proto::hash::snapshot_hash(hashes));
}

#[test]
fn references_that_lead_nowhere_wait() {
    let mut resources = vec![frontend("main"), route("a", "", "/a"), endpoint("app", 1)];
    let runtime = full(&resources);
    assert!(runtime.backends.is_empty());
    let later = compile(Some(&runtime), Change::Delta { changed: &[backend("app")], removed: &[] }).unwrap();
    assert_eq!(later.compiled(), 1);
    assert_eq!(later.backends[&key(Kind::Backend, "app")].endpoints.len(), 1);
    let gone = [id(Kind::Backend, "app")];
    let without = compile(Some(&later), Change::Delta { changed: &[], removed: &gone }).unwrap();
    assert!(without.backends.is_empty());
    assert_eq!(without.hash, runtime.hash);
    resources.push(backend("app"));
    assert_eq!(full(&resources).hash, later.hash);
}

#[test]
fn an_empty_snapshot_is_one() {
    let runtime = full(&[]);
    assert_eq!(runtime.hash, sluicegate_proto::hash::snapshot_hash([]));
    assert_eq!(*runtime.process, crate::Process::default());
}

#[test]
fn settings_reach_the_model() {
    let mut resources = small();
    let process = v1::Process { max_connections: 3000, hard_stop_after_ms: Some(1500), ..Default::default() };
    resources.push(resource(Kind::Process, "process", "", Body::Process(process)));
    let Some(Body::Endpoint(endpoint)) = &mut resources[5].body else { panic!("an endpoint") };
    endpoint.check =
        Some(v1::CheckSchedule { interval_ms: 2000, rise: 2, fall: 3, port: 9, ..Default::default() });
    let runtime = full(&resources);
    assert_eq!(runtime.process.hard_stop_after, Some(std::time::Duration::from_millis(1500)));
    let checked = &runtime.backends[&key(Kind::Backend, "app")].endpoints[1];
    let check = checked.check.as_ref().unwrap();
    assert_eq!(check.down_interval, std::time::Duration::from_secs(2));
    assert_eq!(checked.check_key().unwrap().target.to_string(), "10.0.0.1:9");
    assert_eq!(checked.transport_key().address.to_string(), "10.0.0.1:8002");
}
