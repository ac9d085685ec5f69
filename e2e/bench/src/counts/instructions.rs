//! Instructions outside the kernel, counted by valgrind's callgrind.
//!
//! Three runs: a short one, one with more requests, and a short one that then rests until it has taken as long. The third
//! against the first tells what the program does of itself in a second, and the second against the first what requests
//! take beyond that; what starting and ending take cancels out. Without the third run a program that reports once a
//! second would be charged for it fifty times, because it is so much slower under callgrind.

use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::{Context as _, ensure};

use super::Count;
use crate::measure::{Bench, Load};
use crate::peer::Peer;
use crate::workload::Workload;

/// Requests of the short runs and of the long one.
const REQUESTS: [u64; 2] = [1000, 6000];

/// The same where each has a TLS handshake, which takes valgrind some ten milliseconds.
const HANDSHAKES: [u64; 2] = [200, 1000];

/// The third run rests at least so long.
const REST: Duration = Duration::from_secs(4);

/// In the folder of the proxy.
const LOG: &str = "valgrind.log";

/// The name of the part that comes without requests.
pub(super) const BY_ITSELF: &str = "a second by itself";

#[derive(Debug, Clone, Copy)]
struct Ran {
    instructions: u64,
    took: Duration,
}

/// Counts for one peer.
pub(super) fn count(bench: &Bench, workload: &Workload, peer: &Peer) -> anyhow::Result<Count> {
    let [few, many] = if workload.plan.tls && workload.plan.close { HANDSHAKES } else { REQUESTS };
    let short = ran(bench, workload, peer, (few, Duration::ZERO))?;
    let long = ran(bench, workload, peer, (many, Duration::ZERO))?;
    let rested = ran(bench, workload, peer, (few, long.took.max(short.took + REST)))?;
    let (for_a_request, by_itself) = split(many - few, [short, long, rested]);
    let parts = vec![(BY_ITSELF.to_owned(), by_itself)];
    Ok(Count { workload: workload.id, peer: peer.name.clone(), for_a_request, parts })
}

/// Instructions of a request, of which the long run has so many more, and of a second without any.
fn split(requests: u64, [short, long, rested]: [Ran; 3]) -> (f64, f64) {
    let more = |ran: Ran| ran.instructions as f64 - short.instructions as f64;
    let longer = |ran: Ran| ran.took.as_secs_f64() - short.took.as_secs_f64();
    let by_itself = (more(rested) / longer(rested)).max(0.0);
    ((more(long) - by_itself * longer(long)) / requests as f64, by_itself)
}

/// A run of so many requests that takes at least so long.
fn ran(
    bench: &Bench,
    workload: &Workload,
    peer: &Peer,
    (requests, rest): (u64, Duration),
) -> anyhow::Result<Ran> {
    let mut conditions = bench.conditions(workload);
    let log = format!("--log-file={LOG}");
    // Through the wrappers of Debian's programs to the programs. Threads take turns fairly: none is starved for long.
    let options =
        ["--tool=callgrind", "--callgrind-out-file=/dev/null", "--trace-children=yes", "--fair-sched=yes"];
    conditions.under =
        ["valgrind"].into_iter().chain(options).chain([log.as_str()]).map(Into::into).collect();
    let mut running = peer.start(&conditions)?;
    let begin = Instant::now();
    let mut plan = workload.plan.clone();
    plan.requests = Some(requests);
    let mut load = Load::start(&plan, &bench.load_cores())?;
    let seen = load.run()?;
    // Its connections close before the proxy ends.
    drop(load);
    ensure!(seen.requests == requests, "{} of {requests} requests were answered", seen.requests);
    thread::sleep(rest.saturating_sub(begin.elapsed()));
    let took = begin.elapsed();
    running.process.terminate()?;
    let text = fs::read_to_string(running.file(LOG)).context("valgrind's log")?;
    let instructions =
        collected(&text).with_context(|| format!("valgrind does not say what it counted: {text}"))?;
    Ok(Ran { instructions, took })
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
    fn what_time_takes_is_not_charged_to_requests() {
        let ran = |instructions, seconds| Ran { instructions, took: Duration::from_secs(seconds) };
        // 1000 to start, 10 a request, 500 a second.
        let (short, long, rested) = (ran(12_000, 2), ran(64_500, 7), ran(15_000, 8));
        assert_eq!(split(5000, [short, long, rested]), (10.0, 500.0));
        // A count that differs by chance: nothing runs backwards.
        assert_eq!(split(5000, [short, ran(62_000, 7), ran(11_990, 8)]), (10.0, 0.0));
    }

    #[test]
    fn the_last_count_is_that_of_the_program() {
        let text =
            "==7== Callgrind\n==7== Collected : 12\n==7== \n==7== Events    : Ir\n==7== Collected : 345\n";
        assert_eq!(collected(text), Some(345));
        assert_eq!(collected("==7== Callgrind\n"), None);
    }
}
