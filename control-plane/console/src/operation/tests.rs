use sluicegate_model::{Change, compile};
use sluicegate_proto::build;
use sluicegate_proto::v1::resource::Body;
use sluicegate_proto::v1::{self, Kind, OperationResult as Result, Resource};

use super::*;

fn key(kind: Kind, name: &str) -> ObjectKey {
    ObjectKey::new("haproxy", "", kind, name).unwrap()
}

fn made(key: &ObjectKey, body: Body) -> Resource {
    build::resource(key, v1::Origin::default(), "", body).unwrap()
}

fn endpoint(number: u32, name: &str, change: impl FnOnce(&mut v1::Endpoint)) -> Resource {
    let mut body = v1::Endpoint {
        backend: Some((&key(Kind::Backend, "app")).into()),
        name: name.into(),
        number,
        address: Some(v1::endpoint::Address::Ip(build::ip_address(([127, 0, 0, 1], 80).into()))),
        weight: 1,
        ..v1::Endpoint::default()
    };
    change(&mut body);
    made(&key(Kind::Endpoint, &format!("app/{name}")), Body::Endpoint(body))
}

fn always() -> v1::Condition {
    let fetch = v1::Call { name: "always_true".into(), arguments: Vec::new() };
    let sample = v1::Sample { fetch: Some(fetch), converters: Vec::new() };
    let test = v1::Test { sample: Some(sample), r#match: v1::Match::Bool.into(), ..v1::Test::default() };
    v1::Condition { tests: vec![test], ops: vec![v1::Op { op: Some(v1::op::Op::Test(0)) }] }
}

/// A backend of a checked server, one without checks, one in maintenance and one that drains, and this page.
fn site(page: v1::StatsPage) -> Runtime {
    let service = v1::Service { kind: Some(v1::service::Kind::Stats(page)) };
    let rule = v1::Rule { when: None, action: Some(v1::rule::Action::Service(service)) };
    let frontend =
        v1::Frontend { mode: v1::Mode::Http.into(), request_rules: vec![rule], ..v1::Frontend::default() };
    let algorithm = v1::balance::Algorithm::RoundRobin(v1::RoundRobin {});
    let backend = v1::Backend {
        mode: v1::Mode::Http.into(),
        balance: Some(v1::Balance { algorithm: Some(algorithm) }),
        ..v1::Backend::default()
    };
    let check = v1::CheckSchedule { interval_ms: 2_000, rise: 2, fall: 3, ..v1::CheckSchedule::default() };
    let resources = [
        made(&key(Kind::Frontend, "web"), Body::Frontend(frontend)),
        made(&key(Kind::Backend, "app"), Body::Backend(backend)),
        endpoint(1, "checked", |endpoint| endpoint.check = Some(check)),
        endpoint(2, "plain", |_| {}),
        endpoint(3, "maint", |endpoint| endpoint.disabled = true),
        endpoint(4, "drain", |endpoint| endpoint.drain = true),
    ];
    compile(None, Change::Full(&resources)).unwrap()
}

fn administered() -> Runtime {
    site(v1::StatsPage { uri: "/stats".into(), admin: vec![always()], ..v1::StatsPage::default() })
}

fn asked(action: Action, endpoints: &[&str]) -> Operation {
    let endpoints = endpoints.iter().map(|&name| name.to_owned()).collect();
    Operation { backend: key(Kind::Backend, "app"), endpoints, action }
}

/// What is set, as `name value`, and the result.
fn done(action: Action, endpoints: &[&str]) -> (Vec<String>, Result) {
    let deed = operate(&asked(action, endpoints), &administered());
    let name = |key: &ObjectKey| key.name().trim_start_matches("app/").to_owned();
    let values = deed.values.iter().map(|(key, value)| format!("{} {} {value}", name(key), value.field()));
    let ended = deed.shut_down.iter().map(|key| format!("{} shutdown", name(key)));
    (values.chain(ended).collect(), deed.result)
}

#[test]
fn each_action_sets_what_it_says() {
    let all = ["checked", "plain"];
    for (action, expected) in [
        (Action::Ready, vec!["checked state ready", "plain state ready"]),
        (Action::Drain, vec!["checked state drain", "plain state drain"]),
        (Action::Maint, vec!["checked state maint", "plain state maint"]),
        (Action::ChecksOff, vec!["checked checks off"]),
        (Action::ChecksOn, vec!["checked checks on"]),
        (Action::HealthUp, vec!["checked health up", "plain health up"]),
        (Action::HealthStopping, vec!["checked health stopping", "plain health stopping"]),
        (Action::HealthDown, vec!["checked health down", "plain health down"]),
        (Action::ShutdownSessions, vec!["checked shutdown", "plain shutdown"]),
    ] {
        let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(done(action, &all), (expected, Result::Done), "{action:?}");
    }
    assert_eq!(done(Action::Agent, &all), (Vec::new(), Result::None));
    assert_eq!(done(Action::ChecksOff, &["plain"]), (Vec::new(), Result::None));
}

#[test]
fn the_old_actions_change_what_is_otherwise() {
    let all = ["checked", "maint", "drain"];
    assert_eq!(
        done(Action::Disable, &all).0,
        ["checked state maint", "drain state maint"],
        "who is out stays out"
    );
    assert_eq!(done(Action::Enable, &all).0, ["maint state ready"]);
    assert_eq!(done(Action::Stop, &all).0, ["checked state drain"]);
    assert_eq!(done(Action::Start, &all).0, ["drain state ready"]);
    assert_eq!(done(Action::Start, &["checked"]), (Vec::new(), Result::None));
}

#[test]
fn names_that_are_not_known_are_counted() {
    assert_eq!(done(Action::Ready, &["nope"]), (Vec::new(), Result::Invalid));
    assert_eq!(done(Action::Ready, &["nope", "plain"]), (vec!["plain state ready".into()], Result::Part));
    let twice = ["plain", "plain", "nope"];
    assert_eq!(done(Action::Ready, &twice), (vec!["plain state ready".into()], Result::Part));
    let mut gone = asked(Action::Ready, &["plain"]);
    gone.backend = key(Kind::Backend, "nope");
    assert_eq!(operate(&gone, &administered()), Deed::nothing(Result::Invalid));
}

#[test]
fn a_proxy_may_do_what_a_page_lets_people_do_and_no_more() {
    let asked = asked(Action::Ready, &["plain"]);
    let page = |admin: Vec<v1::Condition>, scope: &[&str]| v1::StatsPage {
        uri: "/stats".into(),
        admin,
        scope: scope.iter().map(|&name| name.to_owned()).collect(),
        ..v1::StatsPage::default()
    };
    assert_eq!(operate(&asked, &site(page(Vec::new(), &[]))), Deed::nothing(Result::Denied));
    assert_eq!(operate(&asked, &site(page(vec![always()], &["other"]))), Deed::nothing(Result::Denied));
    assert_eq!(operate(&asked, &site(page(vec![always()], &["other", "app"]))).result, Result::Done);
    assert_eq!(operate(&asked, &Runtime::default()), Deed::nothing(Result::Denied));
}
