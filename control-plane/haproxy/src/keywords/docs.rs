//! The table as a page of documentation.

use std::collections::BTreeMap;

use super::{Effect, Keyword, Place, Support, allowed_in};
use crate::{legacy, sections};

/// The groups of the page: a heading and the places whose entries it lists.
const CHAPTERS: [(&str, &[Place]); 9] = [
    ("Lines of `global`", &[Place::Global]),
    (
        "Lines of `defaults`, `frontend`, `listen` and `backend`",
        &[Place::Defaults, Place::Frontend, Place::Listen, Place::Backend],
    ),
    ("Lines of `ring`", &[Place::Ring]),
    ("Lines of `resolvers`", &[Place::Resolvers]),
    ("Lines of `crt-store`", &[Place::CrtStore]),
    ("Lines of `cache`", &[Place::Cache]),
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

A word that works names the test that fails without it: `lower/NAME` is the golden file
`control-plane/haproxy/tests/lower/NAME.in.cfg`, every other name a test function. `sluicegate check` tells the class of
what is in a file, and `--strict` makes degraded fatal: [check.md](check.md).

| class | |
|---|---|
| works | does what HAProxy documents |
| degraded | taken with a warning: it is not done, and what stands in its place errs on the safe side |
| inert | taken with a notice: it has nothing to act on |
| old form | rewritten to the modern one: [old-files.md](old-files.md) |
| fatal | an error: nothing safe could stand in its place |
";

/// The parts of expressions: a heading and what is there.
const EXPRESSIONS: [(&str, Place, &str); 3] = [
    (
        "Fetches",
        Place::Fetch,
        "Tests of a degraded one cannot be told, and [err on the safe side](check.md#the-safe-side); it gives nothing to \
         headers and a dash to logs. What is marked *not there* is not there for HAProxy either, on connections as they \
         are taken here: tests of it are false. What is marked *0* counts, and is taken for 0 in tests.",
    ),
    ("Converters", Place::Converter, "What a degraded one gives is not known, as with fetches."),
    ("Log variables", Place::Variable, "A degraded one is written as a dash."),
];

/// The whole page, in Markdown.
pub fn docs() -> String {
    let mut page = PREFACE.to_owned();
    sections_chapter(&mut page);
    for (heading, places) in CHAPTERS {
        page.push_str(&format!("\n## {heading}\n\n| keyword | in | class | |\n|---|---|---|---|\n"));
        for entry in entries(places) {
            row(&mut page, entry, places);
        }
    }
    for (heading, place, about) in EXPRESSIONS {
        expressions_chapter(&mut page, heading, place, about);
    }
    page
}

/// Names that work have a row each, others one row for each reason.
fn expressions_chapter(page: &mut String, heading: &str, place: Place, about: &str) {
    page.push_str(&format!("\n## {heading}\n\n{about}\n\n| name | class | |\n|---|---|---|\n"));
    let mut others: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for entry in entries(&[place]) {
        match entry.support {
            Support::Works { test } => {
                page.push_str(&format!("| `{}` | works: `{test}` | {} |\n", entry.name, entry.summary));
            }
            Support::Degraded { why } | Support::Inert { why } | Support::NotSupported { why } => {
                let mark = match entry.instead {
                    Effect::NotFound => "; *not there*",
                    Effect::NotCounted => "; *0*",
                    _ => "",
                };
                others.entry((why, mark)).or_default().push(format!("`{}`", entry.name));
            }
        }
    }
    for ((why, mark), names) in others {
        page.push_str(&format!("| {} | degraded | {why}{mark} |\n", names.join(", ")));
    }
}

fn sections_chapter(page: &mut String) {
    page.push_str("\n## Sections\n\n| section | class | |\n|---|---|---|\n");
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
    let works = matches!(entry.support, Support::Works { .. });
    let old = legacy::named(entry.name).filter(|_| !works);
    let state = match (entry.support, entry.modern) {
        _ if old.is_some_and(|(becomes, _)| !becomes.is_empty()) => "old form".to_owned(),
        _ if old == Some(("", "")) => "inert".to_owned(),
        _ if old.is_some() => "degraded".to_owned(),
        (Support::Works { test }, None) => format!("{state}: `{test}`"),
        _ => state.to_owned(),
    };
    let effect = match entry.instead {
        Effect::LeftOut => String::new(),
        effect if entry.is_degraded() => format!("; {}", effect.words()),
        _ => String::new(),
    };
    let about = match (entry.modern, old) {
        (Some(modern), _) => format!("Old spelling of `{modern}`."),
        (None, Some(("", ""))) => "Old; not needed any more.".to_owned(),
        (None, Some(("", differs))) => format!("Old; {differs}"),
        (None, Some((becomes, _))) => format!("Read as `{becomes}`."),
        (None, None) if entry.summary.is_empty() => format!("{why}{effect}"),
        (None, None) if why.is_empty() => entry.summary.to_owned(),
        (None, None) => format!("{} {why}{effect}", entry.summary),
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
        Support::NotSupported { why } => ("fatal", why),
    }
}
