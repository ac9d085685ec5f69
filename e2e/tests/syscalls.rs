//! What a keep-alive request asks of the kernel: two reads and two writes, and a share of a wait.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::collections::BTreeMap;

use nix::sys::signal::Signal;
use sluicegate_e2e::{HTTP_DEFAULTS, Origin, Plan, Process, Sluicegate, free_address};

const REQUESTS: u64 = 10_000;
const CONNECTIONS: usize = 64;
/// Two reads, two writes; the rest is for opening and closing the connections, and for what goes on beside traffic.
const MOST_PER_REQUEST: f64 = 4.2;

/// Calls by name, of all threads of a process, from when this returns until [`Tracer::stop`].
struct Tracer(Process);

impl Tracer {
    async fn attach(pid: u32) -> Self {
        let mut strace = Process::start("strace", ["-f", "-c", "-p", &pid.to_string()]);
        strace.wait_for("attached").await;
        Self(strace)
    }

    async fn stop(mut self) -> BTreeMap<String, u64> {
        self.0.signal(Signal::SIGINT);
        self.0.exit().await;
        self.0.output().lines().filter_map(call).collect()
    }
}

/// A row of strace's table: `% time, seconds, usecs/call, calls, [errors,] syscall`.
fn call(line: &str) -> Option<(String, u64)> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let share: f64 = fields.first()?.parse().ok()?;
    let name = fields.last().filter(|name| **name != "total" && share >= 0.0)?;
    Some(((*name).to_owned(), fields.get(3)?.parse().ok()?))
}

#[tokio::test]
async fn a_keep_alive_request_costs_two_reads_and_two_writes() {
    let (one, two) = (Origin::start("one").await, Origin::start("two").await);
    let entry = free_address();
    let mut sluicegate = Sluicegate::run(&format!(
        "{HTTP_DEFAULTS}    option forwardfor\n    retries 3\n    option redispatch\n\
         frontend main\n    bind {entry}\n    acl static path_beg /static\n    \
         http-request set-header X-Entry main\n    use_backend app if !static\n\
         backend app\n    balance roundrobin\n    server one {} maxconn 100\n    server two {} maxconn 100\n",
        one.address(),
        two.address()
    ))
    .await;
    let load = || Plan::new(entry).connections(CONNECTIONS).requests(REQUESTS).start().finish();
    load().await;
    let tracer = Tracer::attach(sluicegate.process().pid()).await;
    let tally = load().await;
    let calls = tracer.stop().await;
    assert_eq!((tally.failed(), tally.closed), (0, 0), "{tally}");
    assert_eq!(tally.ok(), REQUESTS);
    let counted: u64 =
        calls.iter().filter(|(name, _)| !name.starts_with("epoll_")).map(|(_, calls)| calls).sum();
    let per_request = counted as f64 / REQUESTS as f64;
    println!("{per_request:.3} calls a request: {calls:?}");
    assert!(per_request <= MOST_PER_REQUEST, "{per_request:.3} calls a request: {calls:?}");
    assert!(counted >= 4 * REQUESTS, "fewer than the four that it takes: {calls:?}");
}
