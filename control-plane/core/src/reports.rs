//! The newest value of everything that one proxy reported.

use std::collections::BTreeMap;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{
    BackendStats, EndpointStats, FrontendStats, Generation, Health, ObjectId, ProcessStats, Report,
};

/// Objects that are remembered of one proxy.
pub const KEPT_OBJECTS: usize = 100_000;

/// Reports of one process, put together. Bounded: what is over the limit is counted and left out.
#[derive(Debug, Clone, Default)]
pub struct Reports {
    boot_epoch: u64,
    generation: Option<Generation>,
    process: Option<ProcessStats>,
    frontends: BTreeMap<ObjectKey, FrontendStats>,
    backends: BTreeMap<ObjectKey, BackendStats>,
    endpoints: BTreeMap<ObjectKey, EndpointStats>,
    /// By the proxy and by the limit.
    omitted: u64,
}

impl Reports {
    /// Takes one in. Counters of another process replace all that was known.
    pub fn take(&mut self, report: Report) {
        if report.boot_epoch != self.boot_epoch {
            *self = Self { boot_epoch: report.boot_epoch, ..Self::default() };
        }
        self.omitted = report.omitted;
        self.generation = report.generation.or(self.generation.take());
        self.process = report.process.or(self.process.take());
        for stats in report.frontends {
            let room = self.len() < KEPT_OBJECTS;
            self.omitted += u64::from(!keep(&mut self.frontends, stats.id.clone(), stats, room));
        }
        for stats in report.backends {
            let room = self.len() < KEPT_OBJECTS;
            self.omitted += u64::from(!keep(&mut self.backends, stats.id.clone(), stats, room));
        }
        for stats in report.endpoints {
            let room = self.len() < KEPT_OBJECTS;
            self.omitted += u64::from(!keep(&mut self.endpoints, stats.id.clone(), stats, room));
        }
    }

    /// Forgets an object that is served no more.
    pub fn forget(&mut self, key: &ObjectKey) {
        self.frontends.remove(key);
        self.backends.remove(key);
        self.endpoints.remove(key);
    }

    /// All of it as one Report of at most `rows` objects of each kind; endpoints in trouble come first.
    pub fn report(&self, rows: usize) -> Report {
        let in_trouble = |stats: &&EndpointStats| {
            !matches!(Health::try_from(stats.health), Ok(Health::Up | Health::Unchecked))
        };
        let troubled = self.endpoints.values().filter(in_trouble);
        let well = self.endpoints.values().filter(|stats| !in_trouble(stats));
        let cut = [self.frontends.len(), self.backends.len(), self.endpoints.len()]
            .into_iter()
            .map(|count| count.saturating_sub(rows) as u64)
            .sum::<u64>();
        Report {
            boot_epoch: self.boot_epoch,
            generation: self.generation.clone(),
            process: self.process.clone(),
            frontends: self.frontends.values().take(rows).cloned().collect(),
            backends: self.backends.values().take(rows).cloned().collect(),
            endpoints: troubled.chain(well).take(rows).cloned().collect(),
            omitted: self.omitted + cut,
        }
    }

    fn len(&self) -> usize {
        self.frontends.len() + self.backends.len() + self.endpoints.len()
    }
}

/// Whether the value has a name, and is known or has room.
fn keep<T>(known: &mut BTreeMap<ObjectKey, T>, id: Option<ObjectId>, stats: T, room: bool) -> bool {
    let Some(key) = id.and_then(|id| ObjectKey::try_from(&id).ok()) else { return false };
    if !room && !known.contains_key(&key) {
        return false;
    }
    known.insert(key, stats);
    true
}

#[cfg(test)]
mod tests;
