//! What the engine counted and the checks found, as the control plane wants to hear it: only what changed, and bounded.

mod facts;
pub(crate) mod pace;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prost::Message;
use sluicegate_engine::engine::{Engine, ProcessReport};
use sluicegate_engine::live::{Active, LiveEndpoint};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1;
use sluicegate_proto::v1::question::Ask;
use sluicegate_sync::Reporter;
use tokio::sync::watch;

use crate::answers;
use crate::apply::Served;
use crate::names::Ledger;
use facts::{Facts, Growth};
use pace::{Moment, Paces};

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
    paces: Arc<Mutex<Paces>>,
    ledger: Arc<Ledger>,
    /// Grows by what was told: where there is more than a report holds, each has its turn.
    turn: usize,
    /// Of the generation that the last report was about.
    serial: u64,
    /// What the last report took from the engine's list of changes; it may have changed while it was read.
    taken: Vec<ObjectKey>,
    /// What is new of these had no room.
    waiting: BTreeSet<ObjectKey>,
}

/// An endpoint that may be told of.
type Candidate = (Arc<LiveEndpoint>, Facts);

impl Reports {
    /// `served`: what is served. `paces`: what else tells of rates has them from there.
    pub(crate) fn new(
        engine: Arc<Engine>,
        boot_epoch: u64,
        served: watch::Receiver<Option<Served>>,
        paces: Arc<Mutex<Paces>>,
    ) -> Self {
        let (frontends, backends, endpoints, taken, waiting) = Default::default();
        Self {
            engine,
            boot_epoch,
            served,
            frontends,
            backends,
            endpoints,
            paces,
            ledger: Arc::default(),
            turn: 0,
            serial: 0,
            taken,
            waiting,
        }
    }

    /// The same, which tells of these name servers too.
    pub(crate) fn with_ledger(mut self, ledger: Arc<Ledger>) -> Self {
        self.ledger = ledger;
        self
    }

    fn forget(&mut self) {
        self.frontends.clear();
        self.backends.clear();
        self.endpoints.clear();
        self.waiting.clear();
    }

    /// What may have something new: what changed since the last report or during it, and what had no room in it.
    fn suspects(&mut self) -> BTreeSet<ObjectKey> {
        let taken = self.engine.live().take_changed();
        let mut suspects = std::mem::take(&mut self.waiting);
        suspects.extend(std::mem::replace(&mut self.taken, taken.clone()));
        suspects.extend(taken);
        suspects.extend(lock(&self.paces).moving().cloned());
        suspects
    }

    /// After a commit: lets go of what is not served any more.
    fn follow(&mut self, active: &Active) {
        if std::mem::replace(&mut self.serial, active.serial) == active.serial {
            return;
        }
        self.frontends.retain(|key, _| active.frontends.contains_key(key));
        self.backends.retain(|key, _| active.backends.contains_key(key));
        let live = self.engine.live();
        self.endpoints.retain(|key, _| live.find_endpoint(active, key).is_some());
        lock(&self.paces).retain(|key| {
            *key == *pace::OWN
                || active.frontends.contains_key(key)
                || active.backends.contains_key(key)
                || live.find_endpoint(active, key).is_some()
        });
    }

    fn endpoints(
        &mut self,
        active: &Active,
        suspects: impl Iterator<Item = ObjectKey>,
        room: &mut Room,
    ) -> Vec<v1::EndpointStats> {
        let (mut turned, mut moved, mut probed) = (Vec::new(), Vec::new(), Vec::new());
        for key in suspects {
            let Some((backend, endpoint)) = self.engine.live().find_endpoint(active, &key) else { continue };
            let facts = Facts::of(&backend, &endpoint, &mut lock(&self.paces).reader());
            let candidate = (endpoint, facts);
            match self.endpoints.get(&key) {
                Some(told) if *told == candidate.1 => {}
                Some(told) if told.same_but_probes(&candidate.1) => probed.push(candidate),
                Some(told) if told.same_health(&candidate.1) => moved.push(candidate),
                _ => turned.push(candidate),
            }
        }
        rotate(&mut moved, self.turn);
        rotate(&mut probed, self.turn);
        let mut stats = Vec::new();
        let urgent = turned.len() + moved.len();
        for (position, (endpoint, facts)) in turned.into_iter().chain(moved).chain(probed).enumerate() {
            let key = endpoint.config.key.clone();
            if position < urgent + MOST_PROBED {
                let row = facts.row(&endpoint);
                if room.takes(&row) {
                    self.endpoints.insert(key, facts);
                    stats.push(row);
                    continue;
                }
            }
            room.omitted += u64::from(position < urgent);
            self.waiting.insert(key);
        }
        self.turn = self.turn.wrapping_add(stats.len());
        stats
    }
}

impl Reporter for Reports {
    fn report(&mut self, fresh: bool) -> v1::Report {
        lock(&self.paces).begin(Moment::now());
        let mut suspects = self.suspects();
        let active = self.engine.live().active();
        self.follow(&active);
        if fresh {
            self.forget();
            suspects = everything(&active);
        }
        let mut report = v1::Report {
            boot_epoch: self.boot_epoch,
            generation: self.served.borrow().as_ref().map(|served| served.generation.into()),
            process: Some(process(self.engine.report(), &mut lock(&self.paces).reader())),
            ..v1::Report::default()
        };
        let mut room = Room { bytes: MOST_BYTES, omitted: 0 };
        for key in &suspects {
            if let Some(frontend) = active.frontends.get(key) {
                let row = facts::frontend(key, frontend, &mut lock(&self.paces).reader());
                report.frontends.extend(news(&mut self.frontends, &mut self.waiting, key, row, &mut room));
            } else if let Some(backend) = active.backends.get(key) {
                let row = facts::backend(key, backend, &mut lock(&self.paces).reader());
                report.backends.extend(news(&mut self.backends, &mut self.waiting, key, row, &mut room));
            }
        }
        let endpoints = suspects.into_iter().filter(|key| key.kind() == v1::Kind::Endpoint);
        report.endpoints = self.endpoints(&active, endpoints, &mut room);
        report.omitted = room.omitted;
        report
    }

    async fn answer(&mut self, ask: Ask) -> v1::Answered {
        match ask {
            Ask::ListSessions(list) => answers::sessions(&self.engine, &list).await,
            Ask::ListErrors(v1::ListErrors {}) => answers::errors(&self.engine),
            Ask::EndSessions(end) => answers::end(&self.engine, &end).await,
            Ask::ClearCounters(v1::ClearCounters { all }) => self.clear(all).await,
            Ask::ListCaches(list) => answers::caches(&self.engine, &list),
            Ask::ListResolvers(list) => answers::name_servers(&self.ledger, &list),
        }
    }
}

impl Reports {
    async fn clear(&self, all: bool) -> v1::Answered {
        let silent_workers = self.engine.clear_counters(all).await;
        lock(&self.paces).clear(all);
        if all {
            self.ledger.clear();
        }
        v1::Answered { silent_workers, ..v1::Answered::default() }
    }
}

/// Everything at once, for who is in the process: nothing is left out, and nothing counts as told.
pub(crate) fn whole(engine: &Engine, served: Option<&Served>, paces: &Mutex<Paces>) -> v1::Report {
    let active = engine.live().active();
    let paces = lock(paces);
    let mut known = paces.knower(Moment::now());
    let mut report = v1::Report {
        generation: served.map(|served| served.generation.into()),
        process: Some(process(engine.report(), &mut known)),
        ..v1::Report::default()
    };
    for (key, frontend) in &active.frontends {
        report.frontends.push(facts::frontend(key, frontend, &mut known));
    }
    for (key, backend) in &active.backends {
        report.backends.push(facts::backend(key, backend, &mut known));
        let endpoints = backend.endpoints.iter();
        report
            .endpoints
            .extend(endpoints.map(|endpoint| Facts::of(backend, endpoint, &mut known).row(endpoint)));
    }
    report
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// For who has been told nothing.
fn everything(active: &Active) -> BTreeSet<ObjectKey> {
    let endpoints = active.backends.values().flat_map(|backend| &backend.endpoints);
    let endpoints = endpoints.map(|endpoint| &endpoint.config.key);
    active.frontends.keys().chain(active.backends.keys()).chain(endpoints).cloned().collect()
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

/// The row, where it differs from what was told and there is room; where there is none, it waits.
fn news<T: Message + PartialEq + Clone>(
    told: &mut HashMap<ObjectKey, T>,
    waiting: &mut BTreeSet<ObjectKey>,
    key: &ObjectKey,
    row: T,
    room: &mut Room,
) -> Option<T> {
    if told.get(key) == Some(&row) {
        return None;
    }
    if room.takes(&row) {
        told.insert(key.clone(), row.clone());
        Some(row)
    } else {
        room.omitted += 1;
        waiting.insert(key.clone());
        None
    }
}

fn rotate(candidates: &mut [Candidate], turn: usize) {
    if let Some(middle) = turn.checked_rem(candidates.len()) {
        candidates.rotate_left(middle);
    }
}

fn process(report: ProcessReport, grown: &mut Growth<'_>) -> v1::ProcessStats {
    let mut rate = |which, count| Some(grown(&pace::OWN, which, count).rate);
    let count = |(name, count): (&str, u64)| v1::Count { name: name.to_owned(), count };
    v1::ProcessStats {
        uptime_ms: u64::try_from(report.uptime.as_millis()).unwrap_or(u64::MAX),
        connections: report.connections,
        current_connections: report.current_connections.into(),
        requests: report.requests,
        retained_generations: report.retained_generations as u64,
        closes: report.closes.into_iter().map(|(cause, number)| count((cause.name(), number))).collect(),
        dropped_log_lines: report.dropped_log_lines,
        connection_rate: rate(0, report.connections),
        request_rate: rate(1, report.requests),
        idle_percent: Some(report.idle_percent),
        tasks: report.tasks,
        failed_resolutions: report.failed_resolutions,
    }
}

#[cfg(test)]
mod tests;
