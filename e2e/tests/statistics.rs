//! The statistics page, its other forms, and the exporter: what monitoring asks a proxy for.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::collections::BTreeSet;
use std::net::SocketAddr;

use sluicegate_e2e::console::row;
use sluicegate_e2e::{Connection, HTTP_DEFAULTS, Haproxy, Origin, Response, Sluicegate, free_address};

/// `admin:secret`
const LET_IN: &str = "Authorization: Basic YWRtaW46c2VjcmV0\r\n";

/// A page with a password, an exporter, and a backend of one server that is checked, one that is not there and one that is
/// off.
fn configuration(entry: SocketAddr, server: SocketAddr, nobody: SocketAddr) -> String {
    format!(
        "{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    http-request use-service prometheus-exporter if {{ path /metrics }}
    stats enable\n    stats uri /stats\n    stats auth admin:secret\n    stats refresh 7s\n    stats show-legends
    stats show-node here\n    default_backend app\n
backend app\n    description where things come from\n    server app01 {server} check inter 100ms
    server gone {nobody} check inter 100ms fall 1\n    server off 127.0.0.1:1 disabled\n"
    )
}

async fn ask(entry: SocketAddr, target: &str, header: &str) -> Response {
    let request = format!("GET {target} HTTP/1.1\r\nHost: app\r\n{header}\r\n");
    Connection::open(entry).await.unwrap().request(request).await.unwrap()
}

/// A site that has answered three requests, and whose second server is known to be down.
async fn site() -> (Sluicegate, Origin, SocketAddr) {
    let (origin, entry, nobody) = (Origin::start("app01").await, free_address(), free_address());
    let mut sluicegate = Sluicegate::run(&configuration(entry, origin.address(), nobody)).await;
    sluicegate.process().said("Server app/gone is DOWN").await;
    for _ in 0..3 {
        assert_eq!(ask(entry, "/", "").await.status(), 200);
    }
    (sluicegate, origin, entry)
}

#[tokio::test]
async fn the_page_tells_what_happened() {
    let (_sluicegate, _origin, entry) = site().await;
    let refused = ask(entry, "/stats", "").await;
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.header("www-authenticate"), Some("Basic realm=\"HAProxy Statistics\""));
    let wrong = ask(entry, "/stats", "Authorization: Basic YWRtaW46c2VjcmV1\r\n").await;
    assert_eq!(wrong.status(), 401);

    let page = ask(entry, "/stats", LET_IN).await;
    assert_eq!((page.status(), page.header("refresh")), (200, Some("7")));
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    for part in
        ["<caption>app", "where things come from", "Statistics of here", ">app01<", ">DOWN<", "L4CON in"]
    {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
    assert_eq!(ask(entry, "/stats;norefresh", LET_IN).await.header("refresh"), None);
    assert!(!ask(entry, "/stats;up", LET_IN).await.text().contains(">gone<"));

    let csv = ask(entry, "/stats;csv", LET_IN).await.text();
    let (app01, gone, backend, frontend) =
        (row(&csv, "app,app01"), row(&csv, "app,gone"), row(&csv, "app,BACKEND"), row(&csv, "main,FRONTEND"));
    assert_eq!((app01("stot"), app01("hrsp_2xx"), app01("status")), ("3".into(), "3".into(), "UP".into()));
    assert_eq!((gone("status"), gone("check_status")), ("DOWN".into(), "L4CON".into()));
    assert_eq!((backend("act"), backend("status")), ("1".into(), "UP".into()));
    assert_ne!(backend("smax"), "0");
    assert_eq!(frontend("hrsp_4xx"), "2");
    assert_eq!(app01("connect").parse::<u64>().unwrap() + app01("reuse").parse::<u64>().unwrap(), 3);
    assert_ne!(app01("lastsess"), "-1");

    let json: serde_json::Value =
        serde_json::from_str(&ask(entry, "/stats;json", LET_IN).await.text()).unwrap();
    assert_eq!(json[0][0]["value"]["value"], "main");
}

#[tokio::test]
async fn head_and_the_connection_that_lives_on() {
    let (_sluicegate, _origin, entry) = site().await;
    let mut client = Connection::open(entry).await.unwrap();
    let head = format!("HEAD /stats;csv HTTP/1.1\r\nHost: app\r\n{LET_IN}\r\n");
    let answer = client.request(head).await.unwrap();
    assert_eq!((answer.status(), answer.body.len()), (200, 0));
    assert_eq!(client.get("app", "/").await.unwrap().text(), "app01");
    let put = client.request("PUT /stats HTTP/1.1\r\nHost: app\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    assert_eq!(put.text(), "app01", "the page is for those who read");
}

#[tokio::test]
async fn the_exporter_names_what_haproxys_names() {
    let (_sluicegate, origin, entry) = site().await;
    let ours = ask(entry, "/metrics", "").await;
    assert_eq!(ours.header("content-type"), Some("text/plain; version=0.0.4"));
    let ours = ours.text();
    assert!(ours.contains("haproxy_server_status{proxy=\"app\",server=\"gone\",state=\"DOWN\"} 1"), "{ours}");
    assert!(ours.contains("haproxy_server_sessions_total{proxy=\"app\",server=\"app01\"} 3"), "{ours}");
    assert!(!ask(entry, "/metrics?scope=server", "").await.text().contains("haproxy_process_"));

    let (entry, nobody) = (free_address(), free_address());
    let mut haproxy = Haproxy::run(&configuration(entry, origin.address(), nobody)).await;
    haproxy.process().said("Server app/gone is DOWN").await;
    let theirs = ask(entry, "/metrics", "").await.text();
    let names = |text: &str| -> BTreeSet<String> {
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        types.filter(|line| line.starts_with("haproxy_")).map(str::to_owned).collect()
    };
    let (ours, theirs) = (names(&ours), names(&theirs));
    let unknown: Vec<_> = ours.difference(&theirs).collect();
    assert!(unknown.is_empty(), "not HAProxy's: {unknown:?}");
    let reasons = include_str!("../../docs/statistics.md");
    let has_reason = |line: &str| reasons.contains(&format!("`{}`", line.split(' ').next().unwrap()));
    // HAProxy has a sample of everything, if only that there is no number.
    let unset = [
        "server_limit_sessions",
        "server_queue_limit",
        "server_check_code",
        "server_current_throttle",
        "server_idle_connections_limit",
    ]
    .map(|name| format!("haproxy_{name} gauge"));
    let missing: Vec<_> =
        theirs.difference(&ours).filter(|line| !has_reason(line) && !unset.contains(line)).collect();
    assert!(missing.is_empty(), "neither told nor explained: {missing:?}");
}

/// What is behind the page's address: the form, whether it is loaded again, and which rows are there.
#[tokio::test]
async fn what_is_asked_for_behind_the_address_is_haproxys() {
    let (_sluicegate, origin, ours) = site().await;
    let (theirs, nobody) = (free_address(), free_address());
    let mut haproxy = Haproxy::run(&configuration(theirs, origin.address(), nobody)).await;
    haproxy.process().said("Server app/gone is DOWN").await;
    let told = async |entry, rest: &str| {
        let answer = ask(entry, &format!("/stats{rest}"), LET_IN).await;
        let form = answer.header("content-type").map(|form| form.split(';').next().unwrap().to_owned());
        let again = answer.header("refresh").map(str::to_owned);
        let of_row = |line: &str| -> Option<String> {
            let cells = match line.get(1..2)? {
                // HAProxy numbers proxies from 2 where it has a console, and from 1 where not; ours always from 2.
                "." => line.split('.').step_by(2).take(2).collect(),
                _ => line.split(',').take(2).collect::<Vec<_>>(),
            };
            Some(cells.join("/"))
        };
        let plain = form.as_deref() == Some("text/plain");
        let rows: BTreeSet<String> = answer.text().lines().filter(|_| plain).filter_map(of_row).collect();
        (answer.status(), form, again, rows)
    };
    for rest in [
        "",
        ";up",
        ";no-maint",
        ";norefresh",
        ";csv",
        ";typed",
        ";json",
        ";json-schema",
        ";csv;norefresh",
        ";up;csv",
        ";csv;up",
        ";no-maint;csv",
        ";json;csv",
        ";typed;csv",
        ";up;typed",
        ";csv?scope=mai",
        ";csv?scope=none",
        ";nothing",
    ] {
        assert_eq!(told(ours, rest).await, told(theirs, rest).await, "{rest}");
    }
}

#[tokio::test]
async fn columns_are_haproxys() {
    let (_sluicegate, origin, entry) = site().await;
    let ours = ask(entry, "/stats;csv", LET_IN).await.text();
    let (entry, nobody) = (free_address(), free_address());
    let _haproxy = Haproxy::run(&configuration(entry, origin.address(), nobody)).await;
    let theirs = ask(entry, "/stats;csv", LET_IN).await.text();
    assert_eq!(ours.lines().next(), theirs.lines().next());
    let rows = |csv: &str| -> Vec<String> {
        let lines = csv.lines().skip(1).filter(|line| !line.is_empty());
        lines.map(|line| line.split(',').take(2).collect::<Vec<_>>().join("/")).collect()
    };
    assert_eq!(rows(&ours), rows(&theirs));
}
