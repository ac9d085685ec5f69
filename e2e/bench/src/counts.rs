//! What requests cost in things that can be counted: no noise, so small differences show.

mod instructions;
mod syscalls;

use serde::Serialize;

use crate::measure::Bench;
use crate::peer::Peer;
use crate::report::Table;
use crate::rounds::{Results, peers_of};
use crate::workload::{Unit, Workload};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counter {
    /// Calls of the kernel, by strace.
    Syscalls,
    /// Instructions outside the kernel, by valgrind.
    Instructions,
}

/// What was counted for one peer under one workload.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Count {
    pub(crate) workload: &'static str,
    pub(crate) peer: String,
    pub(crate) for_a_request: f64,
    /// Calls by their names, greatest first. Of instructions, those of a second without requests.
    pub(crate) parts: Vec<(String, f64)>,
}

/// Counts for all that have requests; tells each result on standard error.
pub(crate) fn run(counter: Counter, bench: &Bench, workloads: &[Workload], peers: &[Peer]) -> Results {
    let (mut counts, mut failures) = (Vec::new(), Vec::new());
    for workload in
        workloads.iter().filter(|workload| workload.unit != Unit::Connection && !workload.is_paced())
    {
        for peer in peers_of(workload, peers) {
            let counted = match counter {
                Counter::Syscalls => syscalls::count(bench, workload, peer),
                Counter::Instructions => instructions::count(bench, workload, peer),
            };
            match counted {
                Ok(count) => {
                    eprintln!("{:12} {:15} {:10.2}", workload.id, peer.name, count.for_a_request);
                    counts.push(count);
                }
                Err(error) => failures.push(format!("{} of {}: {error:#}", workload.id, peer.name)),
            }
        }
    }
    Results { counts, counter: Some(counter), failures, ..Results::default() }
}

/// One table for all workloads.
pub(crate) fn table(counter: Counter, counts: &[Count]) -> Table {
    let title = match counter {
        Counter::Syscalls => "syscalls/request",
        Counter::Instructions => "user instructions/request",
    };
    let mut header = vec!["peer".to_owned(), "workload".to_owned(), title.to_owned()];
    match counter {
        Counter::Syscalls => header.extend(["without epoll".to_owned(), "most".to_owned()]),
        Counter::Instructions => header.push(instructions::BY_ITSELF.to_owned()),
    }
    let row = |count: &Count| {
        let mut cells = vec![count.peer.clone(), count.workload.to_owned()];
        match counter {
            Counter::Instructions => {
                cells.push(format!("{:.0}", count.for_a_request));
                cells.extend(count.parts.iter().map(|(_, instructions)| format!("{instructions:.0}")));
            }
            Counter::Syscalls => {
                let data = count.parts.iter().filter(|(name, _)| !name.starts_with("epoll_"));
                let data: f64 = data.map(|(_, calls)| calls).sum();
                let most: Vec<String> =
                    count.parts.iter().take(6).map(|(name, calls)| format!("{name} {calls:.2}")).collect();
                cells.extend([format!("{:.2}", count.for_a_request), format!("{data:.2}"), most.join(", ")]);
            }
        }
        cells
    };
    Table { header, rows: counts.iter().map(row).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_told_apart_from_moving() {
        let parts =
            [("recvfrom", 2.0), ("sendto", 2.0), ("epoll_wait", 0.1), ("epoll_ctl", 0.5), ("x", 0.25)];
        let parts = parts.map(|(name, calls)| (name.to_owned(), calls)).to_vec();
        let count = Count { workload: "small", peer: "nginx".to_owned(), for_a_request: 4.85, parts };
        let table = table(Counter::Syscalls, &[count]);
        assert_eq!(table.rows[0][2..4], ["4.85", "4.25"]);
    }
}
