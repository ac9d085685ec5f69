//! What happens to servers, told to the receivers of logs as HAProxy tells it; and what is counted of it.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::net::SocketAddr;
use std::path::Path;

use nix::sys::signal::Signal;
use sluicegate_e2e::console::ask;
use sluicegate_e2e::{
    HTTP_DEFAULTS, Haproxy, Origin, PATIENCE, Response, Sluicegate, Syslog, fetch, free_address,
};
use tokio::time::{sleep, timeout};

/// What somebody types, and the last line that follows.
const STEPS: &[(&str, &str)] = &[
    ("set server web/a state drain", "backend behind has no server available!"),
    ("set server web/a state ready", "Server behind/d is UP"),
    ("set server web/a state maint", "backend behind has no server available!"),
    ("set server web/a state ready", "Server behind/d is UP"),
    ("set server web/a health down", "backend behind has no server available!"),
    // Its checks bring it back.
    ("", "Server behind/d is UP"),
    ("set server web/b state maint", "Server web/b was DOWN"),
    ("set server web/b state ready", "Backup Server web/b is DOWN"),
    ("disable frontend web", "Paused proxy web."),
    ("enable frontend web", "Resumed proxy web."),
];

fn configuration(entry: SocketAddr, socket: &Path, log: SocketAddr, live: SocketAddr) -> String {
    format!(
        "global\n    log {log} format raw local0\n    stats socket {} mode 600 level admin\n{HTTP_DEFAULTS}    log global
listen web\n    bind {entry}\n    option log-health-checks\n    server a {live} check inter 200ms fall 1 rise 1
    server b 127.0.0.1:1 check inter 200ms fall 1 rise 1 backup\n
backend behind\n    server d {live} track web/a\n
backend unheard\n    no log\n    server e 127.0.0.1:1 check inter 200ms fall 1\n",
        socket.display()
    )
}

/// Times differ; and where a follower comes back HAProxy tells from what, ours tells by whom.
fn normal(line: &str) -> String {
    let line = match line.split_once("check duration: ") {
        Some((before, after)) => {
            format!("{before}check duration: {}", after.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
        None => line.to_owned(),
    };
    match line.strip_prefix("Server behind/d is UP") {
        Some(_) => "Server behind/d is UP".to_owned(),
        None => line,
    }
}

/// The lines of all steps.
async fn told(socket: &Path, syslog: &mut Syslog) -> Vec<String> {
    let mut lines = Vec::new();
    let begun = |lines: &[String]| {
        ["server web/a succeeded", "Server web/b is DOWN"]
            .iter()
            .all(|words| lines.iter().any(|line: &String| line.contains(words)))
    };
    while !begun(&lines) {
        lines.push(normal(&syslog.line().await));
    }
    // Which of the two is probed first is chance.
    lines.sort();
    for (command, last) in STEPS {
        if !command.is_empty() {
            let said = ask(socket, format!("{command}\n")).await;
            assert_eq!(said.trim(), "", "{command}");
        }
        loop {
            let line = syslog.line().await;
            lines.push(normal(&line));
            if line.contains(last) {
                break;
            }
        }
    }
    lines
}

#[tokio::test]
async fn lines_are_haproxys() {
    let (live, folder) = (Origin::start("live").await, tempfile::tempdir().unwrap());
    let [mine, its] = ["ours.sock", "theirs.sock"].map(|name| folder.path().join(name));
    let (mut ours, mut theirs) = (Syslog::udp().await, Syslog::udp().await);
    let configured =
        |socket: &Path, log: &Syslog| configuration(free_address(), socket, log.address(), live.address());
    let mut sluicegate = Sluicegate::run(&configured(&mine, &ours)).await;
    sluicegate.process().wait_for("the console listens on").await;
    let _haproxy = Haproxy::run(&configured(&its, &theirs)).await;
    let (mine, its) = tokio::join!(told(&mine, &mut ours), told(&its, &mut theirs));
    assert_eq!(mine, its);
    sluicegate.process().signal(Signal::SIGUSR1);
    assert_eq!(
        ours.wait_for("Proxy web stopped").await,
        "Proxy web stopped (cumulated conns: FE: 0, BE: 0)."
    );
    sluicegate.process().exit().await;
}

fn counted(entry: SocketAddr, fe: SocketAddr, socket: &Path, live: SocketAddr) -> String {
    format!(
        "global\n    stats socket {} mode 600 level admin\n    maxconn 500\n{HTTP_DEFAULTS}    timeout connect 1s
    option redispatch\n
listen web\n    id 77\n    bind {entry}\n    stats enable\n    stats uri /stats
    http-request deny if {{ path /deny }}\n    http-response deny if {{ status 404 }}
    server a {live} id 9\n    server b 127.0.0.1:1 backup\n    server c 127.0.0.1:1 disabled\n
frontend front\n    bind {fe}\n    use_backend dead if {{ path /dead }}\n    use_backend half if {{ path /half }}
    default_backend plain\n    maxconn 41\n
backend plain\n    http-request deny if {{ path /deny }}\n    server x {live} check inter 200ms fall 2
backend dead\n    retries 1\n    no option redispatch\n    server y 127.0.0.1:1\n
backend half\n    retries 1\n    server p 127.0.0.1:1\n    server q {live}\n
backend checked\n    server z 127.0.0.1:1 check inter 50ms fall 3\n",
        socket.display()
    )
}

/// Columns whose numbers are HAProxy's, where the same was asked of both.
const COLUMNS: [&str; 18] = [
    "slim", "status", "iid", "sid", "dreq", "dresp", "ereq", "econ", "eresp", "wretr", "wredis", "chkfail",
    "chkdown", "hrsp_2xx", "hrsp_4xx", "hrsp_5xx", "act", "bck",
];

/// Name and those columns of each row.
async fn rows(socket: &Path) -> Vec<String> {
    let said = ask(socket, "show stat\n").await;
    let mut lines = said.trim().lines();
    let names: Vec<&str> = lines.next().unwrap().trim_start_matches("# ").split(',').collect();
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let at = |name: &str| cells[names.iter().position(|it| *it == name).unwrap()];
            let told = COLUMNS.map(|name| format!("{name}={}", at(name)));
            format!("{}/{} {}", cells[0], cells[1], told.join(" "))
        })
        .collect()
}

#[tokio::test]
async fn numbers_are_haproxys() {
    let (live, folder) = (Origin::start("live").await, tempfile::tempdir().unwrap());
    let sockets = ["ours.sock", "theirs.sock"].map(|name| folder.path().join(name));
    let entries: [[SocketAddr; 2]; 2] = [(); 2].map(|()| [(); 2].map(|()| free_address()));
    let file = |side: usize| counted(entries[side][0], entries[side][1], &sockets[side], live.address());
    let mut sluicegate = Sluicegate::run(&file(0)).await;
    sluicegate.process().wait_for("the console listens on").await;
    let _haproxy = Haproxy::run(&file(1)).await;
    let status = |answer: Response| answer.status();
    for path in ["/", "/deny", "/dead", "/half", "/half", "/stats"] {
        let [mine, its] = [0, 1].map(|side| async move {
            let both = entries[side].map(|entry| async move { status(fetch(entry, path).await.unwrap()) });
            let [listen, front] = both;
            (listen.await, front.await)
        });
        assert_eq!(mine.await, its.await, "{path}");
    }
    let mut seen = (Vec::new(), Vec::new());
    let equal = async {
        loop {
            seen = (rows(&sockets[0]).await, rows(&sockets[1]).await);
            if seen.0 == seen.1 {
                return;
            }
            sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    if timeout(PATIENCE, equal).await.is_err() {
        let differ = seen.0.iter().zip(&seen.1).filter(|(mine, its)| mine != its);
        let differ: Vec<_> = differ.map(|(mine, its)| format!("{mine}\n  HAProxy: {its}")).collect();
        panic!("{} and {} rows\n{}", seen.0.len(), seen.1.len(), differ.join("\n"));
    }
}
