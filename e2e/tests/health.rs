//! Health beside probes: what exchanges and agents say, how servers begin, and what ends with them. What HAProxy does too
//! is held against Debian's.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "health/agent.rs"]
mod agent;
#[path = "health/begin.rs"]
mod begin;
#[path = "health/endings.rs"]
mod endings;
#[path = "health/observe.rs"]
mod observe;
#[path = "health/programs.rs"]
mod programs;

use std::path::Path;
use std::time::Duration;

use sluicegate_e2e::{Haproxy, PATIENCE, Process, Sluicegate, console};
use tokio::time::{Instant, sleep};

/// What the statistics are asked for again.
const PACE: Duration = Duration::from_millis(30);

/// One of the two programs.
enum Program {
    Ours(Sluicegate),
    Debians(Haproxy),
}

impl Program {
    /// Both, one after the other, by name: each takes a configuration.
    const BOTH: [&'static str; 2] = ["ours", "Debian's"];

    async fn run(which: &str, configuration: &str) -> Self {
        if which == "ours" {
            let mut ours = Sluicegate::run(configuration).await;
            ours.process().wait_for("the console listens on").await;
            Self::Ours(ours)
        } else {
            Self::Debians(Haproxy::run(configuration).await)
        }
    }

    fn process(&mut self) -> &mut Process {
        match self {
            Self::Ours(ours) => ours.process(),
            Self::Debians(theirs) => theirs.process(),
        }
    }
}

/// What stands in a column of a server; empty where nothing does.
async fn cell(socket: &Path, server: &str, column: &str) -> String {
    let told = console::ask(socket, "show stat\n").await;
    let mut rows = told.trim_start_matches("# ").lines().map(cells);
    let names = rows.next().unwrap_or_default();
    let place = |name: &str| names.iter().position(|it| it == name).unwrap();
    let (proxy, name, wanted) = (place("pxname"), place("svname"), place(column));
    let row = rows.find(|row| row.len() > wanted && format!("{}/{}", row[proxy], row[name]) == server);
    row.map(|mut row| row.swap_remove(wanted)).unwrap_or_default()
}

/// The cells of a line of comma-separated values, without their quotes.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for part in line.split_inclusive(['"', ',']) {
        let (text, mark) = part.split_at(part.len().saturating_sub(1));
        let last = cells.last_mut().unwrap();
        last.push_str(text);
        match mark {
            "\"" => quoted = !quoted,
            "," if !quoted => cells.push(String::new()),
            mark => last.push_str(mark),
        }
    }
    cells
}

/// Waits until a column of a server says so.
async fn becomes(socket: &Path, server: &str, column: &str, wanted: &str) {
    let began = Instant::now();
    loop {
        let found = cell(socket, server, column).await;
        if found == wanted {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{column} of {server} is {found:?}, not {wanted:?}");
        sleep(PACE).await;
    }
}
