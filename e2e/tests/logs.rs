//! Log lines: equal to HAProxy's for the same exchange, and they reach every kind of receiver.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::net::SocketAddr;

use sluicegate_e2e::{
    Behaviour, Connection, HTTP_DEFAULTS, Haproxy, Origin, Sluicegate, Syslog, fetch, free_address,
};

/// The servers of a comparison.
struct Stage {
    app01: Origin,
    slow: Origin,
    broken: Origin,
    absent: Origin,
}

/// Where one front listens, and where it logs to.
#[derive(Clone, Copy)]
struct Places {
    http: SocketAddr,
    tcp: SocketAddr,
    tcp_absent: SocketAddr,
    syslog: SocketAddr,
}

fn configuration(places: Places, stage: &Stage) -> String {
    let Places { http, tcp, tcp_absent, syslog } = places;
    let [app01, slow, broken, absent] =
        [&stage.app01, &stage.slow, &stage.broken, &stage.absent].map(Origin::address);
    format!(
        "global
    log {syslog} local0
defaults
    log global
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    timeout http-request 200ms
    retries 1
frontend main
    mode http
    option httplog
    option dontlognull
    bind {http}
    http-request deny if {{ path /denied }}
    http-request redirect location / if {{ path /redirected }}
    http-request return status 200 content-type text/plain string hi if {{ path /returned }}
    use_backend slow if {{ path_beg /slow }}
    use_backend broken if {{ path_beg /broken }}
    use_backend absent if {{ path_beg /absent }}
    use_backend none if {{ path_beg /none }}
    default_backend app
backend app
    mode http
    server app01 {app01}
backend slow
    mode http
    timeout server 200ms
    server slow01 {slow}
backend broken
    mode http
    # A server that takes a request and dies is tried again only by us.
    retries 0
    server broken01 {broken}
backend absent
    mode http
    server gone {absent}
backend none
    mode http
    server off {absent} disabled
listen relay
    mode tcp
    option tcplog
    bind {tcp}
    server app01 {app01}
listen relay-absent
    mode tcp
    option tcplog
    bind {tcp_absent}
    server gone {absent}
"
    )
}

/// The same story for every front. One exchange after the other, each with a line of its own.
async fn story(places: Places, syslog: &mut Syslog) -> Vec<String> {
    let mut lines = Vec::new();
    let targets = [
        "/",
        "/a?b=c",
        "/bytes/1000",
        "/chunks/2",
        "/denied",
        "/redirected",
        "/returned",
        "/slow",
        "/broken",
        "/absent",
        "/none",
    ];
    for target in targets {
        fetch(places.http, target).await.unwrap_or_else(|failure| panic!("{target}: {failure}"));
        lines.push(syslog.line().await);
    }
    for request in [
        "HEAD /bytes/7 HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n",
        "POST /reflect HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc",
        "GET /bad HTTP/1.1\r\nHost : app\r\n\r\n",
    ] {
        let answer = Connection::open(places.http).await.unwrap().request(request).await;
        answer.unwrap_or_else(|failure| panic!("{request:?}: {failure} after {lines:#?}"));
        lines.push(syslog.line().await);
    }
    // dontlognull: no line for this one; then one that ends within its head, one that is too slow with it.
    drop(Connection::open(places.http).await.unwrap());
    let mut cut = Connection::open(places.http).await.unwrap();
    cut.send("GET /cut HTTP").await.unwrap();
    drop(cut);
    lines.push(syslog.line().await);
    let mut late = Connection::open(places.http).await.unwrap();
    late.send("GET /late HTTP").await.unwrap();
    assert_eq!(late.response("GET").await.unwrap().status(), 408);
    lines.push(syslog.line().await);
    fetch(places.tcp, "/over-tcp")
        .await
        .unwrap_or_else(|failure| panic!("over TCP: {failure} after {lines:#?}"));
    lines.push(syslog.line().await);
    fetch(places.tcp_absent, "/").await.unwrap_err();
    lines.push(syslog.line().await);
    lines
}

/// Without what differs from run to run (times, ports, process ids) and what is counted in another way.
fn normal(line: &str) -> String {
    let line = line.split_once("]: ").map_or(line, |(_, message)| message);
    let mut out = Vec::new();
    for (index, word) in line.split(' ').enumerate() {
        out.push(match index {
            0 => word.rsplit_once(':').map_or(word, |(address, _)| address).to_owned(),
            1 => "[date]".to_owned(),
            // Timers: a time is a time, -1 and + are told apart.
            4 => word.split('/').map(timer).collect::<Vec<_>>().join("/"),
            // HAProxy counts an answer in its own form of it, and one to a malformed request not at all.
            6 if line.ends_with('"') => "bytes".to_owned(),
            // When a side notices that the connection before has gone is chance; retries are not.
            7 | 10 if word.matches('/').count() == 4 => {
                word.rsplit('/').next().unwrap_or_default().to_owned()
            }
            _ => word.to_owned(),
        });
    }
    out.join(" ")
}

fn timer(field: &str) -> &str {
    match field {
        "-1" => "-1",
        field if field.starts_with('+') => "+T",
        _ => "T",
    }
}

#[tokio::test]
async fn lines_equal_haproxys() {
    let stage = Stage {
        app01: Origin::start("app01").await,
        slow: Origin::start("slow01").await,
        broken: Origin::start("broken01").await,
        absent: Origin::absent("gone"),
    };
    stage.slow.behave(Behaviour::Hang);
    stage.broken.behave(Behaviour::Close);
    let (mut theirs, mut ours) = (Syslog::udp().await, Syslog::udp().await);
    let places = |syslog: &Syslog| Places {
        http: free_address(),
        tcp: free_address(),
        tcp_absent: free_address(),
        syslog: syslog.address(),
    };
    let at = places(&theirs);
    let haproxy = Haproxy::run(&configuration(at, &stage)).await;
    // In its own words it says that it has started, and that a backend has no server.
    let expected = story(at, &mut theirs).await;
    drop(haproxy);
    let at = places(&ours);
    let _sluicegate = Sluicegate::run(&configuration(at, &stage)).await;
    let got = story(at, &mut ours).await;
    let differences: Vec<String> = expected
        .iter()
        .zip(&got)
        .map(|(expected, got)| (normal(expected), normal(got)))
        .filter(|(expected, got)| expected != got)
        .map(|(expected, got)| format!("HAProxy: {expected}\n   ours: {got}"))
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(expected.len(), got.len());
}

#[tokio::test]
async fn lines_reach_every_kind_of_receiver() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let folder = tempfile::tempdir().unwrap();
    let (mut udp, path) = (Syslog::udp().await, folder.path().join("log"));
    let mut unix = Syslog::unix(&path);
    let (to, server) = (udp.address(), origin.address());
    let mut sluicegate = Sluicegate::run(&format!(
        "global\n    log {to} local2\n    log {} local3 info\n    log stdout format raw local0\n    log stderr format short local1\n\
         {HTTP_DEFAULTS}    log global\n    option httplog\nlisten main\n    bind {entry}\n    server app01 {server}\n",
        path.display()
    ))
    .await;
    fetch(entry, "/logged").await.unwrap();
    let line = udp.wait_for("GET /logged").await;
    // local2 is facility 18, info is severity 6.
    assert!(
        line.starts_with("<150>") && line.contains(&format!("[{}]: ", sluicegate.process().pid())),
        "{line}"
    );
    let line = unix.wait_for("GET /logged").await;
    assert!(line.starts_with("<158>") && line.contains(" main main/app01 "), "{line}");
    let one = sluicegate.process().wait_for("GET /logged").await;
    let other = sluicegate.process().wait_for("GET /logged").await;
    let (raw, short) = if one.starts_with('<') { (other, one) } else { (one, other) };
    assert!(raw.starts_with("127.0.0.1:") && raw.ends_with("\"GET /logged HTTP/1.1\""), "{raw}");
    assert!(short.starts_with("<6>127.0.0.1:"), "{short}");
}

#[tokio::test]
async fn nothing_asked_is_logged_unless_it_is_left_out() {
    let (origin, entry, quiet) = (Origin::start("app01").await, free_address(), free_address());
    let server = origin.address();
    let mut sluicegate = Sluicegate::run(&format!(
        "global\n    log stdout format raw local0\n{HTTP_DEFAULTS}    log global\n    option httplog\n\
         frontend loud\n    bind {entry}\n    default_backend app\n\
         frontend quiet\n    bind {quiet}\n    option dontlognull\n    default_backend app\n\
         backend app\n    server app01 {server}\n"
    ))
    .await;
    drop(Connection::open(quiet).await.unwrap());
    drop(Connection::open(entry).await.unwrap());
    let line = sluicegate.process().wait_for("<BADREQ>").await;
    assert!(line.contains(" loud "), "{line}");
    fetch(quiet, "/last").await.unwrap();
    sluicegate.process().wait_for("GET /last").await;
    let said = sluicegate.process().output();
    assert_eq!(said.matches("<BADREQ>").count(), 1, "{said}");
}

#[tokio::test]
async fn a_format_of_ones_own() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let server = origin.address();
    let mut sluicegate = Sluicegate::run(&format!(
        "global\n    log stdout format raw local0\n{HTTP_DEFAULTS}    log global\n    \
         log-format \"mine %ci %ST %b/%s %{{+Q}}r %HM %HP %[src]\"\nlisten main\n    bind {entry}\n    server app01 {server}\n"
    ))
    .await;
    let mut client = Connection::open(entry).await.unwrap();
    client.request("GET /mine HTTP/1.1\r\nHost: app\r\n\r\n").await.unwrap();
    let line = sluicegate.process().wait_for("mine ").await;
    assert_eq!(line, "mine 127.0.0.1 200 main/app01 \"GET /mine HTTP/1.1\" GET /mine 127.0.0.1");
}

/// Without a format, HAProxy logs what begins: each request that it has read, each connection in TCP mode. What is no
/// request has no line, and `dontlognull` changes nothing.
#[tokio::test]
async fn beginnings_are_logged_as_haproxy_does() {
    let origin = Origin::start("app01").await;
    let server = origin.address();
    let configuration = |http: SocketAddr, tcp: SocketAddr, syslog: SocketAddr| {
        format!(
            "{HTTP_DEFAULTS}    log {syslog} local0\n    option dontlognull\nfrontend web\n    bind {http}\n    \
             default_backend app\nbackend app\n    server app01 {server}\n\
             listen relay\n    mode tcp\n    bind {tcp}\n    server app01 {server}\n"
        )
    };
    let mut stories = Vec::new();
    for ours in [false, true] {
        let (http, tcp, mut syslog) = (free_address(), free_address(), Syslog::udp().await);
        let text = configuration(http, tcp, syslog.address());
        let (_haproxy, _sluicegate) = if ours {
            (None, Some(Sluicegate::run(&text).await))
        } else {
            (Some(Haproxy::run(&text).await), None)
        };
        let mut lines = Vec::new();
        let bad =
            Connection::open(http).await.unwrap().request("GET /bad HTTP/1.1\r\nHost : a\r\n\r\n").await;
        assert_eq!(bad.unwrap().status(), 400);
        drop(Connection::open(http).await.unwrap());
        let mut client = Connection::open(http).await.unwrap();
        for _ in 0..2 {
            client.get("app", "/").await.unwrap();
            lines.push(syslog.line().await);
        }
        // It says nothing, and its line does not wait for its end.
        let silent = Connection::open(tcp).await.unwrap();
        lines.push(syslog.line().await);
        drop(silent);
        fetch(tcp, "/").await.unwrap();
        lines.push(syslog.line().await);
        let place = |line: &str| line.split_once("]: ").unwrap().1.rsplit_once(' ').unwrap().1.to_owned();
        let from =
            |line: &str| line.contains("]: Connect from 127.0.0.1:") && line.contains(" to 127.0.0.1:");
        assert!(lines.iter().all(|line| from(line)), "{lines:#?}");
        stories.push(lines.iter().map(|line| place(line)).collect::<Vec<_>>());
    }
    assert_eq!(stories[0], ["(web/HTTP)", "(web/HTTP)", "(relay/TCP)", "(relay/TCP)"]);
    assert_eq!(stories[1], stories[0]);
}
