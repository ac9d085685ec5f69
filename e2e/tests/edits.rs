//! Edits of the file that is served: the change is served at once, and no client notices.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use sluicegate_e2e::{
    Connection, Failure, HTTP_DEFAULTS, Origin, PATIENCE, Plan, Sluicegate, fetch, free_address,
};
use std::net::SocketAddr;

const EDITS: u64 = 200;

/// One entry before these servers; every answer carries `mark`.
fn configuration(entry: SocketAddr, mark: &str, servers: &[&Origin]) -> String {
    let mut text = format!(
        "{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    http-response set-header X-Mark {mark}\n    \
         default_backend app\nbackend app\n    balance roundrobin\n    retries 3\n    option redispatch 1\n"
    );
    for server in servers {
        text += &format!("    server {} {} check inter 1s\n", server.name(), server.address());
    }
    text
}

async fn mark(entry: SocketAddr) -> String {
    fetch(entry, "/").await.unwrap().header("x-mark").unwrap_or("none").to_owned()
}

#[tokio::test]
async fn two_hundred_edits_under_load_close_nothing() {
    let (app01, app02, app03) =
        (Origin::start("app01").await, Origin::start("app02").await, Origin::start("app03").await);
    let entry = free_address();
    let mut sluicegate = Sluicegate::run(&configuration(entry, "0", &[&app01, &app02])).await;
    let mut idle = Connection::open(entry).await.unwrap();
    idle.get("app", "/").await.unwrap();
    let mut socket = Connection::open(entry).await.unwrap();
    socket.upgrade("app").await.unwrap();
    socket.echo(b"before").await.unwrap();
    let load = Plan::new(entry).connections(6).pause(Duration::from_millis(1)).start();
    load.reached(50).await;

    let mut last = 0;
    for edit in 1..=EDITS {
        // Servers come, go, and change places; the one that the socket leads to goes too.
        let servers: &[&Origin] = match edit % 4 {
            0 => &[&app01, &app02],
            1 => &[&app01, &app02, &app03],
            2 => &[&app03, &app02],
            _ => &[&app03, &app01],
        };
        sluicegate.edit(&configuration(entry, &edit.to_string(), servers));
        let generation = sluicegate.committed().await;
        assert!(generation > last, "edit {edit}: generation {generation} after {last}");
        last = generation;
        assert_eq!(mark(entry).await, edit.to_string());
        load.advance(5).await;
    }
    socket.echo(b"after").await.unwrap();
    assert!(socket.is_open() && idle.is_open());
    let answer = idle.get("app", "/").await.unwrap();
    assert_eq!((answer.status(), answer.header("x-mark")), (200, Some("200")));
    let tally = load.stop().await;
    assert_eq!((tally.failed(), tally.closed, tally.connects), (0, 0, 6), "{tally}");
    assert!(tally.ok() > 5 * EDITS, "{tally}");
}

#[tokio::test]
async fn a_comment_is_no_generation() {
    let (app01, entry) = (Origin::start("app01").await, free_address());
    let before = configuration(entry, "before", &[&app01]);
    let mut sluicegate = Sluicegate::run(&before).await;
    let loaded = |status: &serde_json::Value| status["providers"][0]["loaded_unix_ms"].as_u64().unwrap();
    let began = sluicegate.status();
    sluicegate.edit(&format!("# one line more\n{before}"));
    let status = sluicegate.status_where("the edit", |status| loaded(status) > loaded(&began)).await;
    assert_eq!(status["scopes"][0]["number"], began["scopes"][0]["number"], "{status:#}");
    sluicegate.edit(&format!("# one line more\n{}", before.replace("X-Mark before", "X-Mark after")));
    assert_eq!(
        Some(sluicegate.committed().await),
        began["scopes"][0]["number"].as_u64().map(|number| number + 1)
    );
    assert_eq!(mark(entry).await, "after");
}

#[tokio::test]
async fn a_request_under_way_ends_with_the_server_it_was_routed_to() {
    let (app01, app02) = (Origin::start("app01").await, Origin::start("app02").await);
    let entry = free_address();
    let mut sluicegate = Sluicegate::run(&configuration(entry, "old", &[&app01])).await;
    app01.behave(sluicegate_e2e::Behaviour::Held);
    let held = tokio::spawn(async move { fetch(entry, "/held").await });
    app01.reached(1).await;
    sluicegate.edit(&configuration(entry, "new", &[&app02]));
    sluicegate.committed().await;
    assert_eq!(fetch(entry, "/").await.unwrap().text(), "app02");
    app01.release(1);
    assert_eq!(held.await.unwrap().unwrap().text(), "app01");
}

#[tokio::test]
async fn a_broken_edit_is_refused_and_the_old_generation_serves() {
    let (app01, entry) = (Origin::start("app01").await, free_address());
    let good = configuration(entry, "good", &[&app01]);
    let mut sluicegate = Sluicegate::run(&good).await;
    let broken = good.replace("default_backend app", "default_backend apq").replace("balance", "balanse");
    sluicegate.edit(&broken);
    sluicegate.process().wait_for("haproxy.cfg:").await;
    let refused = sluicegate.process().wait_for("configuration refused, generation ").await;
    assert!(refused.contains("serves on"), "{refused}");
    let said = sluicegate.process().output();
    assert!(said.contains("balanse") && said.contains("apq"), "both errors are told:\n{said}");
    assert_eq!(mark(entry).await, "good");
    let status = sluicegate.status();
    assert_eq!(status["providers"][0]["refused"], true, "{status:#}");
    assert!(status["providers"][0]["diagnostics"].to_string().contains("balanse"), "{status:#}");
    sluicegate.edit(&good.replace("X-Mark good", "X-Mark better"));
    sluicegate.committed().await;
    assert_eq!(mark(entry).await, "better");
    assert_eq!(sluicegate.status()["providers"][0]["refused"], false);
}

#[tokio::test]
async fn a_half_written_file_is_not_served() {
    use std::io::Write;
    let (app01, entry) = (Origin::start("app01").await, free_address());
    let mut sluicegate = Sluicegate::run(&configuration(entry, "0", &[&app01])).await;
    for turn in 1..=5 {
        // Cut after `server app01 127.0.0.1:2`: half of it is a configuration too, with another port.
        let whole = configuration(entry, &turn.to_string(), &[&app01]);
        let cut = whole.find("server app01 127.0.0.1:").unwrap() + "server app01 127.0.0.1:2".len();
        let mut file = fs::File::create(sluicegate.configuration_file()).unwrap();
        file.write_all(&whole.as_bytes()[..cut]).unwrap();
        file.sync_all().unwrap();
        assert_eq!(mark(entry).await, (turn - 1).to_string());
        file.write_all(&whole.as_bytes()[cut..]).unwrap();
        drop(file);
        sluicegate.committed().await;
        assert_eq!(
            (mark(entry).await, fetch(entry, "/").await.unwrap().text()),
            (turn.to_string(), "app01".to_owned())
        );
    }
    let said = sluicegate.process().output();
    assert!(!said.contains("refused"), "{said}");
    assert_eq!(said.matches("serving generation").count(), 6, "{said}");
}

#[tokio::test]
async fn a_replaced_file_and_a_swapped_link_are_seen() {
    let (app01, entry) = (Origin::start("app01").await, free_address());
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    // As Kubernetes mounts a ConfigMap: haproxy.cfg → ..data/haproxy.cfg, and ..data → a folder of this version.
    let version = |name: &str| {
        fs::create_dir(at(name)).unwrap();
        fs::write(at(name).join("haproxy.cfg"), configuration(entry, name, &[&app01])).unwrap();
    };
    version("v1");
    symlink("v1", at("..data")).unwrap();
    symlink("..data/haproxy.cfg", at("haproxy.cfg")).unwrap();
    let file = at("haproxy.cfg").display().to_string();
    let mut sluicegate = Sluicegate::program("sluicegate", "", &["run", &file]);
    sluicegate.committed().await;
    assert_eq!(mark(entry).await, "v1");
    for name in ["v2", "v3"] {
        version(name);
        symlink(name, at("..data.new")).unwrap();
        fs::rename(at("..data.new"), at("..data")).unwrap();
        sluicegate.committed().await;
        assert_eq!(mark(entry).await, name);
    }
    // The link itself gives way to a file, which then is replaced, and written in place.
    for name in ["file", "again"] {
        fs::write(at("fresh"), configuration(entry, name, &[&app01])).unwrap();
        fs::rename(at("fresh"), at("haproxy.cfg")).unwrap();
        sluicegate.committed().await;
        assert_eq!(mark(entry).await, name);
    }
    fs::write(at("haproxy.cfg"), configuration(entry, "in-place", &[&app01])).unwrap();
    sluicegate.committed().await;
    assert_eq!(mark(entry).await, "in-place");
}

#[tokio::test]
async fn a_listener_comes_and_goes_and_the_rest_stays() {
    let (app01, entry, second) = (Origin::start("app01").await, free_address(), free_address());
    let one = configuration(entry, "one", &[&app01]);
    let two = one.replace(&format!("bind {entry}"), &format!("bind {entry}\n    bind {second}"));
    let mut sluicegate = Sluicegate::run(&one).await;
    let mut kept = Connection::open(entry).await.unwrap();
    kept.get("app", "/").await.unwrap();
    for _ in 0..3 {
        sluicegate.edit(&two);
        sluicegate.committed().await;
        let mut guest = Connection::open(second).await.unwrap();
        assert_eq!(guest.get("app", "/").await.unwrap().status(), 200);
        sluicegate.edit(&one);
        sluicegate.committed().await;
        assert_eq!(guest.get("app", "/").await.map(|answer| answer.status()), Ok(200), "who is in stays");
        until_refused(second).await;
        assert_eq!(kept.get("app", "/").await.unwrap().status(), 200);
    }
}

/// A worker closes its socket right after the commit, and the kernel may have taken a connection until then.
async fn until_refused(address: SocketAddr) {
    let begin = Instant::now();
    while !matches!(fetch(address, "/").await, Err(Failure::Refused)) {
        assert!(begin.elapsed() < PATIENCE, "{address} is still open");
    }
}

#[tokio::test]
async fn an_edit_whose_port_is_taken_changes_nothing() {
    let (app01, entry) = (Origin::start("app01").await, free_address());
    let owner = std::net::TcpListener::bind(free_address()).unwrap();
    let taken = owner.local_addr().unwrap();
    let good = configuration(entry, "good", &[&app01]);
    let mut sluicegate = Sluicegate::run(&good).await;
    sluicegate.edit(
        &good
            .replace("X-Mark good", "X-Mark bad")
            .replace(&format!("bind {entry}"), &format!("bind {entry}\n    bind {taken}")),
    );
    let status = sluicegate
        .status_where("a NACK", |status| status["scopes"][0]["proxies"][0]["nacks"].as_u64() > Some(0))
        .await;
    let rejection = &status["scopes"][0]["proxies"][0]["rejections"][0];
    assert!(
        rejection["reason"].as_str().unwrap().contains(&format!("pid {}", std::process::id())),
        "{status:#}"
    );
    assert_eq!(rejection["local"], true);
    assert_eq!(mark(entry).await, "good");
    drop(owner);
    sluicegate.edit(&good.replace("X-Mark good", "X-Mark better"));
    sluicegate.committed().await;
    assert_eq!(mark(entry).await, "better");
}
