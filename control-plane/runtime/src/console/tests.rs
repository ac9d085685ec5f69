use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sluicegate_haproxy::console::ConsoleAddress;
use sluicegate_proto::identity::DEFAULT_SCOPE;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::*;

fn socket(path: &Path, level: ConsoleLevel) -> ConsoleSocket {
    ConsoleSocket {
        place: String::new(),
        address: ConsoleAddress::Unix(path.to_owned()),
        level,
        mode: Some(0o600),
        user: String::new(),
        group: String::new(),
    }
}

struct Bench {
    folder: TempDir,
    clerk: Clerk,
    console: Console,
}

impl Bench {
    fn new() -> Self {
        let settings = sluicegate_grpc::Settings {
            control_id: "test".into(),
            version: "1".into(),
            epoch: 1,
            report_interval: Duration::from_secs(1),
        };
        let (desk, clerk) = desk();
        let process =
            Process { facts: Facts { version: "1.2.3".into(), ..Facts::default() }, environment: Vec::new() };
        let publisher = Publisher::new(settings, [DEFAULT_SCOPE.to_owned()]);
        let console = Console::new(desk, publisher, process);
        Self { folder: tempfile::tempdir().unwrap(), clerk, console }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn ask(&mut self, wishes: Wishes) {
        self.clerk.wishes.send_replace(wishes);
        self.console.follow();
    }

    fn open(&mut self, names: &[&str]) {
        let sockets = names.iter().map(|name| socket(&self.path(name), ConsoleLevel::Admin)).collect();
        self.ask(Wishes { sockets, ..Wishes::default() });
    }
}

/// What is answered until the other side closes.
async fn answer(path: &Path, bytes: &[u8]) -> String {
    let mut stream = UnixStream::connect(path).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    said
}

#[tokio::test]
async fn sockets_open_and_close_with_the_configuration_and_break_no_connection() {
    let mut bench = Bench::new();
    bench.open(&["a", "b"]);
    let (a, b) = (bench.path("a"), bench.path("b"));
    assert_eq!(fs::metadata(&a).unwrap().permissions().mode() & 0o777, 0o600);
    let named =
        format!("# socket lvl processes\nunix@{} admin all\nunix@{} admin all\n\n", a.display(), b.display());
    assert_eq!(answer(&a, b"show cli sockets\n").await, named);
    let mut held = UnixStream::connect(&b).await.unwrap();
    held.write_all(b"prompt\n").await.unwrap();
    let mut prompt = [0; 3];
    held.read_exact(&mut prompt).await.unwrap();
    bench.open(&["a"]);
    // The task that held the socket ends at its next turn.
    while b.exists() {
        tokio::task::yield_now().await;
    }
    held.write_all(b"show version\nquit\n").await.unwrap();
    let mut said = String::new();
    held.read_to_string(&mut said).await.unwrap();
    assert_eq!(said, "1.2.3\n\n> ");
    assert_eq!(answer(&a, b"show version\n").await, "1.2.3\n\n");
}

#[tokio::test]
async fn a_socket_that_was_left_behind_is_replaced_and_another_file_is_not() {
    let mut bench = Bench::new();
    let (stale, file) = (bench.path("stale"), bench.path("file"));
    drop(std::os::unix::net::UnixListener::bind(&stale).unwrap());
    fs::write(&file, "precious").unwrap();
    bench.open(&["stale", "file"]);
    assert_eq!(answer(&stale, b"show version\n").await, "1.2.3\n\n");
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
    let names: Vec<_> =
        fs::read_dir(bench.folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[tokio::test]
async fn a_successor_keeps_the_socket_that_it_put_in_place() {
    let (mut old, mut new) = (Bench::new(), Bench::new());
    let path = old.path("s");
    old.open(&["s"]);
    new.ask(Wishes { sockets: vec![socket(&path, ConsoleLevel::Admin)], ..Wishes::default() });
    old.open(&[]);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(answer(&path, b"show version\n").await, "1.2.3\n\n");
}

#[tokio::test]
async fn levels_are_those_of_the_socket() {
    let mut bench = Bench::new();
    let sockets = vec![
        socket(&bench.path("user"), ConsoleLevel::User),
        socket(&bench.path("operator"), ConsoleLevel::Operator),
    ];
    bench.ask(Wishes { sockets, ..Wishes::default() });
    assert_eq!(answer(&bench.path("user"), b"show env\n").await, "Permission denied\n\n");
    assert_eq!(answer(&bench.path("operator"), b"show env;show cli level\n").await, "\noperator\n\n");
}

#[tokio::test(start_paused = true)]
async fn silence_closes_a_connection_and_limits_make_others_wait() {
    let mut bench = Bench::new();
    let path = bench.path("s");
    let sockets = vec![socket(&path, ConsoleLevel::Admin)];
    bench.ask(Wishes { sockets, idle_ms: Some(5_000), max_connections: Some(1), ..Wishes::default() });
    let mut silent = UnixStream::connect(&path).await.unwrap();
    let mut waiting = UnixStream::connect(&path).await.unwrap();
    waiting.write_all(b"show version\n").await.unwrap();
    let started = tokio::time::Instant::now();
    let mut said = String::new();
    waiting.read_to_string(&mut said).await.unwrap();
    assert_eq!(said, "1.2.3\n\n");
    assert!(started.elapsed() >= Duration::from_secs(5), "its turn came when the silent one was closed");
    assert_eq!(silent.read(&mut [0; 1]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_long_command_is_answered_and_read_to_its_end() {
    let mut bench = Bench::new();
    bench.open(&["s"]);
    let long = vec![b'x'; 10 << 20];
    let said = answer(&bench.path("s"), &long).await;
    assert_eq!(said, "The command is longer than 16384 bytes.\n\n");
}

#[tokio::test]
async fn what_is_set_reaches_the_control_task_and_its_refusal_the_operator() {
    let mut bench = Bench::new();
    bench.open(&["s"]);
    let site = one_server();
    bench.clerk.seen.send_replace(Seen { runtime: Arc::new(site), overrides: Arc::default() });
    let path = bench.path("s");
    let asked = tokio::spawn(async move { answer(&path, b"set weight app/a 5\n").await });
    let request = bench.clerk.requests.recv().await.unwrap();
    assert_eq!(request.values.len(), 1);
    request.reply.send(Err("no room".into())).unwrap();
    assert_eq!(asked.await.unwrap(), "no room\n\n");
}

/// A backend `app` with a server `a`.
fn one_server() -> sluicegate_model::Runtime {
    site("")
}

/// The same, with a line of the frontend.
pub(crate) fn site(line: &str) -> sluicegate_model::Runtime {
    let text = format!(
        "defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\nfrontend main\n bind :1\n \
         {line}\n default_backend app\nbackend app\n server a 127.0.0.1:1\n"
    );
    let file = sluicegate_haproxy::Input { path: "a.cfg", text: text.as_bytes() };
    let loaded = sluicegate_haproxy::load(
        &[file],
        sluicegate_haproxy::environment::Environment::default(),
        &sluicegate_haproxy::expr::NoFiles,
    );
    let resources = loaded.fragment.unwrap().resources;
    sluicegate_model::compile(None, sluicegate_model::Change::Full(&resources)).unwrap()
}
