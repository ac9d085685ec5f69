//! Under the name `haproxy`: its command line, exit codes and signals.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sluicegate_e2e::{
    Behaviour, Connection, Failure, HTTP_DEFAULTS, Origin, PATIENCE, Plan, Process, fetch, free_address,
    sluicegate_binary,
};
use tempfile::TempDir;

/// A folder with the program under the name `haproxy`, and a configuration beside it.
struct Host {
    folder: TempDir,
}

impl Host {
    fn new(configuration: &str) -> Self {
        let host = Self { folder: tempfile::tempdir().unwrap() };
        symlink(sluicegate_binary("sluicegate"), host.path("haproxy")).unwrap();
        host.write("haproxy.cfg", configuration);
        host
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.path("haproxy"));
        command.args(arguments).current_dir(self.folder.path());
        command.env("SLUICEGATE_ADMIN", self.path("admin.sock")).env_remove("SLUICEGATE_FOREGROUND");
        command
    }

    fn start(&self, arguments: &[&str]) -> Process {
        Process::spawn(self.command(arguments)).end_by(Signal::SIGTERM)
    }

    /// Runs to the end: exit code, and all that was printed.
    async fn outcome(&self, arguments: &[&str]) -> (i32, String) {
        let mut process = self.start(arguments);
        let code = process.exit().await.code().unwrap();
        (code, process.output())
    }

    /// The number in the pid file, once it is there.
    async fn pid(&self) -> Pid {
        let file = self.path("pid");
        let pid = until("the pid file", || fs::read_to_string(&file).ok()?.trim().parse().ok()).await;
        Pid::from_raw(pid)
    }
}

/// Looks again and again: a file or a process tells no one when it comes or goes.
async fn until<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "waited for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn site(entry: SocketAddr, mark: &str, origin: &Origin) -> String {
    let server = origin.address();
    format!(
        "{HTTP_DEFAULTS}listen main\n    bind {entry}\n    http-response set-header X-Mark {mark}\n    server app01 {server}\n"
    )
}

async fn mark(entry: SocketAddr) -> String {
    fetch(entry, "/").await.unwrap().header("x-mark").unwrap_or("none").to_owned()
}

#[tokio::test]
async fn check_has_haproxys_exit_codes() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let host = Host::new(&site(entry, "a", &origin));
    let (code, said) = host.outcome(&["-c", "-f", "haproxy.cfg"]).await;
    assert_eq!((code, said.lines().last()), (0, Some("Configuration file is valid")), "{said}");
    let (code, said) = host.outcome(&["-c", "-q", "-f", "haproxy.cfg"]).await;
    assert_eq!((code, said.as_str()), (0, ""));
    host.write("haproxy.cfg", "listen main\n    bynd :80\n");
    let (code, said) = host.outcome(&["-c", "-f", "haproxy.cfg"]).await;
    assert!(code == 1 && said.contains("haproxy.cfg:2") && said.contains("bind"), "{code}\n{said}");
    host.write("haproxy.cfg", "backend app\n    mode http\n    server a 127.0.0.1:1\n");
    let (code, said) = host.outcome(&["-c", "-f", "haproxy.cfg"]).await;
    assert!(code == 2 && said.contains("no listener"), "{code}\n{said}");
    let (code, said) = host.outcome(&["-c", "-f", "missing.cfg"]).await;
    assert!(code == 1 && said.contains("missing.cfg"), "{code}\n{said}");
    let (code, said) = host.outcome(&["-c"]).await;
    assert!(code == 1 && said.contains("-f"), "{code}\n{said}");
}

#[tokio::test]
async fn a_warning_is_an_error_where_none_is_allowed() {
    let origin = Origin::start("app01").await;
    let host = Host::new(&format!("{} weight 1 weight 2\n", site(free_address(), "a", &origin).trim_end()));
    let (code, said) = host.outcome(&["-c", "-f", "haproxy.cfg"]).await;
    assert!(code == 0 && said.contains("warning"), "{code}\n{said}");
    let (code, said) = host.outcome(&["-c", "-dW", "-f", "haproxy.cfg"]).await;
    assert_eq!(code, 1, "{said}");
}

#[tokio::test]
async fn versions_and_usage() {
    let host = Host::new("");
    let (code, said) = host.outcome(&["-v"]).await;
    assert!(code == 0 && said.starts_with("HAProxy version ") && said.contains("Sluicegate"), "{said}");
    let (code, said) = host.outcome(&["-vv"]).await;
    assert!(code == 0 && said.lines().count() > 3, "{said}");
    let (code, said) = host.outcome(&[]).await;
    assert!(code == 1 && said.contains("Usage"), "{said}");
    let (code, said) = host.outcome(&["--nonsense"]).await;
    assert!(code == 1 && said.contains("--nonsense"), "{said}");
}

#[tokio::test]
async fn conditions_are_evaluated() {
    let host = Host::new("");
    for (condition, code) in [
        ("version_atleast(2.0)", 0),
        ("version_before(2.0)", 1),
        ("streq(a,a)", 0),
        ("!streq(a,a)", 1),
        ("defined(PATH) && !defined(SLUICEGATE_NOT_THERE)", 0),
        ("nonsense(1)", 2),
    ] {
        let (got, said) = host.outcome(&["-cc", condition]).await;
        assert_eq!(got, code, "{condition}: {said}");
    }
}

#[tokio::test]
async fn files_and_folders_add_up() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let host = Host::new(HTTP_DEFAULTS);
    fs::create_dir(host.path("conf.d")).unwrap();
    host.write("conf.d/10-front.cfg", &format!("frontend main\n    bind {entry}\n    default_backend app\n"));
    host.write("conf.d/20-back.cfg", &format!("backend app\n    server app01 {}\n", origin.address()));
    host.write("conf.d/ignored.txt", "nonsense\n");
    let mut process = host.start(&["-f", "haproxy.cfg", "-f", "conf.d"]);
    process.wait_for("serving generation").await;
    assert_eq!(fetch(entry, "/").await.unwrap().text(), "app01");
    let (code, said) = host
        .outcome(&[
            "-C",
            host.path("conf.d").to_str().unwrap(),
            "-c",
            "-f",
            "../haproxy.cfg",
            "--",
            "10-front.cfg",
            "20-back.cfg",
        ])
        .await;
    assert_eq!(code, 0, "{said}");
}

#[tokio::test]
async fn a_daemon_leaves_its_pid() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let host = Host::new(&site(entry, "a", &origin));
    let (code, said) = host.outcome(&["-D", "-p", "pid", "-f", "haproxy.cfg"]).await;
    assert_eq!(code, 0, "{said}");
    // The parent has gone: what serves now is the daemon.
    let answer = fetch(entry, "/").await.map(|answer| answer.text());
    let pid = host.pid().await;
    let session = nix::unistd::getsid(Some(pid)).unwrap();
    kill(pid, Signal::SIGTERM).unwrap();
    until("the daemon's end", || (!running(pid)).then_some(())).await;
    assert_eq!((answer.unwrap().as_str(), session), ("app01", pid));
    let (code, said) = {
        // The daemon is no more, but its sockets may take a moment longer.
        let _owner = until("the port", || std::net::TcpListener::bind(entry).ok()).await;
        host.outcome(&["-D", "-p", "pid", "-f", "haproxy.cfg"]).await
    };
    assert!(
        code == 1 && said.contains("pid"),
        "what went wrong is told before the parent goes: {code}\n{said}"
    );
}

/// A zombie does not run: where no one reaps orphans they stay as such.
fn running(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.trim().is_empty() && !rest.trim().starts_with('Z'))
}

#[tokio::test]
async fn a_container_has_no_daemon() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let host = Host::new(&format!("global\n    daemon\n{}", site(entry, "a", &origin)));
    let mut command = host.command(&["-f", "haproxy.cfg"]);
    command.env("SLUICEGATE_FOREGROUND", "1");
    let mut process = Process::spawn(command).end_by(Signal::SIGTERM);
    process.wait_for("notice: ").await;
    process.wait_for("serving generation").await;
    assert_eq!(fetch(entry, "/").await.unwrap().text(), "app01");
    assert!(process.is_running());
    assert_eq!(process.terminate().await.code(), Some(0));
}

#[tokio::test]
async fn a_soft_stop_finishes_what_runs() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let host = Host::new(&site(entry, "a", &origin));
    let mut process = host.start(&["-db", "-f", "haproxy.cfg"]);
    process.wait_for("serving generation").await;
    let mut idle = Connection::open(entry).await.unwrap();
    idle.get("app", "/").await.unwrap();
    origin.behave(Behaviour::Held);
    let held = tokio::spawn(async move { fetch(entry, "/held").await });
    origin.reached(2).await;
    process.signal(Signal::SIGUSR1);
    process.wait_for("finishing what runs").await;
    assert_eq!(idle.closed().await, Ok(()), "an idle connection is let go");
    until_refused(entry).await;
    assert!(process.is_running());
    origin.release(1);
    assert_eq!(held.await.unwrap().unwrap().text(), "app01");
    assert_eq!(process.exit().await.code(), Some(0));
}

async fn until_refused(entry: SocketAddr) {
    let begin = Instant::now();
    while Connection::open(entry).await.is_ok() {
        assert!(begin.elapsed() < PATIENCE, "{entry} is still open");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_hard_stop_ends_what_runs() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let host = Host::new(&site(entry, "a", &origin));
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut process = host.start(&["-f", "haproxy.cfg"]);
        process.wait_for("serving generation").await;
        origin.behave(Behaviour::Hang);
        let seen = origin.requests();
        let held = tokio::spawn(async move { fetch(entry, "/held").await });
        origin.reached(seen + 1).await;
        process.signal(signal);
        assert_eq!(process.exit().await.code(), Some(0), "{signal}");
        let outcome = held.await.unwrap().map(|answer| answer.status());
        assert!(matches!(outcome, Err(Failure::Closed | Failure::Reset)), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_signal_reloads_in_place() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let host = Host::new(&site(entry, "0", &origin));
    let mut process = host.start(&["-W", "-db", "-f", "haproxy.cfg"]);
    process.wait_for("serving generation").await;
    let mut kept = Connection::open(entry).await.unwrap();
    for (number, signal) in [Signal::SIGHUP, Signal::SIGUSR2, Signal::SIGHUP].into_iter().enumerate() {
        host.write("haproxy.cfg", &site(entry, &format!("{}", number + 1), &origin));
        assert_eq!(mark(entry).await, number.to_string(), "the file is not watched");
        process.signal(signal);
        process.wait_for("serving generation").await;
        assert_eq!(mark(entry).await, (number + 1).to_string());
        assert_eq!(kept.get("app", "/").await.unwrap().status(), 200);
    }
    host.write("haproxy.cfg", "nonsense\n");
    process.signal(Signal::SIGUSR2);
    process.wait_for("configuration refused, generation").await;
    assert_eq!(mark(entry).await, "3");
    assert!(kept.is_open());
}

#[tokio::test]
async fn a_new_process_takes_over_without_a_failed_connection() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let host = Host::new(&site(entry, "old", &origin));
    let mut old = host.start(&["-db", "-p", "pid", "-f", "haproxy.cfg"]);
    old.wait_for("serving generation").await;
    origin.behave(Behaviour::Held);
    let held = tokio::spawn(async move { fetch(entry, "/held").await });
    origin.reached(1).await;
    origin.behave(Behaviour::Answer);
    let load = Plan::new(entry).connections(4).fresh_connections().pause(Duration::from_millis(1)).start();
    load.reached(100).await;
    host.write("haproxy.cfg", &site(entry, "new", &origin));
    let mut new = host.start(&["-db", "-p", "pid", "-f", "haproxy.cfg", "-sf", &old.pid().to_string()]);
    new.wait_for("serving generation").await;
    old.wait_for("finishing what runs").await;
    load.advance(200).await;
    assert!(old.is_running(), "it has a request to finish");
    origin.release(1000);
    assert_eq!(held.await.unwrap().unwrap().header("x-mark"), Some("old"));
    assert_eq!(old.exit().await.code(), Some(0));
    assert_eq!(mark(entry).await, "new");
    assert_eq!(host.pid().await.as_raw().unsigned_abs(), new.pid());
    let tally = load.stop().await;
    assert_eq!(tally.failed(), 0, "{tally}");
    // And at once: -st.
    let mut third = host.start(&["-db", "-f", "haproxy.cfg", "-st", &new.pid().to_string()]);
    third.wait_for("serving generation").await;
    assert_eq!(new.exit().await.code(), Some(0));
    assert_eq!(mark(entry).await, "new");
}

#[tokio::test]
async fn a_port_that_is_not_the_old_processs_is_refused() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let host = Host::new(&site(entry, "a", &origin));
    let _owner = std::net::TcpListener::bind(entry).unwrap();
    let (code, said) = host.outcome(&["-db", "-f", "haproxy.cfg"]).await;
    assert!(code == 1 && said.contains(&format!("pid {}", std::process::id())), "{code}\n{said}");
}
