//! Where endpoints are whose names are asked of sections of name servers.

use std::net::SocketAddr;

use sluicegate_engine::live::{Health, LiveEndpoint};
use sluicegate_engine::stream::Target;
use sluicegate_model::endpoint::EndpointAddress;

use super::Endpoints;
use crate::names::Round;
use crate::names::crowd::{Change, First, Member};
use crate::news::{Cause, Happening, News};
use crate::probe::Prober;
use crate::watch::led_to;

impl<P: Prober> Endpoints<P> {
    /// Looks anew at who is known by a name that sections are asked for.
    pub(super) fn follow_crowds(&mut self) {
        let changes = self.crowds.follow(&self.followed);
        let sections = &self.followed.runtime.resolvers;
        for subject in self.crowds.subjects().filter(|subject| !sections.contains_key(&subject.section)) {
            let (section, name) = (subject.section.name(), &subject.name);
            tracing::warn!("'{name}' is asked of nobody: there are no resolvers '{section}'");
        }
        self.inquiries.follow(self.crowds.subjects(), sections);
        self.place(changes);
    }

    /// Takes up what name servers said.
    pub(super) fn hear_round(&mut self, round: Round) {
        let (first, changes) = self.crowds.hear(round);
        if changes.is_empty() && !first {
            return;
        }
        self.place(changes);
        if first {
            // The system's resolver need not be asked any more.
            self.follow_names();
        }
    }

    pub(super) fn place(&mut self, changes: Vec<(Member, Change)>) {
        for (member, change) in changes {
            match change {
                Change::Found { at, weight, by } => self.found(&member, at, weight, by),
                Change::Lost(why) => self.lost(&member, why),
            }
        }
    }

    fn found(&mut self, member: &Member, at: SocketAddr, weight: Option<u16>, by: String) {
        let Member { backend, endpoint, .. } = member;
        let state = &endpoint.state;
        let was = state.address();
        let resolves_again = state.health() == Health::Unresolved;
        if weight.is_some() {
            state.set_weight(weight);
        }
        state.set_address(at);
        self.checks.resolved(&endpoint.config, at);
        let mut happenings = Vec::new();
        if was.map(|was| was.ip()) != Some(at.ip()) {
            happenings.push(Happening::Moved { from: was.map(|was| was.ip()), to: at.ip(), by });
        }
        if resolves_again && !endpoint.is_out(backend) {
            happenings.push(Happening::Resolved);
            if !endpoint.config.resolution.as_ref().is_some_and(|resolution| resolution.service) {
                happenings.push(Happening::ReadyByName);
            }
        }
        let news = News { engine: &self.engine, active: &self.followed };
        happenings.iter().for_each(|happening| news.tell(backend, endpoint, happening));
    }

    fn lost(&mut self, member: &Member, why: String) {
        let Member { backend, endpoint, .. } = member;
        self.checks.lose(&endpoint.config);
        endpoint.state.lose_address(&why);
        if !endpoint.is_out(backend) {
            let news = News { engine: &self.engine, active: &self.followed };
            news.tell(backend, endpoint, &Happening::Maintenance(Cause::Name(why)));
        }
    }

    /// Whether the system's resolver is asked for an endpoint for good.
    pub(super) fn asks_system(endpoint: &LiveEndpoint) -> bool {
        let config = &endpoint.config;
        let EndpointAddress::Host(_) = &config.address else { return false };
        let Some(resolution) = &config.resolution else { return true };
        resolution.resolvers.is_none() && matches!(First::of(resolution), First::System(_))
    }

    /// Where the probes of an endpoint go; `None`: its name has not been resolved, or it is not probed.
    pub(super) fn probed_at(&self, endpoint: &LiveEndpoint) -> Option<Target> {
        let config = &endpoint.config;
        match (&config.resolution, endpoint.state.address()) {
            (None, _) => self.target(&config.check_key()?.target),
            (Some(_), None) => None,
            (Some(_), Some(at)) => led_to(config.check_key()?.target, at),
        }
    }
}
