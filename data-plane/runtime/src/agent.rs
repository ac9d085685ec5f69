//! What agents say of their endpoints, put into force and, where something changed, told to people.

use std::sync::Arc;

use sluicegate_engine::engine::Engine;
use sluicegate_engine::live::{Active, Admin, EndpointState, LiveBackend, LiveEndpoint};
use sluicegate_health::{self as health, Check, Finding, Reply};
use sluicegate_model::Endpoint;
use sluicegate_proto::limits::MAX_WEIGHT;

use crate::checks::{Subject, Verdicts};
use crate::health::{is_news, probe};
use crate::news::{Cause, Happening, News};

/// Writes what agents say to what is served.
#[derive(Debug)]
pub(crate) struct AgentBoard {
    engine: Arc<Engine>,
}

impl AgentBoard {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }

    /// Says what the agent makes of the health, and tells of it where that is another one then.
    fn stand(&self, endpoint: &Subject, check: &Check, (evidence, cause): (&str, Cause)) {
        let Some(state) = self.engine.live().endpoint(&endpoint.key) else { return };
        let down = check.health() == health::Health::Down;
        if state.set_agent_health(down, evidence) {
            let happening = if down { Happening::Down(cause) } else { Happening::Up(cause) };
            self.tell(endpoint, &happening);
        }
    }

    fn tell(&self, endpoint: &Subject, happening: &Happening) {
        let active = self.engine.live().active();
        let Some((backend, live)) = served(&active, endpoint) else { return };
        let admin = matches!(happening, Happening::Maintenance(_) | Happening::Ready);
        if admin || !live.is_out(backend) {
            News { engine: &self.engine, active: &active }.tell(backend, live, happening);
        }
    }

    fn tell_probe(&self, endpoint: &Subject, finding: &Finding, check: &Check) {
        let active = self.engine.live().active();
        let Some((backend, live)) = served(&active, endpoint) else { return };
        let news = News { engine: &self.engine, active: &active };
        news.tell_probe("Agent", (backend, live), finding, check);
    }
}

impl Verdicts for AgentBoard {
    fn renewed(&mut self, endpoint: &Subject, check: &Check) {
        if let Some(state) = self.engine.live().endpoint(&endpoint.key) {
            state.count_agent(None);
        }
        self.forced(endpoint, check);
    }

    fn forced(&mut self, endpoint: &Subject, check: &Check) {
        self.stand(endpoint, check, ("", Cause::Set));
    }

    fn state_words(&self, _endpoint: &Subject, check: &Check) -> String {
        check.state_words()
    }

    fn probed(&mut self, endpoint: &Subject, finding: &Finding, check: &Check) {
        let Some(state) = self.engine.live().endpoint(&endpoint.key) else { return };
        let told = endpoint.settings.log_probes && is_news(finding, state.agent().as_ref());
        state.count_agent(Some(probe(finding)));
        if told {
            self.tell_probe(endpoint, finding, check);
        }
        if let Some(reply) = &finding.reply {
            if let Some(happening) = administer(&state, reply) {
                self.tell(endpoint, &happening);
            }
            share(&state, &endpoint.config, reply);
        }
        let cause = if told { Cause::Told } else { Cause::Reason(finding.evidence.reason()) };
        self.stand(endpoint, check, (&finding.evidence.to_string(), cause));
    }
}

/// An endpoint as it is served.
fn served<'a>(active: &'a Active, endpoint: &Subject) -> Option<(&'a LiveBackend, &'a LiveEndpoint)> {
    let backend = active.backends.get(&endpoint.settings.key)?;
    Some((backend, backend.endpoints.iter().find(|it| it.config.key == endpoint.key)?))
}

/// Puts into force what an agent wants of its endpoint. What the configuration or an operator wants stays beside it.
fn administer(state: &EndpointState, reply: &Reply) -> Option<Happening> {
    let before = state.standing().admin;
    let admin = match reply.admin? {
        health::Admin::Ready => None,
        health::Admin::Drain => Some(Admin::Drain),
        health::Admin::Maint => Some(Admin::Maint),
    };
    if !state.set_admin(admin) {
        return None;
    }
    Some(match (before, admin) {
        (_, Some(Admin::Maint)) => Happening::Maintenance(Cause::Wanted),
        (_, Some(Admin::Drain)) => Happening::Drain(Cause::Wanted),
        (Some(Admin::Maint), None) => Happening::Ready,
        (_, None) => Happening::Undrained,
    })
}

/// Puts weight and limit into force.
fn share(state: &EndpointState, config: &Endpoint, reply: &Reply) {
    if let Some(percent) = reply.weight_percent {
        let weight = (u64::from(config.weight) * u64::from(percent) / 100).min(MAX_WEIGHT.into());
        state.set_weight(u16::try_from(weight).ok());
    }
    if let Some(limit) = reply.max_connections {
        state.set_limit(Some(limit), config);
    }
}

/// Forgets what an agent said of an endpoint that has none any more.
pub(crate) fn dismiss(state: &EndpointState, config: &Endpoint) {
    state.count_agent(None);
    state.set_agent_health(false, "");
    state.set_admin(None);
    state.set_limit(None, config);
    state.set_weight(None);
}

#[cfg(test)]
mod tests;
