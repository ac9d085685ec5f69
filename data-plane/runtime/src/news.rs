//! What happens to endpoints and proxies, told to people in HAProxy's words: in the log of the process, and to the
//! receivers of the logs of their backend or frontend.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use sluicegate_engine::engine::Engine;
use sluicegate_engine::live::{Active, Health, LiveBackend, LiveEndpoint, LiveFrontend};
use sluicegate_engine::log::Level;
use sluicegate_engine::sessions::Ending;
use sluicegate_health::{Check, Finding, Status};
use sluicegate_model::endpoint::EndpointAddress;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::Kind;

/// What happened to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Happening {
    Up(Cause),
    Stopping(Cause),
    Down(Cause),
    /// Somebody takes it out of service, or what it tracks.
    Maintenance(Cause),
    /// Somebody wants it to take nothing new, or what it tracks.
    Drain(Cause),
    /// It is in service again.
    Ready,
    /// It takes new traffic again.
    Undrained,
    /// Its exchanges went wrong: it is left out for so long.
    Ejected {
        span: Duration,
        reason: String,
    },
    /// It is back from that, and why.
    Readmitted(String),
    /// Its name leads to another address, as this name server says.
    Moved {
        from: Option<IpAddr>,
        to: IpAddr,
        by: String,
    },
    /// Its name leads somewhere again.
    Resolved,
    /// It is in service, as its name leads somewhere again.
    ReadyByName,
}

/// Why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Somebody wanted it so.
    Wanted,
    /// Somebody set the health.
    Set,
    /// What the line before told of a probe.
    Told,
    /// In words.
    Reason(String),
    /// The endpoint that it tracks.
    Via(String),
    /// Its name leads nowhere; in HAProxy's words.
    Name(String),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wanted | Self::Told => Ok(()),
            Self::Set => f.write_str(", changed from CLI"),
            Self::Reason(reason) => write!(f, ", reason: {reason}"),
            Self::Via(tracked) => write!(f, " via {tracked}"),
            Self::Name(why) => write!(f, " ({why})"),
        }
    }
}

/// Tells of one generation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct News<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) active: &'a Active,
}

impl News<'_> {
    /// Says what happened to an endpoint, and where it was the last of its backend that took traffic, that too.
    pub(crate) fn tell(&self, backend: &LiveBackend, endpoint: &LiveEndpoint, happening: &Happening) {
        let left = Left::count(backend);
        let line = happening.line(backend, endpoint, left);
        tracing::warn!("{line}");
        self.engine.log(&backend.sinks, happening.level(endpoint), &line);
        self.end_sessions(backend, endpoint, happening);
        if left.none() && happening.takes_from(endpoint) {
            let (kind, name) = (self.kind(backend), backend.name());
            tracing::error!("{kind} '{name}' has no server available!");
            self.engine.log(
                &backend.sinks,
                Level::Emergency,
                &format!("{kind} {name} has no server available!"),
            );
        }
    }

    /// Closes sessions where the configuration asks for that.
    fn end_sessions(&self, backend: &LiveBackend, endpoint: &LiveEndpoint, happening: &Happening) {
        let config = &endpoint.config;
        match happening {
            Happening::Down(_) | Happening::Maintenance(_) if config.down_ends_sessions => {
                self.engine.end_sessions_soon(config.key.clone(), Ending::EndpointDown);
            }
            Happening::Up(_) if config.up_ends_backup_sessions && !config.backup && is_wanted(endpoint) => {
                for backup in backend.endpoints.iter().filter(|it| it.config.backup) {
                    self.engine.end_sessions_soon(backup.config.key.clone(), Ending::EndpointUp);
                }
            }
            _ => {}
        }
    }

    /// Says what a probe found; `what` was asked: `Health`, `Agent`.
    pub(crate) fn tell_probe(
        &self,
        what: &str,
        (backend, endpoint): (&LiveBackend, &LiveEndpoint),
        finding: &Finding,
        check: &Check,
    ) {
        let Finding { evidence, .. } = finding;
        let backup = if endpoint.config.backup { "backup " } else { "" };
        let outcome = match evidence.status {
            Status::L7OkConditional => "conditionally succeeded",
            status if status.passed() || status == Status::NoChange => "succeeded",
            _ => "failed",
        };
        let mut standing = check.standing();
        if endpoint.state.weight() == 0 {
            standing = standing.replace("UP", "DRAIN");
        }
        let line = format!(
            "{what} check for {backup}server {}/{} {outcome}, reason: {}, status: {standing}.",
            backend.name(),
            endpoint.name(),
            evidence.reason(),
        );
        tracing::warn!("{line}");
        self.engine.log(&backend.sinks, Level::Notice, &line);
    }

    /// Says that a frontend accepts no more, or again.
    pub(crate) fn tell_paused(&self, frontend: &LiveFrontend) {
        let what = if frontend.settings().paused { "Paused" } else { "Resumed" };
        let line = format!("{what} proxy {}.", frontend.name());
        tracing::warn!("{line}");
        self.engine.log(&frontend.sinks, Level::Warning, &line);
    }

    /// Says of all proxies that they have ended, to the receivers of their logs.
    pub(crate) fn tell_stopped(&self) {
        let connections = |frontend: &LiveFrontend| frontend.state.counters.sum(|shard| &shard.connections);
        let exchanges = |backend: &LiveBackend| backend.state.counters.sum(|shard| &shard.exchanges);
        let stopped = |name: &str, front: u64, back: u64| {
            format!("Proxy {name} stopped (cumulated conns: FE: {front}, BE: {back}).")
        };
        for (key, frontend) in &self.active.frontends {
            let back = twin(key, Kind::Backend).and_then(|key| self.active.backends.get(&key));
            let back = back.map_or(0, |backend| exchanges(backend));
            let line = stopped(frontend.name(), connections(frontend), back);
            self.engine.log(&frontend.sinks, Level::Warning, &line);
        }
        for backend in self.active.backends.values().filter(|backend| !self.is_listen(backend)) {
            let line = stopped(backend.name(), 0, exchanges(backend));
            self.engine.log(&backend.sinks, Level::Warning, &line);
        }
    }

    fn kind(&self, backend: &LiveBackend) -> &'static str {
        if self.is_listen(backend) { "proxy" } else { "backend" }
    }

    fn is_listen(&self, backend: &LiveBackend) -> bool {
        let front = twin(backend.config.key(), Kind::Frontend);
        front.is_some_and(|front| self.active.frontends.contains_key(&front))
    }
}

/// The other half of a `listen`.
fn twin(key: &ObjectKey, kind: Kind) -> Option<ObjectKey> {
    ObjectKey::new(key.provider(), key.namespace(), kind, key.name()).ok()
}

impl Happening {
    fn level(&self, endpoint: &LiveEndpoint) -> Level {
        match self {
            Self::Maintenance(Cause::Wanted) if endpoint.state.health() == Health::Down => Level::Notice,
            Self::Down(_) | Self::Maintenance(_) | Self::Ejected { .. } => Level::Alert,
            Self::Up(_)
            | Self::Readmitted(_)
            | Self::Stopping(_)
            | Self::Drain(_)
            | Self::Ready
            | Self::Undrained
            | Self::Moved { .. }
            | Self::Resolved
            | Self::ReadyByName => Level::Notice,
        }
    }

    /// Whether the backend had the endpoint until then.
    fn takes_from(&self, endpoint: &LiveEndpoint) -> bool {
        match self {
            Self::Down(_) | Self::Stopping(_) | Self::Ejected { .. } => is_wanted(endpoint),
            // What a follower's health was is gone by now; it was another one.
            Self::Maintenance(Cause::Wanted) | Self::Drain(Cause::Wanted) => {
                endpoint.state.weight() > 0 && endpoint.state.health().is_usable()
            }
            Self::Maintenance(_) | Self::Drain(_) => endpoint.state.weight() > 0,
            Self::Up(_)
            | Self::Readmitted(_)
            | Self::Ready
            | Self::Undrained
            | Self::Moved { .. }
            | Self::Resolved
            | Self::ReadyByName => false,
        }
    }

    fn line(&self, backend: &LiveBackend, endpoint: &LiveEndpoint, left: Left) -> String {
        let backup = if endpoint.config.backup { "Backup " } else { "" };
        let server = format!("{backup}Server {}/{}", backend.name(), endpoint.name());
        let gone = || {
            let (sessions, queued) = (endpoint.state.served(), endpoint.state.queued());
            format!(
                "{left} left.{} {sessions} sessions active, 0 requeued, {queued} remaining in queue.",
                left.on_backup()
            )
        };
        let online = || {
            let queued = backend.state.queued();
            format!("{left} online.{} 0 sessions requeued, {queued} total in queue.", left.on_backup())
        };
        let down = endpoint.state.health() == Health::Down;
        let health = if down { "DOWN" } else { "UP" };
        match self {
            Self::Maintenance(Cause::Wanted) if down => {
                format!("{server} was DOWN and now enters maintenance.")
            }
            Self::Down(cause) => format!("{server} is DOWN{cause}. {}", gone()),
            Self::Maintenance(cause) => format!("{server} is going DOWN for maintenance{cause}. {}", gone()),
            Self::Stopping(cause) => format!("{server} is stopping{cause}. {}", online()),
            Self::Drain(cause) => format!("{server} enters drain state{cause}. {}", online()),
            Self::Up(cause) => format!("{server} is UP{cause}. {}", online()),
            Self::Ejected { span, reason } => {
                format!("{server} is ejected for {}ms, reason: {reason}. {}", span.as_millis(), gone())
            }
            Self::Readmitted(why) => format!("{server} is back, reason: {why}. {}", online()),
            Self::Ready => {
                let admin = if endpoint.drains() { "DRAIN" } else { "READY" };
                format!("{server} is {health}/{admin} (leaving forced maintenance).")
            }
            Self::Undrained => format!("{server} is {health} (leaving forced drain)."),
            Self::Moved { from, to, by } => {
                let from = from.map_or_else(|| "(none)".to_owned(), |from| from.to_string());
                format!("{}/{} changed its IP from {from} to {to} by {by}.", backend.name(), endpoint.name())
            }
            Self::Resolved => {
                let name = match &endpoint.config.address {
                    EndpointAddress::Host(host) => &*host.name,
                    EndpointAddress::Ip(_) | EndpointAddress::Unix(_) => "",
                };
                format!("{server} ('{name}') is {health}/READY (resolves again).")
            }
            Self::ReadyByName => format!("{server} administratively READY thanks to valid DNS answer."),
        }
    }
}

/// Whether it takes traffic while it is well.
pub(crate) fn is_wanted(endpoint: &LiveEndpoint) -> bool {
    !endpoint.is_disabled() && !endpoint.drains() && endpoint.state.weight() > 0
}

/// Endpoints of a backend that can take traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Left {
    active: usize,
    backup: usize,
}

impl Left {
    fn count(backend: &LiveBackend) -> Self {
        let usable = |it: &&Arc<LiveEndpoint>| is_wanted(it) && it.state.health().is_usable();
        let backup = backend.endpoints.iter().filter(usable).filter(|it| it.config.backup).count();
        Self { active: backend.endpoints.iter().filter(usable).count() - backup, backup }
    }

    fn none(self) -> bool {
        self.active + self.backup == 0
    }

    fn on_backup(self) -> &'static str {
        if self.active == 0 && self.backup > 0 { " Running on backup." } else { "" }
    }
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} active and {} backup servers", self.active, self.backup)
    }
}

#[cfg(test)]
mod tests;
