//! What a run gave, for people and programs.

mod document;
mod json;
mod markdown;
mod row;
mod table;

use crate::counts;
use crate::load::Latency;
use crate::machine::Machine;
use crate::measure::Sample;
use crate::rounds::Results;
use crate::stats::Spread;
use crate::workload::{Unit, Workload};

use row::Row;

pub(crate) use document::put;
pub(crate) use table::Table;

/// All that a report tells.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(crate) machine: &'a Machine,
    pub(crate) workloads: &'a [Workload],
    pub(crate) results: &'a Results,
    /// The command that gave it.
    pub(crate) command: String,
}

impl Report<'_> {
    /// For a terminal.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for workload in self.workloads {
            let Some(table) = self.table(workload) else { continue };
            text.push_str(&format!("\n{}: {}\n\n{}", workload.id, workload.title, table.text()));
            text.push_str(&self.notes(workload).map(|note| format!("  {note}\n")).collect::<String>());
        }
        text.extend(self.counts().map(|table| format!("\n{}", table.text())));
        text.push_str(
            &self.results.failures.iter().map(|failure| format!("\nfailed: {failure}\n")).collect::<String>(),
        );
        text
    }

    /// Rows of one workload, in the order of its peers.
    fn rows(&self, workload: &Workload) -> Vec<Row> {
        let of = |id: &str| self.samples(id).collect::<Vec<_>>();
        let mine = of(workload.id);
        let other = workload.beside.map(of).unwrap_or_default();
        let mut names: Vec<&str> = Vec::new();
        for sample in &mine {
            if !names.contains(&sample.peer.as_str()) {
                names.push(&sample.peer);
            }
        }
        // The first round has the order of the table of peers, unless one failed there.
        names.into_iter().filter_map(|name| Row::of(workload, name, &mine, &other)).collect()
    }

    fn samples(&self, workload: &str) -> impl Iterator<Item = &Sample> {
        self.results.samples.iter().filter(move |sample| sample.workload == workload)
    }

    fn table(&self, workload: &Workload) -> Option<Table> {
        let rows = self.rows(workload);
        (!rows.is_empty()).then(|| Table::of(workload, &rows))
    }

    fn counts(&self) -> Option<Table> {
        Some(counts::table(self.results.counter?, &self.results.counts))
    }

    /// What a reader has to know of these figures.
    fn notes(&self, workload: &Workload) -> impl Iterator<Item = String> {
        let samples: Vec<&Sample> = self.samples(workload.id).collect();
        let count = |test: fn(&Sample) -> bool| samples.iter().filter(|sample| test(sample)).count();
        let disturbed = count(|sample| sample.foreign > 0.05);
        let errors: u64 = samples.iter().map(|sample| sample.seen.errors).sum();
        let late =
            count(|sample| sample.seen.pace.as_ref().is_some_and(|pace| sample.rate < 0.98 * pace.offered));
        let loaded = workload.unit != Unit::Connection && !workload.is_paced();
        let rested = if loaded { count(|sample| sample.proxy_core_busy < 0.9) } else { 0 };
        let of = samples.len();
        let offered = samples.iter().find_map(|sample| sample.seen.pace.as_ref()).map(|pace| pace.offered);
        let lag = |sample: &&Sample| sample.seen.pace.as_ref().and_then(|pace| pace.lag);
        let lags = |of: fn(&Latency) -> f64| {
            Spread::of(&samples.iter().filter_map(lag).map(|lag| of(&lag)).collect::<Vec<_>>())
        };
        let lag = lags(|lag| lag.p50).zip(lags(|lag| lag.p99));
        let connections = (workload.plan.connections > 64).then_some(workload.plan.connections);
        [
            offered.map(|rate| format!("{rate:.0} requests a second are offered")),
            lag.map(|(p50, p99)| {
                format!(
                    "the load itself was late by {:.0} us at p50 and {:.0} us at p99",
                    p50.median, p99.median
                )
            }),
            connections.map(|connections| format!("{connections} connections")),
            (late > 0).then(|| {
                format!("the rate was not held in {late} of {of} measurements: their latency says little")
            }),
            (disturbed > 0).then(|| {
                format!("in {disturbed} of {of} measurements others used more than 5 % of the proxy's core")
            }),
            (rested > 0).then(|| {
                format!("in {rested} of {of} measurements the proxy's core rested for more than 10 %: clients and servers were the limit")
            }),
            (errors > 0).then(|| format!("{errors} requests failed")),
        ]
        .into_iter()
        .flatten()
    }
}

/// In words.
pub(crate) fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Request => "us/request",
        Unit::Mebibyte => "us/MiB",
        Unit::Connection => "B/connection",
    }
}
