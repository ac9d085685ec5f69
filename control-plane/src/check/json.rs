//! `check -o json`: the shape in docs/check.md. Fields are added, never changed or taken away.

use serde_json::{Value, json};
use sluicegate_haproxy::diagnostic::Verdict;
use sluicegate_provider_file::finding::{Finding, Place};

use super::{Outcome, Report};

pub(super) fn json(report: &Report) -> Value {
    let outcome = match report.outcome {
        Outcome::Served => "served",
        Outcome::Refused => "refused",
        Outcome::NothingListens => "nothing-listens",
    };
    let counts: serde_json::Map<_, _> = Verdict::ALL
        .iter()
        .map(|verdict| (verdict.as_str().to_owned(), report.count(*verdict).into()))
        .collect();
    json!({
        "version": 1,
        "outcome": outcome,
        "counts": counts,
        "dropped": report.dropped.iter().sum::<usize>(),
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

fn finding(finding: &Finding) -> Value {
    let mut object = json!({
        "class": finding.verdict.as_str(),
        "code": finding.code,
        "message": finding.message,
        "label": finding.label,
        "notes": finding.notes,
        "help": finding.help,
    });
    let related = finding.related.iter().map(|(at, label)| {
        let mut object = json!({ "label": label });
        place(&mut object, at);
        object
    });
    object["related"] = related.collect();
    if let Some(at) = &finding.place {
        place(&mut object, at);
    }
    object
}

fn place(object: &mut Value, place: &Place) {
    object["file"] = place.file.as_str().into();
    object["line"] = place.line.into();
    object["column"] = place.column.into();
    object["end_line"] = place.end_line.into();
    object["end_column"] = place.end_column.into();
}
