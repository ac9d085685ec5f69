//! Servers whose port is the client's, or relative to it, beside Debian's HAProxy: both take clients at the same ports of
//! addresses of their own, and go to the same servers.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::net::SocketAddr;
use std::path::Path;

use sluicegate_e2e::{Connection, HTTP_DEFAULTS, Haproxy, Origin, Sluicegate, console, free_port};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// Where clients come in: two ports in HTTP mode, one in TCP mode.
#[derive(Clone, Copy)]
struct Ports {
    first: u16,
    second: u16,
    raw: u16,
    /// Where nobody comes in.
    other: u16,
}

impl Ports {
    fn new() -> Self {
        Self { first: free_port(), second: free_port(), raw: free_port(), other: free_port() }
    }

    /// From a client's port to the other one.
    fn offset(self, client: u16) -> i32 {
        i32::from(self.other) - i32::from(client)
    }

    fn configuration(self, host: &str, console: &str, folder: &Path) -> String {
        let Self { first, second, raw, other } = self;
        let to_other = self.offset(first);
        // The same port by way of the end of all ports.
        let around = if to_other > 0 { to_other - 65_536 } else { to_other + 65_536 };
        let routes: String = ["same", "relative", "around", "nowhere", "number", "checked"]
            .map(|name| format!("    use_backend {name} if {{ path /{name} }}\n"))
            .concat();
        format!(
            "global\n    {console}\n{HTTP_DEFAULTS}    retries 0\n\
             frontend main\n    bind {host}:{first}\n    bind {host}:{second}\n    bind {}\n    \
             default_backend same\n{routes}\
             frontend raw\n    mode tcp\n    bind {host}:{raw}\n    default_backend raw\n\
             backend same\n    http-response set-header X-To %sp\n    server s 127.0.0.2\n\
             backend relative\n    server s 127.0.0.2:{to_other:+}\n\
             backend around\n    server s 127.0.0.2:{around:+}\n\
             backend nowhere\n    server s 127.0.0.2:-{first}\n\
             backend number\n    server s 127.0.0.2:+{other}\n\
             backend checked\n    server s 127.0.0.2:0 check port {other}\n\
             backend raw\n    mode tcp\n    server s 127.0.0.2:{:+}\n",
            folder.join("in.sock").display(),
            self.offset(raw),
        )
    }
}

/// One server per port, each with its port for a name.
async fn origins(ports: Ports) -> Vec<Origin> {
    let mut origins = Vec::new();
    for port in [ports.first, ports.second, ports.other] {
        origins.push(Origin::start_at(&port.to_string(), SocketAddr::from(([127, 0, 0, 2], port))).await);
    }
    origins
}

/// Asked at a port for a backend: the status, and who answered.
async fn asked(host: &str, port: u16, backend: &str) -> (u16, String, Option<String>) {
    let mut client = Connection::open(format!("{host}:{port}").parse().unwrap()).await.unwrap();
    let answer = client.get("app", &format!("/{backend}")).await.unwrap();
    let name = if answer.status() == 200 { answer.text() } else { String::new() };
    (answer.status(), name, answer.header("x-to").map(str::to_owned))
}

/// The same over the unix socket: the first line, and the last.
async fn asked_over_unix(folder: &Path, backend: &str) -> String {
    let mut client = UnixStream::connect(folder.join("in.sock")).await.unwrap();
    client.write_all(format!("GET /{backend} HTTP/1.0\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().to_owned();
    if status == "200" { format!("200 {}", answer.lines().last().unwrap()) } else { status }
}

/// What is seen of a front.
async fn seen(host: &str, ports: Ports, folder: &Path) -> Vec<String> {
    let Ports { first, second, raw, .. } = ports;
    let mut seen = Vec::new();
    // Round after round: connections that are kept idle go to one port each.
    for _ in 0..3 {
        for (port, backend) in [
            (first, "same"),
            (second, "same"),
            (first, "relative"),
            (first, "around"),
            (first, "nowhere"),
            (first, "checked"),
            (raw, "raw"),
        ] {
            seen.push(format!("{port} {backend}: {:?}", asked(host, port, backend).await));
        }
    }
    for backend in ["same", "number"] {
        seen.push(format!("unix {backend}: {}", asked_over_unix(folder, backend).await));
    }
    seen
}

/// What a console tells of servers' ports, and answers to who changes one.
async fn told(console: &Path) -> Vec<String> {
    let cells = |text: String, separator: char, columns: &'static [usize]| -> Vec<String> {
        let line = move |line: &str| {
            let cells: Vec<&str> = line.split(separator).collect();
            columns.iter().filter_map(|&column| cells.get(column).copied()).collect::<Vec<_>>().join(" ")
        };
        text.lines().map(line).collect()
    };
    let mut told = cells(console::ask(console, "show servers state\n").await, ' ', &[1, 3, 4, 18]);
    told.extend(cells(console::ask(console, "show servers conn\n").await, ' ', &[0, 2, 3]));
    told.extend(cells(console::ask(console, "show stat\n").await, ',', &[0, 1, 73]));
    for command in [
        "set server same/s addr 127.0.0.4",
        "set server nowhere/s addr 127.0.0.2 port 99",
        "set server relative/s addr 127.0.0.3 port 99",
    ] {
        told.push(console::ask(console, format!("{command}\n")).await);
    }
    told
}

#[tokio::test]
async fn servers_without_a_port_have_the_client_s() {
    let ports = Ports::new();
    let _origins = origins(ports).await;
    let (ours, theirs) = ("127.0.0.1", "127.0.0.3");
    let (our_folder, our_console, our_line) = console::socket();
    let (their_folder, their_console, their_line) = console::socket();
    let (our_folder, their_folder) = (our_folder.path(), their_folder.path());
    let mut front =
        Sluicegate::run_with(&ports.configuration(ours, &our_line, our_folder), &["--workers", "1"]).await;
    front.process().wait_for("the console listens on").await;
    let _haproxy = Haproxy::run(&ports.configuration(theirs, &their_line, their_folder)).await;

    let (first, second, other) = (ports.first, ports.second, ports.other);
    let expected = seen(theirs, ports, their_folder).await;
    for line in [
        format!("{first} same: (200, \"{first}\", Some(\"{first}\"))"),
        format!("{second} same: (200, \"{second}\", Some(\"{second}\"))"),
        format!("{first} relative: (200, \"{other}\", None)"),
        format!("{first} around: (200, \"{other}\", None)"),
        format!("{first} nowhere: (503, \"\", None)"),
        "unix same: 503".to_owned(),
        format!("unix number: 200 {other}"),
    ] {
        assert!(expected.contains(&line), "HAProxy does not: {line}\n{expected:#?}");
    }
    assert_eq!(seen(ours, ports, our_folder).await, expected);
    assert_eq!(told(&our_console).await, told(&their_console).await);
    // An address without a port leaves the port to the client; nobody listens there.
    front.committed().await;
    assert_eq!(asked(ours, first, "same").await.0, 503);
}
