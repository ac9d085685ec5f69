//! Agents of endpoints.

use std::num::NonZeroU32;
use std::sync::Arc;

use sluicegate_engine::live::LiveEndpoint;
use sluicegate_health::{Limits, Schedule};
use sluicegate_model::Backend;
use sluicegate_model::endpoint::CheckKey;

use super::Endpoints;
use crate::agent;
use crate::checks::{Kind, Subject};
use crate::probe::Prober;

impl<P: Prober> Endpoints<P> {
    /// The agent of an endpoint. It is asked in maintenance too, as it may end that.
    pub(super) fn agent(&mut self, backend: &Backend, endpoint: &LiveEndpoint) -> Option<Subject> {
        let config = &endpoint.config;
        let wanted = config.agent.as_ref().filter(|_| !backend.settings.disabled);
        let Some((agent, address)) = wanted.and_then(|agent| Some((agent, agent.target(&config.address)?)))
        else {
            self.checks.forget_agent(&config.key);
            // Nobody else has set these.
            if endpoint.state.agent().is_some() {
                agent::dismiss(&endpoint.state, config);
            }
            return None;
        };
        let timeouts = &backend.settings.timeouts;
        Some(Subject {
            key: config.key.clone(),
            kind: Kind::Agent,
            script: Arc::clone(&agent.script),
            settings: Arc::clone(&backend.settings),
            config: Arc::clone(config),
            schedule: Schedule {
                interval: agent.interval,
                fast_interval: agent.interval,
                down_interval: agent.interval,
                rise: NonZeroU32::MIN,
                fall: NonZeroU32::MIN,
            },
            limits: Limits { connect: timeouts.connect, answer: timeouts.check },
            target: self.target(&address),
            check: CheckKey { target: address, send_proxy: false, tls: None, http2: false },
            paused: agent.paused,
            forced: agent.forced,
        })
    }
}
