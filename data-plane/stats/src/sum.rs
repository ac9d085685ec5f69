//! Reports of several proxies as one.

use std::collections::BTreeMap;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{
    BackendStats, Durations, EndpointStats, FrontendStats, Health, Http2Stats, ObjectId, ProcessStats, Rate,
    Report,
};

/// Counters and what goes on now add up; so do the highest marks, which is more than was ever reached at one moment.
/// Averages count as much as the exchanges they are of. A server is up where any proxy has it up; what was seen last of
/// its health is told by the proxy that saw the last change. Where a name leads is told by any that knows; of
/// the part of its time that a process waits in, the smallest counts.
pub fn sum<'a>(reports: impl IntoIterator<Item = &'a Report>) -> Report {
    let mut total = Report::default();
    let (mut frontends, mut backends, mut endpoints) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for report in reports {
        total.omitted = total.omitted.saturating_add(report.omitted);
        if let Some(of) = &report.process {
            add_process(total.process.get_or_insert_default(), of);
        }
        each(&mut frontends, &report.frontends, |row| row.id.as_ref(), add_frontend);
        each(&mut backends, &report.backends, |row| row.id.as_ref(), add_backend);
        each(&mut endpoints, &report.endpoints, |row| row.id.as_ref(), add_endpoint);
    }
    total.frontends = frontends.into_values().collect();
    total.backends = backends.into_values().collect();
    total.endpoints = endpoints.into_values().collect();
    total
}

fn each<T: Clone>(
    total: &mut BTreeMap<ObjectKey, T>,
    rows: &[T],
    id: fn(&T) -> Option<&ObjectId>,
    add: fn(&mut T, &T),
) {
    for row in rows {
        let Some(key) = id(row).and_then(|id| ObjectKey::try_from(id).ok()) else { continue };
        match total.get_mut(&key) {
            Some(sum) => add(sum, row),
            None => drop(total.insert(key, row.clone())),
        }
    }
}

macro_rules! add {
    ($sum:ident, $of:ident, $($field:ident),* $(,)?) => {
        $($sum.$field = $sum.$field.saturating_add($of.$field);)*
    };
}

fn add_process(sum: &mut ProcessStats, of: &ProcessStats) {
    add!(sum, of, connections, current_connections, requests, retained_generations, dropped_log_lines);
    add!(sum, of, tasks, failed_resolutions);
    sum.idle_percent = [sum.idle_percent, of.idle_percent].into_iter().flatten().min();
    sum.uptime_ms = sum.uptime_ms.max(of.uptime_ms);
    add_rate(&mut sum.connection_rate, of.connection_rate.as_ref());
    add_rate(&mut sum.request_rate, of.request_rate.as_ref());
    for count in &of.closes {
        match sum.closes.iter_mut().find(|known| known.name == count.name) {
            Some(known) => known.count = known.count.saturating_add(count.count),
            None => sum.closes.push(count.clone()),
        }
    }
}

fn add_frontend(sum: &mut FrontendStats, of: &FrontendStats) {
    add!(sum, of, connections, current_connections, most_connections, requests, bytes_in, bytes_out);
    add!(sum, of, denied, denied_responses, bad_requests, intercepted);
    add!(sum, of, handshakes, resumed_handshakes, failed_handshakes);
    add!(sum, of, compressed_in, compressed_out, compression_bypassed, compressed_responses);
    add!(sum, of, cache_lookups, cache_hits);
    add_http2(&mut sum.http2, of.http2.as_ref());
    add_responses(&mut sum.responses, &of.responses);
    add_rate(&mut sum.connection_rate, of.connection_rate.as_ref());
    add_rate(&mut sum.request_rate, of.request_rate.as_ref());
    add_rate(&mut sum.bytes_out_rate, of.bytes_out_rate.as_ref());
    add_rate(&mut sum.compressed_in_rate, of.compressed_in_rate.as_ref());
    add_rate(&mut sum.compressed_out_rate, of.compressed_out_rate.as_ref());
}

fn add_backend(sum: &mut BackendStats, of: &BackendStats) {
    add!(sum, of, exchanges, current_exchanges, most_exchanges, queued, most_queued, retries, redispatches);
    add!(sum, of, client_aborts, server_aborts, denied, denied_responses, connect_errors, downs);
    add!(sum, of, compressed_in, compressed_out, compression_bypassed, compressed_responses);
    add!(sum, of, cache_lookups, cache_hits);
    add_http2(&mut sum.http2, of.http2.as_ref());
    add_responses(&mut sum.responses, &of.responses);
    add_rate(&mut sum.rate, of.rate.as_ref());
    sum.last_exchange_unix_ms = sum.last_exchange_unix_ms.max(of.last_exchange_unix_ms);
    sum.down_ms = sum.down_ms.max(of.down_ms);
    sum.since_unix_ms = sum.since_unix_ms.max(of.since_unix_ms);
}

fn add_endpoint(sum: &mut EndpointStats, of: &EndpointStats) {
    sum.durations = average(sum.durations, sum.exchanges, of.durations, of.exchanges);
    add!(sum, of, exchanges, current_exchanges, most_exchanges, queued, most_queued, retries, redispatches);
    add!(sum, of, connect_errors, response_errors, bytes_in, bytes_out, checks, failed_checks);
    add!(sum, of, client_aborts, server_aborts, connects, reuses, downs, denied_responses);
    add!(sum, of, handshakes, resumed_handshakes, failed_handshakes);
    add_responses(&mut sum.responses, &of.responses);
    add_rate(&mut sum.rate, of.rate.as_ref());
    sum.last_exchange_unix_ms = sum.last_exchange_unix_ms.max(of.last_exchange_unix_ms);
    sum.down_ms = sum.down_ms.max(of.down_ms);
    if sum.resolved_ip.is_empty() {
        sum.resolved_ip.clone_from(&of.resolved_ip);
    }
    let usable = |stats: &EndpointStats| matches!(stats.health(), Health::Up | Health::Unchecked);
    let newer = of.since_unix_ms > sum.since_unix_ms;
    if (usable(of), newer) > (usable(sum), false) {
        sum.health = of.health;
        sum.since_unix_ms = of.since_unix_ms;
        sum.evidence.clone_from(&of.evidence);
        sum.last_probe.clone_from(&of.last_probe);
    }
    add_ejections(sum, of);
}

/// Where it is ejected and why is that of the health which counts.
fn add_ejections(sum: &mut EndpointStats, of: &EndpointStats) {
    let Some(of) = &of.ejection else { return };
    let ejected = sum.health() == Health::Ejected;
    let sum = sum.ejection.get_or_insert_default();
    add!(sum, of, ejections, spared);
    if !ejected {
        (sum.until_unix_ms, sum.reason) = (0, String::new());
    } else if of.until_unix_ms > sum.until_unix_ms {
        sum.until_unix_ms = of.until_unix_ms;
        sum.reason.clone_from(&of.reason);
    }
}

fn add_responses(sum: &mut Vec<u64>, of: &[u64]) {
    sum.resize(sum.len().max(of.len()), 0);
    sum.iter_mut().zip(of).for_each(|(sum, of)| *sum = sum.saturating_add(*of));
}

fn add_http2(sum: &mut Option<Http2Stats>, of: Option<&Http2Stats>) {
    if let Some(of) = of {
        let sum = sum.get_or_insert_default();
        add!(sum, of, open_connections, open_streams, connections, streams);
        add!(sum, of, headers_received, data_received, settings_received, resets_received, goaways_received);
        add!(sum, of, connection_errors, stream_errors, resets_sent, goaways_sent);
    }
}

fn add_rate(sum: &mut Option<Rate>, of: Option<&Rate>) {
    if let Some(of) = of {
        let sum = sum.get_or_insert_default();
        add!(sum, of, now, most);
    }
}

/// The sum of counters that proxies reported: what is too large for a number stops at its end.
pub(crate) fn saturating(counters: impl Iterator<Item = u64>) -> u64 {
    counters.fold(0, u64::saturating_add)
}

/// Averages of so many exchanges each.
pub(crate) fn average(
    sum: Option<Durations>,
    count: u64,
    of: Option<Durations>,
    of_count: u64,
) -> Option<Durations> {
    let (Some(sum), Some(of)) = (sum, of) else { return sum.or(of) };
    let all = u128::from(count) + u128::from(of_count);
    let mean = |a: u64, b: u64| {
        let total = u128::from(a) * u128::from(count) + u128::from(b) * u128::from(of_count);
        total.checked_div(all).and_then(|mean| u64::try_from(mean).ok()).unwrap_or_default()
    };
    Some(Durations {
        queue: mean(sum.queue, of.queue),
        connect: mean(sum.connect, of.connect),
        response: mean(sum.response, of.response),
        total: mean(sum.total, of.total),
        most_queue: sum.most_queue.max(of.most_queue),
        most_connect: sum.most_connect.max(of.most_connect),
        most_response: sum.most_response.max(of.most_response),
        most_total: sum.most_total.max(of.most_total),
    })
}

#[cfg(test)]
mod tests;
