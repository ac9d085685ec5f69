//! What configurations mean: one file for each feature, and the resources that it becomes.
//!
//! Beside `NAME.in.cfg` stands `NAME.out.yaml`: the findings, then the resources in the order of their ids. Each
//! result must also compile. `UPDATE=1` writes the expected files anew; look at the difference before it is committed.

#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

mod dump;
mod properties;

use std::fs;
use std::path::{Path, PathBuf};

use sluicegate_haproxy::environment::Environment;
use sluicegate_haproxy::expr::FileLoader;
use sluicegate_haproxy::{Input, Outcome, keywords, load};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lower")
}

fn cases(folder: &Path) -> Vec<PathBuf> {
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.to_string_lossy().ends_with(".in.cfg"));
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

fn loaded(path: &Path) -> Outcome {
    let text = fs::read(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let environment = [("ENTRY", "127.0.0.1"), ("APP_PORT", "8081")].into_iter().collect::<Environment>();
    load(&[Input { path: name, text: &text }], environment, &FileLoader::new(folder().join("files")))
}

fn golden(case: &Path, text: &str) {
    let path = case.with_extension("").with_extension("out.yaml");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == text,
        "{} is not what comes out; with UPDATE=1 it is rewritten:\n{text}",
        path.display()
    );
}

fn findings(outcome: &Outcome) -> String {
    let sorted = outcome.diagnostics.sorted();
    sorted.iter().map(|found| format!("# {}\n", found.one_line(&outcome.sources))).collect()
}

#[test]
fn configurations_become_these_resources() {
    for case in cases(&folder()) {
        let outcome = loaded(&case);
        let findings = findings(&outcome);
        let Some(fragment) = &outcome.fragment else { panic!("{} is refused:\n{findings}", case.display()) };
        let text = dump::resources(&fragment.resources);
        golden(&case, &format!("{findings}{text}"));
        if let Err(rejected) =
            sluicegate_model::compile(None, sluicegate_model::Change::Full(&fragment.resources))
        {
            panic!("{} does not compile: {rejected:?}", case.display());
        }
    }
}

#[test]
fn mistakes_are_told_in_these_words() {
    for case in cases(&folder().join("refused")) {
        let outcome = loaded(&case);
        assert!(outcome.fragment.is_none(), "{} is taken", case.display());
        let style = sluicegate_haproxy::diagnostic::render::Style::Plain;
        let text = sluicegate_haproxy::diagnostic::render::all(&outcome.diagnostics, &outcome.sources, style);
        golden(&case, &text);
    }
}

#[test]
fn every_working_keyword_has_its_file() {
    for keyword in keywords::Place::ALL.into_iter().flat_map(keywords::allowed_in) {
        let keywords::Support::Works { test } = keyword.support else { continue };
        let Some(name) = test.strip_prefix("lower/") else { continue };
        let path = folder().join(format!("{name}.in.cfg"));
        let text = fs::read_to_string(&path)
            .unwrap_or_else(|_| panic!("{} has no {}", keyword.name, path.display()));
        let last = keyword.name.split(' ').next_back().unwrap_or_default();
        assert!(text.contains(last), "{} is not in {}", keyword.name, path.display());
    }
}

#[test]
fn the_quickstart_has_nothing_to_complain_of() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../manifests/quickstart/haproxy.cfg");
    let outcome = loaded(&path);
    assert_eq!(findings(&outcome), "");
    let fragment = outcome.fragment.unwrap();
    sluicegate_model::compile(None, sluicegate_model::Change::Full(&fragment.resources)).unwrap();
    golden(&folder().join("quickstart.in.cfg"), &dump::resources(&fragment.resources));
}
