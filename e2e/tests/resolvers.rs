//! Servers whose names are asked of name servers: they come and go with the answers.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use sluicegate_e2e::{
    Behaviour, HTTP_DEFAULTS, Haproxy, NameServer, Origin, Says, Service, Sluicegate, Syslog, fetch,
    free_address, free_port,
};

const fn ip(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, last)
}

/// A frontend, its log, and a section `ns` that asks these.
fn configuration(
    entry: SocketAddr,
    log: SocketAddr,
    servers: &[&NameServer],
    section: &str,
    rest: &str,
) -> String {
    let servers: String = servers
        .iter()
        .enumerate()
        .map(|(index, server)| format!("    nameserver n{index} {}\n", server.address()))
        .collect();
    format!(
        "global\n    log {log} format raw local0\n{HTTP_DEFAULTS}    log global\n    retries 0\n\
         resolvers ns\n{servers}    timeout resolve 100ms\n    timeout retry 200ms\n{section}\
         frontend main\n    no log\n    bind {entry}\n    default_backend app\n\
         backend app\n{rest}"
    )
}

/// The next lines, up to the one that is the `count`th with these words.
async fn until(syslog: &mut Syslog, count: usize, words: &str) -> Vec<String> {
    let (mut lines, mut seen) = (Vec::new(), 0);
    while seen < count {
        let line = syslog.line().await;
        seen += usize::from(line.contains(words));
        lines.push(line);
    }
    lines
}

/// Who answers how many of these requests; a failure goes by its status.
async fn answers(entry: SocketAddr, requests: usize) -> BTreeMap<String, usize> {
    let mut answers = BTreeMap::new();
    for _ in 0..requests {
        let response = fetch(entry, "/").await.unwrap();
        let who = match response.status() {
            200 => response.text().to_string(),
            status => status.to_string(),
        };
        *answers.entry(who).or_default() += 1;
    }
    answers
}

fn each(names: &[&str], times: usize) -> BTreeMap<String, usize> {
    names.iter().map(|name| ((*name).to_owned(), times)).collect()
}

async fn origins(port: u16, last: &[u8]) -> Vec<Origin> {
    let mut origins = Vec::new();
    for last in last {
        origins.push(Origin::start_at(&last.to_string(), SocketAddr::from((ip(*last), port))).await);
    }
    origins
}

/// Which of a template's servers gets what, and who else said it, is each program's own.
fn normal(lines: Vec<String>) -> Vec<String> {
    let mut lines: Vec<String> = lines
        .into_iter()
        .map(|line| {
            let line = ["app1", "app2", "app3"].iter().fold(line, |line, name| line.replace(name, "app"));
            line.split_once(" by ").map_or(line.clone(), |(before, _)| before.to_owned())
        })
        .collect();
    lines.sort();
    lines
}

/// Grows, shrinks, is gone and comes back. What is told of each step.
async fn story(entry: SocketAddr, log: &mut Syslog, names: &NameServer) -> Vec<Vec<String>> {
    let ready = "READY thanks to valid DNS answer";
    let mut told = Vec::new();
    told.push(until(log, 2, ready).await);
    assert_eq!(answers(entry, 6).await, each(&["2", "3"], 3));
    names.addresses("app.test", &[ip(4), ip(3), ip(2)]);
    told.push(until(log, 1, ready).await);
    assert_eq!(answers(entry, 6).await, each(&["2", "3", "4"], 2));
    names.addresses("app.test", &[ip(3)]);
    told.push(until(log, 2, "No IP for server").await);
    assert_eq!(answers(entry, 3).await, each(&["3"], 3));
    names.say("app.test", Says::Code(3));
    told.push(until(log, 1, "no server available").await);
    assert_eq!(answers(entry, 2).await, each(&["503"], 2));
    names.addresses("app.test", &[ip(2)]);
    told.push(until(log, 1, ready).await);
    assert_eq!(answers(entry, 2).await, each(&["2"], 2));
    told.into_iter().map(normal).collect()
}

#[tokio::test]
async fn a_template_follows_its_name_as_in_haproxy() {
    let port = free_port();
    let _origins = origins(port, &[2, 3, 4]).await;
    let rest = format!(
        "    server-template app 3 app.test:{port} resolvers ns init-addr none resolve-prefer ipv4\n"
    );
    let mut told = Vec::new();
    for haproxy in [false, true] {
        let names = NameServer::start().await;
        names.addresses("app.test", &[ip(2), ip(3)]);
        let (entry, mut log) = (free_address(), Syslog::udp().await);
        let text = configuration(entry, log.address(), &[&names], "    hold nx 1s\n", &rest);
        told.push(if haproxy {
            let _haproxy = Haproxy::run(&text).await;
            story(entry, &mut log, &names).await
        } else {
            let _sluicegate = Sluicegate::run(&text).await;
            story(entry, &mut log, &names).await
        });
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn services_have_ports_and_weights() {
    let (first, second) = (free_port(), free_port());
    let origins = [
        Origin::start_at("heavy", SocketAddr::from((ip(2), first))).await,
        Origin::start_at("light", SocketAddr::from((ip(3), second))).await,
    ];
    let names = NameServer::start().await;
    let heavy = Service { weight: 512, port: first, target: "n1.test", hint: Some(ip(2)) };
    let light = Service { weight: 256, port: second, target: "n2.test", hint: None };
    names.say("_http._tcp.test", Says::Services(vec![heavy.clone(), light]));
    names.addresses("n2.test", &[ip(3)]);
    let (entry, mut log) = (free_address(), Syslog::udp().await);
    let rest = "    server-template s 3 _http._tcp.test resolvers ns check inter 100ms\n";
    let text = configuration(entry, log.address(), &[&names], "", rest);
    let _sluicegate = Sluicegate::run(&text).await;
    until(&mut log, 2, "resolves again").await;
    assert_eq!(answers(entry, 6).await, BTreeMap::from([("heavy".into(), 4), ("light".into(), 2)]));
    // Checks go to the port of the record.
    origins[0].behave(Behaviour::Close);
    names.say("_http._tcp.test", Says::Services(vec![heavy]));
    let lines = until(&mut log, 1, "entry removed from SRV record").await;
    assert!(lines.last().unwrap().contains("Server app/s2 is going DOWN for maintenance"), "{lines:?}");
}

#[tokio::test]
async fn name_servers_fall_silent_and_come_back() {
    let port = free_port();
    let _origins = origins(port, &[2]).await;
    let (silent, names) = (NameServer::start().await, NameServer::start().await);
    silent.say("app.test", Says::Silence);
    names.say("app.test", Says::Noise(vec![ip(2)]));
    let (entry, mut log) = (free_address(), Syslog::udp().await);
    let rest = format!("    server a app.test:{port} resolvers ns init-addr none resolve-prefer ipv4\n");
    let hold = "    hold timeout 1s\n    hold refused 200ms\n    resolve_retries 1\n";
    let text = configuration(entry, log.address(), &[&silent, &names], hold, &rest);
    let _sluicegate = Sluicegate::run(&text).await;
    let lines = until(&mut log, 1, "READY thanks").await;
    assert!(lines[0].contains("app/a changed its IP from (none) to 127.0.0.2 by ns/n1."), "{lines:?}");
    names.say("app.test", Says::Silence);
    names.asked(2).await;
    // For its hold time it stays.
    assert_eq!(answers(entry, 2).await, each(&["2"], 2));
    until(&mut log, 1, "Server app/a is going DOWN for maintenance (DNS timeout status)").await;
    until(&mut log, 1, "backend app has no server available!").await;
    assert_eq!(answers(entry, 2).await, each(&["503"], 2));
    silent.addresses("app.test", &[ip(2)]);
    until(&mut log, 1, "READY thanks").await;
    assert_eq!(answers(entry, 2).await, each(&["2"], 2));
    silent.say("app.test", Says::Code(5));
    until(&mut log, 1, "Server app/a is going DOWN for maintenance (DNS refused status)").await;
}

#[tokio::test]
async fn five_hundred_addresses_come_over_tcp() {
    let names = NameServer::start().await;
    let all: Vec<Ipv4Addr> =
        (0..500u16).map(|n| Ipv4Addr::new(127, 1, n.to_be_bytes()[0], n.to_be_bytes()[1])).collect();
    names.addresses("app.test", &all);
    let (entry, mut log) = (free_address(), Syslog::udp().await);
    let rest = "    server-template app 510 app.test:9 resolvers ns init-addr none resolve-prefer ipv4\n";
    let text = configuration(entry, log.address(), &[&names], "", rest);
    let _sluicegate = Sluicegate::run(&text).await;
    let lines = until(&mut log, 500, "READY thanks").await;
    let taken: std::collections::BTreeSet<&str> =
        lines.iter().filter_map(|line| line.split_once(" to 127.1.")).map(|(_, rest)| rest).collect();
    assert_eq!(taken.len(), 500);
    assert!(names.over_tcp() > 0);
}

#[tokio::test]
async fn first_addresses() {
    let port = free_port();
    let _origins = origins(port, &[2, 3]).await;
    let names = NameServer::start().await;
    let (entry, mut log) = (free_address(), Syslog::udp().await);
    let rest = format!(
        "    server a a.test:{port} resolvers ns init-addr last,127.0.0.2,none\n    \
         server b b.test:{port} resolvers ns init-addr none resolve-prefer ipv4\n"
    );
    let text = configuration(entry, log.address(), &[&names], "", &rest);
    let _sluicegate = Sluicegate::run(&text).await;
    assert_eq!(answers(entry, 2).await, each(&["2"], 2));
    names.addresses("b.test", &[ip(3)]);
    until(&mut log, 1, "Server app/b administratively READY thanks").await;
    assert_eq!(answers(entry, 4).await, each(&["2", "3"], 2));
}
