//! What configurations mean: one file for each feature, and the resources that it becomes.
//!
//! Beside `NAME.in.cfg` stands `NAME.out.yaml`: the findings, then the resources in the order of their ids. Each
//! result must also compile. `UPDATE=1` writes the expected files anew; look at the difference before it is committed.

#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

mod dump;
mod phrase;
mod properties;

use std::fs;
use std::path::{Path, PathBuf};

use sluicegate_haproxy::diagnostic::Code;
use sluicegate_haproxy::environment::Environment;
use sluicegate_haproxy::expr::{FileLoader, Load, LoadError, NoFiles};
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

#[test]
fn every_finding_of_the_lowering_has_a_case() {
    let of_lowering = Code::ALL.iter().skip_while(|code| **code != Code::ConditionalBlock).skip(1);
    let mut missing: Vec<_> = of_lowering.collect();
    for case in cases(&folder()).into_iter().chain(cases(&folder().join("refused"))) {
        let outcome = loaded(&case);
        missing.retain(|code| !outcome.diagnostics.iter().any(|found| found.code == **code));
    }
    assert!(missing.is_empty(), "no case gives {missing:?}");
}

/// Bytes that are no text stand in words as characters of a private range: none of those may leave.
#[test]
fn bytes_go_out_as_they_came_in() {
    let outcome = loaded(&folder().join("bytes.in.cfg"));
    let resources = outcome.fragment.unwrap().resources;
    let text = format!("{resources:?}");
    for mark in ["\\xef\\x9e", "\\xef\\x9f", "\\u{f7"] {
        assert!(!text.contains(mark), "{text}");
    }
    for bytes in [r"caf\xe9", r"\xff\xfe", r"\xc3\xa9", r"d\xe9j\xe0 vu", "Caf\u{e9} de"] {
        assert!(text.contains(bytes), "{bytes}: {text}");
    }
}

#[test]
fn a_section_goes_on_in_the_next_file() {
    let files = [
        Input { path: "one.cfg", text: b"backend app\n timeout connect 1s\n timeout server 1s\n" },
        Input { path: "two.cfg", text: b" server a 192.0.2.1:80\n" },
    ];
    let outcome = load(&files, Environment::default(), &NoFiles);
    assert_eq!(findings(&outcome), "");
    let text = dump::resources(&outcome.fragment.unwrap().resources);
    assert!(text.contains("haproxy/endpoint/app/a # two.cfg:1"), "{text}");
}

#[test]
fn large_bodies_travel_by_their_hash() {
    struct Large;
    impl Load for Large {
        fn load(&self, _: &str, _: usize) -> Result<Vec<u8>, LoadError> {
            Ok(vec![b'x'; 100_000])
        }
    }
    let text = b"frontend web\n mode http\n timeout client 1s\n bind :80\n \
        http-request return content-type text/plain file large\n";
    let outcome = load(&[Input { path: "a.cfg", text }], Environment::default(), &Large);
    let text = dump::resources(&outcome.fragment.unwrap().resources);
    assert!(text.contains("return 200 text/plain with blob "), "{text}");
}

#[test]
fn ranges_of_ports_are_bounded() {
    let all = ":1-65535,".repeat(200);
    let text = format!("frontend web\n timeout client 1s\n bind {}\n", all.trim_end_matches(','));
    let outcome = load(&[Input { path: "a.cfg", text: text.as_bytes() }], Environment::default(), &NoFiles);
    assert!(outcome.fragment.is_none());
    assert!(findings(&outcome).contains("there are more than 65536 addresses to listen on"));
}
