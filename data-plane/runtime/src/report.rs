//! What the engine counted and the checks found, as the control plane wants to hear it: only what changed, and bounded.

mod facts;

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use prost::Message;
use sluicegate_engine::engine::{Engine, ProcessReport};
use sluicegate_engine::live::{Active, LiveEndpoint};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1;
use sluicegate_sync::Reporter;
use tokio::sync::watch;

use crate::apply::Served;
use facts::Facts;

/// Bytes of one report's objects; what is over follows with the next reports.
const MOST_BYTES: usize = 512 << 10;
/// Endpoints of one report of which nothing is new but that they were probed once more.
const MOST_PROBED: usize = 256;

/// Reports of one process.
#[derive(Debug)]
pub(crate) struct Reports {
    engine: Arc<Engine>,
    boot_epoch: u64,
    served: watch::Receiver<Option<Served>>,
    frontends: HashMap<ObjectKey, v1::FrontendStats>,
    backends: HashMap<ObjectKey, v1::BackendStats>,
    endpoints: HashMap<ObjectKey, Facts>,
    /// Grows by what was told: where there is more than a report holds, each has its turn.
    turn: usize,
}

/// An endpoint that may be told of.
type Candidate<'a> = (&'a LiveEndpoint, Facts);

impl Reports {
    /// `served`: what is served.
    pub(crate) fn new(engine: Arc<Engine>, boot_epoch: u64, served: watch::Receiver<Option<Served>>) -> Self {
        let (frontends, backends, endpoints) = Default::default();
        Self { engine, boot_epoch, served, frontends, backends, endpoints, turn: 0 }
    }

    fn forget(&mut self) {
        self.frontends.clear();
        self.backends.clear();
        self.endpoints.clear();
    }

    fn endpoints(&mut self, active: &Active, room: &mut Room) -> Vec<v1::EndpointStats> {
        let (mut turned, mut moved, mut probed) = (Vec::new(), Vec::new(), Vec::new());
        let mut total = 0;
        for backend in active.backends.values() {
            total += backend.endpoints.len();
            for endpoint in &backend.endpoints {
                let facts = Facts::of(backend, endpoint);
                let candidate = (&**endpoint, facts);
                match self.endpoints.get(&endpoint.config.key) {
                    Some(told) if *told == candidate.1 => {}
                    Some(told) if told.same_but_probes(&candidate.1) => probed.push(candidate),
                    Some(told) if told.same_health(&candidate.1) => moved.push(candidate),
                    _ => turned.push(candidate),
                }
            }
        }
        if self.endpoints.len() > total {
            let live = active.backends.values().flat_map(|backend| &backend.endpoints);
            retain(&mut self.endpoints, live.map(|endpoint| &endpoint.config.key));
        }
        rotate(&mut moved, self.turn);
        rotate(&mut probed, self.turn);
        let mut stats = Vec::new();
        let urgent = turned.len() + moved.len();
        let candidates = turned.into_iter().chain(moved).chain(probed.into_iter().take(MOST_PROBED));
        for (position, (endpoint, facts)) in candidates.enumerate() {
            let row = facts.row(endpoint);
            if room.takes(&row) {
                self.endpoints.insert(endpoint.config.key.clone(), facts);
                stats.push(row);
            } else if position < urgent {
                room.omitted += 1;
            }
        }
        self.turn = self.turn.wrapping_add(stats.len());
        stats
    }
}

impl Reporter for Reports {
    fn report(&mut self, fresh: bool) -> v1::Report {
        if fresh {
            self.forget();
        }
        let active = self.engine.live().active();
        let mut report = v1::Report {
            boot_epoch: self.boot_epoch,
            generation: self.served.borrow().as_ref().map(|served| served.generation.into()),
            process: Some(process(self.engine.report())),
            ..v1::Report::default()
        };
        let mut room = Room { bytes: MOST_BYTES, omitted: 0 };
        let frontends = active.frontends.iter().map(|(key, it)| (key, facts::frontend(key, it)));
        report.frontends = news(&mut self.frontends, frontends, &mut room);
        let backends = active.backends.iter().map(|(key, it)| (key, facts::backend(key, it)));
        report.backends = news(&mut self.backends, backends, &mut room);
        report.endpoints = self.endpoints(&active, &mut room);
        report.omitted = room.omitted;
        report
    }
}

/// What is left of a report's bytes, and how much did not go in.
struct Room {
    bytes: usize,
    omitted: u64,
}

impl Room {
    fn takes(&mut self, row: &impl Message) -> bool {
        let left = self.bytes.checked_sub(row.encoded_len());
        // Once something did not go in, nothing smaller overtakes it.
        self.bytes = left.unwrap_or(0);
        left.is_some()
    }
}

/// The rows that differ from what was told; they are told now, as far as there is room.
fn news<'a, T: Message + PartialEq + Clone>(
    told: &mut HashMap<ObjectKey, T>,
    rows: impl ExactSizeIterator<Item = (&'a ObjectKey, T)> + Clone,
    room: &mut Room,
) -> Vec<T> {
    if told.len() > rows.len() {
        retain(told, rows.clone().map(|(key, _)| key));
    }
    let mut news = Vec::new();
    for (key, row) in rows {
        if told.get(key) == Some(&row) {
            continue;
        }
        if room.takes(&row) {
            told.insert(key.clone(), row.clone());
            news.push(row);
        } else {
            room.omitted += 1;
        }
    }
    news
}

fn retain<'a, K: Eq + Hash + 'a, T>(told: &mut HashMap<K, T>, live: impl Iterator<Item = &'a K>) {
    let live: std::collections::HashSet<&K> = live.collect();
    told.retain(|key, _| live.contains(key));
}

fn rotate(candidates: &mut [Candidate<'_>], turn: usize) {
    if let Some(middle) = turn.checked_rem(candidates.len()) {
        candidates.rotate_left(middle);
    }
}

fn process(report: ProcessReport) -> v1::ProcessStats {
    let count = |(name, count): (&str, u64)| v1::Count { name: name.to_owned(), count };
    v1::ProcessStats {
        uptime_ms: u64::try_from(report.uptime.as_millis()).unwrap_or(u64::MAX),
        connections: report.connections,
        current_connections: report.current_connections.into(),
        requests: report.requests,
        retained_generations: report.retained_generations as u64,
        closes: report.closes.into_iter().map(|(cause, number)| count((cause.name(), number))).collect(),
        dropped_log_lines: report.dropped_log_lines,
    }
}

#[cfg(test)]
mod tests;
