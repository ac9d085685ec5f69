//! Instructions outside the kernel, counted by valgrind's callgrind: the difference of a long run and a short one, so
//! that starting, opening connections and ending cancel out.

use std::fs;

use anyhow::{Context as _, ensure};

use super::Count;
use crate::measure::{Bench, Load};
use crate::peer::Peer;
use crate::workload::Workload;

/// Requests of the short run and of the long one.
const REQUESTS: [u64; 2] = [1000, 6000];

/// In the folder of the proxy.
const LOG: &str = "valgrind.log";

/// Counts for one peer.
pub(super) fn count(bench: &Bench, workload: &Workload, peer: &Peer) -> anyhow::Result<Count> {
    let [short, long] = REQUESTS;
    let few = instructions(bench, workload, peer, short)?;
    let many = instructions(bench, workload, peer, long)?;
    let difference =
        many.checked_sub(few).context("the long run took fewer instructions than the short one")?;
    let for_a_request = difference as f64 / (long - short) as f64;
    Ok(Count { workload: workload.id, peer: peer.name.clone(), for_a_request, parts: Vec::new() })
}

fn instructions(bench: &Bench, workload: &Workload, peer: &Peer, requests: u64) -> anyhow::Result<u64> {
    let mut conditions = bench.conditions(workload);
    let log = format!("--log-file={LOG}");
    // Through the wrappers of Debian's programs to the programs. Threads take turns fairly: none is starved for long.
    let options =
        ["--tool=callgrind", "--callgrind-out-file=/dev/null", "--trace-children=yes", "--fair-sched=yes"];
    conditions.under =
        ["valgrind"].into_iter().chain(options).chain([log.as_str()]).map(Into::into).collect();
    let mut running = peer.start(&conditions)?;
    let mut plan = workload.plan.clone();
    plan.requests = Some(requests);
    let mut load = Load::start(&plan, &bench.load_cores())?;
    let seen = load.run()?;
    // Its connections close before the proxy ends.
    drop(load);
    ensure!(seen.requests == requests, "{} of {requests} requests were answered", seen.requests);
    running.process.terminate()?;
    let text = fs::read_to_string(running.file(LOG)).context("valgrind's log")?;
    collected(&text).with_context(|| format!("valgrind does not say what it counted: {text}"))
}

/// From the line `==PID== Collected : NUMBER`.
fn collected(text: &str) -> Option<u64> {
    let value = text.lines().filter_map(|line| line.split_once("Collected :")).next_back()?.1;
    value.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_count_is_that_of_the_program() {
        let text =
            "==7== Callgrind\n==7== Collected : 12\n==7== \n==7== Events    : Ir\n==7== Collected : 345\n";
        assert_eq!(collected(text), Some(345));
        assert_eq!(collected("==7== Callgrind\n"), None);
    }
}
