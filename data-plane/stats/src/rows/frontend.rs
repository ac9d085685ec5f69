//! Rows of frontends.

use sluicegate_model::frontend::Mode;
use sluicegate_model::{Frontend, FrontendSettings};

use super::{Kind, Proxy, Row, Scene};
use crate::field::Field;

impl Scene<'_> {
    pub(super) fn frontend(&self, proxy: &Proxy<'_>, frontend: &Frontend) -> Row {
        let settings = &frontend.settings;
        let mut row = Row::new(Kind::Frontend, frontend.key().clone(), proxy, "FRONTEND", 0);
        let stats = self.frontends.get(frontend.key()).copied().cloned().unwrap_or_default();
        row.short(Field::Scur, stats.current_connections);
        row.short(Field::Smax, stats.most_connections);
        row.short(Field::Slim, self.connections_of(frontend));
        row.count(Field::Stot, stats.connections);
        row.count(Field::Bin, stats.bytes_in);
        row.count(Field::Bout, stats.bytes_out);
        row.count(Field::Dreq, stats.denied);
        row.count(Field::Dresp, stats.denied_responses);
        row.count(Field::Ereq, stats.bad_requests);
        row.count(Field::CompIn, stats.compressed_in);
        row.count(Field::CompOut, stats.compressed_out);
        row.count(Field::CompByp, stats.compression_bypassed);
        row.count(Field::CompRsp, stats.compressed_responses);
        row.http2(stats.http2.as_ref());
        row.cache(settings.mode, stats.cache_lookups, stats.cache_hits);
        row.text(Field::Status, status(settings));
        row.rate(Field::Rate, Field::RateMax, stats.connection_rate.as_ref());
        row.rate(Field::ConnRate, Field::ConnRateMax, stats.connection_rate.as_ref());
        row.count(Field::ConnTot, stats.connections);
        row.count(Field::SslSess, stats.handshakes);
        row.count(Field::SslReusedSess, stats.resumed_handshakes);
        row.count(Field::SslFailedHandshake, stats.failed_handshakes);
        match settings.mode {
            Mode::Tcp => row.text(Field::Mode, "tcp"),
            Mode::Udp => row.text(Field::Mode, "udp"),
            Mode::Http => {
                row.text(Field::Mode, "http");
                row.responses(&stats.responses);
                row.rate(Field::ReqRate, Field::ReqRateMax, stats.request_rate.as_ref());
                row.count(Field::ReqTot, stats.requests);
                row.count(Field::Intercepted, stats.intercepted);
            }
        }
        row
    }

    /// The connections that it takes at one time.
    pub(super) fn connections_of(&self, frontend: &Frontend) -> u64 {
        let of_process = || self.facts.connections_of(self.runtime);
        frontend.settings.max_connections.map_or_else(of_process, |limit| limit.get().into())
    }
}

fn status(settings: &FrontendSettings) -> &'static str {
    match (settings.paused, settings.disabled) {
        (true, _) => "PAUSED",
        (false, true) => "STOP",
        (false, false) => "OPEN",
    }
}
