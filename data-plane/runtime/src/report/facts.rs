//! The numbers of one object at one moment.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::num::NonZeroU8;
use std::time::Duration;

use sluicegate_engine::counters::{Average, Averages, EndpointCounters, Http2Counters, Sharded};
use sluicegate_engine::live::{
    Admin, Ejections, Health, Idle, LiveBackend, LiveEndpoint, LiveFrontend, Probe, Standing,
};
use sluicegate_model::endpoint::EndpointAddress;
use sluicegate_proto::build::ip_bytes;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1;

use super::pace::Grown;

/// Tells how an object's counter grows, by its number and its count now.
pub(super) type Growth<'a> = dyn FnMut(&ObjectKey, u8, u64) -> Grown + 'a;

/// What is said of an endpoint, apart from words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    health: v1::Health,
    since_unix_ms: u64,
    exchanges: u64,
    grown: Grown,
    current_exchanges: u32,
    most_exchanges: u32,
    queued: u32,
    most_queued: u32,
    connect_errors: u64,
    response_errors: u64,
    denied_responses: u64,
    retries: u64,
    redispatches: u64,
    client_aborts: u64,
    server_aborts: u64,
    connects: u64,
    reuses: u64,
    handshakes: u64,
    resumed_handshakes: u64,
    failed_handshakes: u64,
    responses: [u64; 5],
    bytes_in: u64,
    bytes_out: u64,
    durations: v1::Durations,
    downs: u64,
    down_ms: u64,
    checks: u64,
    failed_checks: u64,
    resolved: Option<IpAddr>,
    own_weight: Option<u16>,
    /// 0: all of its weight counts.
    warmth: u8,
    error_runs: u64,
    standing: Standing,
    /// Stands for what its agent said last.
    agent: u64,
    idle: Idle,
    /// `None`: its backend ejects nobody.
    ejections: Option<EjectionCounts>,
}

/// How often an endpoint was ejected, how often it was not, and until when it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct EjectionCounts {
    count: u64,
    spared: u64,
    until_unix_ms: u64,
}

impl Facts {
    pub(super) fn of(backend: &LiveBackend, endpoint: &LiveEndpoint, grown: &mut Growth<'_>) -> Self {
        let state = &endpoint.state;
        let counters = &state.counters;
        let (checks, history) = (state.checks(), state.evidence().history);
        let health = match state.health() {
            _ if endpoint.is_out(backend) => v1::Health::Disabled,
            Health::Up => v1::Health::Up,
            Health::Down => v1::Health::Down,
            Health::Unchecked => v1::Health::Unchecked,
            Health::Unresolved => v1::Health::Unresolved,
            Health::Stopping => v1::Health::Stopping,
            Health::Ejected => v1::Health::Ejected,
        };
        let exchanges = counters.sum(|shard| &shard.exchanges);
        let (most_exchanges, most_queued) = state.most();
        Self {
            health,
            since_unix_ms: millis(history.since),
            exchanges,
            grown: grown(&endpoint.config.key, 0, exchanges),
            current_exchanges: state.served(),
            most_exchanges,
            queued: state.queued(),
            most_queued,
            connect_errors: counters.sum(|shard| &shard.connect_errors),
            response_errors: counters.sum(|shard| &shard.response_errors),
            denied_responses: counters.sum(|shard| &shard.denied_responses),
            retries: counters.sum(|shard| &shard.retries),
            redispatches: counters.sum(|shard| &shard.redispatches),
            client_aborts: counters.sum(|shard| &shard.client_aborts),
            server_aborts: counters.sum(|shard| &shard.server_aborts),
            connects: counters.sum(|shard| &shard.connects),
            reuses: counters.sum(|shard| &shard.reuses),
            handshakes: counters.sum(|shard| &shard.handshakes),
            resumed_handshakes: counters.sum(|shard| &shard.resumed_handshakes),
            failed_handshakes: counters.sum(|shard| &shard.failed_handshakes),
            responses: counters.sum_each(|shard| &shard.responses),
            bytes_in: counters.sum(|shard| &shard.bytes_in),
            bytes_out: counters.sum(|shard| &shard.bytes_out),
            durations: durations(counters),
            downs: history.downs,
            down_ms: millis(history.down),
            checks: checks.made,
            failed_checks: checks.failed,
            resolved: resolved(endpoint),
            own_weight: Some(state.weight()).filter(|weight| *weight != endpoint.config.weight),
            warmth: state.warmth().map_or(0, NonZeroU8::get),
            error_runs: state.error_runs(),
            standing: state.standing(),
            agent: said(state.agent().as_ref()),
            idle: endpoint.reserve().idle(),
            ejections: backend.settings().outlier.is_some().then(|| ejections(&state.ejections())),
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
            evidence: self.evidence(endpoint),
            since_unix_ms: self.since_unix_ms,
            exchanges: self.exchanges,
            current_exchanges: self.current_exchanges.into(),
            queued: self.queued.into(),
            connect_errors: self.connect_errors,
            response_errors: self.response_errors,
            denied_responses: self.denied_responses,
            responses: self.responses.into(),
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            checks: self.checks,
            failed_checks: self.failed_checks,
            most_exchanges: self.most_exchanges.into(),
            most_queued: self.most_queued.into(),
            rate: Some(self.grown.rate),
            durations: Some(self.durations),
            client_aborts: self.client_aborts,
            server_aborts: self.server_aborts,
            retries: self.retries,
            redispatches: self.redispatches,
            connects: self.connects,
            reuses: self.reuses,
            handshakes: self.handshakes,
            resumed_handshakes: self.resumed_handshakes,
            failed_handshakes: self.failed_handshakes,
            downs: self.downs,
            down_ms: self.down_ms,
            last_exchange_unix_ms: self.grown.at_unix_ms,
            last_probe: endpoint.state.checks().last.map(probe),
            resolved_ip: self.resolved.map(ip_bytes).unwrap_or_default(),
            weight: self.own_weight.map(u32::from),
            warmth_in_sixteenths: self.warmth.into(),
            idle_connections: self.idle.all,
            proven_idle_connections: self.idle.proven,
            error_runs: self.error_runs,
            agent: endpoint.config.agent.is_some().then(|| self.agent(endpoint)),
            max_connections: self.standing.limit,
            ejection: self.ejections.map(|counts| counts.row(endpoint)),
        }
    }

    /// Why its health is what it is.
    fn evidence(&self, endpoint: &LiveEndpoint) -> String {
        let ejection = endpoint.state.ejections().now.filter(|_| self.health == v1::Health::Ejected);
        let text = ejection.map_or_else(|| endpoint.state.evidence().text, |ejection| ejection.reason);
        text.to_string()
    }
}

impl EjectionCounts {
    fn row(self, endpoint: &LiveEndpoint) -> v1::EjectionStats {
        let reason = endpoint.state.ejections().now.map(|ejection| ejection.reason.to_string());
        v1::EjectionStats {
            ejections: self.count,
            spared: self.spared,
            until_unix_ms: self.until_unix_ms,
            reason: reason.unwrap_or_default(),
        }
    }
}

impl Facts {
    fn agent(&self, endpoint: &LiveEndpoint) -> v1::AgentStats {
        v1::AgentStats {
            last_probe: endpoint.state.agent().map(probe),
            down: self.standing.agent_down,
            drain: self.standing.admin == Some(Admin::Drain),
            maintenance: self.standing.admin == Some(Admin::Maint),
        }
    }
}

fn ejections(known: &Ejections) -> EjectionCounts {
    let until_unix_ms = known.now.as_ref().map_or(0, |ejection| millis(ejection.until));
    EjectionCounts { count: known.count, spared: known.spared, until_unix_ms }
}

/// A number that is another one where somebody said something else.
fn said(probe: Option<&Probe>) -> u64 {
    let mut hasher = DefaultHasher::new();
    probe.map(|probe| (probe.word, probe.status, &probe.info)).hash(&mut hasher);
    hasher.finish()
}

/// Where the name of an endpoint leads; `None`: it has none, or that leads nowhere.
fn resolved(endpoint: &LiveEndpoint) -> Option<IpAddr> {
    let named = matches!(endpoint.config.address, EndpointAddress::Host(_));
    endpoint.state.address().filter(|_| named).map(|address| address.ip())
}

fn probe(probe: Probe) -> v1::Probe {
    v1::Probe {
        word: probe.word.to_owned(),
        // A code below nought is shown as HAProxy shows it.
        status: probe.status.unwrap_or_default() as u32,
        took_ms: millis(probe.took),
        info: probe.info.into(),
    }
}

/// Averages of the workers, each weighed by its exchanges.
fn durations(counters: &Sharded<EndpointCounters>) -> v1::Durations {
    let all = counters.sum(|shard| &shard.exchanges).max(1);
    let mean = |phase: fn(&Averages) -> &Average| {
        let weighed = counters.made().map(|shard| {
            let exchanges = shard.exchanges.value();
            u128::from(phase(&shard.durations).mean()) * u128::from(exchanges)
        });
        u64::try_from(weighed.sum::<u128>() / u128::from(all)).unwrap_or(u64::MAX)
    };
    let most = |phase: fn(&Averages) -> &Average| {
        counters.made().map(|shard| phase(&shard.durations).most()).max().unwrap_or_default()
    };
    v1::Durations {
        queue: mean(|of| &of.queue),
        connect: mean(|of| &of.connect),
        response: mean(|of| &of.response),
        total: mean(|of| &of.total),
        most_queue: most(|of| &of.queue),
        most_connect: most(|of| &of.connect),
        most_response: most(|of| &of.response),
        most_total: most(|of| &of.total),
    }
}

pub(super) fn frontend(
    key: &ObjectKey,
    frontend: &LiveFrontend,
    grown: &mut Growth<'_>,
) -> v1::FrontendStats {
    let counters = &frontend.state.counters;
    let connections = counters.sum(|shard| &shard.connections);
    let requests = counters.sum(|shard| &shard.requests);
    let bytes_out = counters.sum(|shard| &shard.bytes_out);
    let compressed_in = counters.sum(|shard| &shard.compression.content);
    let compressed_out = counters.sum(|shard| &shard.compression.coded);
    v1::FrontendStats {
        id: Some(key.into()),
        connections,
        current_connections: frontend.state.gate.open().into(),
        requests,
        responses: counters.sum_each(|shard| &shard.responses).into(),
        bytes_in: counters.sum(|shard| &shard.bytes_in),
        bytes_out,
        denied: counters.sum(|shard| &shard.denied),
        bad_requests: counters.sum(|shard| &shard.bad_requests),
        most_connections: frontend.state.gate.most().into(),
        connection_rate: Some(grown(key, 0, connections).rate),
        request_rate: Some(grown(key, 1, requests).rate),
        bytes_out_rate: Some(grown(key, 2, bytes_out).rate),
        denied_responses: counters.sum(|shard| &shard.denied_responses),
        intercepted: counters.sum(|shard| &shard.intercepted),
        handshakes: counters.sum(|shard| &shard.handshakes),
        resumed_handshakes: counters.sum(|shard| &shard.resumed_handshakes),
        failed_handshakes: counters.sum(|shard| &shard.failed_handshakes),
        compressed_in,
        compressed_out,
        compressed_in_rate: Some(grown(key, 3, compressed_in).rate),
        compressed_out_rate: Some(grown(key, 4, compressed_out).rate),
        compression_bypassed: counters.sum(|shard| &shard.compression.bypassed),
        compressed_responses: counters.sum(|shard| &shard.compression.responses),
        cache_lookups: counters.sum(|shard| &shard.cache.lookups),
        cache_hits: counters.sum(|shard| &shard.cache.hits),
        http2: http2(counters.made().map(|shard| &shard.http2)),
    }
}

/// What workers counted of connections of HTTP/2; `None`: there were none.
fn http2<'a>(shards: impl Iterator<Item = &'a Http2Counters>) -> Option<v1::Http2Stats> {
    let sum = shards.fold(v1::Http2Stats::default(), |sum, of| v1::Http2Stats {
        open_connections: sum.open_connections + of.open_connections.value(),
        open_streams: sum.open_streams + of.open_streams.value(),
        connections: sum.connections + of.connections.value(),
        streams: sum.streams + of.streams.value(),
        headers_received: sum.headers_received + of.headers_received.value(),
        data_received: sum.data_received + of.data_received.value(),
        settings_received: sum.settings_received + of.settings_received.value(),
        resets_received: sum.resets_received + of.resets_received.value(),
        goaways_received: sum.goaways_received + of.goaways_received.value(),
        connection_errors: sum.connection_errors + of.connection_errors.value(),
        stream_errors: sum.stream_errors + of.stream_errors.value(),
        resets_sent: sum.resets_sent + of.resets_sent.value(),
        goaways_sent: sum.goaways_sent + of.goaways_sent.value(),
    });
    (sum != v1::Http2Stats::default()).then_some(sum)
}

pub(super) fn backend(key: &ObjectKey, backend: &LiveBackend, grown: &mut Growth<'_>) -> v1::BackendStats {
    let counters = &backend.state.counters;
    let exchanges = counters.sum(|shard| &shard.exchanges);
    let grown = grown(key, 0, exchanges);
    let (most_exchanges, most_queued) = backend.state.most();
    let history = backend.state.availability().map(|it| it.history);
    v1::BackendStats {
        id: Some(key.into()),
        exchanges,
        current_exchanges: backend.state.exchanging().into(),
        queued: backend.state.queued().into(),
        retries: counters.sum(|shard| &shard.retries),
        redispatches: counters.sum(|shard| &shard.redispatches),
        responses: counters.sum_each(|shard| &shard.responses).into(),
        most_exchanges: most_exchanges.into(),
        most_queued: most_queued.into(),
        rate: Some(grown.rate),
        client_aborts: counters.sum(|shard| &shard.client_aborts),
        server_aborts: counters.sum(|shard| &shard.server_aborts),
        last_exchange_unix_ms: grown.at_unix_ms,
        denied_responses: counters.sum(|shard| &shard.denied_responses),
        denied: counters.sum(|shard| &shard.denied),
        connect_errors: counters.sum(|shard| &shard.connect_errors),
        downs: history.map_or(0, |it| it.downs),
        down_ms: history.map_or(0, |it| millis(it.down)),
        since_unix_ms: history.map_or(0, |it| millis(it.since)),
        compressed_in: counters.sum(|shard| &shard.compression.content),
        compressed_out: counters.sum(|shard| &shard.compression.coded),
        compression_bypassed: counters.sum(|shard| &shard.compression.bypassed),
        compressed_responses: counters.sum(|shard| &shard.compression.responses),
        cache_lookups: counters.sum(|shard| &shard.cache.lookups),
        cache_hits: counters.sum(|shard| &shard.cache.hits),
        http2: http2(counters.made().map(|shard| &shard.http2)),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
