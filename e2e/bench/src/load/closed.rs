//! A closed loop: an answer makes room for the next request, so a slow proxy is asked less. Shows what a request costs
//! at saturation; its latencies leave out those requests that a slow proxy kept from being sent.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use super::clients::{Clients, until};
use super::latency::Latencies;
use super::{Plan, Seen};

/// Space for latencies before it has to grow.
const LATENCIES: usize = 1 << 20;

/// So long after the end of a run that has a number of requests it is given up.
const LIMIT: Duration = Duration::from_secs(600);

pub(crate) fn run(client: &mut dyn Clients, plan: &Plan) -> io::Result<Seen> {
    let window = plan.window.unwrap_or(plan.places()).min(plan.places());
    let mut seen = Seen::default();
    let mut latencies = Latencies::with_capacity(LATENCIES);
    let mut sent_at = vec![Instant::now(); plan.places()];
    let mut idle: VecDeque<usize> = (0..plan.places()).collect();
    let mut left = plan.requests.unwrap_or(u64::MAX);
    let (mut busy, mut done, before) = (0, Vec::new(), client.totals());
    let begin = Instant::now();
    let deadline =
        begin + if plan.requests.is_some() { LIMIT } else { Duration::from_secs_f64(plan.seconds) };
    let mut now = begin;
    while now < deadline && (left > 0 || busy > 0) {
        while busy < window && left > 0 {
            // All places beyond the window are idle.
            let Some(next) = idle.pop_front() else { break };
            sent_at[next] = Instant::now();
            if client.start(next) {
                busy += 1;
                left -= 1;
            } else {
                seen.errors += 1;
                idle.push_back(next);
                break;
            }
        }
        client.turn(until(deadline), &mut done)?;
        now = Instant::now();
        for request in &done {
            busy -= 1;
            idle.push_back(request.place);
            if request.ok {
                seen.requests += 1;
                latencies.add(now - sent_at[request.place]);
            } else {
                seen.errors += 1;
            }
        }
    }
    seen.seconds = (now - begin).as_secs_f64();
    seen.add(client.totals() - before);
    seen.latency = latencies.summary();
    Ok(seen)
}
