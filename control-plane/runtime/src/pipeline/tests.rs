use std::collections::BTreeSet;

use sluicegate_proto::v1::{self, resource::Body};
use sluicegate_provider_docker::container::Container;
use sluicegate_provider_docker::routes::{PROVIDER as DOCKER, routes};

use super::*;
use crate::entrypoint::{self, EntryPoint};

fn web() -> Load {
    let web = EntryPoint { name: "web".into(), address: "127.0.0.1:8080".parse().unwrap() };
    let fragment = entrypoint::fragment(&[web]).unwrap();
    Load { source: entrypoint::PROVIDER, fragments: Some(vec![fragment]), diagnostics: vec![] }
}

fn containers(names: &[&str]) -> Fragment {
    let containers: Vec<Container> = names
        .iter()
        .map(|name| Container {
            id: format!("{name:0>64}"),
            name: (*name).into(),
            labels: [
                ("sluicegate.enable".to_owned(), "true".to_owned()),
                (format!("sluicegate.http.{name}.host"), format!("{name}.example")),
            ]
            .into(),
            ports: vec![80],
            networks: [("bridge".to_owned(), "172.17.0.2".parse().unwrap())].into(),
        })
        .collect();
    let routes = routes(&containers, &BTreeSet::from(["web".to_owned()]));
    assert_eq!(routes.problems, []);
    Fragment { provider: DOCKER.into(), resources: routes.resources }
}

fn docker(fragment: Fragment) -> Load {
    Load { source: DOCKER, fragments: Some(vec![fragment]), diagnostics: vec![] }
}

fn changed(outcome: Outcome) -> Arc<Snapshot> {
    match outcome {
        Outcome::Changed(snapshot) => snapshot,
        other => panic!("{other:?}"),
    }
}

/// A pipeline with an entry point and the container `a`.
fn served() -> (Pipeline, Arc<Snapshot>) {
    let mut pipeline = Pipeline::default();
    pipeline.take(web(), 1);
    pipeline.take(docker(containers(&["a"])), 1);
    let snapshot = changed(pipeline.settle(1));
    (pipeline, snapshot)
}

#[test]
fn two_providers_make_one_snapshot() {
    let (mut pipeline, snapshot) = served();
    assert_eq!(snapshot.resources().len(), 2 + 3);
    pipeline.take(docker(containers(&["a"])), 2);
    assert!(matches!(pipeline.settle(2), Outcome::Unchanged));
}

#[test]
fn an_empty_configuration_is_published_once() {
    let mut pipeline = Pipeline::default();
    assert_eq!(changed(pipeline.settle(1)).resources().len(), 0);
    assert!(matches!(pipeline.settle(2), Outcome::Unchanged));
}

#[test]
fn a_refused_load_leaves_what_serves_and_is_shown() {
    let (mut pipeline, _) = served();
    let refused = Load { source: DOCKER, fragments: None, diagnostics: vec!["away".into()] };
    pipeline.take(refused, 5);
    assert!(matches!(pipeline.settle(5), Outcome::Unchanged));
    let status = pipeline.sources().into_iter().find(|status| status.name == DOCKER).unwrap();
    assert!(status.refused);
    assert_eq!((status.diagnostics, status.loaded_unix_ms), (vec!["away".to_owned()], 5));
}

#[test]
fn what_does_not_compile_harms_only_itself() {
    let (mut pipeline, before) = served();
    let mut fragment = containers(&["a", "b", "c"]);
    for resource in &mut fragment.resources {
        let id = resource.id.as_ref().unwrap();
        // A new container that is broken from the start, and a known one that breaks.
        if let Some(Body::Backend(backend)) = &mut resource.body
            && (id.name == "a" || id.name == "b")
        {
            backend.balance = Some(v1::Balance { algorithm: None });
        }
    }
    pipeline.take(docker(fragment), 7);
    let after = changed(pipeline.settle(7));
    let named = |snapshot: &Snapshot, name: &str| -> Vec<_> {
        let of = |key: &&ObjectKey| key.name() == name || key.name().ends_with(&format!("/{name}"));
        snapshot.resources().keys().filter(of).map(|key| snapshot.resources()[key].hash()).collect()
    };
    assert_eq!(named(&after, "a"), named(&before, "a"), "the last good version of a serves");
    assert_eq!(named(&after, "b").len(), 0);
    assert_eq!(named(&after, "c").len(), 3);
    let held = pipeline.quarantined();
    let serves: Vec<_> =
        held.iter().map(|held| (held.id.as_ref().unwrap().name.as_str(), held.last_good_serves)).collect();
    assert_eq!(serves, [("a", true), ("b", false)]);
}

#[test]
fn a_provider_that_its_source_no_longer_has_is_gone() {
    let (mut pipeline, _) = served();
    pipeline.take(Load { source: DOCKER, fragments: Some(vec![]), diagnostics: vec![] }, 2);
    assert_eq!(changed(pipeline.settle(2)).resources().len(), 2);
}

#[test]
fn what_loses_an_address_is_in_the_status_until_it_is_gone() {
    let (mut pipeline, _) = served();
    let other = EntryPoint { name: "other".into(), address: "127.0.0.1:8080".parse().unwrap() };
    let mut fragment = entrypoint::fragment(&[other]).unwrap();
    fragment.provider = "elsewhere".into();
    for id in fragment.resources.iter_mut().filter_map(|resource| resource.id.as_mut()) {
        id.provider = "elsewhere".into();
    }
    let files = |fragments| Load { source: "files", fragments: Some(fragments), diagnostics: vec![] };
    let shown = |pipeline: &Pipeline| -> Vec<String> {
        let of_files = pipeline.sources().into_iter().filter(|status| status.name == "files");
        of_files.flat_map(|status| status.diagnostics).collect()
    };
    pipeline.take(files(vec![fragment]), 2);
    changed(pipeline.settle(2));
    let lines = shown(&pipeline);
    assert!(
        matches!(&lines[..], [line] if line.contains("127.0.0.1:8080 is listened on twice")),
        "{lines:?}"
    );
    pipeline.settle(3);
    assert_eq!(shown(&pipeline), lines, "said once");
    pipeline.take(files(vec![]), 4);
    changed(pipeline.settle(4));
    assert_eq!(shown(&pipeline), [""; 0]);
}
