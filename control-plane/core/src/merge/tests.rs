use std::sync::Arc;

use proptest::prelude::*;
use sluicegate_proto::v1::{self, Kind};

use super::*;
use crate::fragment::Fragment;
use crate::sample::{backend, frontend, key, listener, route};

fn contribution(rank: u32, provider: &str, resources: Vec<v1::Resource>) -> Contribution {
    Contribution::new(rank, Fragment { provider: provider.into(), resources }.share())
}

#[test]
fn routes_of_several_providers_attach_to_one_entry_point() {
    let web = key("entrypoint", Kind::Frontend, "web");
    let entry = contribution(9, "entrypoint", vec![frontend("entrypoint", "web")]);
    let docker_app = key("docker", Kind::Backend, "app");
    let docker = contribution(
        1,
        "docker",
        vec![route("docker", "app", &web, &docker_app), backend("docker", "app", 0)],
    );
    let file_app = key("manifest", Kind::Backend, "app");
    let manifest = contribution(2, "manifest", vec![route("manifest", "app", &web, &file_app)]);
    let merged = merge([&docker, &entry, &manifest]);
    assert_eq!(merged.conflicts, []);
    let routes = merged.resources.keys().filter(|key| key.kind() == Kind::Route).count();
    assert_eq!((merged.resources.len(), routes), (4, 2));
}

#[test]
fn the_higher_rank_has_what_two_claim() {
    let low = contribution(1, "haproxy", vec![backend("haproxy", "app", 1)]);
    let high = contribution(2, "runtime", vec![backend("haproxy", "app", 2)]);
    for order in [[&low, &high], [&high, &low]] {
        let merged = merge(order);
        assert_eq!(
            merged.resources[&key("haproxy", Kind::Backend, "app")],
            Entry::new(backend("haproxy", "app", 2))
        );
        assert_eq!(merged.conflicts.len(), 1);
        assert_eq!(
            merged.conflicts[0].to_string(),
            "haproxy/backend/app stands twice: runtime (test.cfg:1) has it, haproxy (test.cfg:1) is left out"
        );
    }
}

#[test]
fn one_address_has_one_provider() {
    let web = key("entrypoint", Kind::Frontend, "web");
    let entry = contribution(2, "entrypoint", vec![listener("entrypoint", "web", &web, 80)]);
    let main = key("haproxy", Kind::Frontend, "main");
    let haproxy = contribution(
        1,
        "haproxy",
        vec![
            listener("haproxy", "main", &main, 80),
            listener("haproxy", "free", &main, 0),
            listener("haproxy", "tls", &main, 443),
            listener("haproxy", "tls2", &main, 443),
        ],
    );
    let merged = merge([&haproxy, &entry]);
    let names: Vec<_> = merged.resources.keys().map(ObjectKey::name).collect();
    assert_eq!(names, ["web", "free", "tls", "tls2"]);
    assert_eq!(
        merged.conflicts[0].to_string(),
        "0.0.0.0:80 is listened on twice: entrypoint (test.cfg:1) has it, haproxy/listener/main of haproxy (test.cfg:1) is left out"
    );
}

#[test]
fn what_one_provider_says_twice_is_told() {
    let twice = contribution(1, "haproxy", vec![backend("haproxy", "app", 1), backend("haproxy", "app", 2)]);
    let merged = merge([&twice]);
    assert_eq!(merged.conflicts.len(), 1);
    assert_eq!(merged.resources.len(), 1);
}

#[test]
fn what_did_not_change_is_shared() {
    let first = contribution(1, "haproxy", vec![backend("haproxy", "a", 1), backend("haproxy", "b", 1)]);
    let resources = vec![backend("haproxy", "a", 1), backend("haproxy", "b", 2)];
    let second = first.clone().followed_by(Fragment { provider: "haproxy".into(), resources }.share());
    let shared = |name: &str| {
        let key = key("haproxy", Kind::Backend, name);
        Arc::ptr_eq(first.entries[&key].resource(), second.entries[&key].resource())
    };
    assert!(shared("a") && !shared("b"));
}

#[test]
fn what_is_the_same_in_memory_stays_and_what_is_told_no_more_goes() {
    let [a, b, c] = ["a", "b", "c"].map(|name| Arc::new(backend("docker", name, 1)));
    let told = |resources: &[&Arc<v1::Resource>]| {
        let resources = resources.iter().map(|resource| Arc::clone(resource)).collect();
        Fragment { provider: "docker".into(), resources }
    };
    let names = |of: &Contribution| of.entries.keys().map(|key| key.name().to_owned()).collect::<Vec<_>>();
    let first = Contribution::new(1, told(&[&a, &b]));
    let second = first.followed_by(told(&[&c, &b]));
    assert_eq!(names(&second), ["b", "c"]);
    // One that stays is looked at again where another one claims its name, and where that is over.
    let other = Arc::new(backend("docker", "b", 2));
    let third = second.followed_by(told(&[&b, &other]));
    assert_eq!((names(&third), third.conflicts.len()), (vec!["b".to_owned()], 1));
    let fourth = third.followed_by(told(&[&other]));
    assert_eq!(fourth.entries[&key("docker", Kind::Backend, "b")], Entry::new(other));
    assert_eq!(fourth.conflicts, []);
}

#[test]
fn the_nameless_are_told() {
    let mut nameless = backend("haproxy", "app", 1);
    nameless.id = None;
    let taken = contribution(1, "haproxy", vec![nameless]);
    assert_eq!(taken.nameless()[0].to_string(), "test.cfg:1: the id names no provider");
}

fn resources() -> impl Strategy<Value = Vec<v1::Resource>> {
    let one = prop_oneof![
        (0..4_u8, 0..3_u32).prop_map(|(name, retries)| backend("shared", &name.to_string(), retries)),
        (0..4_u8, 80..83_u16).prop_map(|(name, port)| {
            listener("shared", &name.to_string(), &key("shared", Kind::Frontend, "f"), port)
        }),
    ];
    proptest::collection::vec(one, 0..8)
}

proptest! {
    #[test]
    fn order_does_not_matter(
        parts in proptest::collection::vec((0..3_u32, resources()), 0..5),
        seed in any::<prop::sample::Index>(),
    ) {
        let contributions: Vec<_> = parts
            .into_iter()
            .enumerate()
            .map(|(at, (rank, resources))| contribution(rank, &format!("p{at}"), resources))
            .collect();
        let straight = merge(&contributions);
        let mut turned: Vec<_> = contributions.iter().collect();
        if !turned.is_empty() {
            let by = seed.index(turned.len());
            turned.rotate_left(by);
            turned.reverse();
        }
        let other = merge(turned);
        prop_assert_eq!(straight.resources, other.resources);
        prop_assert_eq!(straight.conflicts, other.conflicts);
    }
}
