//! `check -o json`: the shape in docs/check.md. Fields are added, never changed or taken away.

use std::io::{self, BufWriter, Write};

use serde_json::Value;
use sluicegate_haproxy::diagnostic::Verdict;
use sluicegate_provider_file::finding::{Finding, Place};

use super::{Outcome, Report};

/// Writes the report piece by piece, a line for each finding: as one value it would be several times as large.
pub(super) fn write(report: &Report) {
    let mut out = BufWriter::new(io::stdout().lock());
    // Whoever reads it may go away first.
    let _nobody_reads = write_to(&mut out, report).and_then(|()| out.flush());
}

fn write_to(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let outcome = match report.outcome {
        Outcome::Served => "served",
        Outcome::Refused => "refused",
        Outcome::NothingListens => "nothing-listens",
    };
    let counts: serde_json::Map<_, _> = Verdict::ALL
        .iter()
        .map(|verdict| (verdict.as_str().to_owned(), report.count(*verdict).into()))
        .collect();
    let dropped: usize = report.dropped.iter().sum();
    let counts = Value::from(counts);
    write!(out, "{{\n  \"version\": 1,\n  \"outcome\": \"{outcome}\",\n  \"counts\": {counts},\n")?;
    write!(out, "  \"dropped\": {dropped},\n  \"findings\": [")?;
    for (index, found) in report.findings.iter().enumerate() {
        out.write_all(if index > 0 { b",\n    " } else { b"\n    " })?;
        finding(out, found)?;
    }
    let end = if report.findings.is_empty() { "" } else { "\n  " };
    writeln!(out, "{end}]\n}}")
}

fn finding(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    write!(out, "{{\"class\":\"{}\",\"code\":\"{}\"", finding.verdict.as_str(), finding.code)?;
    if let Some(at) = &finding.place {
        place(out, at)?;
    }
    field(out, "message", &finding.message)?;
    field(out, "label", &finding.label)?;
    list(out, "notes", &finding.notes)?;
    list(out, "help", &finding.help)?;
    out.write_all(b",\"related\":[")?;
    for (index, (at, label)) in finding.related.iter().enumerate() {
        out.write_all(if index > 0 { b",{\"label\":" } else { b"{\"label\":" })?;
        serde_json::to_writer(&mut *out, label)?;
        place(out, at)?;
        out.write_all(b"}")?;
    }
    out.write_all(b"]}")
}

fn field(out: &mut impl Write, name: &str, text: &str) -> io::Result<()> {
    write!(out, ",\"{name}\":")?;
    Ok(serde_json::to_writer(&mut *out, text)?)
}

fn list(out: &mut impl Write, name: &str, texts: &[String]) -> io::Result<()> {
    write!(out, ",\"{name}\":")?;
    Ok(serde_json::to_writer(&mut *out, texts)?)
}

fn place(out: &mut impl Write, place: &Place) -> io::Result<()> {
    field(out, "file", &place.file)?;
    let Place { line, column, end_line, end_column, .. } = place;
    write!(out, ",\"line\":{line},\"column\":{column},\"end_line\":{end_line},\"end_column\":{end_column}")
}
