//! Mode tcp: bytes as they are, addresses of every kind.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::path::Path;

use sluicegate_e2e::{
    Connection, Failure, Front, Origin, Process, Sluicegate, fetch, free_address, free_port,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

const DEFAULTS: &str = "
defaults
    mode tcp
    timeout connect 5s
    timeout client 30s
    timeout server 30s
";

#[tokio::test]
async fn each_side_ends_on_its_own() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (entry, address) = (free_address(), server.local_addr().unwrap());
    let _front =
        Front::run(&format!("{DEFAULTS}listen main\n    bind {entry}\n    server app01 {address}\n")).await;
    let answer = tokio::spawn(async move {
        let (mut connection, _) = server.accept().await.unwrap();
        let mut asked = Vec::new();
        // Answers only after the client's end: the proxy has to pass one end on and keep the other way open.
        connection.read_to_end(&mut asked).await.unwrap();
        asked.reverse();
        connection.write_all(&asked).await.unwrap();
        asked.len()
    });
    let mut client = Connection::open(entry).await.unwrap();
    let question: Vec<u8> = (0..2_000_000u32).map(|number| number as u8).collect();
    client.send(&question).await.unwrap();
    client.finish_sending().await.unwrap();
    let mut back = client.read_to_end().await.unwrap();
    back.reverse();
    assert_eq!(answer.await.unwrap(), question.len());
    assert!(back == question, "{} bytes came back", back.len());
}

#[tokio::test]
async fn a_server_speaks_first_and_ends_first() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (entry, address) = (free_address(), server.local_addr().unwrap());
    let _front =
        Front::run(&format!("{DEFAULTS}listen main\n    bind {entry}\n    server app01 {address}\n")).await;
    let heard = tokio::spawn(async move {
        let (mut connection, _) = server.accept().await.unwrap();
        connection.write_all(b"220 ready\r\n").await.unwrap();
        connection.shutdown().await.unwrap();
        let mut heard = Vec::new();
        connection.read_to_end(&mut heard).await.unwrap();
        heard
    });
    let mut client = Connection::open(entry).await.unwrap();
    assert_eq!(client.read_to_end().await.unwrap(), b"220 ready\r\n");
    client.send("still here").await.unwrap();
    client.finish_sending().await.unwrap();
    assert_eq!(heard.await.unwrap(), b"still here");
}

#[tokio::test]
async fn checked_servers_take_turns_and_a_dead_one_is_left_out() {
    let (mut app01, app02) = (Origin::start("app01").await, Origin::start("app02").await);
    let entry = free_address();
    let mut sluicegate = Sluicegate::run(&format!(
        "{DEFAULTS}listen main\n    bind {entry}\n    balance roundrobin\n    server app01 {} check inter 50ms fall 1 rise 1\n    \
         server app02 {} check inter 50ms fall 1 rise 1\n",
        app01.address(),
        app02.address()
    ))
    .await;
    let turn = [fetch(entry, "/").await.unwrap().text(), fetch(entry, "/").await.unwrap().text()];
    assert!(turn.contains(&"app01".to_owned()) && turn.contains(&"app02".to_owned()), "{turn:?}");
    app01.kill().await;
    sluicegate.process().wait_for("Server main/app01 is DOWN").await;
    for _ in 0..4 {
        assert_eq!(fetch(entry, "/").await.unwrap().text(), "app02");
    }
    app01.revive().await;
    sluicegate.process().wait_for("Server main/app01 is UP").await;
    let turn = [fetch(entry, "/").await.unwrap().text(), fetch(entry, "/").await.unwrap().text()];
    assert!(turn.contains(&"app01".to_owned()), "{turn:?}");
}

#[tokio::test]
async fn nobody_there_is_a_close() {
    let (origin, entry) = (Origin::absent("app01"), free_address());
    let address = origin.address();
    let _front = Front::run(&format!(
        "{DEFAULTS}listen main\n    bind {entry}\n    retries 0\n    server app01 {address}\n"
    ))
    .await;
    let outcome = fetch(entry, "/").await.map(|answer| answer.status());
    assert!(matches!(outcome, Err(Failure::Closed | Failure::Reset)), "{outcome:?}");
}

#[tokio::test]
async fn unix_sockets_on_both_sides() {
    let folder = tempfile::tempdir().unwrap();
    let (front, back) = (folder.path().join("front.sock"), folder.path().join("back.sock"));
    let server = UnixListener::bind(&back).unwrap();
    let echo = tokio::spawn(async move {
        let (mut connection, _) = server.accept().await.unwrap();
        let (mut reader, mut writer) = connection.split();
        tokio::io::copy(&mut reader, &mut writer).await.unwrap();
    });
    let _front = Front::run(&format!(
        "{DEFAULTS}listen main\n    bind {} mode 600\n    server app01 unix@{}\n",
        front.display(),
        back.display()
    ))
    .await;
    assert_eq!(mode(&front), 0o600);
    let mut client = UnixStream::connect(&front).await.unwrap();
    client.write_all(b"hello").await.unwrap();
    client.shutdown().await.unwrap();
    let mut back = String::new();
    client.read_to_string(&mut back).await.unwrap();
    assert_eq!(back, "hello");
    echo.await.unwrap();
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn port_ranges_and_several_addresses_on_a_line() {
    let origin = Origin::start("app01").await;
    // Two ports in a row that nobody has.
    let (first, second) = std::iter::repeat_with(|| (free_port(), free_port()))
        .find(|(first, second)| first + 1 == *second)
        .expect("free ports come in rows");
    let (v6, other) = (free_port(), free_port());
    let server = origin.address();
    let _front = Front::run(&format!(
        "{DEFAULTS}listen main\n    bind 127.0.0.1:{first}-{second},127.0.0.1:{other}\n    bind [::1]:{v6}\n    server app01 {server}\n"
    ))
    .await;
    for port in [first, second, other] {
        assert_eq!(fetch(([127, 0, 0, 1], port).into(), "/").await.unwrap().text(), "app01", "{port}");
    }
    let v6: std::net::SocketAddr = format!("[::1]:{v6}").parse().unwrap();
    assert_eq!(fetch(v6, "/").await.unwrap().text(), "app01");
}

#[tokio::test]
async fn a_v6_server_behind_a_wildcard() {
    let port = free_port();
    let v6 = format!("[::1]:{}", free_port());
    let origin = Origin::start_at("app01", v6.parse().unwrap()).await;
    let both = free_port();
    let _front = Front::run(&format!(
        "{DEFAULTS}listen main\n    bind *:{port}\n    bind :::{both} v4v6\n    server app01 {v6}\n"
    ))
    .await;
    for address in [format!("127.0.0.1:{port}"), format!("127.0.0.1:{both}"), format!("[::1]:{both}")] {
        assert_eq!(fetch(address.parse().unwrap(), "/").await.unwrap().text(), "app01", "{address}");
    }
    assert_eq!(origin.requests(), 3);
}

#[tokio::test]
async fn an_inherited_socket_is_served() {
    use std::os::fd::AsRawFd;
    let origin = Origin::start("app01").await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let entry = listener.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("haproxy.cfg");
    let server = origin.address();
    std::fs::write(&file, format!("{DEFAULTS}listen main\n    bind fd@9\n    server app01 {server}\n"))
        .unwrap();
    // A shell hands its descriptor on, as systemd does.
    let script = format!("exec 9<&{}; exec \"$@\"", listener.as_raw_fd());
    let inherited = nix::fcntl::fcntl(&listener, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::empty()));
    inherited.unwrap();
    let mut command = std::process::Command::new("/bin/bash");
    command
        .args(["-c", &script, "bash"])
        .arg(sluicegate_e2e::sluicegate_binary("sluicegate"))
        .arg("run")
        .arg(&file);
    command.env("SLUICEGATE_ADMIN", folder.path().join("admin.sock"));
    let mut process = Process::spawn(command).end_by(nix::sys::signal::Signal::SIGTERM);
    process.wait_for("serving generation").await;
    drop(listener);
    assert_eq!(fetch(entry, "/").await.unwrap().text(), "app01");
}

#[tokio::test]
async fn an_idle_session_ends_by_the_clients_timeout() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let server = origin.address();
    let _front = Front::run(&format!(
        "{}listen main\n    bind {entry}\n    server app01 {server}\n",
        DEFAULTS.replace("client 30s", "client 150ms")
    ))
    .await;
    let mut client = TcpStream::connect(entry).await.unwrap();
    let mut nothing = Vec::new();
    assert_eq!(client.read_to_end(&mut nothing).await.unwrap(), 0);
}

/// `tcp-request connection`: what is not accepted and then rejected gets no byte of a server.
#[tokio::test]
async fn rules_turn_connections_away() {
    let app = Origin::start("app01").await;
    let (closed, open) = (free_address(), free_address());
    let _front = Front::run(&format!(
        "{DEFAULTS}frontend closed\n    bind {closed}\n    tcp-request connection accept if {{ src 192.0.2.0/24 }}\n    \
         tcp-request connection reject if {{ src 127.0.0.0/8 }}\n    default_backend app\n\
         frontend open\n    bind {open}\n    tcp-request connection accept if {{ src 127.0.0.0/8 }}\n    \
         tcp-request connection reject\n    default_backend app\n\
         backend app\n    server app01 {}\n",
        app.address()
    ))
    .await;
    assert_eq!(fetch(open, "/").await.unwrap().text(), "app01");
    let mut client = Connection::open(closed).await.unwrap();
    let _reset = client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let got = client.read_to_end().await.unwrap_or_default();
    assert!(got.is_empty(), "{:?}", String::from_utf8_lossy(&got));
}
