//! Connections that only stay.

use std::io;
use std::time::Instant;

use anyhow::{Context as _, ensure};

use super::clients::{Clients as _, until};
use super::connection::Client;
use super::warm::{self, LIMIT};
use super::{Hold, Plan, Seen};

/// Opens them, calls `ready`, and tells which of them are still as they were.
pub(super) fn run(
    client: &mut Client,
    plan: &Plan,
    hold: Hold,
    ready: impl FnOnce() -> io::Result<()>,
) -> anyhow::Result<Seen> {
    let opened = match hold {
        Hold::Idle => warm::open(client, plan),
        Hold::Head | Hold::Body => halves(client, plan.connections),
    };
    opened.context("opening connections")?;
    ready()?;
    let open = client.quiet();
    Ok(Seen { requests: open as u64, errors: (plan.connections - open) as u64, ..Seen::default() })
}

/// Sends all that a held request sends; no answer comes.
fn halves(client: &mut Client, connections: usize) -> anyhow::Result<()> {
    let deadline = Instant::now() + LIMIT;
    let mut done = Vec::new();
    for next in 0..connections {
        ensure!(client.start(next), "connection {next} is refused");
        while !client.has_sent(next) {
            client.turn(until(deadline), &mut done)?;
            ensure!(done.is_empty(), "a held request was answered");
            ensure!(Instant::now() < deadline, "{next} of {connections} connections opened within {LIMIT:?}");
        }
    }
    Ok(())
}
