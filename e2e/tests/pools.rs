//! Connections to servers that workers share, and requests that wait for a place, beside HAProxy.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::net::SocketAddr;

use sluicegate_e2e::{
    Behaviour, Connection, Does, Front, HTTP_DEFAULTS, Haproxy, Origin, PATIENCE, Scripted, Sluicegate,
    Syslog, fetch, free_address,
};
use tokio::time::timeout;

const TCP_DEFAULTS: &str =
    "defaults\n    mode tcp\n    timeout connect 5s\n    timeout client 30s\n    timeout server 30s\n";

/// A configuration with its statistics at an address of their own.
fn with_statistics(configuration: &str, statistics: SocketAddr) -> String {
    format!(
        "{configuration}\nlisten statistics\n    mode http\n    bind {statistics}\n    stats enable\n    stats uri /\n"
    )
}

/// Waits until a field of a row of the statistics has a value.
async fn until(statistics: SocketAddr, (proxy, server): (&str, &str), field: &str, value: u64) {
    let row = format!("{proxy},{server},");
    let reached = async {
        loop {
            let text = fetch(statistics, "/;csv").await.unwrap().text();
            let at = text.lines().next().unwrap().split(',').position(|name| name == field).unwrap();
            let found = text.lines().find(|line| line.starts_with(&row)).unwrap();
            if found.split(',').nth(at) == Some(&value.to_string()) {
                return;
            }
        }
    };
    assert!(timeout(PATIENCE, reached).await.is_ok(), "{field} of {row} is not {value}");
}

async fn run(ours: bool, configuration: &str) -> Front {
    match ours {
        true => Front::Sluicegate(Sluicegate::run(configuration).await),
        false => Front::Haproxy(Haproxy::run(configuration).await),
    }
}

async fn open(entry: SocketAddr) -> Connection {
    Connection::open(entry).await.unwrap()
}

async fn asking(entry: SocketAddr, path: &str) -> Connection {
    let mut client = open(entry).await;
    client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await.unwrap();
    client
}

/// So many clients ask at one time, and are answered when all have: as many connections to the server as that.
async fn at_once(entry: SocketAddr, origin: &Origin, count: usize) -> Vec<Connection> {
    let mut clients = Vec::new();
    let before = origin.requests();
    for _ in 0..count {
        clients.push(asking(entry, "/").await);
    }
    origin.reached(before + count as u64).await;
    origin.release(count);
    for client in &mut clients {
        assert_eq!(client.response("GET").await.unwrap().status(), 200);
    }
    clients
}

#[tokio::test]
async fn workers_use_the_idle_connections_of_each_other() {
    const CLIENTS: usize = 24;
    for ours in [true, false] {
        let (entry, statistics, origin) = (free_address(), free_address(), Origin::start("one").await);
        origin.behave(Behaviour::Held);
        let configuration = format!(
            "global\n    nbthread 2\n{HTTP_DEFAULTS}listen main\n    bind {entry}\n    http-reuse always\n    \
             server one {} pool-purge-delay 1m\n",
            origin.address()
        );
        let _front = run(ours, &with_statistics(&configuration, statistics)).await;
        // Other clients each time: they are spread over the workers in another way.
        for _ in 0..3 {
            let _clients = at_once(entry, &origin, CLIENTS).await;
            until(statistics, ("main", "one"), "srv_icur", CLIENTS as u64).await;
            assert_eq!(origin.connections(), CLIENTS as u64, "ours: {ours}");
        }
    }
}

/// How a client that waits behind another one leaves.
#[derive(Clone, Copy, Debug)]
struct Case {
    http: bool,
    abort_on_close: bool,
    says: &'static str,
    /// Letters of the termination state; `None`: it waits on, and is served.
    dropped: Option<&'static str>,
}

const ASKS: &str = "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
const PARTLY: &str = "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc";

/// As HAProxy 2.6 does it.
const CASES: [Case; 8] = [
    Case { http: true, abort_on_close: true, says: ASKS, dropped: Some("CQ") },
    Case { http: true, abort_on_close: false, says: ASKS, dropped: None },
    Case { http: true, abort_on_close: true, says: PARTLY, dropped: Some("CQ") },
    Case { http: true, abort_on_close: false, says: PARTLY, dropped: Some("CQ") },
    Case { http: false, abort_on_close: true, says: ASKS, dropped: Some("CQ") },
    Case { http: false, abort_on_close: false, says: ASKS, dropped: None },
    Case { http: false, abort_on_close: true, says: "", dropped: Some("CQ") },
    Case { http: false, abort_on_close: false, says: "", dropped: Some("CQ") },
];

fn option(on: bool) -> &'static str {
    if on { "option abortonclose" } else { "no option abortonclose" }
}

#[tokio::test]
async fn what_a_client_that_has_gone_asked_for_is_dropped_where_that_is_asked_for() {
    for (case, ours) in CASES.into_iter().flat_map(|case| [(case, true), (case, false)]) {
        let (entry, statistics, origin) = (free_address(), free_address(), Origin::start("one").await);
        let mut log = Syslog::udp().await;
        origin.behave(Behaviour::Held);
        let (defaults, status) = if case.http { (HTTP_DEFAULTS, "%ST") } else { (TCP_DEFAULTS, "-1") };
        let configuration = format!(
            "{defaults}    timeout queue 30s\n    {}\nlisten main\n    bind {entry}\n    log {} local0\n    \
             log-format \"ended {status} %ts %s\"\n    server one {} maxconn 1\n",
            option(case.abort_on_close),
            log.address(),
            origin.address()
        );
        let _front = run(ours, &with_statistics(&configuration, statistics)).await;
        let mut first = asking(entry, "/1").await;
        origin.reached(1).await;
        let mut second = open(entry).await;
        second.send(case.says).await.unwrap();
        until(statistics, ("main", "BACKEND"), "qcur", 1).await;
        second.finish_sending().await.unwrap();
        if let Some(letters) = case.dropped {
            let line = log.wait_for("ended").await;
            let wanted = format!("ended -1 {letters} <NOSRV>");
            assert!(line.ends_with(&wanted), "{case:?}, ours: {ours}: {line}");
            assert_eq!(second.read_to_end().await.unwrap(), b"", "{case:?}, ours: {ours}");
            until(statistics, ("main", "BACKEND"), "qcur", 0).await;
        }
        origin.release(2);
        assert_eq!(first.response("GET").await.unwrap().status(), 200);
        drop(first);
        if case.dropped.is_none() {
            assert_eq!(second.response("GET").await.unwrap().status(), 200, "{case:?}, ours: {ours}");
            let asked = origin.last_request().unwrap();
            assert_eq!(asked.head.target(), "/2");
        }
    }
}

#[tokio::test]
async fn a_server_hears_of_a_client_that_has_gone_where_that_is_asked_for() {
    let begun = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc";
    for (answers, wanted) in [(false, "ended 400 CH one"), (true, "ended 200 CD one")] {
        for ours in [true, false] {
            let (entry, silent) = (free_address(), Origin::start("silent").await);
            silent.behave(Behaviour::Hang);
            let begins = Scripted::start(&[Does::HearsHead, Does::Says(begun), Does::Hangs]).await;
            let mut log = Syslog::udp().await;
            let configuration = format!(
                "{HTTP_DEFAULTS}    option abortonclose\nlisten main\n    bind {entry}\n    log {} local0\n    \
                 log-format \"ended %ST %ts %s\"\n    server one {}\n",
                log.address(),
                if answers { begins.address() } else { silent.address() }
            );
            let _front = run(ours, &configuration).await;
            let mut client = asking(entry, "/").await;
            if answers {
                client.read(begun.len()).await.unwrap();
            } else {
                silent.reached(1).await;
            }
            client.finish_sending().await.unwrap();
            let line = log.wait_for("ended").await;
            assert!(line.ends_with(wanted), "ours: {ours}: {line}");
            let answer = String::from_utf8(client.read_to_end().await.unwrap()).unwrap();
            assert_eq!(answer.starts_with("HTTP/1.1 400 "), !answers, "ours: {ours}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_client_s_last_server_is_left_where_too_many_wait_there() {
    for (most, ours) in ["0", "1", "-1"].into_iter().flat_map(|most| [(most, true), (most, false)]) {
        let (entry, statistics) = (free_address(), free_address());
        let origins = [Origin::start("a").await, Origin::start("b").await];
        let servers: String = origins
            .iter()
            .map(|origin| format!("    server {} {} maxconn 1\n", origin.name(), origin.address()))
            .collect();
        let configuration = format!(
            "{HTTP_DEFAULTS}    timeout queue 30s\nlisten main\n    bind {entry}\n    http-reuse never\n    \
             option prefer-last-server\n    max-keep-alive-queue {most}\n    use-server a if {{ path /holds }}\n{servers}"
        );
        let _front = run(ours, &with_statistics(&configuration, statistics)).await;
        let mut known = open(entry).await;
        assert_eq!(known.get("a", "/").await.unwrap().text(), "a");
        // Somebody takes the place there.
        origins[0].behave(Behaviour::Held);
        let mut holder = asking(entry, "/holds").await;
        origins[0].reached(2).await;
        known.send("GET /again HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        let server = if most == "0" {
            known.response("GET").await.unwrap().text()
        } else {
            until(statistics, ("main", "a"), "qcur", 1).await;
            origins[0].release(2);
            known.response("GET").await.unwrap().text()
        };
        assert_eq!(server, if most == "0" { "b" } else { "a" }, "most {most}, ours: {ours}");
        origins[0].release(2);
        assert_eq!(holder.response("GET").await.unwrap().text(), "a");
    }
}

#[tokio::test]
async fn connections_of_a_lower_class_go_first() {
    for ours in [true, false] {
        let [web, urgent, late, statistics] = [(); 4].map(|()| free_address());
        let origin = Origin::start("one").await;
        let configuration = format!(
            "{TCP_DEFAULTS}    timeout queue 30s\nfrontend main\n    bind {web}\n    bind {urgent}\n    bind {late}\n    \
             tcp-request content set-priority-class int(-1) if {{ dst_port {} }}\n    \
             tcp-request content set-priority-offset int(60000) if {{ dst_port {} }}\n    default_backend app\n\
             backend app\n    server one {} maxconn 1\n",
            urgent.port(),
            late.port(),
            origin.address()
        );
        let _front = run(ours, &with_statistics(&configuration, statistics)).await;
        let first = asking(web, "/first").await;
        origin.reached(1).await;
        let mut waiting = Vec::new();
        for (place, (entry, path)) in
            [(late, "/late"), (web, "/normal"), (urgent, "/urgent")].into_iter().enumerate()
        {
            waiting.push((path, asking(entry, path).await));
            until(statistics, ("app", "BACKEND"), "qcur", place as u64 + 1).await;
        }
        drop(first);
        let mut order = Vec::new();
        for served in 2..=4 {
            origin.reached(served).await;
            let target = origin.last_request().unwrap().head.target().to_owned();
            waiting.retain(|(path, _)| *path != target);
            order.push(target);
        }
        assert_eq!(order, ["/urgent", "/normal", "/late"], "ours: {ours}");
    }
}
