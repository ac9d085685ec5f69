use sluicegate_proto::v1::{Kind, Resource};

use super::*;
use crate::sample::{at_line, backend, endpoint, frontend, in_container, key, keyed, route};

/// Refuses backends with 13 retries and endpoints at port 13.
fn unlucky(delta: &Delta) -> Result<(), Vec<Rejected>> {
    let bad = delta.changed.iter().filter(|(_, entry)| match &entry.resource().body {
        Some(resource::Body::Backend(body)) => body.retries == 13,
        Some(resource::Body::Endpoint(body)) => {
            matches!(&body.address, Some(v1::endpoint::Address::Ip(ip)) if ip.port == 13)
        }
        _ => false,
    });
    let rejected: Vec<_> = bad
        .map(|(key, entry)| Rejected { key: key.clone(), origin: entry.origin(), reason: "unlucky".into() })
        .collect();
    if rejected.is_empty() { Ok(()) } else { Err(rejected) }
}

fn settled(current: &Snapshot, candidate: impl IntoIterator<Item = Resource>) -> Settled {
    settle(current, keyed(candidate), unlucky).unwrap()
}

fn app(name: &str) -> ObjectKey {
    key("haproxy", Kind::Backend, name)
}

#[test]
fn the_last_good_version_of_the_bad_one_serves_and_the_rest_moves_on() {
    let current = Snapshot::new(keyed([
        backend("haproxy", "bad", 1),
        endpoint(&app("bad"), "a", 8001),
        backend("haproxy", "good", 1),
    ]));
    let settled = settled(
        &current,
        [
            backend("haproxy", "bad", 13),
            endpoint(&app("bad"), "a", 9001),
            endpoint(&app("bad"), "b", 9002),
            backend("haproxy", "good", 2),
        ],
    );
    let expected = keyed([
        backend("haproxy", "bad", 1),
        endpoint(&app("bad"), "a", 8001),
        backend("haproxy", "good", 2),
    ]);
    assert_eq!(settled.snapshot.resources(), &expected);
    let held = &settled.held[&Group::Object(app("bad"))];
    assert!(held.last_good_serves);
    assert_eq!(held.rejected[0].to_string(), "test.cfg:1: haproxy/backend/bad: unlucky");
    assert_eq!(settled.delta.changed.len(), 1);
}

#[test]
fn what_never_was_good_is_left_out() {
    let settled = settled(
        &Snapshot::empty(),
        [backend("haproxy", "bad", 1), endpoint(&app("bad"), "a", 13), backend("haproxy", "good", 2)],
    );
    assert_eq!(settled.snapshot.resources(), &keyed([backend("haproxy", "good", 2)]));
    assert!(!settled.held[&Group::Object(app("bad"))].last_good_serves);
}

#[test]
fn a_container_stands_or_falls_as_one() {
    let of = |id: &str, mut resource: Resource| {
        resource.provenance = Some(in_container(id).into());
        resource
    };
    let [one, two] = ["one", "two"].map(|name| key("docker", Kind::Backend, name));
    let web = key("entrypoint", Kind::Frontend, "web");
    let candidate = [
        of("c1", backend("docker", "one", 1)),
        of("c1", route("docker", "one", &web, &one)),
        of("c1", endpoint(&one, "c1", 13)),
        of("c2", backend("docker", "two", 1)),
        of("c2", route("docker", "two", &web, &two)),
        of("c2", endpoint(&two, "c2", 80)),
        frontend("entrypoint", "web"),
    ];
    let settled = settled(&Snapshot::empty(), candidate);
    let names: Vec<_> = settled.snapshot.resources().keys().map(ObjectKey::name).collect();
    assert_eq!(names, ["two", "two", "two/c2", "web"]);
    assert_eq!(settled.held.keys().map(ToString::to_string).collect::<Vec<_>>(), ["docker container c1"]);
}

#[test]
fn a_foreign_route_is_alone_in_its_group() {
    let web = key("entrypoint", Kind::Frontend, "web");
    let own = Entry::new(route("entrypoint", "r", &web, &app("x")));
    let foreign = Entry::new(route("manifest", "r", &web, &app("x")));
    assert_eq!(Group::of(&key("entrypoint", Kind::Route, "r"), &own), Group::Object(web));
    let key = key("manifest", Kind::Route, "r");
    assert_eq!(Group::of(&key, &foreign), Group::Object(key.clone()));
}

#[test]
fn a_last_good_version_that_is_rejected_too_is_left_out() {
    let current = Snapshot::new(keyed([backend("haproxy", "a", 1), backend("haproxy", "b", 1)]));
    let candidate = keyed([backend("haproxy", "a", 2), backend("haproxy", "b", 1)]);
    let settled = settle(&current, candidate, |delta| {
        // Refused for as long as it is there at all.
        if delta.removed.iter().any(|key| key.name() == "a") {
            return Ok(());
        }
        Err(vec![Rejected { key: app("a"), origin: Origin::default(), reason: "no".into() }])
    });
    let settled = settled.unwrap();
    assert_eq!(settled.snapshot.resources(), &keyed([backend("haproxy", "b", 1)]));
    assert!(!settled.held[&Group::Object(app("a"))].last_good_serves);
}

#[test]
fn a_rejection_of_nothing_refuses_all() {
    let rejected = vec![Rejected { key: app("ghost"), origin: Origin::default(), reason: "no".into() }];
    let settled = settle(&Snapshot::empty(), keyed([backend("haproxy", "a", 1)]), |_| Err(rejected.clone()));
    assert_eq!(settled.unwrap_err(), Unsettled(rejected));
}

#[test]
fn the_quarantine_remembers_since_when() {
    let held_at = |line: u32, reason: &str| {
        let rejected = Rejected { key: app("bad"), origin: at_line(line), reason: reason.into() };
        BTreeMap::from([(
            Group::Object(app("bad")),
            Held { rejected: vec![rejected], last_good_serves: true },
        )])
    };
    let held = |reason: &str| held_at(1, reason);
    let mut quarantine = Quarantine::default();
    assert_eq!(quarantine.replace(held("one"), 100).len(), 1);
    assert_eq!(quarantine.replace(held("one"), 200), []);
    assert_eq!(quarantine.replace(held("two"), 300).len(), 1);
    let status = quarantine.status();
    assert_eq!((status[0].since_unix_ms, status[0].reason.as_str()), (100, "two"));
    assert_eq!(quarantine.replace(held_at(9, "two"), 350), [], "it only moved");
    assert_eq!(quarantine.status()[0].origin.as_ref().unwrap().to_string(), "test.cfg:9");
    quarantine.replace(BTreeMap::new(), 400);
    assert!(quarantine.is_empty());
}

#[test]
fn what_comes_back_brings_the_contents_that_it_refers_to() {
    let blob = |data: &'static str| {
        sluicegate_proto::build::blob("haproxy", at_line(1), data.as_bytes().into()).unwrap().0
    };
    let current = Snapshot::new(keyed([backend("haproxy", "bad", 1), blob("old")]));
    let settled = settled(&current, [backend("haproxy", "bad", 13), blob("new")]);
    let expected = keyed([backend("haproxy", "bad", 1), blob("new"), blob("old")]);
    assert_eq!(settled.snapshot.resources(), &expected);
    let mended =
        settle(&settled.snapshot, keyed([backend("haproxy", "bad", 2), blob("new")]), unlucky).unwrap();
    assert_eq!(mended.snapshot.resources(), &keyed([backend("haproxy", "bad", 2), blob("new")]));
}
