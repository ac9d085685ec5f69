//! Servers that misbehave, beside Debian's HAProxy: what clients are answered, what is tried again, and what the log says.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use sluicegate_e2e::{
    Connection, Does, HTTP_DEFAULTS, Haproxy, Origin, Scripted, Sluicegate, Syslog, free_address,
};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Cases under way at one time: most of it is waiting.
const AT_ONCE: usize = 24;

/// What a server does with each connection.
const BAD: &[(&str, &[Does])] = &[
    ("refuses", &[]),
    ("hangs", &[Does::HearsHead, Does::Hangs]),
    ("closes", &[Does::HearsHead, Does::Closes]),
    ("resets", &[Does::HearsHead, Does::Resets]),
    ("garbage", &[Does::HearsHead, Does::Says(b"nonsense\r\n\r\n"), Does::Closes]),
    ("half", &[Does::HearsHead, Does::Says(b"HTTP/1.1 200 OK\r\nContent-"), Does::Closes]),
    ("stops", &[Does::HearsHead, Does::Says(b"HTTP/1.1 200 OK\r\nContent-"), Does::Hangs]),
    ("long", &[Does::HearsHead, Does::Says(b"HTTP/1.1 200 OK\r\nX: "), Does::Floods(1 << 20), Does::Closes]),
    (
        "framing",
        &[Does::HearsHead, Does::Says(b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n"), Does::Closes],
    ),
    (
        "truncates",
        &[Does::HearsHead, Does::Says(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), Does::Closes],
    ),
    (
        "stalls",
        &[Does::HearsHead, Does::Says(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), Does::Hangs],
    ),
    (
        "dribbles",
        &[
            Does::HearsHead,
            Does::Says(b"HTTP/1.1 200"),
            Does::Pauses(200),
            Does::Says(b" OK\r\nContent-Length"),
            Does::Pauses(200),
            Does::Says(b": 4\r\n\r\n"),
            Does::Pauses(200),
            Does::Says(b"slow"),
        ],
    ),
    (
        "busy",
        &[
            Does::HearsHead,
            Does::Says(b"HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbusy"),
            Does::Closes,
        ],
    ),
    (
        "404",
        &[
            Does::HearsHead,
            Does::Says(b"HTTP/1.1 404 No\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno"),
            Does::Closes,
        ],
    ),
];

/// What is tried again.
const RETRIES: &[&str] = &[
    "retry-on none",
    "retry-on conn-failure",
    "retry-on empty-response",
    "retry-on junk-response",
    "retry-on response-timeout",
    "retry-on 404 503",
    "retry-on all-retryable-errors\n    http-request disable-l7-retry if METH_POST",
    "retry-on all-retryable-errors",
];

/// Each a first request of its backend: a bad server alone, or with a good one behind it.
fn name(bad: usize, retries: usize, method: &str, alone: bool) -> String {
    format!("{}-{retries}-{method}-{}", BAD[bad].0, if alone { "alone" } else { "two" })
}

struct Servers {
    bad: Vec<SocketAddr>,
    good: SocketAddr,
}

fn cases() -> Vec<(usize, usize, &'static str, bool)> {
    let all = (0..BAD.len()).flat_map(|bad| (0..RETRIES.len()).map(move |retries| (bad, retries)));
    let methods = all.flat_map(|(bad, retries)| ["GET", "POST"].map(|method| (bad, retries, method)));
    methods
        .flat_map(|(bad, retries, method)| [true, false].map(|alone| (bad, retries, method, alone)))
        .collect()
}

fn configuration(entry: SocketAddr, log: SocketAddr, servers: &Servers) -> String {
    let mut text = format!(
        "{HTTP_DEFAULTS}    timeout server 500ms\n    timeout connect 100ms\n    retries 2\n    option redispatch\n\
         frontend main\n    bind {entry}\n    log {log} local0\n    log-format \"%tsc %rc %ST %s %b\"\n    \
         use_backend %[path,field(2,/)]\n"
    );
    for (bad, retries, method, alone) in cases() {
        let name = name(bad, retries, method, alone);
        text += &format!("backend {name}\n    {}\n    server bad {}\n", RETRIES[retries], servers.bad[bad]);
        if !alone {
            text += &format!("    server good {}\n", servers.good);
        }
    }
    text
}

/// What clients are answered.
async fn answer(entry: SocketAddr, name: &str, method: &str) -> String {
    let mut connection = Connection::open(entry).await.unwrap();
    let body = if method == "POST" { "Content-Length: 4\r\n\r\nbody" } else { "\r\n" };
    connection.send(format!("{method} /{name}/ HTTP/1.1\r\nHost: a\r\n{body}")).await.unwrap();
    match connection.response(method).await {
        Ok(answer) => format!("{} {:?}", answer.status(), answer.text().chars().take(5).collect::<String>()),
        Err(_) => "cut off".to_owned(),
    }
}

/// What becomes of all cases, by name: the answer, and what the log says.
async fn outcomes(entry: SocketAddr, log: &mut Syslog) -> BTreeMap<String, (String, String)> {
    let (mut clients, room) = (JoinSet::new(), Arc::new(Semaphore::new(AT_ONCE)));
    for (bad, retries, method, alone) in cases() {
        let (name, room) = (name(bad, retries, method, alone), Arc::clone(&room));
        clients.spawn(async move {
            let _room = room.acquire().await.unwrap();
            let answer = answer(entry, &name, method).await;
            (name, answer)
        });
    }
    let mut logged = BTreeMap::new();
    while logged.len() < cases().len() {
        let line = log.line().await;
        let mut words = line.rsplitn(6, ' ');
        let name = words.next().unwrap().to_owned();
        let rest: Vec<&str> = words.take(4).collect();
        logged.insert(name, format!("{rest:?}"));
    }
    let answers = clients.join_all().await.into_iter();
    answers.map(|(name, answer)| (name.clone(), (answer, logged[&name].clone()))).collect()
}

async fn servers() -> (Vec<Scripted>, Origin, Servers) {
    let mut scripted = Vec::new();
    let mut bad = vec![free_address()];
    for (_, script) in BAD.iter().skip(1) {
        let server = Scripted::start(script).await;
        bad.push(server.address());
        scripted.push(server);
    }
    let good = Origin::start("good").await;
    let servers = Servers { bad, good: good.address() };
    (scripted, good, servers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_becomes_of_requests_is_haproxys() {
    let (_scripted, _good, servers) = servers().await;
    let (ours, theirs) = (free_address(), free_address());
    let (mut our_log, mut their_log) = (Syslog::udp().await, Syslog::udp().await);
    let _sluicegate = Sluicegate::run(&configuration(ours, our_log.address(), &servers)).await;
    let _haproxy = Haproxy::run(&configuration(theirs, their_log.address(), &servers)).await;
    let (mine, its) = tokio::join!(outcomes(ours, &mut our_log), outcomes(theirs, &mut their_log));
    let mut differ = Vec::new();
    for (bad, retries, method, alone) in cases() {
        let name = name(bad, retries, method, alone);
        if mine[&name] != its[&name] {
            let rule = RETRIES[retries].replace('\n', ";");
            differ
                .push(format!("{name} ({rule})\n  ours:    {:?}\n  HAProxy: {:?}", mine[&name], its[&name]));
        }
    }
    assert!(differ.is_empty(), "{} of {} differ:\n{}", differ.len(), cases().len(), differ.join("\n"));
}
