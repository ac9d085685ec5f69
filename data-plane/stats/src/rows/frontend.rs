//! Rows of frontends.

use sluicegate_model::Frontend;
use sluicegate_model::frontend::Mode;

use super::{Kind, Proxy, Row, Scene};
use crate::field::Field;

impl Scene<'_> {
    pub(super) fn frontend(&self, proxy: &Proxy<'_>, frontend: &Frontend) -> Row {
        let settings = &frontend.settings;
        let mut row = Row::new(Kind::Frontend, frontend.key().clone(), proxy, "FRONTEND", 0);
        let stats = self.frontends.get(frontend.key()).copied().cloned().unwrap_or_default();
        let limit = settings.max_connections.map_or(self.facts.connection_limit, |limit| limit.get().into());
        row.short(Field::Scur, stats.current_connections);
        row.short(Field::Smax, stats.most_connections);
        row.short(Field::Slim, limit);
        row.count(Field::Stot, stats.connections);
        row.count(Field::Bin, stats.bytes_in);
        row.count(Field::Bout, stats.bytes_out);
        row.count(Field::Dreq, stats.denied);
        row.count(Field::Dresp, stats.denied_responses);
        row.count(Field::Ereq, stats.bad_requests);
        row.text(Field::Status, if settings.disabled { "STOP" } else { "OPEN" });
        row.rate(Field::Rate, Field::RateMax, stats.connection_rate.as_ref());
        row.rate(Field::ConnRate, Field::ConnRateMax, stats.connection_rate.as_ref());
        row.count(Field::ConnTot, stats.connections);
        match settings.mode {
            Mode::Tcp => row.text(Field::Mode, "tcp"),
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
}
