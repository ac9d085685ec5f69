//! Metrics of our own.

use std::collections::HashMap;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{EjectionStats, Health, Report};

use super::metrics::Form;
use super::{escaped, head, labels, version};
use crate::info::Info;
use crate::rows::Row;

/// Those of the process.
pub(super) fn process(info: &Info, report: &Report, out: &mut String) {
    if let Some(version) = version(info) {
        one("build_info", Form::Gauge, format!("{{version=\"{}\"}}", escaped(&version)), 1, out);
    }
    if let Some(generation) = &report.generation {
        plain("generation", Form::Gauge, generation.number, out);
    }
    let Some(process) = &report.process else { return };
    plain("retained_generations", Form::Gauge, process.retained_generations, out);
    plain("uptime_seconds", Form::Gauge, process.uptime_ms / 1000, out);
    plain("connections_total", Form::Counter, process.connections, out);
    plain("current_connections", Form::Gauge, process.current_connections, out);
    plain("requests_total", Form::Counter, process.requests, out);
    plain("dropped_log_lines_total", Form::Counter, process.dropped_log_lines, out);
    head("sluicegate_connections_closed_total", Form::Counter, out);
    for count in &process.closes {
        let (cause, number) = (escaped(&count.name), count.count);
        out.push_str(&format!("sluicegate_connections_closed_total{{cause=\"{cause}\"}} {number}\n"));
    }
}

/// A metric of our own with one sample.
fn one(name: &str, form: Form, labels: String, value: u64, out: &mut String) {
    let name = format!("sluicegate_{name}");
    head(&name, form, out);
    out.push_str(&format!("{name}{labels} {value}\n"));
}

fn plain(name: &str, form: Form, value: u64, out: &mut String) {
    one(name, form, String::new(), value, out);
}

/// Healths, as the report tells them apart: more than HAProxy's states of servers.
const HEALTHS: &[(Health, &str)] = &[
    (Health::Up, "up"),
    (Health::Down, "down"),
    (Health::Disabled, "disabled"),
    (Health::Unchecked, "unchecked"),
    (Health::Unresolved, "unresolved"),
    (Health::Stopping, "stopping"),
    (Health::Ejected, "ejected"),
];

/// A sample for each health of each server, 1 for the one that it is.
pub(super) fn health(rows: &[&Row], report: &Report, out: &mut String) {
    let keyed = report.endpoints.iter().filter_map(|stats| Some((stats.id.as_ref()?, stats.health())));
    let known: HashMap<ObjectKey, Health> =
        keyed.filter_map(|(id, health)| Some((ObjectKey::try_from(id).ok()?, health))).collect();
    let name = "sluicegate_server_health";
    let mut headed = false;
    for (row, health) in rows.iter().filter_map(|row| Some((row, *known.get(&row.key)?))) {
        if !std::mem::replace(&mut headed, true) {
            head(name, Form::Gauge, out);
        }
        let labels = labels(row);
        for (each, word) in HEALTHS {
            let is = u8::from(*each == health);
            out.push_str(&format!("{name}{{{labels},health=\"{word}\"}} {is}\n"));
        }
    }
}

/// How often servers were ejected as outliers, and how often they were not; of backends that eject any.
pub(super) fn ejections(rows: &[&Row], report: &Report, out: &mut String) {
    let keyed = report.endpoints.iter().filter_map(|stats| {
        let key = stats.id.as_ref().and_then(|id| ObjectKey::try_from(id).ok())?;
        Some((key, stats.ejection.as_ref()?))
    });
    let known: HashMap<ObjectKey, &EjectionStats> = keyed.collect();
    type Count = fn(&EjectionStats) -> u64;
    let counters: [(&str, Count); 2] = [
        ("sluicegate_server_ejections_total", |stats| stats.ejections),
        ("sluicegate_server_spared_ejections_total", |stats| stats.spared),
    ];
    for (name, count) in counters.into_iter().filter(|_| !known.is_empty()) {
        head(name, Form::Counter, out);
        for (row, stats) in rows.iter().filter_map(|row| Some((row, known.get(&row.key)?))) {
            out.push_str(&format!("{name}{{{}}} {}\n", labels(row), count(stats)));
        }
    }
}
