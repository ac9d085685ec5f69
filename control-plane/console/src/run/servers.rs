//! `show servers state` and `show servers conn` (HAProxy management guide 9.3).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sluicegate_core::overrides::Field;
use sluicegate_model::endpoint::EndpointAddress;
use sluicegate_model::{Backend, Endpoint};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{EndpointStats, Health};
use sluicegate_stats::Kind;

use crate::answer::Answer;
use crate::view::View;

const STATE: &str = "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight \
                     srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state \
                     srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl \
                     srv_check_port srv_check_addr srv_agent_addr srv_agent_port";
const CONNECTIONS: &str = "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb \
                           safe_nb idle_lim idle_cur idle_per_thr[1]";

/// The numbers of `srv_check_status`, by HAProxy's words for what a probe found.
const CHECK_STATUS: &[(&str, u8)] = &[
    ("INI", 1),
    ("CHECKED", 3),
    ("HANA", 4),
    ("SOCKERR", 5),
    ("L4OK", 6),
    ("L4TOUT", 7),
    ("L4CON", 8),
    ("L6OK", 9),
    ("L6TOUT", 10),
    ("L6RSP", 11),
    ("L7TOUT", 12),
    ("L7RSP", 13),
    ("L7OK", 15),
    ("L7OKC", 16),
    ("L7STS", 17),
];

/// Numbers of `srv_op_state`.
mod operation {
    pub(super) const STOPPED: u8 = 0;
    pub(super) const RUNNING: u8 = 2;
    pub(super) const STOPPING: u8 = 3;
}

/// Bits of `srv_admin_state`.
mod admin {
    /// By the console.
    pub(super) const FORCED_MAINT: u8 = 0x01;
    /// By the configuration.
    pub(super) const CONFIGURED_MAINT: u8 = 0x04;
    pub(super) const FORCED_DRAIN: u8 = 0x08;
    /// Its name does not resolve.
    pub(super) const UNRESOLVED: u8 = 0x20;
}

/// Bits of `srv_check_state`.
mod check {
    pub(super) const CONFIGURED: u8 = 2;
    pub(super) const ENABLED: u8 = 4;
    pub(super) const PAUSED: u8 = 8;
    pub(super) const AGENT: u8 = 16;
}

pub(super) fn state(view: &View<'_>, backend: Option<&str>) -> Result<Answer, Answer> {
    let mut out = format!("1\n{STATE}\n");
    each(view, backend, |number, backend, endpoint, stats| {
        let number_written = backend.settings.number.is_some();
        let line = Line { view, endpoint, stats, number_written };
        line.state(&mut out, number, backend.key().name());
    })?;
    Ok(Answer::of(out))
}

pub(super) fn connections(view: &View<'_>, backend: Option<&str>) -> Result<Answer, Answer> {
    let mut out = format!("{CONNECTIONS}\n");
    each(view, backend, |number, backend, endpoint, stats| {
        let (address, port) = place(endpoint, stats);
        // What a worker keeps idle is not reported: a dash, and no number made up.
        let _ = writeln!(
            out,
            "{}/{} {number}/{} {address} {port} - - {} {} - - - - - -",
            backend.key().name(),
            endpoint.name,
            endpoint.number,
            stats.current_exchanges,
            stats.most_exchanges,
        );
    })?;
    Ok(Answer::of(out))
}

/// Calls for each server of one backend or of all, in their order, with the number of the backend.
fn each(
    view: &View<'_>,
    backend: Option<&str>,
    mut tell: impl FnMut(u32, &Backend, &Endpoint, &EndpointStats),
) -> Result<(), Answer> {
    let only = match backend {
        Some(name) => Some(view.backend(name).ok_or_else(|| Answer::error("Can't find backend."))?.key()),
        None => None,
    };
    let reported: BTreeMap<ObjectKey, &EndpointStats> = view
        .report
        .endpoints
        .iter()
        .filter_map(|stats| Some((ObjectKey::try_from(stats.id.as_ref()?).ok()?, stats)))
        .collect();
    let silent = EndpointStats::default();
    for row in view.table().rows.iter().filter(|row| row.kind == Kind::Backend) {
        let Some(backend) = view.runtime.backends.get(&row.key) else { continue };
        if only.is_some_and(|only| only != backend.key()) {
            continue;
        }
        for endpoint in &backend.endpoints {
            let stats = reported.get(&endpoint.key).copied().unwrap_or(&silent);
            tell(row.proxy_number, backend, endpoint, stats);
        }
    }
    Ok(())
}

struct Line<'a> {
    view: &'a View<'a>,
    endpoint: &'a Endpoint,
    stats: &'a EndpointStats,
    /// Somebody wrote the number of the backend.
    number_written: bool,
}

impl Line<'_> {
    fn state(&self, out: &mut String, backend: u32, name: &str) {
        let Self { view, endpoint, stats, .. } = self;
        let (address, port) = place(endpoint, stats);
        let host = match &endpoint.address {
            EndpointAddress::Host(host) => &*host.name,
            EndpointAddress::Ip(_) | EndpointAddress::Unix(_) => "-",
        };
        let since = match stats.since_unix_ms {
            0 => 0,
            since => view.facts.now_unix_ms.saturating_sub(since) / 1_000,
        };
        let (status, result) = self.probe();
        let check = endpoint.check.as_ref();
        let probed = check.and_then(|check| check.address);
        let probed_port =
            check.and_then(|check| check.port.or(probed.map(|it| it.port()))).unwrap_or_default();
        let probed = probed.map_or_else(|| "-".to_owned(), |address| address.ip().to_string());
        let agent = endpoint.agent.as_ref();
        let agent_port = agent.map_or(0, |agent| agent.port.get());
        let agent_address = match agent.and_then(|agent| agent.target(&endpoint.address)) {
            Some(EndpointAddress::Ip(address)) => address.ip().to_string(),
            _ => "-".to_owned(),
        };
        let secure = u8::from(endpoint.outgoing.as_ref().is_some_and(|outgoing| outgoing.tls.is_some()));
        // Writing to a String does not fail.
        let _ = writeln!(
            out,
            "{backend} {name} {} {} {address} {} {} {} {} {since} {status} {result} {} {} {} {} {} {host} {port} - {secure} \
             {probed_port} {probed} {agent_address} {agent_port}",
            endpoint.number,
            endpoint.name,
            self.operation(),
            self.admin(),
            sluicegate_stats::weight(endpoint, stats),
            configured_weight(view, endpoint),
            self.health(),
            self.check(),
            self.agent(),
            u8::from(self.number_written),
            u8::from(endpoint.number_written),
        );
    }

    fn operation(&self) -> u8 {
        match self.stats.health() {
            _ if self.endpoint.disabled => operation::STOPPED,
            Health::Down | Health::Unresolved | Health::Disabled | Health::Ejected => operation::STOPPED,
            Health::Stopping => operation::STOPPING,
            Health::Up | Health::Unchecked | Health::Unspecified => operation::RUNNING,
        }
    }

    fn admin(&self) -> u8 {
        let Self { view, endpoint, stats, .. } = self;
        let configured = view.overrides.configured(&endpoint.key, Field::Admin);
        let mut bits = 0;
        if endpoint.disabled {
            bits |= admin::FORCED_MAINT;
        }
        if configured.map_or(endpoint.disabled, |configured| configured == "maint") {
            bits |= admin::CONFIGURED_MAINT;
        }
        if endpoint.drain {
            bits |= admin::FORCED_DRAIN;
        }
        if stats.health() == Health::Unresolved {
            bits |= admin::UNRESOLVED;
        }
        bits
    }

    /// `srv_check_status` and `srv_check_result`.
    fn probe(&self) -> (u8, u8) {
        let Some(probe) = &self.stats.last_probe else { return (1, 0) };
        let number =
            CHECK_STATUS.iter().find(|(word, _)| *word == probe.word).map_or(0, |(_, number)| *number);
        let result = match &*probe.word {
            "L7OKC" => 4,
            word if word.contains("OK") => 3,
            _ => 2,
        };
        (number, result)
    }

    /// `srv_check_health`: below `rise` is down. How far from a change it is, is not reported.
    fn health(&self) -> u32 {
        if self.endpoint.disabled || self.stats.health() == Health::Unresolved {
            return 0;
        }
        let Some(check) = &self.endpoint.check else { return 2 };
        match self.stats.health() {
            Health::Down => 0,
            _ => check.rise.get().saturating_add(check.fall.get() - 1),
        }
    }

    fn agent(&self) -> u8 {
        match &self.endpoint.agent {
            Some(agent) if agent.paused => check::AGENT | check::CONFIGURED,
            Some(_) => check::AGENT | check::CONFIGURED | check::ENABLED,
            None => 0,
        }
    }

    fn check(&self) -> u8 {
        let paused = if self.endpoint.disabled { check::PAUSED } else { 0 };
        match &self.endpoint.check {
            Some(schedule) if schedule.paused => check::CONFIGURED | paused,
            Some(_) => check::CONFIGURED | check::ENABLED | paused,
            None => paused,
        }
    }
}

/// What the configuration says, whatever was set since.
pub(super) fn configured_weight(view: &View<'_>, endpoint: &Endpoint) -> u32 {
    let said = view.overrides.configured(&endpoint.key, Field::Weight).and_then(|text| text.parse().ok());
    said.unwrap_or_else(|| endpoint.weight.into())
}

/// Address and port; a dash for an address that is not known, or is none of the network's. HAProxy writes what is taken
/// off the client's port without its sign, as a number of 32 bits.
fn place(endpoint: &Endpoint, stats: &EndpointStats) -> (String, u32) {
    let known = sluicegate_stats::ip(endpoint, stats).map(|ip| ip.to_string());
    (known.unwrap_or_else(|| "-".to_owned()), endpoint.written_port().cast_unsigned())
}
