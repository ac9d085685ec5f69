use sluicegate_core::overrides::Admin;
use sluicegate_core::{Entry, Fragment, History};
use sluicegate_haproxy::{diagnostic::render::Style, environment::Environment};
use sluicegate_proto::v1::origin::Place;
use sluicegate_proto::v1::{self, resource::Body};
use sluicegate_provider_docker::PROVIDER as DOCKER;
use sluicegate_provider_docker::container::{Addresses, Container, Port};
use sluicegate_provider_docker::groups::{Groups, View};
use sluicegate_provider_docker::reach::Reach;
use sluicegate_provider_file::discover::Once;
use sluicegate_provider_file::load::{Inputs, Limits, Told, load};
use sluicegate_provider_file::watch::Seen;

use super::*;
use crate::entrypoint::{self, EntryPoint};

/// Some day of 2026, in milliseconds since 1970.
const NOW: u64 = 1_780_000_000_000;

fn web() -> Load {
    let fragment = entrypoint::fragment(&[entry("web")], &[], &mut Seen::default()).unwrap();
    Load { source: entrypoint::PROVIDER, fragments: Some(vec![fragment.share()]), diagnostics: vec![] }
}

fn entry(name: &str) -> EntryPoint {
    EntryPoint { name: name.into(), address: "127.0.0.1:8080".parse().unwrap(), kind: entrypoint::Kind::Http }
}

fn container(name: &str, labels: &[(&str, &str)]) -> Container {
    let labels = labels.iter().chain(&[("enable", "true")]);
    let addresses = Addresses { v4: Some([172, 17, 0, 2].into()), v6: None };
    Container {
        id: format!("{name:0>64}"),
        name: name.into(),
        labels: labels.map(|(label, value)| (format!("sluicegate.{label}"), (*value).to_owned())).collect(),
        ports: vec![Port { number: 80, udp: false }],
        networks: [("bridge".to_owned(), addresses)].into(),
        ..Container::default()
    }
}

fn containers(names: &[&str]) -> Fragment {
    let route = |name: &str| (format!("http.{name}.host"), format!("{name}.example"));
    let containers: Vec<Container> = names
        .iter()
        .map(|name| (name, route(name)))
        .map(|(name, (label, host))| container(name, &[(&label, &host)]))
        .collect();
    found(&containers, entry("web"))
}

fn found(containers: &[Container], entry: EntryPoint) -> Fragment {
    let entrypoints = entrypoint::names(&[entry]);
    let view = View { entrypoints: &entrypoints, reach: &Reach::default(), now_unix_ms: NOW };
    let routes = Groups::new(std::time::Duration::ZERO)
        .plan(&containers.iter().cloned().map(Arc::new).collect::<Vec<_>>(), view);
    assert_eq!(routes.problems, []);
    Fragment {
        provider: DOCKER.into(),
        resources: routes.resources.into_iter().map(Arc::unwrap_or_clone).collect(),
    }
}

fn docker(fragment: Fragment) -> Load {
    Load { source: DOCKER, fragments: Some(vec![fragment.share()]), diagnostics: vec![] }
}

/// A pipeline with who publishes what comes out of it.
struct Site {
    pipeline: Pipeline,
    history: History,
}

impl Site {
    fn new() -> Self {
        Self { pipeline: Pipeline::default(), history: History::new(1) }
    }

    fn take(&mut self, load: Load) {
        self.pipeline.take(load, 1);
    }

    /// The number of the generation that is published, where it is a new one.
    fn settle(&mut self) -> Option<u64> {
        let proposal = self.pipeline.propose(NOW).unwrap();
        let published = self.history.publish(Arc::clone(proposal.snapshot()), 1).unwrap();
        assert!(published.is_some() || proposal.delta().is_empty());
        self.pipeline.accept(proposal, 1);
        published.map(|generation| generation.number)
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.history.newest().unwrap().snapshot)
    }
}

/// An entry point and the container `a`.
fn served() -> Site {
    let mut site = Site::new();
    site.take(web());
    site.take(docker(containers(&["a"])));
    assert_eq!(site.settle(), Some(1));
    site
}

#[test]
fn two_providers_make_one_snapshot() {
    let mut site = served();
    assert_eq!(site.snapshot().resources().len(), 2 + 3);
    site.take(docker(containers(&["a"])));
    assert_eq!(site.settle(), None);
}

#[test]
fn an_empty_configuration_is_published_once() {
    let mut site = Site::new();
    assert_eq!(site.settle(), Some(1));
    assert_eq!(site.snapshot().resources().len(), 0);
    assert_eq!(site.settle(), None);
}

#[test]
fn a_refused_load_leaves_what_serves_and_is_shown() {
    let mut site = served();
    let refused = Load { source: DOCKER, fragments: None, diagnostics: vec!["away".into()] };
    site.pipeline.take(refused, 5);
    assert_eq!(site.settle(), None);
    let status = site.pipeline.sources().into_iter().find(|status| status.name == DOCKER).unwrap();
    assert!(status.refused);
    assert_eq!((status.diagnostics, status.loaded_unix_ms), (vec!["away".to_owned()], 5));
}

#[test]
fn what_does_not_compile_harms_only_itself() {
    let mut site = served();
    let before = site.snapshot();
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
    site.take(docker(fragment));
    assert_eq!(site.settle(), Some(2));
    let after = site.snapshot();
    let named = |snapshot: &Snapshot, name: &str| -> Vec<_> {
        let of = |key: &&ObjectKey| key.name() == name || key.name().ends_with(&format!("/{name}"));
        snapshot.resources().keys().filter(of).map(|key| snapshot.resources()[key].hash()).collect()
    };
    assert_eq!(named(&after, "a"), named(&before, "a"), "the last good version of a serves");
    assert_eq!(named(&after, "b").len(), 0);
    assert_eq!(named(&after, "c").len(), 3);
    let held = site.pipeline.quarantined();
    let serves: Vec<_> =
        held.iter().map(|held| (held.id.as_ref().unwrap().name.as_str(), held.last_good_serves)).collect();
    assert_eq!(serves, [("a", true), ("b", false)]);
}

#[test]
fn a_provider_that_its_source_no_longer_has_is_gone() {
    let mut site = served();
    site.take(Load { source: DOCKER, fragments: Some(vec![]), diagnostics: vec![] });
    assert_eq!(site.settle(), Some(2));
    assert_eq!(site.snapshot().resources().len(), 2);
}

#[test]
fn what_loses_an_address_is_in_the_status_until_it_is_gone() {
    let mut site = served();
    let mut fragment = entrypoint::fragment(&[entry("other")], &[], &mut Seen::default()).unwrap();
    fragment.provider = "elsewhere".into();
    for id in fragment.resources.iter_mut().filter_map(|resource| resource.id.as_mut()) {
        id.provider = "elsewhere".into();
    }
    let files = |fragments| Load { source: "files", fragments: Some(share(fragments)), diagnostics: vec![] };
    let shown = |site: &Site| -> Vec<String> {
        let of_files = site.pipeline.sources().into_iter().filter(|status| status.name == "files");
        of_files.flat_map(|status| status.diagnostics).collect()
    };
    site.take(files(vec![fragment]));
    assert_eq!(site.settle(), Some(2));
    let lines = shown(&site);
    assert!(
        matches!(&lines[..], [line] if line.contains("127.0.0.1:8080 is listened on twice")),
        "{lines:?}"
    );
    assert_eq!(site.settle(), None);
    assert_eq!(shown(&site), lines, "said once");
    site.take(files(vec![]));
    assert_eq!(site.settle(), Some(3));
    assert_eq!(shown(&site), [""; 0]);
}

fn share(fragments: Vec<Fragment>) -> Vec<Shared> {
    fragments.into_iter().map(Fragment::share).collect()
}

/// What the file provider reads from a haproxy.cfg.
fn haproxy(text: &str) -> Load {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("haproxy.cfg");
    std::fs::write(&path, text).unwrap();
    let inputs = Inputs {
        paths: vec![path],
        language: None,
        environment: Environment::default(),
        style: Style::Plain,
        limits: Limits::default(),
        strictness: Default::default(),
        told: Told::People,
        drop_in: false,
        once: Once::default(),
    };
    let loaded = load(&inputs);
    assert_eq!(loaded.findings, [""; 0]);
    Load { source: "files", fragments: Some(share(loaded.fragments)), diagnostics: vec![] }
}

/// A frontend with rules and routes before forty backends of three servers each.
fn many() -> String {
    let mut text =
        "defaults\n    mode http\n    timeout client 1s\n    timeout connect 1s\n    timeout server 1s\n\n\
                    frontend main\n    bind 127.0.0.1:8080\n    http-request set-header X-A a\n    \
                    http-response del-header Server\n"
            .to_owned();
    (0..40).for_each(|at| text += &format!("    use_backend app{at} if {{ path_beg /{at}/ }}\n"));
    for at in 0..40 {
        text += &format!("backend app{at}\n    http-request set-header X-B b\n");
        (1..=3).for_each(|port| text += &format!("    server s{port} 127.0.0.1:{port}\n"));
    }
    text
}

#[test]
fn a_comment_at_the_top_is_no_generation_and_moves_all_lines() {
    let mut site = Site::new();
    site.take(haproxy(&many()));
    assert_eq!(site.settle(), Some(1));
    let before = site.snapshot();
    // In another folder too.
    site.take(haproxy(&format!("# one line more\n{}", many())));
    assert_eq!(site.settle(), None);
    let after = site.snapshot();
    assert!(after.resources().len() > 200 && before.resources() == after.resources());
    for (key, entry) in after.resources() {
        let lines = |entry: &Entry| -> Vec<u32> {
            let told = entry.resource().provenance.clone().unwrap();
            let all = told.origin.into_iter().chain(told.request_rules).chain(told.response_rules);
            all.map(|origin| match origin.place {
                Some(Place::File(file)) => file.line,
                other => panic!("{key} comes from {other:?}"),
            })
            .collect()
        };
        let moved: Vec<u32> = lines(&before.resources()[key]).iter().map(|line| line + 1).collect();
        assert_eq!(lines(entry), moved, "{key}");
    }
}

#[test]
fn a_server_added_near_the_top_moves_alone() {
    let mut site = Site::new();
    site.take(haproxy(&many()));
    site.settle();
    let last = "    server s3 127.0.0.1:3\n";
    site.take(haproxy(&many().replacen(last, &format!("{last}    server s4 127.0.0.1:4\n"), 1)));
    let proposal = site.pipeline.propose(NOW).unwrap();
    let changed: Vec<_> = proposal.delta().changed.iter().map(|(key, _)| key.to_string()).collect();
    assert_eq!(changed, ["haproxy/endpoint/app0/s4"]);
    assert_eq!(proposal.delta().removed, []);
}

#[test]
fn a_proposal_that_is_not_accepted_changes_nothing() {
    let mut site = served();
    let mut fragment = containers(&["a", "b"]);
    for resource in &mut fragment.resources {
        if let Some(Body::Backend(backend)) = &mut resource.body
            && resource.id.as_ref().unwrap().name == "a"
        {
            backend.balance = Some(v1::Balance { algorithm: None });
        }
    }
    site.take(docker(fragment));
    let first = site.pipeline.propose(NOW).unwrap();
    assert_eq!(first.delta().changed.len(), 3);
    assert_eq!(site.pipeline.quarantined(), []);
    let second = site.pipeline.propose(NOW).unwrap();
    assert_eq!(second.delta(), first.delta());
    site.pipeline.accept(second, 1);
    assert_eq!(site.pipeline.quarantined().len(), 1);
    assert!(site.pipeline.propose(NOW).unwrap().delta().is_empty());
}

#[test]
fn an_override_survives_edits_until_its_line_changes() {
    let files = |server: &str| {
        haproxy(&format!(
            "defaults\n    timeout client 1m\n    timeout server 1m\n    timeout connect 1s\n\
             frontend main\n    bind 127.0.0.1:1\n    default_backend app\n\
             backend app\n    {server}\n    server s2 127.0.0.1:2\n"
        ))
    };
    let s1 = ObjectKey::new("haproxy", "", v1::Kind::Endpoint, "app/s1").unwrap();
    let disabled = |site: &Site| match &site.snapshot().resources()[&s1].resource().body {
        Some(Body::Endpoint(body)) => body.disabled,
        other => panic!("{other:?}"),
    };
    let mut site = Site::new();
    site.take(files("server s1 127.0.0.1:1"));
    site.settle();
    site.pipeline.set(&[(s1.clone(), Value::Admin(Admin::Maint))], 5).unwrap();
    assert_eq!(site.settle(), Some(2));
    assert!(disabled(&site));
    assert_eq!(site.pipeline.overrides().status()[0].value, "maint");
    site.take(files("# a line more\n    server s0 127.0.0.1:9\n    server s1 127.0.0.1:1"));
    site.settle();
    assert!(disabled(&site), "an edit elsewhere leaves it alone");
    site.take(files("server s1 127.0.0.1:1 weight 5"));
    site.settle();
    assert!(!disabled(&site));
    assert!(site.pipeline.overrides().is_empty());
}

#[test]
fn a_set_that_fails_sets_nothing() {
    let mut site = served();
    let before = site.pipeline.overrides().clone();
    let known = ObjectKey::try_from(
        site.snapshot().resources().values().find_map(|entry| entry.resource().id.as_ref()).unwrap(),
    )
    .unwrap();
    let unknown = ObjectKey::new("haproxy", "", v1::Kind::Endpoint, "app/none").unwrap();
    let values = [(known, Value::MaxConnections(3)), (unknown, Value::Weight(3))];
    assert!(site.pipeline.set(&values, 1).is_err());
    assert_eq!(*site.pipeline.overrides(), before);
}

#[test]
fn a_value_that_does_not_compile_is_told_before_it_is_accepted() {
    let mut site = served();
    let endpoint = site.snapshot().resources().keys().find(|key| key.kind() == v1::Kind::Endpoint).cloned();
    let endpoint = endpoint.unwrap();
    site.pipeline.set(&[(endpoint.clone(), Value::Weight(257))], 1).unwrap();
    let proposal = site.pipeline.propose(NOW).unwrap();
    let reason = site.pipeline.newly_held(&proposal).unwrap();
    assert!(reason.contains("would not compile") && reason.contains("257"), "{reason}");
    site.pipeline.restore(Overrides::default());
    let proposal = site.pipeline.propose(NOW).unwrap();
    assert_eq!(site.pipeline.newly_held(&proposal), None);
}

#[test]
fn no_route_attaches_to_the_listener_for_monitoring() {
    let monitoring = crate::admin_http::load(Some(([127, 0, 0, 1], 8404).into())).unwrap();
    // Its own name is as far as anybody's guess goes.
    let namesake = entry("admin-http");
    let mut site = Site::new();
    site.take(monitoring);
    let fragment = entrypoint::fragment(std::slice::from_ref(&namesake), &[], &mut Seen::default()).unwrap();
    site.take(Load {
        source: entrypoint::PROVIDER,
        fragments: Some(vec![fragment.share()]),
        diagnostics: vec![],
    });
    let container = container("a", &[("http.a.entrypoints", "admin-http"), ("http.a.path", "/")]);
    site.take(docker(found(&[container], namesake)));
    assert_eq!(site.settle(), Some(1));
    let runtime = site.pipeline.runtime();
    let attached: Vec<(&str, usize)> =
        runtime.frontends.iter().map(|(key, frontend)| (key.provider(), frontend.routes.len())).collect();
    assert_eq!(attached, [("admin-http", 0), ("entrypoint", 1)]);
}

mod validity;
