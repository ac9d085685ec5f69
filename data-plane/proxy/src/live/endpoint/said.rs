//! What is said of an endpoint at run time: by its checks, its exchanges and its agent.

use std::sync::PoisonError;
use std::sync::atomic::{Ordering::Relaxed, Ordering::SeqCst};

use sluicegate_model::Endpoint;

use super::EndpointState;
use crate::live::health::{Health, Probe};
use crate::live::observed::Sign;
use crate::live::standing::{Admin, Standing};
use crate::live::uptime;

impl EndpointState {
    /// Says what checks found. A change is in force for the next exchange on every worker, and wakes who waits. Says whether
    /// its health is another one now.
    pub fn set_health(&self, health: Health, evidence: &str) -> bool {
        self.stand(Some(evidence), |standing| standing.checked = health)
    }

    /// Says what its agent says of its health. Says whether its health is another one now.
    pub fn set_agent_health(&self, down: bool, evidence: &str) -> bool {
        let evidence = Some(evidence).filter(|_| down != self.standing().agent_down);
        self.stand(evidence, |standing| standing.agent_down = down)
    }

    /// Says what its agent wants of it, beside the configuration. Says whether that is new.
    pub fn set_admin(&self, admin: Option<Admin>) -> bool {
        let before = self.standing().admin;
        self.stand(None, |standing| standing.admin = admin);
        if before != admin
            && let Some(backend) = self.backend.upgrade()
        {
            backend.endpoint_changed(self);
        }
        before != admin
    }

    /// Gives it another limit of exchanges at one time than the configuration does; 0: none. `None`: that of the
    /// configuration.
    pub fn set_limit(&self, limit: Option<u32>, config: &Endpoint) {
        if self.standing().limit == limit {
            return;
        }
        self.stand(None, |standing| standing.limit = limit);
        self.places.write(config);
        if let Some(limit) = limit {
            self.places.overrule(limit);
        }
        if let Some(backend) = self.backend.upgrade() {
            backend.endpoint_changed(self);
        }
    }

    /// All that is said of it.
    pub fn standing(&self) -> Standing {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What its agent wants of it.
    pub(super) fn admin(&self) -> Option<Admin> {
        self.standing().admin
    }

    /// Changes what is said of it, and says whether its health is another one then.
    pub(super) fn stand(&self, evidence: Option<&str>, change: impl FnOnce(&mut Standing)) -> bool {
        let changed = {
            let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
            change(&mut standing);
            let health = standing.health();
            let before = self.health.swap(health as u8, SeqCst);
            let changed = before != health as u8;
            if changed && health.is_usable() && !Health::of(before).is_usable() {
                self.share.cool(uptime::now_ms());
            }
            let mut known = self.evidence.lock().unwrap_or_else(PoisonError::into_inner);
            if changed {
                known.history.turn(before == Health::Down as u8, health == Health::Down);
            }
            if let Some(evidence) = evidence.filter(|evidence| &*known.text != *evidence) {
                known.text = evidence.into();
            }
            changed
        };
        self.mark.touch();
        if changed && let Some(backend) = self.backend.upgrade() {
            backend.endpoint_changed(self);
        }
        changed
    }

    /// An exchange shows how it is.
    #[inline]
    pub fn observe(&self, sign: Sign) {
        if self.watched.load(Relaxed) {
            self.observe_sign(sign);
        }
    }

    /// The same of an exchange that is tried again, which checks know nothing of.
    pub(crate) fn observe_retried(&self, sign: Sign) {
        if self.watched.load(Relaxed) {
            self.tally_sign(sign);
        }
    }

    #[cold]
    fn observe_sign(&self, sign: Sign) {
        if self.observed.is_on()
            && let Some(run) = self.observed.count(sign)
        {
            self.mark.touch();
            if !self.observed.told.swap(true, SeqCst) {
                self.mark.changes.error_runs.raise(self.mark.key.clone(), run);
            }
        }
        self.tally_sign(sign);
    }

    fn tally_sign(&self, sign: Sign) {
        if self.tally.is_on()
            && let Some(run) = self.tally.count(sign)
            && !self.tally.told.swap(true, SeqCst)
        {
            self.mark.changes.failure_runs.raise(self.mark.key.clone(), run);
        }
    }

    pub(in crate::live) fn heard_error_run(&self) {
        self.observed.told.store(false, SeqCst);
    }

    /// How often its exchanges went wrong too often in a row.
    pub fn error_runs(&self) -> u64 {
        self.observed.runs()
    }

    /// Counts what its agent was asked.
    pub fn count_agent(&self, probe: Option<Probe>) {
        *self.agent.lock().unwrap_or_else(PoisonError::into_inner) = probe;
        self.mark.touch();
    }

    /// What its agent said last.
    pub fn agent(&self) -> Option<Probe> {
        self.agent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
