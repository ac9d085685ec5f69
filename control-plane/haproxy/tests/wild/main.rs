//! Whole files in the manner of those that people have: what becomes of each line, and what the file stands for.
//!
//! Beside `NAME.in.cfg` stands `NAME.out.yaml`: every line with its class, the findings, then the resources. The files
//! that they name are in `files/`. `UPDATE=1` writes the expected files anew; look at the difference before it is
//! committed.

#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[path = "../lower/dump.rs"]
mod dump;
#[path = "../lower/phrase.rs"]
mod phrase;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use sluicegate_haproxy::diagnostic::{Class, Diagnostic, Severity};
use sluicegate_haproxy::environment::Environment;
use sluicegate_haproxy::expr::FileLoader;
use sluicegate_haproxy::source::Span;
use sluicegate_haproxy::{Input, Outcome, load, parse};

/// The fewest files that a reader of this folder may count on.
const AT_LEAST: usize = 60;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wild")
}

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<_> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.to_string_lossy().ends_with(".in.cfg"));
    cases.sort();
    cases
}

fn environment() -> Environment {
    [("APP_PORT", "8081"), ("STAGE", "production")].into_iter().collect()
}

/// What becomes of a line, from the finding on it that weighs most.
fn class(finding: &Diagnostic) -> &'static str {
    match (finding.severity, finding.class()) {
        (Severity::Error, _) => "refused",
        (_, Class::Degraded) => "degraded",
        (_, Class::Inert) => "inert",
        (_, Class::Legacy) => "old",
        (Severity::Warning, _) => "doubtful",
        (Severity::Notice, _) => "works",
    }
}

/// The lines of a file, each with its class; those that count for nothing have none.
fn classes(text: &str, outcome: &Outcome) -> String {
    const BY_WEIGHT: [&str; 6] = ["refused", "degraded", "old", "doubtful", "inert", "works"];
    let number = |span: Span| outcome.sources.locate(span).map(|(_, position)| position.line as usize);
    let mut found: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for finding in outcome.diagnostics.iter() {
        let class = BY_WEIGHT.iter().position(|class| *class == self::class(finding));
        if let (Some(line), Some(class)) = (finding.span.and_then(number), class) {
            found.entry(line).or_default().insert(class);
        }
    }
    let parsed = parse(&outcome.sources, environment());
    let sections = parsed.file.sections.iter();
    let spans = sections.flat_map(|section| {
        std::iter::once(section.span).chain(section.directives.iter().map(|line| line.span))
    });
    let read: BTreeSet<usize> = spans.filter_map(number).collect();
    let mut out = String::new();
    for (index, line) in text.lines().enumerate() {
        let first = found.get(&(index + 1)).and_then(BTreeSet::first);
        let class = match first {
            Some(class) => BY_WEIGHT[*class],
            None if read.contains(&(index + 1)) => "works",
            None => "",
        };
        let line = format!("{class:8} | {}", line.replace('\t', "    "));
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
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

#[test]
fn files_of_the_wild_become_these_resources() {
    let cases = cases();
    assert!(cases.len() >= AT_LEAST, "there are {} files", cases.len());
    for case in &cases {
        let bytes = fs::read(case).unwrap();
        let name = case.file_name().unwrap().to_str().unwrap();
        let loader = FileLoader::new(folder().join("files"));
        let outcome = load(&[Input { path: name, text: &bytes }], environment(), &loader);
        let mut text = classes(&String::from_utf8_lossy(&bytes), &outcome);
        text.push_str("---\n");
        for finding in outcome.diagnostics.sorted() {
            text.push_str(&format!("# {}\n", finding.one_line(&outcome.sources)));
        }
        if let Some(fragment) = &outcome.fragment {
            text.push_str(&dump::resources(&fragment.resources));
        }
        golden(case, &text);
        if let Some(fragment) = &outcome.fragment
            && let Err(rejected) =
                sluicegate_model::compile(None, sluicegate_model::Change::Full(&fragment.resources))
        {
            panic!("{} does not compile: {rejected:?}", case.display());
        }
    }
}

/// Files that are refused; whatever else is here must be taken.
const REFUSED: &[&str] = &["mistakes"];

#[test]
fn few_files_are_refused() {
    for case in cases() {
        let bytes = fs::read(&case).unwrap();
        let name = case.file_name().unwrap().to_str().unwrap().replace(".in.cfg", "");
        let loader = FileLoader::new(folder().join("files"));
        let outcome = load(&[Input { path: "haproxy.cfg", text: &bytes }], environment(), &loader);
        assert!(outcome.fragment.is_some() || REFUSED.contains(&name.as_str()), "{name} is refused");
        assert!(outcome.fragment.is_none() || name != "mistakes", "mistakes are taken");
    }
}
