//! The table of commands for docs/runtime.md.

use std::fmt::Write as _;

use crate::table::{Act, all};

/// A row for each command, in Markdown.
pub fn commands() -> String {
    let mut out = String::from("| command | from level | what it does |\n|---|---|---|\n");
    for spec in all() {
        let usage = spec.usage().replace('|', "\\|");
        let what = match spec.act {
            Act::Missing(why) => format!("{}; not here: {why}", spec.about),
            Act::Read(_) | Act::Session(_) => spec.about.to_owned(),
        };
        let what = what.replace('|', "\\|");
        // Writing to a String does not fail.
        let _ = writeln!(out, "| `{usage}` | {} | {what} |", spec.level);
    }
    out
}
