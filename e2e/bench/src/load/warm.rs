//! Opens the connections of a load, with one exchange on each.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::ensure;

use super::connection::{Client, until};
use super::{Hold, Plan};

/// Until then all connections have to be open.
const LIMIT: Duration = Duration::from_secs(60);

/// Requests under way at a time, so that no backlog overflows.
const WINDOW: usize = 64;

/// Opens them all. A load that opens a connection for each request has none to open.
pub(crate) fn open(client: &mut Client, plan: &Plan) -> anyhow::Result<()> {
    if plan.close {
        return Ok(());
    }
    match plan.hold {
        Some(Hold::Head | Hold::Body) => halves(client, plan.connections),
        _ => exchanges(client, plan.connections),
    }
}

fn exchanges(client: &mut Client, connections: usize) -> anyhow::Result<()> {
    let deadline = Instant::now() + LIMIT;
    let mut waiting: VecDeque<usize> = (0..connections).collect();
    let (mut busy, mut answered, mut done) = (0, 0, Vec::new());
    while answered < connections {
        while busy < WINDOW.min(connections)
            && let Some(next) = waiting.pop_front()
        {
            ensure!(client.start(next), "connection {next} is refused");
            busy += 1;
        }
        client.turn(until(deadline), &mut done)?;
        for request in &done {
            ensure!(request.ok, "the first request of connection {} failed", request.connection);
            answered += 1;
            busy -= 1;
        }
        ensure!(
            Instant::now() < deadline,
            "{answered} of {connections} connections answered within {LIMIT:?}"
        );
    }
    Ok(())
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
