//! Rows of backends.

use sluicegate_model::backend::{Balance, HashKey};
use sluicegate_model::frontend::Mode;
use sluicegate_model::{Backend, Endpoint};
use sluicegate_proto::v1::{BackendStats, Durations, EndpointStats};

use super::server::SIXTEENTHS;
use super::{Kind, Proxy, Row, Scene};
use crate::field::Field;
use crate::sum::{average, saturating};

impl Scene<'_> {
    pub(super) fn backend(&self, proxy: &Proxy<'_>, backend: &Backend) -> Row {
        let settings = &backend.settings;
        let mut row = Row::new(Kind::Backend, backend.key().clone(), proxy, "BACKEND", 0);
        let stats = self.backends.get(backend.key()).copied().cloned().unwrap_or_default();
        let of_servers = |number: fn(&EndpointStats) -> u64| -> u64 {
            let reported = backend.endpoints.iter().filter_map(|endpoint| self.endpoints.get(&endpoint.key));
            saturating(reported.map(|stats| number(stats)))
        };
        row.short(Field::Qcur, stats.queued);
        row.short(Field::Qmax, stats.most_queued);
        row.short(Field::Scur, stats.current_exchanges);
        row.short(Field::Smax, stats.most_exchanges);
        row.short(
            Field::Slim,
            self.runtime.full_connections(backend, self.facts.connections_of(self.runtime)),
        );
        row.count(Field::Stot, stats.exchanges);
        row.count(Field::Bin, of_servers(|stats| stats.bytes_in));
        row.count(Field::Bout, of_servers(|stats| stats.bytes_out));
        row.count(Field::Dreq, stats.denied);
        row.count(Field::Dresp, stats.denied_responses);
        row.count(Field::Econ, stats.connect_errors);
        row.count(Field::Eresp, of_servers(|stats| stats.response_errors));
        row.count(Field::Wretr, stats.retries);
        row.count(Field::Wredis, stats.redispatches);
        row.count(Field::Lbtot, of_servers(|stats| stats.exchanges));
        row.rate(Field::Rate, Field::RateMax, stats.rate.as_ref());
        row.count(Field::CliAbrt, stats.client_aborts);
        row.count(Field::SrvAbrt, stats.server_aborts);
        row.count(Field::Connect, of_servers(|stats| stats.connects));
        row.count(Field::Reuse, of_servers(|stats| stats.reuses));
        row.count(Field::SslSess, of_servers(|stats| stats.handshakes));
        row.count(Field::SslReusedSess, of_servers(|stats| stats.resumed_handshakes));
        row.count(Field::SslFailedHandshake, of_servers(|stats| stats.failed_handshakes));
        row.count(Field::CompIn, stats.compressed_in);
        row.count(Field::CompOut, stats.compressed_out);
        row.count(Field::CompByp, stats.compression_bypassed);
        row.count(Field::CompRsp, stats.compressed_responses);
        row.http2(stats.http2.as_ref());
        row.cache(settings.mode, stats.cache_lookups, stats.cache_hits);
        let last = self.last_session(stats.last_exchange_unix_ms);
        row.set(Field::Lastsess, last);
        row.durations(self.durations(backend).as_ref());
        row.text(Field::Algo, algorithm(&settings.balance));
        let persistence = settings.persistence.as_deref();
        if let Some(cookie) = persistence.and_then(|persistence| persistence.cookie.as_ref()) {
            row.text(Field::Cookie, &String::from_utf8_lossy(&cookie.name));
        }
        match settings.mode {
            Mode::Tcp => row.text(Field::Mode, "tcp"),
            Mode::Udp => row.text(Field::Mode, "udp"),
            Mode::Http => {
                row.text(Field::Mode, "http");
                row.responses(&stats.responses);
                row.count(Field::ReqTot, stats.exchanges);
            }
        }
        self.availability(&mut row, backend, &stats);
        row
    }

    /// Those of its servers together.
    fn durations(&self, backend: &Backend) -> Option<Durations> {
        let reported = backend.endpoints.iter().filter_map(|endpoint| self.endpoints.get(&endpoint.key));
        let (durations, _) = reported.fold((None, 0), |(sum, count), stats| {
            (average(sum, count, stats.durations, stats.exchanges), count.saturating_add(stats.exchanges))
        });
        durations
    }

    /// How many of its servers take traffic, and since when any does, or none.
    fn availability(&self, row: &mut Row, backend: &Backend, stats: &BackendStats) {
        let takes = |endpoint: &&Endpoint| !backend.settings.disabled && self.takes_traffic(endpoint);
        let usable = || backend.endpoints.iter().map(|endpoint| &**endpoint).filter(takes);
        let active = usable().filter(|endpoint| !endpoint.backup);
        let backups = usable().filter(|endpoint| endpoint.backup);
        let serving = || usable().filter(|endpoint| !endpoint.backup).count() > 0;
        let weight: (u64, u64) = usable()
            .filter(|endpoint| endpoint.backup != serving())
            .take(if serving() || backend.settings.all_backups { usize::MAX } else { 1 })
            .map(|endpoint| self.weights(endpoint))
            .fold((0, 0), |sum, (counting, whole)| (sum.0 + counting, sum.1 + whole));
        row.short(Field::Weight, weight.0.div_ceil(SIXTEENTHS));
        row.short(Field::Uweight, weight.1);
        row.short(Field::Act, active.count() as u64);
        row.short(Field::Bck, backups.count() as u64);
        let up = usable().next().is_some() || backend.endpoints.is_empty() && !backend.settings.disabled;
        row.text(Field::Status, if up { "UP" } else { "DOWN" });
        row.count(Field::Chkdown, stats.downs);
        let since = match stats.since_unix_ms {
            0 => 0,
            since => self.seconds_since(since),
        };
        row.short(Field::Lastchg, since);
        row.short(Field::Downtime, stats.down_ms / 1000 + if up { 0 } else { since });
    }
}

/// As HAProxy's column `algo` has it.
fn algorithm(balance: &Balance) -> &'static str {
    match balance {
        Balance::RoundRobin => "roundrobin",
        Balance::StaticRoundRobin => "static-rr",
        Balance::LeastConnections => "leastconn",
        Balance::First => "first",
        Balance::Random(_) => "random",
        Balance::PeakEwma { .. } => "peak-ewma",
        Balance::Hash(hash) => match hash.key {
            HashKey::RdpCookie(_) => "rdp-cookie",
            HashKey::Source => "source",
            HashKey::Uri { .. } => "uri",
            HashKey::UrlParameter { .. } => "url_param",
            HashKey::Header { .. } => "hdr",
            HashKey::Sample(_) => "hash",
        },
    }
}
