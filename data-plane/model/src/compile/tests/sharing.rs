use std::sync::Arc;

use super::*;

fn delta(previous: &Runtime, changed: &[Resource]) -> Runtime {
    compile(Some(previous), Change::Delta { changed, removed: &[] }).unwrap()
}

#[test]
fn the_same_snapshot_again_compiles_nothing() {
    let first = full(&small());
    let mut turned = small();
    turned.reverse();
    let second = compile(Some(&first), Change::Full(&turned)).unwrap();
    assert_eq!((second.compiled(), second.hash), (0, first.hash));
    let (main, app) = (key(Kind::Frontend, "main"), key(Kind::Backend, "app"));
    assert!(Arc::ptr_eq(&first.frontends[&main], &second.frontends[&main]));
    assert!(Arc::ptr_eq(&first.backends[&app], &second.backends[&app]));
}

#[test]
fn what_moved_in_its_file_compiles_nothing() {
    let first = full(&small());
    let mut moved = small();
    moved.iter_mut().for_each(|resource| resource.provenance = Some(line(100).into()));
    let second = compile(Some(&first), Change::Full(&moved)).unwrap();
    assert_eq!((second.compiled(), second.hash), (0, first.hash));
    let web = key(Kind::Listener, "web");
    assert!(Arc::ptr_eq(&first.listeners[&web], &second.listeners[&web]));
}

#[test]
fn one_endpoint_of_fifty_thousand_compiles_one() {
    const MANY: u32 = 50_000;
    let mut resources: Vec<Resource> = (1..=MANY).map(|number| endpoint("app", number)).collect();
    resources.push(backend("app"));
    let first = full(&resources);
    assert_eq!(first.compiled(), 50_001);
    let Some(Body::Endpoint(changed)) = &mut resources[777].body else { panic!("an endpoint") };
    changed.weight = 7;
    let second = delta(&first, &resources[777..778]);
    assert_eq!(second.compiled(), 1);
    let app = key(Kind::Backend, "app");
    let (before, after) = (&first.backends[&app], &second.backends[&app]);
    assert!(Arc::ptr_eq(&before.settings, &after.settings));
    assert_eq!(after.endpoints.len(), 50_000);
    let differ: Vec<usize> =
        (0..50_000).filter(|&at| !Arc::ptr_eq(&before.endpoints[at], &after.endpoints[at])).collect();
    assert_eq!(differ, [777]);
    assert_eq!(after.endpoints[777].weight, 7);
    let whole = compile(Some(&first), Change::Full(&resources)).unwrap();
    assert_eq!((whole.compiled(), whole.hash), (1, second.hash));
}

#[test]
fn a_changed_route_leaves_the_others_and_the_settings() {
    let first = full(&small());
    let second = delta(&first, &[route("b", "0", "/other")]);
    let main = key(Kind::Frontend, "main");
    let (before, after) = (&first.frontends[&main], &second.frontends[&main]);
    assert!(Arc::ptr_eq(&before.settings, &after.settings));
    let names: Vec<&str> = after.routes.iter().map(|route| route.key.name()).collect();
    assert_eq!(names, ["b", "a"]);
    assert!(Arc::ptr_eq(&before.routes[0], &after.routes[1]));
    let app = key(Kind::Backend, "app");
    assert!(Arc::ptr_eq(&first.backends[&app], &second.backends[&app]));
}

#[test]
fn an_endpoint_that_moves_leaves_its_old_backend() {
    let mut resources = small();
    resources.push(backend("other"));
    let first = full(&resources);
    let mut moved = endpoint("app", 1);
    let Some(Body::Endpoint(wire)) = &mut moved.body else { panic!("an endpoint") };
    wire.backend = Some(id(Kind::Backend, "other"));
    let second = delta(&first, &[moved]);
    assert_eq!(second.backends[&key(Kind::Backend, "app")].endpoints.len(), 1);
    assert_eq!(second.backends[&key(Kind::Backend, "other")].endpoints.len(), 1);
}

#[test]
fn equal_tests_are_one() {
    let first = full(&[frontend("main"), route("a", "1", "/same"), route("b", "2", "/same")]);
    let tests = |runtime: &Runtime, at: usize| {
        let route = &runtime.frontends[&key(Kind::Frontend, "main")].routes[at];
        Arc::clone(&route.when.as_ref().unwrap().tests()[0])
    };
    assert!(Arc::ptr_eq(&tests(&first, 0), &tests(&first, 1)));
    let second = delta(&first, &[route("c", "3", "/same")]);
    assert!(Arc::ptr_eq(&tests(&first, 0), &tests(&second, 2)));
    let kept = second.pools.tests.len();
    let third = delta(&second, &[route("c", "3", "/third")]);
    assert_eq!((kept, third.pools.tests.len()), (1, 2));
}

#[test]
fn a_dead_test_is_forgotten() {
    let second = {
        let first = full(&[frontend("main"), route("a", "1", "/old")]);
        delta(&first, &[route("a", "1", "/new")])
    };
    let third = delta(&second, &[route("b", "1", "/new")]);
    assert_eq!(third.pools.tests.len(), 1);
}

#[test]
fn a_removed_listener_is_gone() {
    let first = full(&small());
    let gone = [id(Kind::Listener, "web")];
    let second = compile(Some(&first), Change::Delta { changed: &[], removed: &gone }).unwrap();
    assert!(second.listeners.is_empty());
    assert!(compile(Some(&second), Change::Delta { changed: &[], removed: &gone }).is_ok());
}
