//! Calls of the kernel, counted by strace(1).

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use anyhow::{Context as _, ensure};

use super::Count;
use crate::measure::{Bench, Load};
use crate::peer::Peer;
use crate::process::Process;
use crate::workload::{Unit, Workload};

/// Requests that the calls are divided by.
const REQUESTS: u64 = 10_000;

/// As many of a MiB each: every call takes strace some microseconds, and these take many calls.
const BULK_REQUESTS: u64 = 500;

/// Counts while the load sends its requests, not while connections are opened.
pub(super) fn count(bench: &Bench, workload: &Workload, peer: &Peer) -> anyhow::Result<Count> {
    let running = peer.start(&bench.conditions(workload))?;
    let mut plan = workload.plan.clone();
    let requests = if workload.unit == Unit::Mebibyte { BULK_REQUESTS } else { REQUESTS };
    plan.requests = Some(requests);
    let mut load = Load::start(&plan, &bench.load_cores())?;
    let file = env::temp_dir().join(format!("sluicegate-bench-{}.strace", running.process.pid()));
    let mut command = Process::command(&bench.load_cores(), "strace".as_ref())?;
    command.args(["-c", "-f", "-o"]).arg(&file).stderr(Stdio::piped()).stdin(Stdio::null());
    let tree = running.process.tree()?;
    command.args(tree.iter().map(|pid| format!("--attach={pid}")));
    let mut strace = Process::start(command)?;
    attached(&mut strace, tree.len())?;
    let seen = load.run()?;
    strace.terminate().context("strace")?;
    let text = fs::read_to_string(&file);
    fs::remove_file(&file)?;
    ensure!(seen.requests == requests, "{} of {requests} requests were answered", seen.requests);
    let parts = calls(&text?, requests);
    let for_a_request = parts.iter().map(|(_, calls)| calls).sum();
    Ok(Count { workload: workload.id, peer: peer.name.clone(), for_a_request, parts })
}

/// Waits until strace says of each process that it follows it.
fn attached(strace: &mut Process, processes: usize) -> anyhow::Result<()> {
    let output = strace.child.stderr.take().context("strace has no standard error")?;
    let mut lines = BufReader::new(output).lines();
    let mut missing = processes;
    while missing > 0 {
        let line = lines.next().context("strace ended: is it allowed here?")??;
        if line.contains(" attached") {
            missing -= 1;
        } else {
            eprintln!("{line}");
        }
    }
    // What it says from here on must not block it.
    std::thread::spawn(move || lines.for_each(drop));
    Ok(())
}

/// Calls for each of so many requests, greatest first, from the table of `strace -c`.
fn calls(text: &str, requests: u64) -> Vec<(String, f64)> {
    let row = |line: &str| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        // % time, seconds, usecs/call, calls, errors where there are some, syscall.
        let (Some(calls), Some(&name)) = (words.get(3)?.parse::<u32>().ok(), words.get(4..)?.last()) else {
            return None;
        };
        (name != "total").then(|| (name.to_owned(), f64::from(calls) / requests as f64))
    };
    let mut calls: Vec<(String, f64)> = text.lines().filter_map(row).collect();
    calls.sort_by(|left, right| right.1.total_cmp(&left.1));
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_strace_is_read() {
        let text = "\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.060000           3     20000           sendto
 39.00    0.039000           1     20050        50 recvfrom
  1.00    0.001000           2       500           epoll_wait
------ ----------- ----------- --------- --------- ----------------
100.00    0.100000           2     40550        50 total
";
        let expected = [("recvfrom", 2.005), ("sendto", 2.0), ("epoll_wait", 0.05)];
        assert_eq!(calls(text, 10_000), expected.map(|(name, calls)| (name.to_owned(), calls)));
    }
}
