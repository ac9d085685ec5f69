//! Endpoints whose exchanges go wrong are left out for a time, and come back.
//!
//! The workers count; here it is decided, once an interval and whenever an endpoint has failed too often in a row. What a
//! count means is `sluicegate-health`'s to say.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sluicegate_engine::engine::Engine;
use sluicegate_engine::live::{Active, Ejection, FailureRun, Health, LiveBackend, LiveEndpoint};
use sluicegate_health::{Population, Record, Tally, outliers};
use sluicegate_proto::id::ObjectKey;
use tokio::time::Instant;

use crate::checks::at;
use crate::news::{Happening, News, is_wanted};

/// The backends that eject outliers.
#[derive(Debug)]
pub(crate) struct Outliers {
    engine: Arc<Engine>,
    began: Instant,
    watched: HashMap<ObjectKey, Watched>,
    /// When something is to be done at a backend.
    due: BTreeSet<(Duration, ObjectKey)>,
    /// Backends that have ejected somebody.
    short: BTreeSet<ObjectKey>,
}

/// One of them.
#[derive(Debug)]
struct Watched {
    /// As it was followed last.
    backend: Arc<LiveBackend>,
    /// The next look at all of its endpoints.
    next: Duration,
    due: Duration,
    /// Of those that were ejected not long ago.
    records: HashMap<ObjectKey, Record>,
}

/// What is to be looked at.
enum Matter {
    Run(ObjectKey, FailureRun),
    Due,
}

impl Outliers {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        let (watched, due, short) = Default::default();
        Self { engine, began: Instant::now(), watched, due, short }
    }

    /// Takes up a generation. What is known of an endpoint stays while the rule and its address do.
    pub(crate) fn follow(&mut self, active: &Active) {
        let rule = |key: &ObjectKey| active.backends.get(key)?.settings().outlier.as_ref();
        let gone = self.watched.keys().filter(|key| rule(key).is_none()).cloned();
        for key in gone.collect::<Vec<_>>() {
            self.forget(&key);
        }
        for (key, backend) in active.backends.iter().filter(|(_, it)| it.settings().outlier.is_some()) {
            match self.watched.get(key) {
                Some(known) if Arc::ptr_eq(&known.backend, backend) => {}
                Some(known) if known.backend.settings().outlier == backend.settings().outlier => {
                    self.keep(key, backend);
                }
                _ => self.begin(key, backend),
            }
        }
    }

    /// Waits for the next thing to happen and deals with it. Dropping the future loses nothing.
    pub(crate) async fn turn(&mut self) {
        let next = self.due.first().map(|(due, _)| self.began + *due);
        let matter = tokio::select! {
            biased;
            (endpoint, run) = self.engine.live().next_failure_run() => Matter::Run(endpoint, run),
            () = at(next) => Matter::Due,
        };
        let active = self.engine.live().active();
        match matter {
            Matter::Run(endpoint, run) => {
                if let Some((backend, endpoint)) = self.engine.live().find_endpoint(&active, &endpoint) {
                    self.eject(&active, &backend, &endpoint, run.to_string());
                }
            }
            Matter::Due => self.tick(&active),
        }
    }

    /// Where nobody takes traffic any more, those who are left out come back: others have gone since.
    pub(crate) fn settle(&mut self) {
        if self.short.is_empty() {
            return;
        }
        let active = self.engine.live().active();
        let empty = |key: &&ObjectKey| active.backends.get(key).is_some_and(|it| it.usable() == 0);
        for key in self.short.iter().filter(empty).cloned().collect::<Vec<_>>() {
            self.readmit(&active, &key, |_| true, "nobody else is left");
        }
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn begin(&mut self, key: &ObjectKey, backend: &Arc<LiveBackend>) {
        self.forget(key);
        let Some(rule) = &backend.settings().outlier else { return };
        let next = self.now() + rule.interval;
        let watched = Watched { backend: Arc::clone(backend), next, due: next, records: HashMap::new() };
        self.watched.insert(key.clone(), watched);
        self.due.insert((next, key.clone()));
    }

    /// Goes on with a backend of which something else has changed.
    fn keep(&mut self, key: &ObjectKey, backend: &Arc<LiveBackend>) {
        let Some(watched) = self.watched.get_mut(key) else { return };
        let before = std::mem::replace(&mut watched.backend, Arc::clone(backend));
        let addresses: HashMap<_, _> =
            backend.endpoints.iter().map(|it| (&it.config.key, &it.config.address)).collect();
        for endpoint in &before.endpoints {
            let (key, address) = (&endpoint.config.key, &endpoint.config.address);
            if addresses.get(key) != Some(&address) && watched.records.remove(key).is_some() {
                endpoint.state.readmit("its address is another one");
            }
        }
        self.arrange(key);
    }

    /// Lets go of a backend, and of whom it has ejected.
    fn forget(&mut self, key: &ObjectKey) {
        let Some(watched) = self.watched.remove(key) else { return };
        self.due.remove(&(watched.due, key.clone()));
        self.short.remove(key);
        for endpoint in &watched.backend.endpoints {
            if watched.records.get(&endpoint.config.key).is_some_and(|record| record.until().is_some()) {
                endpoint.state.readmit("outliers are not ejected as before");
            }
        }
    }

    /// Sets down when something is to be done next.
    fn arrange(&mut self, key: &ObjectKey) {
        let Some(watched) = self.watched.get_mut(key) else { return };
        self.due.remove(&(watched.due, key.clone()));
        let ends = watched.records.values().filter_map(Record::until).min();
        watched.due = ends.map_or(watched.next, |end| end.min(watched.next));
        self.due.insert((watched.due, key.clone()));
        match ends {
            Some(_) => self.short.insert(key.clone()),
            None => self.short.remove(key),
        };
    }

    fn tick(&mut self, active: &Active) {
        let now = self.now();
        while let Some((due, key)) = self.due.first().cloned()
            && due <= now
        {
            self.readmit(active, &key, |until| until <= now, "its time is over");
            if self.watched.get(&key).is_some_and(|watched| watched.next <= now) {
                self.look(active, &key, now);
            }
            self.arrange(&key);
        }
    }

    /// An interval of a backend is over.
    fn look(&mut self, active: &Active, key: &ObjectKey, now: Duration) {
        let Some(watched) = self.watched.get_mut(key) else { return };
        let backend = Arc::clone(active.backends.get(key).unwrap_or(&watched.backend));
        let Some(rule) = &backend.settings().outlier else { return };
        watched.next = now + rule.interval;
        watched.records.values_mut().for_each(|record| record.forgive(now, rule));
        watched.records.retain(|_, record| !record.is_clean());
        let Some(compared) = &rule.success_rate else { return };
        // What those did who take no traffic now says nothing, and is not kept for later.
        let tallies: Vec<Tally> = backend
            .endpoints
            .iter()
            .map(|endpoint| Some(endpoint.state.take_tally()).filter(|_| takes(endpoint)).unwrap_or_default())
            .collect();
        for outlier in outliers(&tallies, compared) {
            if let Some(endpoint) = backend.endpoints.get(outlier.place) {
                self.eject(active, &backend, endpoint, outlier.to_string());
            }
        }
    }

    /// Leaves an endpoint out, unless too many are.
    fn eject(
        &mut self,
        active: &Active,
        backend: &Arc<LiveBackend>,
        endpoint: &Arc<LiveEndpoint>,
        reason: String,
    ) {
        let (key, now) = (backend.config.key(), self.now());
        let Some(watched) = self.watched.get_mut(key).filter(|_| takes(endpoint)) else { return };
        let Some(rule) = &backend.settings().outlier else { return };
        if !population(backend).may_lose_one(rule.most_percent) {
            endpoint.state.spare();
            return;
        }
        let record = watched.records.entry(endpoint.config.key.clone()).or_default();
        let span = record.eject(now, rule);
        let until = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + span;
        endpoint.state.eject(Ejection { reason: reason.as_str().into(), until });
        self.arrange(key);
        let news = News { engine: &self.engine, active };
        news.tell(backend, endpoint, &Happening::Ejected { span, reason });
    }

    /// Lets those of a backend come back whose ends are asked for.
    fn readmit(&mut self, active: &Active, key: &ObjectKey, ends: impl Fn(Duration) -> bool, why: &str) {
        let now = self.now();
        let Some(watched) = self.watched.get_mut(key) else { return };
        let backend = active.backends.get(key).unwrap_or(&watched.backend);
        for endpoint in &backend.endpoints {
            let record = watched.records.get_mut(&endpoint.config.key);
            let Some(record) = record.filter(|record| record.until().is_some_and(&ends)) else { continue };
            record.readmit(now);
            endpoint.state.readmit(why);
            if takes(endpoint) {
                let news = News { engine: &self.engine, active };
                news.tell(backend, endpoint, &Happening::Readmitted(why.to_owned()));
            }
        }
        self.arrange(key);
    }
}

/// Whether it is given new exchanges.
fn takes(endpoint: &LiveEndpoint) -> bool {
    is_wanted(endpoint) && endpoint.state.health().is_usable()
}

fn population(backend: &LiveBackend) -> Population {
    let in_service = backend.endpoints.iter().filter(|endpoint| !endpoint.is_out(backend));
    Population {
        members: in_service.clone().count(),
        ejected: in_service.clone().filter(|endpoint| endpoint.state.health() == Health::Ejected).count(),
        usable: in_service.filter(|endpoint| takes(endpoint)).count(),
    }
}

#[cfg(test)]
mod tests;
