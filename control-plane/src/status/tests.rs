use sluicegate_proto::v1::*;

use super::json::json;
use super::text::text;

fn id(kind: Kind, name: &str) -> Option<ObjectId> {
    Some(ObjectId {
        provider: "haproxy".into(),
        namespace: String::new(),
        kind: kind as i32,
        name: name.into(),
    })
}

fn fleet() -> FleetStatus {
    let newest = Some(Generation { epoch: 1, number: 7, hash: vec![0xab; 32].into() });
    let endpoint = |name: &str, health: Health| EndpointStats {
        id: id(Kind::Endpoint, name),
        health: health as i32,
        evidence: if health == Health::Down { "L4CON in 0 ms".into() } else { String::new() },
        since_unix_ms: 1_000,
        exchanges: 5,
        ..EndpointStats::default()
    };
    let proxy = ProxyStatus {
        id: "edge-1".into(),
        version: "0.1.0".into(),
        connected: true,
        generation: newest.clone(),
        lag: 1,
        rejections: vec![Rejection {
            id: id(Kind::Listener, "main/*:80"),
            origin: None,
            reason: "port 80 is taken by nginx (pid 12)".into(),
            local: true,
        }],
        report: Some(Report {
            endpoints: vec![endpoint("app/app1", Health::Up), endpoint("app/app2", Health::Down)],
            ..Report::default()
        }),
        ..ProxyStatus::default()
    };
    FleetStatus {
        scopes: vec![ScopeStatus {
            name: "default".into(),
            generation: newest,
            proxies: vec![proxy],
            ..Default::default()
        }],
        providers: vec![ProviderStatus {
            name: "haproxy".into(),
            refused: true,
            diagnostics: vec!["error: unknown keyword".into()],
            loaded_unix_ms: 59_000,
        }],
        overrides: vec![Override {
            id: id(Kind::Endpoint, "app/app1"),
            field: "weight".into(),
            value: "5".into(),
            configured: "1".into(),
            since_unix_ms: 60_000,
        }],
        ..FleetStatus::default()
    }
}

#[test]
fn what_is_wrong_stands_first() {
    let text = text(&fleet(), 61_000);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "REFUSED haproxy, 2 s ago; what came before it serves:");
    assert_eq!(lines[1], "    error: unknown keyword");
    assert_eq!(lines[2], "SET haproxy/endpoint/app/app1: weight 5, 1 s ago (configured: 1)");
    assert!(lines[3].starts_with("scope default: generation 7 (abababab)"), "{text}");
    assert!(lines[4].contains("proxy edge-1 0.1.0: generation 7 (abababab), 1 BEHIND"), "{text}");
    assert_eq!(
        lines[5],
        "    NACK haproxy/listener/main/*:80: port 80 is taken by nginx (pid 12) [on this host]"
    );
    assert!(
        lines[6].starts_with("    haproxy/endpoint/app/app2 down since 1 min 0 s ago (L4CON in 0 ms)"),
        "{text}"
    );
    assert!(lines[7].starts_with("    haproxy/endpoint/app/app1 up"), "{text}");
}

#[test]
fn programs_get_the_same_facts() {
    let json = json(&fleet());
    assert_eq!(json["scopes"][0]["number"], 7);
    let proxy = &json["scopes"][0]["proxies"][0];
    assert_eq!(proxy["rejections"][0]["local"], true);
    assert_eq!(proxy["report"]["endpoints"][1]["health"], "down");
    assert_eq!(json["providers"][0]["refused"], true);
    assert_eq!(json["overrides"][0]["configured"], "1");
}
