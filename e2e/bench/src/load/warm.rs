//! Opens the connections of a load, with one exchange at each place.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::ensure;

use super::Plan;
use super::clients::{Clients, until};

/// Until then all connections have to be open.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// Requests under way at a time, so that no backlog overflows.
const WINDOW: usize = 64;

/// Opens them all. A load that opens a connection for each request has none to open, but may want sessions to resume.
pub(super) fn open(client: &mut dyn Clients, plan: &Plan) -> anyhow::Result<()> {
    if plan.close && !plan.resume {
        return Ok(());
    }
    exchanges(client, plan.places())
}

fn exchanges(client: &mut dyn Clients, places: usize) -> anyhow::Result<()> {
    let deadline = Instant::now() + LIMIT;
    let mut waiting: VecDeque<usize> = (0..places).collect();
    let (mut busy, mut answered, mut done) = (0, 0, Vec::new());
    while answered < places {
        while busy < WINDOW.min(places)
            && let Some(next) = waiting.pop_front()
        {
            ensure!(client.start(next), "request {next} is refused");
            busy += 1;
        }
        client.turn(until(deadline), &mut done)?;
        for request in &done {
            ensure!(request.ok, "the first request at place {} failed", request.place);
            answered += 1;
            busy -= 1;
        }
        ensure!(Instant::now() < deadline, "{answered} of {places} requests were answered within {LIMIT:?}");
    }
    Ok(())
}
