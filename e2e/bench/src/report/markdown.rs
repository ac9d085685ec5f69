//! The report for `docs/benchmarks.md`.

use super::Report;
use crate::counts::Counter;

impl Report<'_> {
    /// The part of the document that is about this kind of figures.
    pub(crate) fn section(&self) -> &'static str {
        match self.results.counter {
            None => "costs",
            Some(Counter::Syscalls) => "syscalls",
            Some(Counter::Instructions) => "instructions",
        }
    }

    /// Machine, versions, command, and a table for each workload.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("Measured on {}.\n\n", self.machine.words());
        for (name, version) in &self.machine.versions {
            text.push_str(&format!("- `{name}`: {version}\n"));
        }
        text.push_str(&format!("\n    {}\n", self.command));
        for workload in self.workloads {
            let Some(table) = self.table(workload) else { continue };
            text.push_str(&format!("\n### `{}`: {}\n\n{}", workload.id, workload.title, table.markdown()));
            let notes: Vec<String> = self.notes(workload).collect();
            if !notes.is_empty() {
                text.push_str(&format!("\n{}.\n", notes.join("; ")));
            }
        }
        text.extend(self.counts().map(|table| format!("\n{}", table.markdown())));
        if !self.results.failures.is_empty() {
            text.push_str("\n### Failed\n\n");
            text.push_str(
                &self.results.failures.iter().map(|failure| format!("- {failure}\n")).collect::<String>(),
            );
        }
        text
    }
}
