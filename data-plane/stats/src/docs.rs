//! The last part of `docs/statistics.md`: what HAProxy tells and this program does not, made from the tables of reasons.

use std::fmt::Write as _;

use crate::info::UNTOLD_FACTS;
use crate::prometheus::untold_metrics;

/// What it begins with.
pub const HEADING: &str = "## What HAProxy tells and Sluicegate does not\n";

/// The whole part, its heading included.
pub fn untold() -> String {
    let mut out = format!(
        "{HEADING}\nMade from the tables of the crate `sluicegate-stats`; do not edit below the heading. `UPDATE=1 cargo test -p\n\
         sluicegate-stats docs` writes it anew. All else that HAProxy 2.6 tells is told; what it has a setting for and this\n\
         program has not (peers, limits of rates) is told as 0.\n\n\
         | `show info` | why it is not told |\n|---|---|\n"
    );
    for (names, reason) in grouped(UNTOLD_FACTS.iter().map(|(name, reason)| ((*name).to_owned(), *reason))) {
        // Writing to a String does not fail.
        let _ = writeln!(out, "| {names} | {reason} |");
    }
    out.push_str("\n| metric | why it is not told |\n|---|---|\n");
    for (names, reason) in grouped(untold_metrics().into_iter().map(|metric| (metric.name, metric.reason))) {
        let _ = writeln!(out, "| {names} | {reason} |");
    }
    out
}

/// Names that share a reason, in the order in which the reasons come first.
fn grouped(rows: impl Iterator<Item = (String, &'static str)>) -> Vec<(String, &'static str)> {
    let mut groups: Vec<(String, &'static str)> = Vec::new();
    for (name, reason) in rows {
        match groups.iter_mut().find(|(_, known)| *known == reason) {
            Some((names, _)) => names.push_str(&format!(", `{name}`")),
            None => groups.push((format!("`{name}`"), reason)),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_end_of_the_document_is_the_tables() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/statistics.md");
        let text = std::fs::read_to_string(&file).unwrap();
        let (before, after) = text.split_once(HEADING).unwrap_or((text.as_str(), ""));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, format!("{}\n\n{}", before.trim_end(), untold())).unwrap();
            return;
        }
        assert_eq!(format!("{HEADING}{after}"), untold(), "{}", file.display());
    }
}
