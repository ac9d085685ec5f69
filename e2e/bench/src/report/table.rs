//! Rows as columns of text.

use super::row::{Ratio, Row};
use crate::stats::Verdict;
use crate::workload::{Unit, Workload};

/// A table of words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// With the columns that the workload has.
    pub(crate) fn of(workload: &Workload, rows: &[Row]) -> Self {
        let mut columns = vec![column("peer", rows, |row| row.peer.clone())];
        let unit = super::unit(workload.unit);
        columns.push(column(unit, rows, |row| number(row.cost.median)));
        columns.push(column("min-max", rows, |row| {
            format!("{}-{}", number(row.cost.min), number(row.cost.max))
        }));
        if workload.unit == Unit::Connection {
            columns.push(column("before, MiB", rows, |row| mebibytes(row.resident)));
        } else {
            columns.extend(loaded(workload, rows));
        }
        let against = format!("{} / peer", workload.subject);
        columns.push(column(&against, rows, |row| ratio(row.cost_ratio)));
        if workload.is_paced() {
            columns.push(column("p50, the same", rows, |row| ratio(row.p50_ratio)));
            columns.push(column("p99, the same", rows, |row| ratio(row.p99_ratio)));
        }
        if let Some(other) = workload.beside {
            columns.push(column(&format!("/ own `{other}`"), rows, |row| ratio(row.beside)));
        }
        Self {
            header: columns.iter().map(|(title, _)| title.clone()).collect(),
            rows: (0..rows.len())
                .map(|at| columns.iter().map(|(_, cells)| cells[at].clone()).collect())
                .collect(),
        }
    }

    /// With columns aligned; the first to the left, the others to the right.
    pub(crate) fn text(&self) -> String {
        let lines: Vec<&Vec<String>> = std::iter::once(&self.header).chain(&self.rows).collect();
        let width = |at: usize| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.header.len()).map(width).collect();
        let line = |cells: &Vec<String>| {
            let cell = |(at, (cell, &width)): (usize, (&String, &usize))| {
                if at == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            };
            cells.iter().zip(&widths).enumerate().map(cell).collect::<Vec<_>>().join("  ")
        };
        lines.iter().map(|cells| format!("  {}\n", line(cells).trim_end())).collect()
    }

    /// As Markdown has it.
    pub(crate) fn markdown(&self) -> String {
        let line = |cells: &Vec<String>| format!("| {} |\n", cells.join(" | "));
        let rule = format!("|---|{}\n", "--:|".repeat(self.header.len() - 1));
        std::iter::once(line(&self.header)).chain([rule]).chain(self.rows.iter().map(line)).collect()
    }
}

type Column = (String, Vec<String>);

fn column(title: &str, rows: &[Row], cell: impl Fn(&Row) -> String) -> Column {
    (title.to_owned(), rows.iter().map(cell).collect())
}

/// The columns of a workload that takes processor time.
fn loaded(workload: &Workload, rows: &[Row]) -> Vec<Column> {
    let rate = if workload.unit == Unit::Mebibyte { "MiB/s" } else { "requests/s" };
    let latency =
        |row: &Row, at: usize| row.latency.map_or_else(nothing, |values| format!("{:.0}", values[at]));
    let mut columns = vec![
        column("user", rows, |row| percent(row.user_share)),
        column(rate, rows, |row| format!("{:.0}", row.rate)),
        column("p50 us", rows, |row| latency(row, 0)),
    ];
    if workload.is_paced() {
        columns.push(column("p90 us", rows, |row| latency(row, 1)));
    }
    columns.push(column("p99 us", rows, |row| latency(row, 2)));
    if workload.is_paced() {
        columns.push(column("p99.9 us", rows, |row| latency(row, 3)));
    }
    columns.push(column("its core", rows, |row| percent(row.proxy_core_busy)));
    columns
}

fn nothing() -> String {
    "-".to_owned()
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn mebibytes(bytes: Option<f64>) -> String {
    bytes.map_or_else(nothing, |bytes| format!("{:.1}", bytes / f64::from(1 << 20)))
}

fn number(value: f64) -> String {
    if value < 200.0 { format!("{value:.2}") } else { format!("{value:.0}") }
}

fn ratio(ratio: Option<Ratio>) -> String {
    let Some(Ratio { spread, verdict }) = ratio else { return nothing() };
    let tie = match verdict {
        Verdict::Tie => " tie",
        Verdict::Unknown => " ?",
        Verdict::Less | Verdict::More => "",
    };
    format!("{:.2} ({:.2}-{:.2}){tie}", spread.median, spread.min, spread.max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Spread;

    fn table() -> Table {
        let words = |words: [&str; 2]| words.map(str::to_owned).to_vec();
        Table { header: words(["peer", "us"]), rows: vec![words(["a", "12.00"]), words(["longer", "1.00"])] }
    }

    #[test]
    fn columns_stand_below_one_another() {
        assert_eq!(table().text(), "  peer       us\n  a       12.00\n  longer   1.00\n");
    }

    #[test]
    fn markdown_has_a_rule_below_its_header() {
        assert_eq!(table().markdown(), "| peer | us |\n|---|--:|\n| a | 12.00 |\n| longer | 1.00 |\n");
    }

    #[test]
    fn a_ratio_says_when_it_is_a_tie() {
        let of = |values: &[f64]| {
            let spread = Spread::of(values)?;
            Some(Ratio { spread, verdict: spread.verdict() })
        };
        assert_eq!(ratio(of(&[0.9, 1.0, 1.1])), "1.00 (0.90-1.10) tie");
        assert_eq!(ratio(of(&[0.70, 0.71, 0.72])), "0.71 (0.70-0.72)");
        assert_eq!(ratio(of(&[0.5])), "0.50 (0.50-0.50) ?");
        assert_eq!(ratio(None), "-");
    }
}
