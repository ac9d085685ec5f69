//! The listener for monitoring that a command line asks for.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::net::SocketAddr;

use sluicegate_e2e::{Connection, HTTP_DEFAULTS, Origin, Response, Sluicegate, fetch, free_address};

fn configuration(entry: SocketAddr, origin: &Origin) -> String {
    format!(
        "{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    default_backend app\nbackend app\n    server one {}\n",
        origin.address()
    )
}

async fn ask(address: SocketAddr, method: &str, target: &str) -> Response {
    let request = format!("{method} {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    Connection::open(address).await.unwrap().request(request).await.unwrap()
}

/// The value of a sample.
fn sample(metrics: &str, name: &str) -> Option<u64> {
    metrics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

/// Asks for everything that is there, after three requests of clients.
async fn is_answered(admin: SocketAddr) {
    let alive = fetch(admin, "/healthz").await.unwrap();
    assert_eq!((alive.status(), alive.text()), (200, "ok".to_owned()));

    let metrics = fetch(admin, "/metrics").await.unwrap();
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4"));
    let metrics = metrics.text();
    let three = "haproxy_server_sessions_total{proxy=\"app\",server=\"one\"}";
    assert_eq!(sample(&metrics, three), Some(3), "{metrics}");
    assert_eq!(sample(&metrics, "sluicegate_generation"), Some(1), "{metrics}");
    let unchecked = "sluicegate_server_health{proxy=\"app\",server=\"one\",health=\"unchecked\"}";
    assert_eq!(sample(&metrics, unchecked), Some(1), "{metrics}");
    // Those of clients, and those that asked here.
    assert!(sample(&metrics, "sluicegate_requests_total").unwrap() >= 4, "{metrics}");
    assert_eq!(sample(&metrics, "sluicegate_dropped_log_lines_total"), Some(0), "{metrics}");
    assert_eq!(sample(&metrics, "sluicegate_retained_generations"), Some(1), "{metrics}");
    assert!(sample(&metrics, "sluicegate_connections_closed_total{cause=\"client\"}").is_some(), "{metrics}");

    let page = fetch(admin, "/").await.unwrap();
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.text().contains("<caption>app") && !page.text().contains("checkbox"), "{}", page.text());
    assert!(fetch(admin, "/;up").await.unwrap().text().contains("<caption>app"));
    assert!(!fetch(admin, "/?scope=main").await.unwrap().text().contains("<caption>app"));
    let csv = fetch(admin, "/;csv").await.unwrap().text();
    assert!(csv.lines().any(|line| line.starts_with("app,one,")), "{csv}");
    let json: serde_json::Value =
        serde_json::from_str(&fetch(admin, "/;json").await.unwrap().text()).unwrap();
    assert!(json.as_array().unwrap().len() > 2);

    for (method, target) in
        [("GET", "/nope"), ("GET", "/metricsx"), ("GET", "/stats"), ("POST", "/"), ("POST", "/metrics")]
    {
        assert_eq!(ask(admin, method, target).await.status(), 404, "{method} {target}");
    }
    assert_eq!(ask(admin, "HEAD", "/healthz").await.status(), 200);
}

#[tokio::test]
async fn monitoring_is_answered_where_the_command_line_says() {
    let (one, entry, admin) = (Origin::start("one").await, free_address(), free_address());
    let arguments = ["--admin-http", &admin.to_string()];
    let _sluicegate = Sluicegate::run_with(&configuration(entry, &one), &arguments).await;
    for _ in 0..3 {
        assert_eq!(fetch(entry, "/").await.unwrap().text(), "one");
    }
    is_answered(admin).await;
}

#[tokio::test]
async fn a_proxy_opens_it_when_its_control_plane_says_so() {
    let (one, entry, admin) = (Origin::start("one").await, free_address(), free_address());
    let (listen, admin_http) = (free_address(), admin.to_string());
    let arguments = [
        "control",
        "haproxy.cfg",
        "--listen",
        &listen.to_string(),
        "--insecure",
        "--admin-http",
        &admin_http,
    ];
    let mut control = Sluicegate::program("sluicegate", &configuration(entry, &one), &arguments);
    control.process().wait_for("listening on").await;
    let _proxy = Sluicegate::proxy(listen).await;
    for _ in 0..3 {
        assert_eq!(fetch(entry, "/").await.unwrap().text(), "one");
    }
    is_answered(admin).await;
    // The proxy serves on, and says so.
    drop(control);
    assert_eq!(fetch(admin, "/healthz").await.unwrap().text(), "ok");
}
