//! Rows of servers.

use std::num::NonZeroU32;

use sluicegate_health::Status;
use sluicegate_model::endpoint::CheckSchedule;
use sluicegate_model::frontend::Mode;
use sluicegate_model::{Backend, Endpoint};
use sluicegate_proto::v1::{Durations, EndpointStats, Health, Probe};

use super::{Kind, Proxy, Row, Scene};
use crate::address::written;
use crate::field::Field;

/// Parts of a unit of weight that are told apart.
pub(super) const SIXTEENTHS: u64 = 16;

impl Scene<'_> {
    pub(super) fn server(&self, proxy: &Proxy<'_>, backend: &Backend, endpoint: &Endpoint) -> Row {
        let number = endpoint.number.get();
        let mut row = Row::new(Kind::Server, endpoint.key.clone(), proxy, &endpoint.name, number);
        let stats = self.endpoints.get(&endpoint.key).copied().cloned().unwrap_or_default();
        row.short(Field::Qcur, stats.queued);
        row.short(Field::Qmax, stats.most_queued);
        row.short(Field::Scur, stats.current_exchanges);
        row.short(Field::Smax, stats.most_exchanges);
        let limit = stats.max_connections.or(endpoint.max_connections.map(NonZeroU32::get));
        if let Some(limit) = limit.filter(|&limit| limit > 0) {
            row.short(Field::Slim, limit.into());
        }
        if let Some(limit) = endpoint.max_queue {
            row.short(Field::Qlimit, limit.get().into());
        }
        row.count(Field::Stot, stats.exchanges);
        row.count(Field::Bin, stats.bytes_in);
        row.count(Field::Bout, stats.bytes_out);
        row.count(Field::Dresp, stats.denied_responses);
        row.count(Field::Econ, stats.connect_errors);
        row.count(Field::Eresp, stats.response_errors);
        row.count(Field::Wretr, stats.retries);
        row.count(Field::Wredis, stats.redispatches);
        row.count(Field::Lbtot, stats.exchanges);
        row.rate(Field::Rate, Field::RateMax, stats.rate.as_ref());
        row.count(Field::CliAbrt, stats.client_aborts);
        row.count(Field::SrvAbrt, stats.server_aborts);
        row.count(Field::Connect, stats.connects);
        row.count(Field::Reuse, stats.reuses);
        row.count(Field::SslSess, stats.handshakes);
        row.count(Field::SslReusedSess, stats.resumed_handshakes);
        row.count(Field::SslFailedHandshake, stats.failed_handshakes);
        let last = self.last_session(stats.last_exchange_unix_ms);
        row.set(Field::Lastsess, last);
        row.durations(stats.durations.as_ref());
        row.idle(endpoint, &stats);
        row.short(Field::Weight, counting_weight(endpoint, &stats).div_ceil(SIXTEENTHS));
        if stats.warmth_in_sixteenths > 0 {
            row.short(Field::Throttle, u64::from(stats.warmth_in_sixteenths) * 100 / SIXTEENTHS);
        }
        row.short(Field::Uweight, weight(endpoint, &stats).into());
        row.short(Field::Act, (!endpoint.backup).into());
        row.short(Field::Bck, endpoint.backup.into());
        if let Some(address) = written(endpoint, &stats) {
            row.text(Field::Addr, &address);
        }
        if let Some(cookie) = &endpoint.cookie {
            row.text(Field::Cookie, &String::from_utf8_lossy(cookie));
        }
        match backend.settings.mode {
            Mode::Tcp => row.text(Field::Mode, "tcp"),
            Mode::Udp => row.text(Field::Mode, "udp"),
            Mode::Http => {
                row.text(Field::Mode, "http");
                row.responses(&stats.responses);
                row.count(Field::ReqTot, stats.exchanges);
            }
        }
        self.health(&mut row, endpoint, &stats);
        self.agent(&mut row, endpoint, &stats);
        row
    }

    fn health(&self, row: &mut Row, endpoint: &Endpoint, stats: &EndpointStats) {
        let disabled = endpoint.disabled || stats.health() == Health::Disabled;
        row.text(Field::Status, if disabled { "MAINT" } else { status(endpoint, stats) });
        if stats.since_unix_ms > 0 {
            row.short(Field::Lastchg, self.seconds_since(stats.since_unix_ms));
        }
        if let Some(check) = &endpoint.check {
            self.checks(row, endpoint, check, stats);
        }
        if stats.health() == Health::Ejected
            && let Some(ejection) = &stats.ejection
        {
            row.text(Field::CheckStatus, Status::Observed.code());
            row.text(Field::CheckDesc, Status::Observed.words());
            row.text(Field::LastChk, &ejection.reason);
        }
    }

    fn checks(&self, row: &mut Row, endpoint: &Endpoint, check: &CheckSchedule, stats: &EndpointStats) {
        let down = stats.health() == Health::Down && stats.since_unix_ms > 0;
        let now_down = if down { self.seconds_since(stats.since_unix_ms) } else { 0 };
        row.short(Field::Downtime, stats.down_ms / 1000 + now_down);
        row.count(Field::Chkfail, stats.failed_checks);
        row.count(Field::Chkdown, stats.downs);
        row.short(Field::CheckRise, check.rise.get().into());
        row.short(Field::CheckFall, check.fall.get().into());
        if endpoint.observation.is_some() {
            row.count(Field::Hanafail, stats.error_runs);
        }
        if let Some(probe) = &stats.last_probe {
            row.probe(probe, CHECK);
        }
    }

    fn agent(&self, row: &mut Row, endpoint: &Endpoint, stats: &EndpointStats) {
        let Some(agent) = &stats.agent else { return };
        if endpoint.agent.as_ref().is_none_or(|agent| agent.paused) {
            return;
        }
        row.short(Field::AgentRise, 1);
        row.short(Field::AgentFall, 1);
        row.short(Field::AgentHealth, (!agent.down).into());
        if let Some(probe) = &agent.last_probe {
            row.probe(probe, AGENT);
        }
    }

    /// The weight of an endpoint: what counts of it, in sixteenths, and all of it.
    pub(super) fn weights(&self, endpoint: &Endpoint) -> (u64, u64) {
        let stats = self.endpoints.get(&endpoint.key).copied().cloned().unwrap_or_default();
        (counting_weight(endpoint, &stats), weight(endpoint, &stats).into())
    }

    /// Whether new requests go to it, as far as is known; what was not reported yet is taken for up, as it is there.
    pub(super) fn takes_traffic(&self, endpoint: &Endpoint) -> bool {
        let stats = self.endpoints.get(&endpoint.key);
        let health = stats.map(|stats| stats.health());
        let weight = stats.map_or(endpoint.weight.into(), |stats| weight(endpoint, stats));
        let well = matches!(health, None | Some(Health::Up | Health::Unchecked | Health::Unspecified));
        let drains =
            endpoint.drain || stats.and_then(|stats| stats.agent.as_ref()).is_some_and(|it| it.drain);
        !endpoint.disabled && !drains && weight > 0 && well
    }
}

/// The weight of an endpoint, 0 to 256: its own or its name's word, else the configuration's.
pub fn weight(endpoint: &Endpoint, stats: &EndpointStats) -> u32 {
    stats.weight.unwrap_or_else(|| endpoint.weight.into())
}

/// What counts of it, in sixteenths.
pub(super) fn counting_weight(endpoint: &Endpoint, stats: &EndpointStats) -> u64 {
    let warmth = match u64::from(stats.warmth_in_sixteenths) {
        0 => SIXTEENTHS,
        warmth => warmth.min(SIXTEENTHS),
    };
    u64::from(weight(endpoint, stats)) * warmth
}

/// The field `status` of a server that is not in maintenance. A weight of 0 alone does not show in it.
fn status(endpoint: &Endpoint, stats: &EndpointStats) -> &'static str {
    let agent = stats.agent.as_ref();
    let asked = endpoint.agent.as_ref().is_some_and(|agent| !agent.paused);
    match stats.health() {
        Health::Down if agent.is_some_and(|agent| agent.down) => "DOWN (agent)",
        Health::Down => "DOWN",
        Health::Unresolved => "MAINT (resolution)",
        Health::Disabled => "MAINT",
        Health::Stopping => "NOLB",
        Health::Ejected => "DOWN (ejected)",
        _ if asked && (endpoint.drain || agent.is_some_and(|agent| agent.drain)) => "DRAIN (agent)",
        _ if endpoint.drain || agent.is_some_and(|agent| agent.drain) => "DRAIN",
        _ if !asked && endpoint.check.as_ref().is_none_or(|check| check.paused) => "no check",
        Health::Up | Health::Unchecked | Health::Unspecified => "UP",
    }
}

/// Columns about a probe: its word, its code, how long it took, what the word means, and what was heard.
const CHECK: [Field; 5] =
    [Field::CheckStatus, Field::CheckCode, Field::CheckDuration, Field::CheckDesc, Field::LastChk];
const AGENT: [Field; 5] =
    [Field::AgentStatus, Field::AgentCode, Field::AgentDuration, Field::AgentDesc, Field::LastAgt];

impl Row {
    fn probe(&mut self, probe: &Probe, [word, code, took, meaning, heard]: [Field; 5]) {
        self.text(word, &probe.word);
        self.count(took, probe.took_ms);
        if let Some(status) = Status::ALL.into_iter().find(|status| status.code() == probe.word) {
            if status.has_code() {
                self.short(code, probe.status.into());
            }
            self.text(meaning, status.words());
        }
        self.text(heard, &probe.info);
    }

    /// Connections between exchanges. HAProxy's words for those that have served one request and more are idle and safe.
    fn idle(&mut self, endpoint: &Endpoint, stats: &EndpointStats) {
        let (all, proven) = (stats.idle_connections, stats.proven_idle_connections);
        self.short(Field::SrvIcur, all.into());
        if let Some(limit) = endpoint.pool.max_idle {
            self.short(Field::SrcIlim, limit.into());
        }
        self.short(Field::IdleConnCur, all.saturating_sub(proven).into());
        self.short(Field::SafeConnCur, proven.into());
        self.short(Field::UsedConnCur, stats.current_exchanges);
    }

    pub(super) fn durations(&mut self, durations: Option<&Durations>) {
        let durations = durations.copied().unwrap_or_default();
        for (field, number) in [
            (Field::Qtime, durations.queue),
            (Field::Ctime, durations.connect),
            (Field::Rtime, durations.response),
            (Field::Ttime, durations.total),
            (Field::QtimeMax, durations.most_queue),
            (Field::CtimeMax, durations.most_connect),
            (Field::RtimeMax, durations.most_response),
            (Field::TtimeMax, durations.most_total),
        ] {
            self.short(field, number);
        }
    }
}
