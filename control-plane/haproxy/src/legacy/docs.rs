//! The rules as a page of documentation.

use super::{expressions, rules};
use crate::keywords::{Place, allowed_in};

const PREFACE: &str = "\
# Old haproxy.cfg files

Made from the rules of the crate `sluicegate-haproxy`; do not edit. `UPDATE=1 cargo test -p sluicegate-haproxy` writes it
anew.

Files for HAProxy 1.3 to 2.5 are read as they are. What a later version no longer has is rewritten to today's words
before it is looked at, and each such line is told with its modern form. `sluicegate check --modernize FILE` prints the
whole file in today's syntax: the same rules make what is served and what is printed.

- Comments, blank lines and lines that are not old come out byte for byte. A comment `# sluicegate: ...` stands above a
  line whose modern form differs, and above one that could not be carried, which becomes a comment.
- `block`, `monitor-net` and `reqsetbe` run before other rules, `reqrep` and its like after `http-request` rules, and
  `reqadd` last: their modern lines stand where they run.
- Lines of a conditional block that is not taken are printed as they are. Variables in a line that is rewritten are
  printed with their values.
- Files in which quotes were letters (HAProxy up to 1.5) are known by their old lines, and printed with today's quotes.

## What is different from newer HAProxy

- A proxy without a `balance` line, or with one that says nothing, takes servers in turn (`roundrobin`), as HAProxy did up
  to 3.2. HAProxy 3.3 and later takes `random`.
- `option httpclose` closes the connections of both sides, wherever it is written. Since HAProxy 2.8 it closes the one of
  its own side.
- Without an HTTP option, connections of both sides are kept, as since HAProxy 1.5; up to 1.4 only the first request of a
  connection was looked at.
";

/// The whole page, in Markdown.
pub fn docs() -> String {
    let mut page = PREFACE.to_owned();
    page.push_str("\n## Old forms\n\n| old | today | |\n|---|---|---|\n");
    page.push_str("| `listen <name> <address>`, `frontend <name> <address>` | `bind <address>` on a line below | exact |\n");
    for rule in rules::all() {
        let becomes = if rule.becomes.is_empty() { "-".to_owned() } else { format!("`{}`", rule.becomes) };
        let differs = match (rule.differs, rule.becomes) {
            ("", "") => "not needed any more".to_owned(),
            ("", _) => "exact".to_owned(),
            (differs, _) => format!("approximate: {differs}"),
        };
        row(&mut page, &format!("`{}`", rule.form), &becomes, &differs);
    }
    page.push_str("\n## Old spellings\n\nAll of them are exact.\n\n| old | today | in |\n|---|---|---|\n");
    let mut names = Vec::new();
    for place in Place::ALL {
        for entry in allowed_in(place) {
            if let Some(modern) = entry.modern {
                names.push((entry.name, modern, entry.places.to_string()));
            }
        }
    }
    names.extend(expressions::FETCHES.iter().map(|(old, new, _)| (*old, *new, "expressions".to_owned())));
    names.sort();
    names.dedup();
    for (old, new, places) in names {
        row(&mut page, &format!("`{old}`"), &format!("`{new}`"), &places);
    }
    for (old, new) in expressions::VARIABLES {
        row(&mut page, &format!("`%{old}`"), &format!("`%{new}`"), "log formats");
    }
    page
}

fn row(page: &mut String, old: &str, new: &str, about: &str) {
    let cells = [old, new, about].map(|cell| cell.replace('|', "\\|"));
    page.push_str(&format!("| {} |\n", cells.join(" | ")));
}
