//! What a keep-alive request takes outside the kernel, in instructions of the worker that carries it: plain, with a log
//! line, with thirty rules, and with a thousand frontends and ten thousand backends that no request meets.
//!
//! Valgrind's callgrind counts. A debug build takes many times as many, so only release builds are counted.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use sluicegate_e2e::{Origin, Plan, Sluicegate, free_address};
use tokio::sync::{Mutex, OnceCell};

const CONNECTIONS: usize = 16;
/// Two loads are counted, and the second has [`MORE`] requests more: what opening and closing takes cancels out.
const FEW: u64 = 500;
const MORE: u64 = 4000;
/// Another thread than the worker that was counted stays below it.
const LEAST: f64 = 1000.0;

/// Far more than a thousand listening sockets and what else is open.
const FILES: u32 = 4096;

/// Like the limits below a little above the most that was seen, with the profile `release`: that is not laid out by what
/// it does under load, as what ships is. When the engine gets leaner they are lowered, so that none of it is lost again.
const MOST_PLAIN: f64 = 10_400.0;
const MOST_LOGGED: f64 = 14_400.0;
const MOST_WITH_RULES: f64 = 25_100.0;
/// What many other frontends and backends may change, as a share.
const MOST_BY_OTHERS: f64 = 0.03;

/// One valgrind at a time: how many requests a worker finds at once should not depend on what else runs.
static TURN: Mutex<()> = Mutex::const_new(());
/// What a request takes without [`Additions`].
static PLAIN: OnceCell<f64> = OnceCell::const_new();

/// What a configuration has beside forwarding.
#[derive(Default)]
struct Additions {
    /// Lines of `global`.
    global: &'static str,
    /// Lines of `defaults`.
    defaults: &'static str,
    /// Lines of the frontend.
    rules: String,
    /// Sections behind all others.
    others: String,
}

impl Additions {
    fn configuration(&self, entry: SocketAddr, [one, two]: [SocketAddr; 2]) -> String {
        let Self { global, defaults, rules, others } = self;
        format!(
            "
global
    maxconn 1000
    {global}
defaults
    mode http
    timeout connect 5s
    timeout client 300s
    timeout server 300s
    timeout http-keep-alive 300s
    http-reuse always
    {defaults}
frontend main
    bind {entry}
    {rules}
    default_backend app
backend app
    balance roundrobin
    server one {one}
    server two {two}
{others}"
        )
    }
}

/// The worker of a [`Sluicegate::run_counted`], as valgrind and `vgdb` know it.
struct Worker<'a> {
    pid: u32,
    /// Valgrind's number, which is not the kernel's.
    thread: u32,
    folder: &'a Path,
    parts: u32,
}

impl<'a> Worker<'a> {
    fn find(pid: u32, folder: &'a Path) -> Self {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
        let is_worker =
            |task: &Path| fs::read_to_string(task.join("comm")).is_ok_and(|name| name == "worker-0\n");
        let task = tasks.map(|task| task.unwrap().path()).find(|task| is_worker(task));
        let task = task.expect("a thread is called worker-0");
        let kernels = task.file_name().unwrap().to_str().unwrap();
        let threads = vgdb(pid, folder, &["v.info", "scheduler"]);
        // `Thread 3: status = VgTs_WaitSys syscall 232 (lwpid 4711)`
        let number = |line: &str| {
            let (number, rest) = line.strip_prefix("Thread ")?.split_once(':')?;
            rest.contains(&format!("(lwpid {kernels})")).then(|| number.parse().ok())?
        };
        let thread = threads.lines().find_map(number);
        let thread = thread.unwrap_or_else(|| panic!("no thread is {kernels} in\n{threads}"));
        // From here on: to start with thousands of objects takes more than all the loads, and is slow to count.
        vgdb(pid, folder, &["instrumentation", "on"]);
        Self { pid, thread, folder, parts: 0 }
    }

    /// Instructions since it was asked before.
    fn instructions(&mut self) -> u64 {
        vgdb(self.pid, self.folder, &["dump"]);
        self.parts += 1;
        let file = self.folder.join(format!("callgrind.{}-{:02}", self.parts, self.thread));
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let total = text.lines().find_map(|line| line.strip_prefix("totals: ")).unwrap();
        total.trim().parse().unwrap()
    }
}

/// Tells valgrind something, and what it says.
fn vgdb(pid: u32, folder: &Path, words: &[&str]) -> String {
    let prefix = format!("--vgdb-prefix={}", folder.join("vgdb").display());
    let output = Command::new("vgdb").args([format!("--pid={pid}"), prefix]).args(words).output().unwrap();
    assert!(output.status.success(), "vgdb: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Instructions a request.
async fn instructions(additions: Additions) -> f64 {
    let _turn = TURN.lock().await;
    let (one, two) = (Origin::start("one").await, Origin::start("two").await);
    let entry = free_address();
    let configuration = additions.configuration(entry, [one.address(), two.address()]);
    let mut sluicegate = Sluicegate::run_counted(&configuration, FILES).await;
    let pid = sluicegate.process().pid();
    let mut worker = Worker::find(pid, sluicegate.folder());
    // The first load finds buffers and connections to servers wanting.
    let mut counts = [0; 3];
    for (count, requests) in counts.iter_mut().zip([FEW, FEW, FEW + MORE]) {
        let tally = Plan::new(entry).connections(CONNECTIONS).requests(requests).start().finish().await;
        assert_eq!((tally.failed(), tally.closed, tally.ok()), (0, 0, requests), "{tally}");
        *count = worker.instructions();
    }
    let [_, few, many] = counts;
    let each = (many as f64 - few as f64) / MORE as f64;
    println!("{each:.0} instructions a request, {few} for {FEW}, {many} for {}", FEW + MORE);
    assert!(each >= LEAST, "{each:.0} instructions a request: that was no worker");
    each
}

async fn plain() -> f64 {
    *PLAIN.get_or_init(|| instructions(Additions::default())).await
}

fn ten(line: impl Fn(u8) -> String) -> String {
    (1..=10).map(line).collect()
}

/// Frontends and backends that no request meets, with their sockets in this folder.
fn others(folder: &Path) -> String {
    let folder = folder.display();
    let frontend =
        |n: u16| format!("frontend other{n}\n    bind unix@{folder}/{n}\n    default_backend other{n}\n");
    let backend = |n: u16| format!("backend other{n}\n    server one 127.0.0.3:{}\n", 20_000 + n);
    (0..1000).map(frontend).chain((0..10_000).map(backend)).collect()
}

#[tokio::test]
#[cfg_attr(debug_assertions, ignore = "counts release builds")]
async fn a_plain_request() {
    let each = plain().await;
    assert!(each <= MOST_PLAIN, "{each:.0} instructions a request");
}

#[tokio::test]
#[cfg_attr(debug_assertions, ignore = "counts release builds")]
async fn a_request_with_a_log_line() {
    let global = "log stdout format raw local0";
    let logged = Additions { global, defaults: "log global\n    option httplog", ..Additions::default() };
    let each = instructions(logged).await;
    assert!(each <= MOST_LOGGED, "{each:.0} instructions a request");
}

#[tokio::test]
#[cfg_attr(debug_assertions, ignore = "counts release builds")]
async fn a_request_that_meets_none_of_thirty_rules() {
    let rules = [
        ten(|n| format!("http-request deny if {{ path_beg /forbidden{n}/ }}\n    ")),
        ten(|n| format!("http-request set-header X-Zone {n} if {{ src 10.{n}.0.0/16 }}\n    ")),
        ten(|n| format!("use_backend app if {{ hdr(host) -i shop{n}.example }}\n    ")),
    ];
    let each = instructions(Additions { rules: rules.concat(), ..Additions::default() }).await;
    assert!(each <= MOST_WITH_RULES, "{each:.0} instructions a request");
}

#[tokio::test]
#[cfg_attr(debug_assertions, ignore = "counts release builds")]
async fn other_frontends_and_backends_cost_a_request_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let plain = plain().await;
    let large = instructions(Additions { others: others(folder.path()), ..Additions::default() }).await;
    let change = large / plain - 1.0;
    assert!(change.abs() <= MOST_BY_OTHERS, "{large:.0} instructions a request against {plain:.0}");
}
