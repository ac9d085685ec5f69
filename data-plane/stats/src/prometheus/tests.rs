mod certificates;

use super::*;
use crate::Facts;
use crate::rows::tests::{runtime, server, told};
use sluicegate_model::{Change, compile};
use sluicegate_proto::v1::{self, Count, Generation, Health, ProcessStats};

fn metrics(scope: Scope) -> String {
    let stats = v1::EndpointStats {
        exchanges: 3,
        responses: vec![0, 2, 0, 1, 0],
        durations: Some(v1::Durations { total: 1234, ..v1::Durations::default() }),
        ..v1::EndpointStats::default()
    };
    let mut report = told(stats, Health::Down);
    let closes = vec![Count { name: "client".into(), count: 4 }];
    report.process = Some(ProcessStats {
        uptime_ms: 61_999,
        connections: 9,
        current_connections: 2,
        requests: 20,
        retained_generations: 1,
        dropped_log_lines: 3,
        closes,
        ..ProcessStats::default()
    });
    report.generation = Some(Generation { number: 7, ..Generation::default() });
    let (runtime, facts) = (runtime(), Facts { version: "9.8.7".into(), ..Facts::default() });
    let table = Table::new(&runtime, &report, &facts);
    prometheus(&runtime, &table, &Info::new(&runtime, &report, &facts), &report, scope)
}

#[test]
fn names_and_labels_are_those_of_the_exporter() {
    let text = metrics(Scope::ALL);
    for line in [
        "# TYPE haproxy_server_sessions_total counter",
        "haproxy_server_sessions_total{proxy=\"app\",server=\"a\"} 3",
        "haproxy_server_http_responses_total{proxy=\"app\",server=\"a\",code=\"2xx\"} 2",
        "haproxy_server_total_time_average_seconds{proxy=\"app\",server=\"a\"} 1.234",
        "haproxy_server_status{proxy=\"app\",server=\"a\",state=\"DOWN\"} 1",
        "haproxy_server_status{proxy=\"app\",server=\"a\",state=\"UP\"} 0",
        "haproxy_server_status{proxy=\"app\",server=\"b\",state=\"DRAIN\"} 1",
        "haproxy_server_status{proxy=\"app\",server=\"c\",state=\"UP\"} 1",
        "haproxy_frontend_status{proxy=\"web\",state=\"UP\"} 1",
        "haproxy_backend_active_servers{proxy=\"app\"} 0",
        "haproxy_process_connections_total 9",
        "sluicegate_generation 7",
        "sluicegate_uptime_seconds 61",
        "sluicegate_connections_total 9",
        "sluicegate_current_connections 2",
        "sluicegate_requests_total 20",
        "sluicegate_dropped_log_lines_total 3",
        "sluicegate_retained_generations 1",
        "sluicegate_build_info{version=\"9.8.7\"} 1",
        "sluicegate_server_health{proxy=\"app\",server=\"a\",health=\"down\"} 1",
        "sluicegate_server_health{proxy=\"app\",server=\"a\",health=\"up\"} 0",
        "sluicegate_connections_closed_total{cause=\"client\"} 4",
    ] {
        assert!(text.lines().any(|seen| seen == line), "{line}\n{text}");
    }
    assert!(!text.contains("haproxy_server_active_servers"));
    assert!(!metrics(Scope::of_query("scope=global")).contains("sluicegate_server_health"));
    assert!(!metrics(Scope::of_query("scope=server")).contains("sluicegate_requests_total"));
}

#[test]
fn samples_of_a_metric_stand_together_behind_one_head() {
    let text = metrics(Scope::ALL);
    let mut seen = Vec::new();
    for line in text.lines() {
        let name = line.strip_prefix("# TYPE ").unwrap_or(line);
        let name = name.split(['{', ' ']).next().unwrap();
        if seen.last() != Some(&name) {
            assert!(!seen.contains(&name), "{name}");
            assert!(line.starts_with("# TYPE "), "{line}");
            seen.push(name);
        }
    }
}

#[test]
fn a_scope_narrows() {
    let names = |query: &str| {
        let text = metrics(Scope::of_query(query));
        ["process", "frontend", "backend", "server"]
            .into_iter()
            .filter(|kind| text.contains(&format!("haproxy_{kind}_")))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(names(""), "process frontend backend server");
    assert_eq!(names("scope=server"), "server");
    assert_eq!(names("scope=global&scope=frontend&x"), "process frontend");
    assert_eq!(names("scope=*"), "process frontend backend server");
    assert_eq!(names("scope=none"), "");
    assert!(Scope::of_query("no-maint").no_maintenance);
}

/// `# TYPE` lines of HAProxy 2.6's exporter, of a frontend and a backend in HTTP mode.
const HAPROXY: &str = include_str!("tests/haproxy-2.6.txt");

/// A server of which everything is known.
fn full() -> String {
    let check = v1::CheckSchedule { interval_ms: 1000, rise: 1, fall: 1, ..v1::CheckSchedule::default() };
    let limited = server("a", 1, |server| {
        (server.check, server.max_connections, server.max_queue) = (Some(check), 5, 6);
        server.pool = Some(v1::Pool { max_idle: Some(7), ..v1::Pool::default() });
    });
    let runtime = compile(Some(&runtime()), Change::Delta { changed: &[limited], removed: &[] }).unwrap();
    let probe = v1::Probe { word: "L7OK".into(), status: 200, ..v1::Probe::default() };
    let stats = v1::EndpointStats {
        last_probe: Some(probe),
        since_unix_ms: 1,
        current_exchanges: 3,
        warmth_in_sixteenths: 4,
        ..v1::EndpointStats::default()
    };
    let mut report = told(stats, Health::Up);
    report.process = Some(ProcessStats { idle_percent: Some(75), ..ProcessStats::default() });
    let facts = Facts { version: "9.8.7".into(), ..Facts::default() };
    let info = Info::new(&runtime, &report, &facts);
    prometheus(&runtime, &Table::new(&runtime, &report, &facts), &info, &report, Scope::ALL)
}

#[test]
fn each_of_haproxys_metrics_is_told_or_has_a_reason() {
    let (text, untold) = (full(), untold_metrics());
    let told: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    for line in HAPROXY.lines() {
        let name = line.split(' ').next().unwrap();
        let here = told.iter().filter(|told| **told == line).count();
        let reasons = untold.iter().filter(|metric| metric.name == name).count();
        assert_eq!(here + reasons, 1, "{line}\n{told:#?}");
    }
    let ours = told.iter().filter(|line| line.starts_with("haproxy_")).count();
    assert_eq!(HAPROXY.lines().count(), ours + untold.len(), "there are others");
}

#[test]
fn servers_of_a_backend_are_counted_by_their_states() {
    let text = full();
    for line in [
        "haproxy_backend_agg_server_status{proxy=\"app\",state=\"UP\"} 2",
        "haproxy_backend_agg_server_status{proxy=\"app\",state=\"DRAIN\"} 1",
        "haproxy_backend_agg_server_status{proxy=\"both\",state=\"UP\"} 0",
        "haproxy_backend_agg_server_check_status{proxy=\"app\",state=\"UP\"} 2",
        "haproxy_backend_agg_check_status{proxy=\"app\",state=\"L7OK\"} 1",
        "haproxy_backend_agg_check_status{proxy=\"app\",state=\"PROCOK\"} 0",
        "haproxy_server_used_connections_current{proxy=\"app\",server=\"a\"} 3",
        "haproxy_frontend_limit_session_rate{proxy=\"web\"} 0",
    ] {
        assert!(text.lines().any(|seen| seen == line), "{line}\n{text}");
    }
}
