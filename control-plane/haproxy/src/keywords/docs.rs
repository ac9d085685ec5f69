//! The table as a page of documentation.

use super::{Keyword, Place, Support, allowed_in};
use crate::sections;

/// The groups of the page: a heading and the places whose entries it lists.
const CHAPTERS: [(&str, &[Place]); 6] = [
    ("Lines of `global`", &[Place::Global]),
    (
        "Lines of `defaults`, `frontend`, `listen` and `backend`",
        &[Place::Defaults, Place::Frontend, Place::Listen, Place::Backend],
    ),
    ("Lines of `ring`", &[Place::Ring]),
    ("Options of `bind`", &[Place::BindOption]),
    ("Options of `server` and `default-server`", &[Place::ServerOption]),
    (
        "Actions of rules",
        &[
            Place::HttpRequest,
            Place::HttpResponse,
            Place::HttpAfterResponse,
            Place::TcpConnection,
            Place::TcpSession,
            Place::TcpContent,
            Place::TcpResponse,
            Place::QuicInitial,
        ],
    ),
];

const PREFACE: &str = "\
# What of haproxy.cfg is understood

Made from the keyword table of the crate `sluicegate-haproxy`; do not edit. `UPDATE=1 cargo test -p sluicegate-haproxy`
writes it anew.

| | |
|---|---|
| works | does what HAProxy documents |
| degraded | taken with a warning: part of what it asks for is not done |
| inert | taken with a notice: it has nothing to act on |
| refused | an error: a configuration that ignored it would do something else than written |
";

/// The whole page, in Markdown.
pub fn docs() -> String {
    let mut page = PREFACE.to_owned();
    sections_chapter(&mut page);
    for (heading, places) in CHAPTERS {
        page.push_str(&format!("\n## {heading}\n\n| keyword | in | state | |\n|---|---|---|---|\n"));
        for entry in entries(places) {
            row(&mut page, entry, places);
        }
    }
    page
}

fn sections_chapter(page: &mut String) {
    page.push_str("\n## Sections\n\n| section | state | |\n|---|---|---|\n");
    for (name, _) in sections::MAIN {
        page.push_str(&format!("| `{name}` | works | |\n"));
    }
    for entry in sections::OTHERS {
        let (state, why) = state(entry.support);
        page.push_str(&format!("| `{}` | {state} | {} {why} |\n", entry.name, entry.summary));
    }
}

/// The entries of all the places, by name; each once.
fn entries(places: &[Place]) -> Vec<&'static Keyword> {
    let mut entries: Vec<_> = places.iter().flat_map(|place| allowed_in(*place)).collect();
    entries.sort_by_key(|entry| (entry.name, std::ptr::from_ref(*entry)));
    entries.dedup_by(|a, b| std::ptr::eq(*a, *b));
    entries
}

fn row(page: &mut String, entry: &Keyword, places: &[Place]) {
    let shown: Vec<_> =
        entry.places.iter().filter(|place| places.contains(place)).map(Place::as_str).collect();
    let form = entry.form().replace('|', "\\|");
    let (state, why) = state(entry.support);
    let about = match entry.modern {
        Some(modern) => format!("Old spelling of `{modern}`."),
        None if entry.summary.is_empty() => why.to_owned(),
        None if why.is_empty() => entry.summary.to_owned(),
        None => format!("{} {why}", entry.summary),
    };
    page.push_str(&format!(
        "| `{form}` | {} | {state} | {} |\n",
        shown.join(", "),
        about.replace('|', "\\|")
    ));
}

fn state(support: Support) -> (&'static str, &'static str) {
    match support {
        Support::Works { .. } => ("works", ""),
        Support::Degraded { why } => ("degraded", why),
        Support::Inert { why } => ("inert", why),
        Support::NotSupported { why } => ("refused", why),
    }
}
