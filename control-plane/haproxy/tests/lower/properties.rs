//! Whatever stands in a file: no panic, every finding has its place, and what is taken compiles.

use proptest::prelude::*;
use sluicegate_haproxy::environment::Environment;
use sluicegate_haproxy::expr::FileLoader;
use sluicegate_haproxy::{Input, load};
use sluicegate_model::{Change, compile};

use super::{cases, folder};

/// Every line of every golden file: what configurations are made of.
fn lines() -> Vec<String> {
    let files = cases(&folder()).into_iter().chain(cases(&folder().join("refused")));
    let mut lines: Vec<String> = files
        .flat_map(|path| {
            let bytes = std::fs::read(path).unwrap();
            String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines.sort();
    lines.dedup();
    lines
}

/// A line, with one of its words replaced, left out or doubled now and then.
fn changed(line: &str, (what, at): (u8, usize), other: &str) -> String {
    let mut words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    let at = at % words.len().max(1);
    let others: Vec<&str> = other.split_whitespace().collect();
    match what {
        0 => words[at] = others.last().copied().unwrap_or("x"),
        1 => drop(words.remove(at)),
        2 => words.insert(at, words[at]),
        3 => words[at] = "18446744073709551616",
        4 => words[at] = "\"\"",
        5 => words[at] = "%[",
        _ => {}
    }
    words.join(" ")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_is_taken_compiles(picks in prop::collection::vec(
        (any::<prop::sample::Index>(), any::<prop::sample::Index>(), (0..24u8, any::<usize>())), 1..40,
    )) {
        let lines = lines();
        let picked = picks.iter().map(|(line, other, change)| {
            changed(&lines[line.index(lines.len())], *change, &lines[other.index(lines.len())])
        });
        // A start that makes it likely that something is taken.
        let start = "defaults\nmode http\ntimeout client 1s\nfrontend f\nbind :1\nbackend app\nserver a 192.0.2.1:1\n";
        let text = std::iter::once(start.to_owned()).chain(picked).collect::<Vec<_>>().join("\n");
        let loader = FileLoader::new(folder().join("files"));
        let outcome = load(&[Input { path: "a.cfg", text: text.as_bytes() }], Environment::default(), &loader);
        for found in outcome.diagnostics.iter() {
            let place = found.span.map(|span| outcome.sources.source(span.source).unwrap().text().get(span.range()));
            prop_assert!(place.is_none_or(|text| text.is_some()), "{found:?}");
        }
        if let Some(fragment) = outcome.fragment {
            let compiled = compile(None, Change::Full(&fragment.resources));
            prop_assert!(compiled.is_ok(), "{:?}\n{text}", compiled.err());
        }
    }

    #[test]
    fn single_changes_of_good_files_are_taken_or_refused(
        file: prop::sample::Index, at: prop::sample::Index, other: prop::sample::Index, change in (0..6u8, any::<usize>()),
    ) {
        let files = cases(&folder());
        let text = String::from_utf8_lossy(&std::fs::read(&files[file.index(files.len())]).unwrap()).into_owned();
        let pool = lines();
        let mut text: Vec<String> = text.lines().map(str::to_owned).collect();
        let at = at.index(text.len());
        if text[at].trim().is_empty() {
            return Ok(());
        }
        text[at] = changed(&text[at], change, &pool[other.index(pool.len())]);
        let text = text.join("\n");
        let loader = FileLoader::new(folder().join("files"));
        let outcome = load(&[Input { path: "a.cfg", text: text.as_bytes() }], Environment::default(), &loader);
        prop_assert!(outcome.fragment.is_some() || outcome.diagnostics.has_errors());
        if let Some(fragment) = outcome.fragment {
            let compiled = compile(None, Change::Full(&fragment.resources));
            prop_assert!(compiled.is_ok(), "{:?}\n{text}", compiled.err());
        }
    }
}
