use sluicegate_proto::v1::container_explanation::{Container, Finding, Label, Network, Route};
use sluicegate_proto::v1::*;

use super::json::json;
use super::text::text;

fn endpoint() -> ObjectId {
    ObjectId {
        provider: "docker".into(),
        namespace: String::new(),
        kind: Kind::Endpoint.into(),
        name: "shop/app01".into(),
    }
}

fn fleet() -> FleetStatus {
    let row = EndpointStats {
        id: Some(endpoint()),
        health: Health::Down.into(),
        evidence: "L4CON connection refused".into(),
        since_unix_ms: 58_000,
        ..EndpointStats::default()
    };
    let report = Report { endpoints: vec![row], ..Report::default() };
    let proxy =
        ProxyStatus { id: "edge".into(), connected: true, report: Some(report), ..ProxyStatus::default() };
    let scopes = vec![ScopeStatus { proxies: vec![proxy], ..ScopeStatus::default() }];
    FleetStatus { scopes, ..FleetStatus::default() }
}

fn explained() -> ContainerExplanation {
    let route = Route {
        name: "shop".into(),
        mode: "http".into(),
        entrypoints: vec!["web".into()],
        hosts: vec!["shop.example".into()],
        address: "172.17.0.2:8080".into(),
        endpoint: Some(endpoint()),
        ..Route::default()
    };
    let finding = Finding {
        label: "sluicegate.backend.balance".into(),
        value: "leastcon".into(),
        reason: "'leastcon' is no algorithm".into(),
        ..Finding::default()
    };
    let container = Container {
        id: "0123456789abcdef".into(),
        name: "app01".into(),
        created_unix_s: 1,
        state: "running".into(),
        networks: vec![Network { name: "bridge".into(), addresses: vec!["172.17.0.2".into()] }],
        ports: vec!["8080/tcp".into()],
        labels: vec![Label { name: "sluicegate.enable".into(), value: "true".into() }],
        routes: vec![route],
        findings: vec![finding],
        ..Container::default()
    };
    ContainerExplanation { container: Some(container), ..ContainerExplanation::default() }
}

#[test]
fn people_read_what_it_is_where_it_goes_and_what_is_wrong() {
    assert_eq!(
        text("app01", &explained(), &fleet(), 61_000),
        "\
container app01 (0123456789ab): running, made 1 min 0 s ago; at 172.17.0.2 in network bridge; exposes 8080/tcp
  route shop (http) at web, host shop.example
    server 172.17.0.2:8080
    down since 3 s (L4CON connection refused) at proxy edge, 0 requests
  NOT SERVED sluicegate.backend.balance=leastcon
    'leastcon' is no algorithm
"
    );
}

#[test]
fn what_labels_hold_is_no_order_for_a_terminal() {
    let mut explained = explained();
    if let Some(container) = &mut explained.container {
        container.findings[0].value = "a\u{1b}[2J\nNOT SERVED".into();
    }
    let told = text("app01", &explained, &fleet(), 61_000);
    assert!(told.contains("sluicegate.backend.balance=a\u{fffd}[2J\u{fffd}NOT SERVED\n"), "{told}");
}

#[test]
fn one_that_is_not_there_has_likely_names() {
    let near = ContainerExplanation { nearest: vec!["app01".into()], ..ContainerExplanation::default() };
    assert_eq!(text("ap01", &near, &fleet(), 0), "no container 'ap01' runs; did you mean app01?\n");
}

#[test]
fn programs_get_everything() {
    let told = json(&explained(), &fleet());
    assert_eq!(told["container"]["routes"][0]["proxies"][0]["health"], "down");
    assert_eq!(told["container"]["findings"][0]["label"], "sluicegate.backend.balance");
}
