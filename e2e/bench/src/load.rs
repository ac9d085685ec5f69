//! The clients: one thread that drives all connections, and tells the driver what it saw.
//!
//! The driver reads the processor time of a proxy between two lines: the load prints `ready` when its connections are
//! open and warm, begins at the line `go`, prints what it saw as one line of JSON, and keeps the connections until its
//! standard input ends, so that neither opening nor closing them is counted.

mod channel;
mod clients;
mod closed;
mod connection;
mod datagrams;
mod held;
mod latency;
mod multiplexed;
mod paced;
mod plan;
mod warm;

use std::io::{self, BufRead as _, Write as _};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

pub(crate) use latency::{Latencies, Latency};
pub(crate) use plan::{Hold, Plan, Protocol};

use clients::{Clients, Totals};
use connection::Client;
use datagrams::Datagrams;
use multiplexed::Multiplexed;

/// What a load saw.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Requests that were answered 200 and in full.
    pub(crate) requests: u64,
    /// Requests that were not; `held` connections that were closed.
    pub(crate) errors: u64,
    /// Bytes of bodies received.
    pub(crate) bytes: u64,
    /// Requests with a TLS handshake of their own, and those of them for which an earlier session went on.
    pub(crate) handshakes: u64,
    pub(crate) resumed: u64,
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

impl Seen {
    fn add(&mut self, totals: Totals) {
        self.bytes += totals.bytes;
        self.handshakes += totals.handshakes;
        self.resumed += totals.resumed;
    }
}

/// Does what the plan says, in step with the driver.
pub(crate) fn run(plan: &Plan) -> anyhow::Result<()> {
    let ready = || {
        say("ready")?;
        wait_for_line()
    };
    // The clients outlive what is told.
    if let Some(hold) = plan.hold {
        let mut client = Client::new(plan)?;
        return tell(&held::run(&mut client, plan, hold, ready)?);
    }
    let mut clients = clients(plan)?;
    tell(&drive(&mut *clients, plan, ready)?)
}

fn tell(seen: &Seen) -> anyhow::Result<()> {
    say(&serde_json::to_string(seen)?)?;
    Ok(wait_for_line()?)
}

/// Those that speak what the plan says.
fn clients(plan: &Plan) -> io::Result<Box<dyn Clients>> {
    Ok(match plan.protocol {
        Protocol::Http1 => Box::new(Client::new(plan)?),
        Protocol::Http2 => Box::new(Multiplexed::new(plan)?),
        Protocol::Udp => Box::new(Datagrams::new(plan)?),
    })
}

/// Opens the connections, calls `ready`, and loads.
fn drive(
    clients: &mut dyn Clients,
    plan: &Plan,
    ready: impl FnOnce() -> io::Result<()>,
) -> anyhow::Result<Seen> {
    warm::open(clients, plan).context("opening connections")?;
    ready()?;
    Ok(match plan.rate {
        Some(rate) => paced::run(clients, plan, rate)?,
        None => closed::run(clients, plan)?,
    })
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
