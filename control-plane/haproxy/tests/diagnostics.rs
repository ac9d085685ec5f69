//! What people read: one file for each kind of mistake, and the text that it gives.
//!
//! `UPDATE=1` writes the expected files anew; look at the difference before it is committed.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};

use sluicegate_haproxy::diagnostic::{Code, render};
use sluicegate_haproxy::environment::Environment;
use sluicegate_haproxy::source::SourceMap;
use sluicegate_haproxy::{keywords, parse};

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// The files `tests/diagnostics/*.cfg`, by name.
fn cases() -> Vec<PathBuf> {
    let entries = fs::read_dir(here().join("tests/diagnostics")).unwrap();
    let mut cases: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "cfg"));
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

fn read(path: &Path) -> (SourceMap, sluicegate_haproxy::Parsed) {
    let mut sources = SourceMap::default();
    sources.add(path.file_name().unwrap().to_str().unwrap(), &fs::read(path).unwrap());
    let parsed = parse(&sources, Environment::default());
    (sources, parsed)
}

/// The difference is printed whole: it is what one has to look at.
fn golden(path: &Path, text: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, text).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert!(
        expected == text,
        "{} is not what comes out; with UPDATE=1 it is rewritten:\n{text}",
        path.display()
    );
}

#[test]
fn every_mistake_is_told_in_these_words() {
    for case in cases() {
        let (sources, parsed) = read(&case);
        let long = render::all(&parsed.diagnostics, &sources, render::Style::Plain);
        let short: Vec<_> =
            parsed.diagnostics.sorted().iter().map(|found| found.one_line(&sources)).collect();
        golden(&case.with_extension("out"), &format!("{long}\n{}\n", short.join("\n")));
    }
}

#[test]
fn every_finding_of_the_parser_has_a_case() {
    // A file of 32 MiB is made by a unit test instead; what comes after the last code here is of the lowering.
    let of_parser = Code::ALL.iter().take_while(|code| **code != Code::ConditionalBlock);
    let mut missing: Vec<_> = of_parser.filter(|code| **code != Code::FileTooLarge).collect();
    for case in cases() {
        let (_, parsed) = read(&case);
        missing.retain(|code| !parsed.diagnostics.iter().any(|found| found.code == **code));
    }
    assert!(missing.is_empty(), "no case gives {missing:?}");
}

#[test]
fn colour_adds_nothing_but_colour() {
    for case in cases() {
        let (sources, parsed) = read(&case);
        let plain = render::all(&parsed.diagnostics, &sources, render::Style::Plain);
        let colour = render::all(&parsed.diagnostics, &sources, render::Style::Colour);
        assert_eq!(strip(&colour), plain, "{}", case.display());
    }
}

/// Without `ESC [ … m`.
fn strip(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    out
}

#[test]
fn the_page_of_keywords_is_up_to_date() {
    golden(&here().join("../../docs/haproxy.md"), &keywords::docs());
}

#[test]
fn the_page_of_old_forms_is_up_to_date() {
    golden(&here().join("../../docs/old-files.md"), &sluicegate_haproxy::legacy::docs());
}
