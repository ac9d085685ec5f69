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

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
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
    let told: Value = serde_json::from_str(&console::ask(socket, "show stat json\n").await).unwrap();
    let (backend, name) = server.split_once('/').unwrap();
    let text = |row: &Value, column: &str| {
        let of = row.as_array().unwrap().iter().find(|cell| cell["field"]["name"] == column);
        match of.map(|cell| &cell["value"]["value"]) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        }
    };
    let rows = told.as_array().unwrap();
    let row = rows.iter().find(|row| text(row, "pxname") == backend && text(row, "svname") == name);
    row.map(|row| text(row, column)).unwrap_or_default()
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
