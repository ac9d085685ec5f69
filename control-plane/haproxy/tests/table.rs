//! What the keyword table claims is shown: a keyword that works stands in the golden file or the test that it names.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use sluicegate_haproxy::environment::Environment;
use sluicegate_haproxy::keywords::{Place, Support, allowed_in, named};
use sluicegate_haproxy::source::SourceMap;
use sluicegate_haproxy::{keywords, parse, sections};

/// The entries that work, by the test that they name: their kind of place and their name.
fn claims() -> BTreeMap<&'static str, BTreeSet<(&'static str, &'static str)>> {
    let mut claims: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for place in Place::ALL {
        for entry in allowed_in(place).filter(|entry| entry.modern.is_none()) {
            if let Support::Works { test } = entry.support {
                claims.entry(test).or_default().insert((kind(place), entry.name));
            }
        }
    }
    claims
}

/// Lines of all proxies are of one kind: one line in one of them shows the keyword.
fn kind(place: Place) -> &'static str {
    match place {
        Place::Global => "global",
        Place::Defaults | Place::Frontend | Place::Listen | Place::Backend => "proxy",
        other => other.as_str(),
    }
}

/// Every keyword, action and option that a file uses.
fn used(path: &Path) -> BTreeSet<(&'static str, &'static str)> {
    let mut sources = SourceMap::default();
    sources.add(path.to_str().unwrap(), &fs::read(path).unwrap());
    let parsed = parse(&sources, Environment::default());
    let mut used = samples(path);
    for section in &parsed.file.sections {
        let Some(place) = section.kind.place() else { continue };
        for line in &section.directives {
            used.insert((kind(place), line.name()));
            if let (Some(action), Some(actions)) = (line.action, line.keyword.actions) {
                used.insert((kind(actions), action.name));
            }
            if let Some((options, _)) = line.keyword.options {
                used.extend(line.options().map(|option| (kind(options), option.keyword.name)));
            }
        }
    }
    used
}

/// The names in the expressions of a file, as the resources that it becomes have them, and its log variables. Synonyms
/// are not told apart there: the text shows them.
fn samples(path: &Path) -> BTreeSet<(&'static str, &'static str)> {
    let text = fs::read_to_string(path).unwrap();
    let word = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    let words: BTreeSet<&str> = text.split(word).collect();
    let places = [Place::Fetch, Place::Converter, Place::Variable];
    let names =
        places.into_iter().flat_map(|place| allowed_in(place).map(move |entry| (kind(place), entry.name)));
    names.filter(|(_, name)| words.contains(name)).collect()
}

#[test]
fn what_is_said_to_work_is_in_the_golden_file_it_names() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut missing = Vec::new();
    for (test, entries) in claims().iter().filter(|(test, _)| test.starts_with("lower/")) {
        let used = used(&here.join(format!("{test}.in.cfg")));
        missing.extend(entries.difference(&used).map(|entry| format!("{test}: {entry:?}")));
    }
    assert!(missing.is_empty(), "not in the file: {missing:#?}");
}

#[test]
fn the_page_names_the_test_of_each_word_that_works() {
    let page = keywords::docs();
    for (test, entries) in claims() {
        let rows = page.lines().filter(|row| row.contains(&format!("| works: `{test}` |"))).count();
        assert!(
            rows > 0 && rows >= entries.len() / 2,
            "{rows} rows name `{test}`, {} entries do",
            entries.len()
        );
    }
    // Sections have a column less.
    let keyword = |row: &&str| row.split(" | ").count() > 3 && !row.contains("Old spelling");
    let bare: Vec<_> = page.lines().filter(|row| row.contains("| works |")).filter(keyword).collect();
    assert!(bare.is_empty(), "{bare:#?}");
}

#[test]
fn other_tests_that_the_table_names_exist() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut sources = Vec::new();
    for folder in ["haproxy/src", "src", "../e2e/tests"] {
        collect(&crates.join(folder), &mut sources);
    }
    let text: String = sources.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    for test in claims().into_keys().filter(|test| !test.starts_with("lower/")) {
        assert!(text.contains(&format!("fn {test}()")), "there is no test `{test}`");
    }
}

fn collect(folder: &Path, sources: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(path);
        }
    }
}

/// Whether the table has a name, among those that stand under a heading of the list.
fn is_there(heading: &str, name: &str) -> bool {
    let places: &[Place] = match heading {
        "proxy" => &[Place::Defaults, Place::Frontend, Place::Listen, Place::Backend],
        "fetch" => &[Place::Fetch],
        "converter" => &[Place::Converter],
        "section" => return sections::is_section(name),
        other => &Place::ALL.into_iter().filter(|place| place.as_str() == other).collect::<Vec<_>>(),
    };
    // A name of several words may be told apart further: `compression` is `compression algo` and others.
    let begins = |place: &Place| {
        allowed_in(*place)
            .any(|entry| entry.name.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')))
    };
    places.iter().any(|place| named(*place, name).is_some() || begins(place))
}

#[test]
fn every_name_that_haproxy_documents_has_its_class() {
    let list = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/names.txt")).unwrap();
    let mut heading = "";
    let (mut names, mut missing) = (0, Vec::new());
    for line in list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(next) => heading = next,
            None => {
                names += 1;
                missing.extend((!is_there(heading, line)).then(|| format!("{heading}: {line}")));
            }
        }
    }
    assert!(missing.is_empty(), "{} of {names} have no entry: {missing:#?}", missing.len());
    assert!(names > 1_600, "the list is whole: {names}");
}
