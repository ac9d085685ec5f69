//! What checks find, told to the engine and, where something changed, to people in HAProxy's words.

use std::sync::Arc;

use sluicegate_engine::engine::Engine;
use sluicegate_engine::live::{Health, LiveBackend, LiveEndpoint, Probe};
use sluicegate_engine::stream::Target;
use sluicegate_health::{self as health, Check, Evidence, Finding};
use sluicegate_proto::id::ObjectKey;

use crate::checks::{Subject, Verdicts};

/// Writes verdicts to what is served.
#[derive(Debug)]
pub(crate) struct Board {
    engine: Arc<Engine>,
}

impl Board {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }
}

impl Verdicts for Board {
    fn renewed(&mut self, endpoint: &Subject) {
        if let Some(state) = self.engine.live().endpoint(&endpoint.key) {
            let health = endpoint.forced.map_or(Health::Up, |forced| forced.value.into());
            state.set_health(health, "");
        }
    }

    /// As HAProxy builds it: `UP 2/3; address=192.0.2.1; port=80; name=app/a; node=here; weight=1/2; scur=0/0; qcur=0`.
    fn state_words(&self, endpoint: &Subject, check: &Check) -> String {
        let mut words = check.state_words();
        let active = self.engine.live().active();
        let Some(backend) = active.backends.get(&endpoint.settings.key) else { return words };
        let Some(own) = backend.endpoints.iter().find(|it| it.config.key == endpoint.key) else {
            return words;
        };
        let (address, port) = match own.target() {
            Some(Target::Ip(address)) => (address.ip().to_string(), address.port().to_string()),
            Some(Target::Unix(_)) | None => (own.config.address.to_string(), String::new()),
        };
        let node = active
            .runtime
            .process
            .node
            .as_deref()
            .map_or_else(|| self.engine.host().to_owned(), str::to_owned);
        let takes = |it: &&Arc<LiveEndpoint>| !it.config.disabled && it.state.health().is_usable();
        let weight: u32 = backend.endpoints.iter().filter(takes).map(|it| u32::from(it.config.weight)).sum();
        words.push_str(&format!(
            "; address={address}; port={port}; name={}/{}; node={node}; weight={}/{weight}; scur={}/{}; qcur={}",
            backend.name(),
            own.name(),
            own.config.weight,
            own.state.served(),
            backend.state.exchanging(),
            own.state.queued(),
        ));
        // A name or a path may hold anything; a header may not.
        words.retain(|c| c.is_ascii() && !c.is_ascii_control());
        words
    }

    fn probed(&mut self, endpoint: &Subject, finding: &Finding, check: &Check) {
        let Some(state) = self.engine.live().endpoint(&endpoint.key) else { return };
        state.count_check(probe(&finding.evidence));
        let health = match check.health() {
            health::Health::Up => Health::Up,
            health::Health::Stopping => Health::Stopping,
            health::Health::Down => Health::Down,
        };
        state.set_health(health, &finding.evidence.to_string());
        let Some(change) = finding.change else { return };
        if let Some(backend) = self.engine.live().active().backends.get(&endpoint.settings.key) {
            announce(backend, &endpoint.key, change, &finding.evidence.reason());
        }
    }
}

fn probe(evidence: &Evidence) -> Probe {
    Probe {
        passed: evidence.status.passed(),
        word: evidence.status.code(),
        status: evidence.code,
        took: evidence.took,
        info: evidence.info.clone(),
    }
}

/// Says that an endpoint came or went, and what its backend has left.
pub(crate) fn announce(backend: &LiveBackend, endpoint: &ObjectKey, change: health::Health, reason: &str) {
    let Some(endpoint) = backend.endpoints.iter().find(|it| it.config.key == *endpoint) else { return };
    let left = Left::count(backend);
    let server = format!("{}/{}", backend.name(), endpoint.name());
    match change {
        health::Health::Down => {
            tracing::warn!("{}", left.down(&server, reason, endpoint));
            if left.active + left.backup == 0 {
                tracing::error!("backend '{}' has no server available!", backend.name());
            }
        }
        health::Health::Stopping => tracing::warn!("{}", left.stopping(&server, reason, endpoint)),
        health::Health::Up => tracing::warn!("{}", left.up(&server, reason, backend.state.queued())),
    }
}

/// Endpoints of a backend that can take traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Left {
    active: usize,
    backup: usize,
}

impl Left {
    fn count(backend: &LiveBackend) -> Self {
        let usable = |it: &&Arc<LiveEndpoint>| {
            let takes = !it.config.disabled && !it.config.drain && it.config.weight > 0;
            takes && it.state.health().is_usable()
        };
        let backup = backend.endpoints.iter().filter(usable).filter(|it| it.config.backup).count();
        Self { active: backend.endpoints.iter().filter(usable).count() - backup, backup }
    }

    fn on_backup(self) -> &'static str {
        if self.active == 0 && self.backup > 0 { " Running on backup." } else { "" }
    }

    fn down(self, server: &str, reason: &str, endpoint: &LiveEndpoint) -> String {
        self.gone(&format!("Server {server} is DOWN"), reason, endpoint)
    }

    fn stopping(self, server: &str, reason: &str, endpoint: &LiveEndpoint) -> String {
        self.gone(&format!("Server {server} is stopping"), reason, endpoint)
    }

    fn gone(self, what: &str, reason: &str, endpoint: &LiveEndpoint) -> String {
        let Self { active, backup } = self;
        let (sessions, queued) = (endpoint.state.served(), endpoint.state.queued());
        format!(
            "{what}, reason: {reason}. {active} active and {backup} backup servers left.{} \
             {sessions} sessions active, 0 requeued, {queued} remaining in queue.",
            self.on_backup()
        )
    }

    fn up(self, server: &str, reason: &str, queued: u32) -> String {
        let Self { active, backup } = self;
        format!(
            "Server {server} is UP, reason: {reason}. {active} active and {backup} backup servers online.{} \
             0 sessions requeued, {queued} total in queue.",
            self.on_backup()
        )
    }
}

#[cfg(test)]
mod tests;
