//! The report for programs.

use serde::Serialize;

use super::{Report, Row};
use crate::counts::Count;
use crate::machine::Machine;
use crate::measure::Sample;

#[derive(Serialize)]
struct Json<'a> {
    command: &'a str,
    machine: &'a Machine,
    workloads: Vec<Summary>,
    counts: &'a [Count],
    samples: &'a [Sample],
    failures: &'a [String],
}

#[derive(Serialize)]
struct Summary {
    id: &'static str,
    title: &'static str,
    unit: &'static str,
    rows: Vec<Row>,
}

impl Report<'_> {
    /// Summaries, and every sample behind them.
    pub(crate) fn json(&self) -> serde_json::Result<String> {
        let summary = |workload: &crate::workload::Workload| Summary {
            id: workload.id,
            title: workload.title,
            unit: super::unit(workload.unit),
            rows: self.rows(workload),
        };
        serde_json::to_string_pretty(&Json {
            command: &self.command,
            machine: self.machine,
            workloads: self.workloads.iter().map(summary).collect(),
            counts: &self.results.counts,
            samples: &self.results.samples,
            failures: &self.results.failures,
        })
    }
}
