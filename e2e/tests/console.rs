//! The console on the sockets that a file asks for: HAProxy's commands, beside HAProxy itself.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "console/compared.rs"]
mod compared;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::net::SocketAddr;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit};
use sluicegate_e2e::console::{ask, socket};
use sluicegate_e2e::{Connection, HTTP_DEFAULTS, Origin, PATIENCE, Sluicegate, fetch, free_address};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

fn site(line: &str, entry: SocketAddr, servers: &[String]) -> String {
    format!(
        "global\n    {line}\n{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    default_backend app\n\
         backend app\n    {}\n",
        servers.join("\n    ")
    )
}

fn server(origin: &Origin, options: &str) -> String {
    format!("server {} {} {options}", origin.name(), origin.address())
}

/// Serves, and listens for operators.
async fn run(configuration: &str) -> Sluicegate {
    let mut sluicegate = Sluicegate::run(configuration).await;
    sluicegate.process().wait_for("the console listens on").await;
    sluicegate
}

/// Whose answers so many requests get.
async fn shares(entry: SocketAddr, requests: usize) -> BTreeMap<String, usize> {
    let mut shares = BTreeMap::new();
    for _ in 0..requests {
        let answer = fetch(entry, "/").await.unwrap();
        let who = if answer.status() == 200 { answer.text() } else { answer.status().to_string() };
        *shares.entry(who).or_default() += 1;
    }
    shares
}

fn share(name: &str, count: usize) -> (String, usize) {
    (name.to_owned(), count)
}

#[tokio::test]
async fn what_is_set_moves_the_traffic_and_lasts_until_its_line_changes() {
    let (one, two) = (Origin::start("one").await, Origin::start("two").await);
    let (_folder, path, line) = socket();
    let entry = free_address();
    let first = site(&line, entry, &[server(&one, "weight 10"), server(&two, "weight 10")]);
    let mut sluicegate = run(&first).await;
    assert_eq!(shares(entry, 20).await, [share("one", 10), share("two", 10)].into());
    assert_eq!(ask(&path, "set weight app/two 30\n").await, "\n");
    assert_eq!(shares(entry, 40).await, [share("one", 10), share("two", 30)].into());
    assert_eq!(ask(&path, "get weight app/two\n").await, "30 (initial 10)\n\n");

    assert_eq!(ask(&path, "set server app/one state maint\n").await, "\n");
    assert_eq!(shares(entry, 10).await, [share("two", 10)].into());
    let status = sluicegate.status();
    assert_eq!(status["overrides"][0]["id"], "haproxy/endpoint/app/one", "{status:#}");
    assert_eq!(status["overrides"][0]["value"], "maint");

    // An edit elsewhere leaves it so.
    sluicegate.committed().await;
    sluicegate.committed().await;
    sluicegate.edit(&first.replace("backend app", "backend app\n    retries 1"));
    sluicegate.committed().await;
    assert_eq!(shares(entry, 10).await, [share("two", 10)].into());
    // One of its own line ends it, and that alone.
    sluicegate.edit(&site(&line, entry, &[server(&one, "weight 15"), server(&two, "weight 10")]));
    sluicegate.process().wait_for("state maint, set at run time, ends").await;
    sluicegate.committed().await;
    assert_eq!(shares(entry, 45).await, [share("one", 15), share("two", 30)].into());

    assert_eq!(ask(&path, "set server app/one state drain;set server app/two state maint\n").await, "\n\n");
    assert_eq!(shares(entry, 3).await, [share("503", 3)].into());
    assert_eq!(ask(&path, "enable server app/one\n").await, "\n");
    assert_eq!(shares(entry, 3).await, [share("one", 3)].into());
    let moved = format!("set server app/one addr 127.0.0.1 port {}\n", two.address().port());
    assert!(ask(&path, moved).await.contains("port changed from"));
    assert_eq!(shares(entry, 3).await, [share("two", 3)].into());
}

#[tokio::test]
async fn a_disabled_frontend_takes_no_connection_and_keeps_those_it_has() {
    let one = Origin::start("one").await;
    let (_folder, path, line) = socket();
    let entry = free_address();
    let _sluicegate = run(&site(&line, entry, &[server(&one, "")])).await;
    let mut kept = Connection::open(entry).await.unwrap();
    assert_eq!(kept.get("app", "/").await.unwrap().status(), 200);
    assert_eq!(ask(&path, "disable frontend main\n").await, "\n");
    assert_eq!(ask(&path, "disable frontend main\n").await, "All sockets are already disabled.\n\n");
    // Workers close their listeners one after the other.
    let refused = async { while Connection::open(entry).await.is_ok() {} };
    timeout(PATIENCE, refused).await.expect("the listener is closed");
    assert_eq!(kept.get("app", "/").await.unwrap().status(), 200);
    assert_eq!(ask(&path, "enable frontend main\n").await, "\n");
    assert_eq!(fetch(entry, "/").await.unwrap().status(), 200);
    assert_eq!(kept.get("app", "/").await.unwrap().status(), 200);
    assert!(kept.is_open());
    assert_eq!(ask(&path, "shutdown frontend main\n").await, "\n");
    let refusal = "Frontend was previously shut down, cannot enable.\n\n";
    assert_eq!(ask(&path, "enable frontend main\n").await, refusal);
}

#[tokio::test]
async fn a_health_that_is_set_is_where_checks_go_on() {
    let one = Origin::start("one").await;
    let (_folder, path, line) = socket();
    let entry = free_address();
    let servers = [server(&one, "check inter 100ms rise 2 fall 2")];
    let mut sluicegate = run(&site(&line, entry, &servers)).await;
    assert_eq!(ask(&path, "disable health app/one;set server app/one health down\n").await, "\n\n");
    assert_eq!(shares(entry, 2).await, [share("503", 2)].into());
    assert_eq!(ask(&path, "enable health app/one\n").await, "\n");
    sluicegate.process().wait_for("Server app/one is UP").await;
    assert_eq!(shares(entry, 2).await, [share("one", 2)].into());
}

#[tokio::test]
async fn sockets_follow_the_file() {
    let one = Origin::start("one").await;
    let (folder, path, line) = socket();
    let entry = free_address();
    let servers = [server(&one, "")];
    let mut sluicegate = run(&site(&line, entry, &servers)).await;
    let second = folder.path().join("second.sock");
    let more = format!("{line}\n    stats socket {} level user", second.display());
    sluicegate.edit(&site(&more, entry, &servers));
    sluicegate.process().wait_for("second.sock").await;
    assert_eq!(ask(&second, "show cli level\n").await, "user\n\n");
    assert_eq!(ask(&second, "set weight app/one 1\n").await, "Permission denied\n\n");
    let listed = ask(&path, "show cli sockets\n").await;
    assert_eq!(listed.lines().filter(|line| line.starts_with("unix@")).count(), 2, "{listed}");
    sluicegate.process().terminate().await;
    assert!(!path.exists() || UnixStream::connect(&path).await.is_err());
}

#[tokio::test]
async fn a_control_plane_shows_and_changes_its_fleet() {
    let (one, two) = (Origin::start("one").await, Origin::start("two").await);
    let (_folder, path, line) = socket();
    let entry = free_address();
    let text = site(&line, entry, &[server(&one, ""), server(&two, "")]);
    let mut control = Sluicegate::control(&text).await;
    control.process().wait_for("the console listens on").await;
    let _proxy = Sluicegate::proxy(control.address()).await;
    assert_eq!(shares(entry, 10).await, [share("one", 5), share("two", 5)].into());
    assert_eq!(ask(&path, "set server app/two state maint\n").await, "\n");
    assert_eq!(shares(entry, 4).await, [share("one", 4)].into());
    // Proxies report once a second.
    let counted = async {
        while !ask(&path, "show info\n").await.contains("\nCumReq: 14\n") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, counted).await.expect("the console shows what proxies report");
    assert!(ask(&path, "show stat -1 4 -1\n").await.contains("\napp,two,"));
}

#[tokio::test]
async fn the_drop_in_has_the_console_of_its_file() {
    let one = Origin::start("one").await;
    let (_folder, path, line) = socket();
    let entry = free_address();
    let text = site(&format!("{line} expose-fd listeners"), entry, &[server(&one, "")]);
    let socket = path.to_str().unwrap();
    let mut haproxy = Sluicegate::as_haproxy(&text, &["-x", socket, "-f", "haproxy.cfg"]);
    haproxy.process().wait_for("the console listens on").await;
    assert_eq!(ask(&path, "set weight app/one 3;get weight app/one\n").await, "\n3 (initial 1)\n\n");
}

#[tokio::test]
async fn a_thousand_idle_connections_long_commands_and_any_bytes_are_bounded() {
    let one = Origin::start("one").await;
    let (_folder, path, line) = socket();
    let (files, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    assert!(files >= 1_200, "this test opens 1000 connections; the limit of open files is {files}");
    let text = site(&format!("{line}\n    stats timeout 1m"), free_address(), &[server(&one, "")]);
    let mut sluicegate = run(&text).await;
    let before = sluicegate.process().resident_bytes();
    let mut idle = Vec::new();
    for _ in 0..999 {
        let mut stream = UnixStream::connect(&path).await.unwrap();
        stream.write_all(b"prompt\n").await.unwrap();
        let mut prompt = [0; 3];
        stream.read_exact(&mut prompt).await.unwrap();
        idle.push(stream);
    }
    let each = sluicegate.process().resident_bytes().saturating_sub(before) / 999;
    assert!(each < 32 << 10, "an idle connection holds {each} bytes");
    // The last place is still there.
    assert_eq!(ask(&path, "show cli level\n").await, "admin\n\n");
    drop(idle);

    let refusal = "The command is longer than 16384 bytes.\n\n";
    assert_eq!(ask(&path, vec![b'x'; 10 << 20]).await, refusal);
    let mut asked = JoinSet::new();
    for _ in 0..8 {
        let path = path.clone();
        asked.spawn(async move { ask(&path, vec![b'y'; 10 << 20]).await });
    }
    while let Some(said) = asked.join_next().await {
        assert_eq!(said.unwrap(), refusal);
    }
    let mut random = vec![0; 128 << 10];
    File::open("/dev/urandom").unwrap().read_exact(&mut random).unwrap();
    let said = ask(&path, [&random[..], b"\n"].concat()).await;
    assert!(said.contains("Unknown command") || said.contains(refusal.trim()), "{}", said.len());
    assert_eq!(ask(&path, "show version\n").await.trim(), env!("CARGO_PKG_VERSION"));
    let peak = sluicegate.process().peak_resident_bytes();
    assert!(peak < before + (96 << 20), "{peak} bytes at most, {before} before");
    assert!(sluicegate.process().is_running());
}
