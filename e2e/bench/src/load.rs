//! The clients: one thread that drives all connections, and tells the driver what it saw.
//!
//! The driver reads the processor time of a proxy between two lines: the load prints `ready` when its connections are
//! open and warm, begins at the line `go`, prints what it saw as one line of JSON, and keeps the connections until its
//! standard input ends, so that neither opening nor closing them is counted.

mod closed;
mod connection;
mod held;
mod latency;
mod paced;
mod plan;
mod warm;

use std::io::{self, BufRead as _, Write as _};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

pub(crate) use latency::Latency;
pub(crate) use plan::{Hold, Plan};

use connection::Client;

/// What a load saw.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Requests that were answered 200 and in full.
    pub(crate) requests: u64,
    /// Requests that were not; `held` connections that were closed.
    pub(crate) errors: u64,
    /// Bytes of bodies received.
    pub(crate) bytes: u64,
    /// How long it took.
    pub(crate) seconds: f64,
    pub(crate) latency: Option<Latency>,
    /// Of a paced load.
    pub(crate) pace: Option<Pace>,
}

/// How well a paced load kept its pace.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pace {
    /// Requests that were due, a second.
    pub(crate) offered: f64,
    /// Requests that were due and not answered when the run ended.
    pub(crate) unfinished: u64,
    /// How late requests were sent whose connection was free: the load's own share in the latency.
    pub(crate) lag: Option<Latency>,
}

/// Does what the plan says, in step with the driver.
pub(crate) fn run(plan: &Plan) -> anyhow::Result<()> {
    let mut client = Client::new(plan)?;
    let seen = drive(&mut client, plan, || {
        say("ready")?;
        wait_for_line()
    })?;
    say(&serde_json::to_string(&seen)?)?;
    Ok(wait_for_line()?)
}

/// Opens the connections, calls `ready`, and loads.
fn drive(client: &mut Client, plan: &Plan, ready: impl FnOnce() -> io::Result<()>) -> anyhow::Result<Seen> {
    warm::open(client, plan).context("opening connections")?;
    ready()?;
    match (plan.hold, plan.rate) {
        (Some(_), _) => Ok(held::check(client, plan)),
        (None, Some(rate)) => Ok(paced::run(client, plan, rate)?),
        (None, None) => Ok(closed::run(client, plan)?),
    }
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// The driver's next line, or its end.
fn wait_for_line() -> io::Result<()> {
    io::stdin().lock().read_line(&mut String::new())?;
    Ok(())
}

#[cfg(test)]
mod tests;
