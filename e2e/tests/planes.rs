//! Both planes apart: proxies serve what the control plane publishes, and outlive it.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use sluicegate_e2e::{
    Connection, HTTP_DEFAULTS, Origin, PATIENCE, Plan, Sluicegate, fetch, free_address, sluicegate_binary,
};

/// An entry for each proxy: on one host two of them cannot have the same one, unless each brings its own.
fn configuration(entry: SocketAddr, mark: &str, origin: &Origin) -> String {
    let server = origin.address();
    format!(
        "{HTTP_DEFAULTS}listen main\n    bind {entry}\n    http-response set-header X-Mark {mark}\n    server app01 {server}\n"
    )
}

async fn mark(entry: SocketAddr) -> String {
    fetch(entry, "/").await.unwrap().header("x-mark").unwrap_or("none").to_owned()
}

/// What the control plane knows of a proxy.
fn proxy<'a>(status: &'a Value, id: &str) -> &'a Value {
    let proxies = status["scopes"][0]["proxies"].as_array().map(Vec::as_slice).unwrap_or_default();
    proxies.iter().find(|proxy| proxy["id"] == id).unwrap_or(&Value::Null)
}

/// A proxy of a control plane on a unix socket, with a state directory.
fn on_socket(socket: &Path, id: &str, state: &Path) -> Sluicegate {
    let control = format!("unix:{}", socket.display());
    let state = state.display().to_string();
    Sluicegate::program("sluicegate-proxy", "", &["--control", &control, "--id", id, "--state-dir", &state])
}

/// Its file lies beside the socket: the next one reads the same.
async fn control_on_socket(socket: &Path, configuration: &str) -> Sluicegate {
    let file = socket.with_file_name("haproxy.cfg");
    fs::write(&file, configuration).unwrap();
    let file = file.display().to_string();
    let listen = format!("unix:{}", socket.display());
    let mut control = Sluicegate::program("sluicegate", "", &["control", &file, "--listen", &listen]);
    control.process().wait_for("listening on").await;
    control
}

#[tokio::test]
async fn a_proxy_outlives_its_control_plane() {
    let (origin, entry, folder) =
        (Origin::start("app01").await, free_address(), tempfile::tempdir().unwrap());
    let (socket, state) = (folder.path().join("control.sock"), folder.path().join("state"));
    let first = configuration(entry, "first", &origin);
    let mut control = control_on_socket(&socket, &first).await;
    let mut alone = on_socket(&socket, "p1", &state);
    alone.committed().await;
    assert_eq!(mark(entry).await, "first");
    let load = Plan::new(entry).connections(4).pause(Duration::from_millis(1)).start();
    load.reached(50).await;

    // Killed: the proxy serves on.
    control.process().kill().await;
    load.advance(100).await;

    // Restarted with the same content: nothing is pushed, nothing changes.
    let mut control = control_on_socket(&socket, &first).await;
    let status = control.status_where("the proxy", |status| proxy(status, "p1")["connected"] == true).await;
    let status = match proxy(&status, "p1")["lag"] == 0 {
        true => status,
        false => control.status_where("no lag", |status| proxy(status, "p1")["lag"] == 0).await,
    };
    assert_eq!(proxy(&status, "p1")["nacks"], 0, "{status:#}");
    load.advance(50).await;
    assert_eq!(
        alone.process().output().matches("serving generation").count(),
        1,
        "{}",
        alone.process().output()
    );

    // Replaced by one with other content: the proxy moves to it.
    control.process().kill().await;
    let mut control = control_on_socket(&socket, &configuration(entry, "second", &origin)).await;
    alone.committed().await;
    assert_eq!(mark(entry).await, "second");
    let tally = load.stop().await;
    assert_eq!((tally.failed(), tally.closed, tally.connects), (0, 0, 4), "{tally}");

    // Restarted from its state directory while the control plane is away.
    control.process().kill().await;
    assert!(alone.process().terminate().await.success());
    let mut alone = on_socket(&socket, "p1", &state);
    alone.committed().await;
    assert_eq!(mark(entry).await, "second");
    // And it finds the next one.
    let _control = control_on_socket(&socket, &configuration(entry, "third", &origin)).await;
    alone.committed().await;
    assert_eq!(mark(entry).await, "third");
}

#[tokio::test]
async fn a_proxy_waits_for_its_control_plane() {
    let (origin, entry, address) = (Origin::start("app01").await, free_address(), free_address());
    let mut early = Sluicegate::proxy_with(address, &[]);
    early.process().wait_for("refused").await;
    let _control = Sluicegate::control_at(&configuration(entry, "found", &origin), address).await;
    early.committed().await;
    assert_eq!(mark(entry).await, "found");
}

#[tokio::test]
async fn a_proxy_that_cannot_have_the_port_holds_up_no_other() {
    let (origin, entry, other) = (Origin::start("app01").await, free_address(), free_address());
    let text = configuration(entry, "one", &origin);
    let control = Sluicegate::control(&text).await;
    let mut lucky = Sluicegate::proxy_with(control.address(), &["--id", "lucky"]);
    lucky.committed().await;
    let _unlucky = Sluicegate::proxy_with(control.address(), &["--id", "unlucky"]);
    let status =
        control.status_where("a NACK", |status| proxy(status, "unlucky")["nacks"].as_u64() > Some(0)).await;
    let rejection = &proxy(&status, "unlucky")["rejections"][0];
    let reason = rejection["reason"].as_str().unwrap_or_default();
    assert!(reason.contains(&entry.to_string()) && reason.contains("sluicegate-prox"), "{status:#}");
    assert!(reason.contains(&format!("pid {}", lucky.process().pid())), "{reason}");
    assert_eq!((&rejection["local"], &proxy(&status, "lucky")["lag"]), (&true.into(), &0.into()));
    assert!(rejection["origin"].as_str().unwrap_or_default().contains("haproxy.cfg:"), "{rejection}");
    // The other one moves on.
    control.edit(&text.replace("X-Mark one", "X-Mark two"));
    lucky.committed().await;
    assert_eq!(mark(entry).await, "two");
    // An address for one of them, whoever is first: it is served, and the other one says so again.
    control.edit(&configuration(other, "three", &origin));
    let newest = |status: &Value, id: &str| proxy(status, id)["number"] == 3;
    control
        .status_where("one that serves it", |status| newest(status, "lucky") || newest(status, "unlucky"))
        .await;
    assert_eq!(mark(other).await, "three");
}

#[tokio::test]
async fn every_proxy_reports_what_it_does() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let control = Sluicegate::control(&configuration(entry, "one", &origin)).await;
    let mut only = Sluicegate::proxy_with(control.address(), &["--id", "only"]);
    only.committed().await;
    for _ in 0..5 {
        fetch(entry, "/").await.unwrap();
    }
    // A report may be made while the last of them is under way.
    let answered =
        |status: &Value| proxy(status, "only")["report"]["endpoints"][0]["responses"][1].as_u64() == Some(5);
    let status = control.status_where("five answers", answered).await;
    let report = &proxy(&status, "only")["report"];
    assert_eq!(
        (&report["requests"], &report["endpoints"][0]["exchanges"]),
        (&5.into(), &5.into()),
        "{report:#}"
    );
    assert_eq!(report["frontends"][0]["requests"], 5, "{report:#}");
    assert!(report["frontends"][0]["bytes_out"].as_u64() > Some(100), "{report:#}");
    let text = said(
        Command::new(sluicegate_binary("sluicegate"))
            .args(["status", "--admin"])
            .arg(control.folder().join("admin.sock")),
    );
    assert!(text.0 == 0 && text.1.contains("only") && text.1.contains("app01"), "{}", text.1);
}

/// Exit code, and both streams.
fn said(command: &mut Command) -> (i32, String) {
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8_lossy(&text).into_owned())
}

/// Certificates of one installation.
fn pki(folder: &Path) {
    let (code, text) = said(Command::new(sluicegate_binary("sluicegate")).args(["pki", "init"]).arg(folder));
    assert!(code == 0 && text.contains("ca.pem"), "{text}");
}

async fn control_with_tls(configuration: &str, pki: &Path) -> (Sluicegate, SocketAddr) {
    let address = free_address();
    let (listen, tls) = (address.to_string(), pki.display().to_string());
    let mut control = Sluicegate::program(
        "sluicegate",
        configuration,
        &["control", "haproxy.cfg", "--listen", &listen, "--tls", &tls],
    );
    control.process().wait_for("listening on").await;
    (control, address)
}

fn proxy_with_tls(control: SocketAddr, pki: &Path, more: &[&str]) -> Sluicegate {
    let (control, tls) = (control.to_string(), pki.display().to_string());
    let arguments = [&["--control", control.as_str(), "--tls", tls.as_str()], more].concat();
    Sluicegate::program("sluicegate-proxy", "", &arguments)
}

#[tokio::test]
async fn certificates_open_the_scope_that_they_name() {
    let (origin, entry, folder) =
        (Origin::start("app01").await, free_address(), tempfile::tempdir().unwrap());
    let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
    pki(&ours);
    pki(&theirs);
    let (code, _) = said(Command::new(sluicegate_binary("sluicegate")).args(["pki", "init"]).arg(&ours));
    assert_eq!(code, 1, "keys are not overwritten");
    for key in ["ca.key", "control.key", "proxy.key"] {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(ours.join(key)).unwrap().permissions().mode() & 0o077, 0, "{key}");
    }
    let (control, address) = control_with_tls(&configuration(entry, "secret", &origin), &ours).await;

    // Another authority's certificate, no certificate, no TLS, another scope: none of them is let in.
    let mixed = folder.path().join("mixed");
    fs::create_dir(&mixed).unwrap();
    for (file, from) in [("ca.pem", &ours), ("proxy.pem", &theirs), ("proxy.key", &theirs)] {
        fs::copy(from.join(file), mixed.join(file)).unwrap();
    }
    let mut strangers = [
        proxy_with_tls(address, &mixed, &["--id", "stranger"]),
        proxy_with_tls(address, &theirs, &["--id", "doubter"]),
        Sluicegate::proxy_with(address, &["--id", "plain"]),
        proxy_with_tls(address, &ours, &["--id", "elsewhere", "--scope", "other"]),
    ];
    for stranger in &mut strangers {
        stranger.process().wait_for("no session").await;
        assert!(stranger.process().is_running());
    }
    strangers[3].process().wait_for("other").await;
    assert_eq!(control.status()["scopes"][0]["proxies"], Value::Array(vec![]));

    let mut friends = [proxy_with_tls(address, &ours, &["--id", "p1"])];
    friends[0].committed().await;
    assert_eq!(mark(entry).await, "secret");
    let status = control.status_where("the proxy", |status| proxy(status, "p1")["connected"] == true).await;
    assert_eq!(status["scopes"][0]["proxies"].as_array().map(Vec::len), Some(1), "{status:#}");
    for stranger in &mut strangers {
        assert!(!stranger.process().output().contains("serving generation"));
    }
}

#[tokio::test]
async fn plain_tcp_has_to_be_asked_for() {
    let (origin, entry, address) = (Origin::start("app01").await, free_address(), free_address());
    let text = configuration(entry, "one", &origin);
    let listen = address.to_string();
    let mut control =
        Sluicegate::program("sluicegate", &text, &["control", "haproxy.cfg", "--listen", &listen]);
    assert_eq!(control.process().exit().await.code(), Some(1));
    let words = control.process().output();
    assert!(words.contains("--tls") && words.contains("--insecure"), "{words}");
    let mut proxy = Sluicegate::program("sluicegate-proxy", "", &["--control", &listen]);
    assert_ne!(proxy.process().exit().await.code(), Some(0));
    let words = proxy.process().output();
    assert!(words.contains("--tls") && words.contains("--insecure"), "{words}");
}

#[tokio::test]
async fn a_taken_address_of_the_control_plane_is_told() {
    let owner = TcpListener::bind(free_address()).unwrap();
    let (listen, origin) = (owner.local_addr().unwrap().to_string(), Origin::absent("app01"));
    let text = configuration(free_address(), "one", &origin);
    let mut control = Sluicegate::program(
        "sluicegate",
        &text,
        &["control", "haproxy.cfg", "--listen", &listen, "--insecure"],
    );
    assert_eq!(control.process().exit().await.code(), Some(1));
    assert!(control.process().output().contains(&listen), "{}", control.process().output());
}

#[tokio::test]
async fn a_soft_stop_of_a_proxy_finishes_what_runs() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let control = Sluicegate::control(&configuration(entry, "one", &origin)).await;
    let mut proxy = Sluicegate::proxy(control.address()).await;
    let mut socket = Connection::open(entry).await.unwrap();
    socket.upgrade("app").await.unwrap();
    proxy.process().signal(nix::sys::signal::Signal::SIGUSR1);
    let begun = Instant::now();
    while Connection::open(entry).await.is_ok() {
        assert!(begun.elapsed() < PATIENCE, "{entry} is still open");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    socket.echo(b"still here").await.unwrap();
    drop(socket);
    assert!(proxy.process().exit().await.success());
}
