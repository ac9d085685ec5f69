//! The numbers of one object at one moment.

use sluicegate_engine::live::{Health, LiveBackend, LiveEndpoint, LiveFrontend};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1;

/// What is said of an endpoint, apart from words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    health: v1::Health,
    since_unix_ms: u64,
    exchanges: u64,
    current_exchanges: u32,
    queued: u32,
    connect_errors: u64,
    response_errors: u64,
    responses: [u64; 5],
    bytes_in: u64,
    bytes_out: u64,
    checks: u64,
    failed_checks: u64,
}

impl Facts {
    pub(super) fn of(backend: &LiveBackend, endpoint: &LiveEndpoint) -> Self {
        let state = &endpoint.state;
        let counters = &state.counters;
        let (checks, failed_checks) = state.checks();
        let disabled = endpoint.config.disabled || backend.settings().disabled;
        let health = match state.health() {
            _ if disabled => v1::Health::Disabled,
            Health::Up => v1::Health::Up,
            Health::Down => v1::Health::Down,
            Health::Unchecked => v1::Health::Unchecked,
            Health::Unresolved => v1::Health::Unresolved,
            Health::Stopping => v1::Health::Stopping,
        };
        Self {
            health,
            since_unix_ms: u64::try_from(state.evidence().since.as_millis()).unwrap_or(u64::MAX),
            exchanges: counters.sum(|shard| &shard.exchanges),
            current_exchanges: state.served(),
            queued: state.queued(),
            connect_errors: counters.sum(|shard| &shard.connect_errors),
            response_errors: counters.sum(|shard| &shard.response_errors),
            responses: counters.sum_each(|shard| &shard.responses),
            bytes_in: counters.sum(|shard| &shard.bytes_in),
            bytes_out: counters.sum(|shard| &shard.bytes_out),
            checks,
            failed_checks,
        }
    }

    pub(super) fn same_health(&self, other: &Self) -> bool {
        (self.health, self.since_unix_ms) == (other.health, other.since_unix_ms)
    }

    /// Probes that find what the ones before found are told when there is room.
    pub(super) fn same_but_probes(&self, other: &Self) -> bool {
        let Self { checks, failed_checks, .. } = *other;
        Self { checks, failed_checks, ..*self } == *other
    }

    pub(super) fn row(&self, endpoint: &LiveEndpoint) -> v1::EndpointStats {
        v1::EndpointStats {
            id: Some((&endpoint.config.key).into()),
            health: self.health.into(),
            evidence: endpoint.state.evidence().text.to_string(),
            since_unix_ms: self.since_unix_ms,
            exchanges: self.exchanges,
            current_exchanges: self.current_exchanges.into(),
            queued: self.queued.into(),
            connect_errors: self.connect_errors,
            response_errors: self.response_errors,
            responses: self.responses.into(),
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            checks: self.checks,
            failed_checks: self.failed_checks,
            ..v1::EndpointStats::default()
        }
    }
}

pub(super) fn frontend(key: &ObjectKey, frontend: &LiveFrontend) -> v1::FrontendStats {
    let counters = &frontend.state.counters;
    v1::FrontendStats {
        id: Some(key.into()),
        connections: counters.sum(|shard| &shard.connections),
        current_connections: frontend.state.gate.open().into(),
        requests: counters.sum(|shard| &shard.requests),
        responses: counters.sum_each(|shard| &shard.responses).into(),
        bytes_in: counters.sum(|shard| &shard.bytes_in),
        bytes_out: counters.sum(|shard| &shard.bytes_out),
        denied: counters.sum(|shard| &shard.denied),
        bad_requests: counters.sum(|shard| &shard.bad_requests),
        ..v1::FrontendStats::default()
    }
}

pub(super) fn backend(key: &ObjectKey, backend: &LiveBackend) -> v1::BackendStats {
    let counters = &backend.state.counters;
    v1::BackendStats {
        id: Some(key.into()),
        exchanges: counters.sum(|shard| &shard.exchanges),
        current_exchanges: backend.state.exchanging().into(),
        queued: backend.state.queued().into(),
        retries: counters.sum(|shard| &shard.retries),
        redispatches: counters.sum(|shard| &shard.redispatches),
        responses: counters.sum_each(|shard| &shard.responses).into(),
        ..v1::BackendStats::default()
    }
}
