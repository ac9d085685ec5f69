use std::net::TcpListener;

use sluicegate_proto::v1::{self, Kind};

use super::*;
use crate::fixture::{ANY_PORT, Site, applier, endpoint_key, key, nowhere};

fn site(text: &'static str) -> Site {
    Site::default().listener("web", ANY_PORT, "main").answering("main", text)
}

fn rejections(refused: Refused) -> Vec<Rejection> {
    match refused {
        Refused::Rejected(rejections) => rejections,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_generation_serves_once_it_is_applied() {
    let (engine, mut applier, served) = applier();
    assert_eq!(applier.held(), None);
    let applied = applier.apply(site("one").update(7)).await.unwrap();
    assert_eq!(applied.generation, site("one").generation(7));
    assert_eq!(applier.held(), Some(applied.generation));
    assert_eq!(served.borrow().as_ref().unwrap().generation.number, 7);
    assert_eq!(engine.live().active().generation.number, 7);
    assert!(engine.address(&key(Kind::Listener, "web")).is_some());
}

#[tokio::test]
async fn a_delta_compiles_what_it_brings_and_nothing_else() {
    let (_engine, mut applier, served) = applier();
    let before = site("one").backend("app", |_| {}).endpoint("app", "a", nowhere(1), |_| {});
    applier.apply(before.update(1)).await.unwrap();
    let after = site("one").backend("app", |_| {}).endpoint("app", "a", nowhere(2), |_| {});
    let delta = Update {
        generation: Some(after.generation(2).into()),
        base: before.generation(1).hash.0.to_vec().into(),
        changed: vec![after.resources.last().unwrap().clone()],
        ..Update::default()
    };
    applier.apply(delta).await.unwrap();
    let runtime = Arc::clone(&served.borrow().as_ref().unwrap().runtime);
    assert_eq!(runtime.compiled(), 1);
    let backend = &runtime.backends[&key(Kind::Backend, "app")];
    assert_eq!(backend.endpoints[0].key, endpoint_key("app", "a"));
    assert_eq!(backend.endpoints[0].address.to_string(), nowhere(2).to_string());
}

#[tokio::test]
async fn a_port_in_use_is_refused_with_its_owner_and_the_old_generation_serves_on() {
    let (engine, mut applier, _served) = applier();
    applier.apply(site("one").update(1)).await.unwrap();
    let address = engine.address(&key(Kind::Listener, "web"));
    let foreign = TcpListener::bind(ANY_PORT).unwrap();
    let taken = foreign.local_addr().unwrap().to_string();
    let next = site("two").listener("other", &taken, "main");
    let refused = rejections(applier.apply(next.update(2)).await.unwrap_err());
    let [rejection] = &refused[..] else { panic!("{refused:?}") };
    assert!(rejection.local);
    assert_eq!(rejection.id.as_ref().unwrap().name, "other");
    assert_eq!(rejection.origin.as_ref().unwrap().to_string(), "site.cfg:7");
    assert!(rejection.reason.contains(&format!("(pid {})", std::process::id())), "{}", rejection.reason);
    assert_eq!(applier.held(), Some(site("one").generation(1)));
    assert_eq!(engine.live().active().generation.number, 1);
    assert_eq!(engine.address(&key(Kind::Listener, "web")), address);
    drop(foreign);
    applier.apply(next.update(3)).await.unwrap();
    assert_eq!(engine.address(&key(Kind::Listener, "other")).unwrap().to_string(), taken);
}

#[tokio::test]
async fn every_resource_that_does_not_compile_is_named() {
    let (_engine, mut applier, _served) = applier();
    let mut broken = site("one").backend("app", |backend| backend.balance = None).endpoint(
        "app",
        "a",
        nowhere(1),
        |endpoint| endpoint.address = None,
    );
    broken.resources.reverse();
    let refused = rejections(applier.apply(broken.update(1)).await.unwrap_err());
    let names: Vec<_> = refused.iter().map(|it| it.id.as_ref().unwrap().name.as_str()).collect();
    assert_eq!(names, ["app/a", "app"]);
    assert!(refused.iter().all(|it| !it.local && !it.reason.is_empty()));
    assert_eq!(applier.held(), None);
}

#[tokio::test]
async fn what_leads_elsewhere_than_it_says_is_not_served() {
    let (engine, mut applier, _served) = applier();
    applier.apply(site("one").update(1)).await.unwrap();
    let (one, two) = (site("one").generation(1), site("two").generation(2));
    let lies = Update { generation: Some(two.into()), ..site("one").update(1) };
    assert_eq!(applier.apply(lies).await, Err(Refused::Hash { wanted: two.hash, got: one.hash }));
    let elsewhere = Update { base: two.hash.0.to_vec().into(), ..site("two").update(2) };
    assert_eq!(applier.apply(elsewhere).await, Err(Refused::Base { base: two.hash }));
    let nameless = Update { generation: None, ..site("two").update(2) };
    assert_eq!(rejections(applier.apply(nameless).await.unwrap_err()).len(), 1);
    assert_eq!(engine.live().active().generation.number, 1);
}

/// Whatever the update says that it needs.
#[tokio::test]
async fn programs_are_run_only_where_that_is_allowed() {
    let (_engine, mut applier, _served) = applier();
    let site = site("one").backend("app", |backend| {
        let program = v1::ProgramProbe { command: "/bin/check".into(), ..v1::ProgramProbe::default() };
        backend.check = Some(v1::HealthCheck { probe: Some(v1::health_check::Probe::Program(program)) });
    });
    let refused = rejections(applier.apply(site.update(1)).await.unwrap_err());
    let [rejection] = &refused[..] else { panic!("{refused:?}") };
    assert!(rejection.local);
    assert_eq!(rejection.id.as_ref().unwrap().name, "app");
    assert!(rejection.reason.contains("--allow-external-check"), "{}", rejection.reason);
    assert_eq!(applier.held(), None);
    let mut applier = applier.running_programs(true);
    assert!(applier.apply(site.update(2)).await.is_ok());
}
