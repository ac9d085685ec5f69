//! Endpoints that are probed in the same way at the same place share a probe: each hears what it finds.

use std::time::Duration;

use sluicegate_health::{Health, Phase};
use sluicegate_model::endpoint::CheckKey;
use sluicegate_proto::id::ObjectKey;

use super::{Checks, Entry, Verdicts};
use crate::probe::Prober;

impl<P: Prober, V: Verdicts> Checks<P, V> {
    /// Notes that an endpoint is probed there.
    pub(super) fn note_place(&mut self, check: &CheckKey, endpoint: &ObjectKey) {
        self.places.entry(check.clone()).or_default().insert(endpoint.clone());
    }

    /// Notes that it is not any more.
    pub(super) fn forget_place(&mut self, check: &CheckKey, endpoint: &ObjectKey) {
        if let Some(here) = self.places.get_mut(check) {
            here.remove(endpoint);
            if here.is_empty() {
                self.places.remove(check);
            }
        }
    }

    /// Has the twins of an endpoint whose probe begins take part in it: those whose own next probe would come before the one
    /// after that.
    pub(super) fn join_twins(&mut self, leader: &ObjectKey, now: Duration) -> Vec<ObjectKey> {
        let Some(entry) = self.entries.get(leader) else { return Vec::new() };
        let here = self.places.get(&entry.subject.check).into_iter().flatten();
        let joins = |key: &&ObjectKey| {
            let twin = self.entries.get(*key);
            *key != leader && twin.is_some_and(|twin| twin.is_twin(entry) && twin.welcomes(now))
        };
        let twins: Vec<ObjectKey> = here.filter(joins).cloned().collect();
        for key in &twins {
            let Some(twin) = self.entries.get_mut(key) else { continue };
            self.due.remove(&(twin.state.due(), key.clone()));
            twin.state.join(now);
            twin.joined = Some(leader.clone());
        }
        twins
    }

    /// The probe that twins took part in is given up without a result: each makes its own, soon.
    pub(super) fn leave_alone(&mut self, twins: Vec<ObjectKey>, leader: &ObjectKey) {
        let now = self.now();
        for key in twins {
            let Some(twin) = self.entries.get_mut(&key) else { continue };
            if twin.joined.as_ref() == Some(leader) {
                twin.joined = None;
                twin.state.rest(now);
                self.due.insert((twin.state.due(), key));
            }
        }
    }
}

impl Entry {
    /// Whether a probe that begins now comes in place of its own next one, and does not make them more.
    fn welcomes(&self, now: Duration) -> bool {
        let schedule = &self.subject.schedule;
        let pause = match self.state.health() {
            Health::Down => schedule.down_interval,
            Health::Up | Health::Stopping => schedule.interval,
        };
        self.state.phase() == Phase::Idle && self.state.due() <= now.saturating_add(pause)
    }

    /// Whether one probe is good for both.
    fn is_twin(&self, other: &Self) -> bool {
        let (one, other) = (&self.subject, &other.subject);
        let alike = one.check == other.check
            && one.target == other.target
            && one.schedule == other.schedule
            && one.limits == other.limits
            && one.config.outgoing == other.config.outgoing
            && one.script == other.script;
        let own = one.script.is_personal();
        alike && !own && !one.paused && one.target.is_some() && !self.waits && self.joined.is_none()
    }
}
