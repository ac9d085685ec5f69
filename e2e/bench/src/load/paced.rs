//! An open loop: request `k` is due `k / rate` seconds after the start, at place `k mod n`, and waits there while
//! that place is busy. Latency runs from when it was due, so one slow answer counts in full for all that had to wait
//! behind it (no coordinated omission).
//!
//! It never sleeps while it runs: in a virtual machine a timer and a wake-up for each request cost as much as the request.
//! The driver starts it as a task of the idle class, which gives the core to the servers beside it at once.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use super::clients::{Clients, Totals};
use super::latency::Latencies;
use super::{Pace, Plan, Seen};

/// After the last request was due, answers are waited for so long.
const GRACE: Duration = Duration::from_millis(100);

pub(crate) fn run(client: &mut dyn Clients, plan: &Plan, rate: f64) -> io::Result<Seen> {
    let total = (rate * plan.seconds) as u64;
    let mut line = Line::new(plan, rate, total);
    let (mut next, mut done, before) = (0, Vec::new(), client.totals());
    let deadline = line.begin + Duration::from_secs_f64(plan.seconds) + GRACE;
    loop {
        let now = Instant::now();
        while next < total && line.due(next) <= now {
            line.arrive(client, next);
            next += 1;
        }
        client.turn(Duration::ZERO, &mut done)?;
        for request in &done {
            line.over(request.place, request.ok);
            line.follow(client, request.place);
        }
        if next == total && (line.waiting == 0 || now > deadline) {
            break;
        }
    }
    Ok(line.seen(client.totals() - before))
}

/// The requests that are due, by connection.
struct Line {
    begin: Instant,
    interval: f64,
    seconds: f64,
    rate: f64,
    /// Due and not over.
    queues: Vec<VecDeque<u64>>,
    /// Of all queues.
    waiting: u64,
    latencies: Latencies,
    lags: Latencies,
    last: Instant,
    seen: Seen,
}

impl Line {
    fn new(plan: &Plan, rate: f64, total: u64) -> Self {
        let space = usize::try_from(total).unwrap_or(0);
        let begin = Instant::now() + Duration::from_millis(1);
        Self {
            begin,
            interval: rate.recip(),
            seconds: plan.seconds,
            rate,
            queues: vec![VecDeque::new(); plan.places()],
            waiting: 0,
            latencies: Latencies::with_capacity(space),
            lags: Latencies::with_capacity(space),
            last: begin,
            seen: Seen::default(),
        }
    }

    fn due(&self, request: u64) -> Instant {
        self.begin + Duration::from_secs_f64(request as f64 * self.interval)
    }

    /// A request is due.
    fn arrive(&mut self, client: &mut dyn Clients, request: u64) {
        let connection = (request % self.queues.len() as u64) as usize;
        self.queues[connection].push_back(request);
        self.waiting += 1;
        if self.queues[connection].len() == 1 {
            self.follow(client, connection);
            self.lags.add(self.due(request).elapsed());
        }
    }

    /// Starts the first request of the queue; one that cannot be sent is over.
    fn follow(&mut self, client: &mut dyn Clients, connection: usize) {
        while !self.queues[connection].is_empty() && !client.start(connection) {
            self.over(connection, false);
        }
    }

    /// The request of the connection has its answer, or none.
    fn over(&mut self, connection: usize, ok: bool) {
        let Some(request) = self.queues[connection].pop_front() else { return };
        self.waiting -= 1;
        if ok {
            self.seen.requests += 1;
            self.last = Instant::now();
            self.latencies.add(self.last - self.due(request));
        } else {
            self.seen.errors += 1;
        }
    }

    /// Requests without an answer count with the time that they have waited so far.
    fn seen(mut self, totals: Totals) -> Seen {
        let now = Instant::now();
        for request in std::mem::take(&mut self.queues).into_iter().flatten() {
            self.latencies.add(now.saturating_duration_since(self.due(request)));
        }
        let end = self.last.max(self.begin + Duration::from_secs_f64(self.seconds));
        let lag = self.lags.summary();
        self.seen.add(totals);
        Seen {
            seconds: (end - self.begin).as_secs_f64(),
            latency: self.latencies.summary(),
            pace: Some(Pace { offered: self.rate, unfinished: self.waiting, lag }),
            ..self.seen
        }
    }
}
