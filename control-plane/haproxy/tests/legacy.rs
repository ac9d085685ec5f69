//! Old files and what they are today: one file for each age.
//!
//! Beside `NAME.in.cfg` stands `NAME.out.cfg`, what `check --modernize` prints. `UPDATE=1` writes the expected files
//! anew; look at the difference before it is committed.

#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

#[allow(dead_code, reason = "a part of it is for other tests")]
#[path = "lower/dump.rs"]
mod dump;
#[path = "lower/phrase.rs"]
mod phrase;

use std::fs;
use std::path::{Path, PathBuf};

use sluicegate_haproxy::diagnostic::Class;
use sluicegate_haproxy::environment::Environment;
use sluicegate_haproxy::expr::NoFiles;
use sluicegate_haproxy::legacy::modernize;
use sluicegate_haproxy::{Input, Outcome, load};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/legacy");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.to_string_lossy().ends_with(".in.cfg"));
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

/// These, and files in the manner of what people have.
fn all() -> Vec<String> {
    let wild = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wild");
    let names =
        ["debian-jessie", "marathon", "old-apostrophe", "old-appsession", "old-names", "old-req-rules"];
    let more = ["old-style-1.3", "rhel5-address-on-line", "windows-line-ends", "no-final-newline", "quoting"];
    let wild = names.iter().chain(&more).map(|name| wild.join(format!("{name}.in.cfg")));
    cases().into_iter().chain(wild).map(|path| fs::read_to_string(path).unwrap()).collect()
}

fn printed(text: &str) -> String {
    String::from_utf8(
        modernize(Input { path: "old.cfg", text: text.as_bytes() }, Environment::default()).text,
    )
    .unwrap()
}

fn loaded(text: &str) -> Outcome {
    load(&[Input { path: "old.cfg", text: text.as_bytes() }], Environment::default(), &NoFiles)
}

/// The resources without the places that they come from.
fn resources(outcome: &Outcome) -> String {
    let findings: Vec<_> = outcome.diagnostics.iter().map(|found| found.one_line(&outcome.sources)).collect();
    let fragment = outcome.fragment.as_ref().unwrap_or_else(|| panic!("refused: {findings:#?}"));
    let text = dump::resources(&fragment.resources);
    let place = |line: &str| {
        line.split(" # :").next().and_then(|line| line.split(" # old.cfg:").next()).map(str::to_owned)
    };
    let lines = text.lines().filter_map(place);
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn old_files_are_printed_in_todays_syntax() {
    for case in cases() {
        let text = printed(&fs::read_to_string(&case).unwrap());
        let path = case.with_extension("").with_extension("out.cfg");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert!(expected == text, "{} is not what comes out:\n{text}", path.display());
    }
}

#[test]
fn what_is_printed_is_what_is_served() {
    for old in all() {
        let new = printed(&old);
        // Of a frontend and a backend of one name the frontend gets another.
        let renamed = resources(&loaded(&new)).replace("-frontend", "");
        assert_eq!(resources(&loaded(&old)), renamed, "{new}");
    }
}

#[test]
fn what_is_printed_has_nothing_old_and_stays() {
    for old in all() {
        let new = printed(&old);
        assert_eq!(printed(&new), new);
        let outcome = loaded(&new);
        let old = outcome.diagnostics.iter().filter(|found| found.class() == Class::Legacy);
        let old: Vec<_> = old.map(|found| found.one_line(&outcome.sources)).collect();
        assert!(old.is_empty(), "{old:#?}:\n{new}");
    }
}

#[test]
fn a_frontend_has_not_the_name_of_a_backend() {
    let old = "frontend www\n mode http\n bind :80\n http-request deny if { fe_conn(www) gt 9 } { be_conn(www) gt 9 }\n \
               default_backend www\nbackend www\n mode http\n server a 192.0.2.1:80\n";
    let new = old.replacen("frontend www", "frontend www-frontend", 1).replacen(
        "fe_conn(www)",
        "fe_conn(www-frontend)",
        1,
    );
    assert_eq!(printed(old), new);
    assert_eq!(printed(&new), new);
}

#[test]
fn bytes_that_are_no_text_are_printed_as_they_were() {
    let old = b"# caf\xe9\nlisten a\n mode http\n bind :80\n reqadd X-A:\\ caf\xe9\n description \xff";
    let new = modernize(Input { path: "old.cfg", text: old }, Environment::default()).text;
    let expected =
        b"# caf\xe9\nlisten a\n mode http\n bind :80\n http-request add-header X-A caf\xe9\n description \xff\n";
    assert_eq!(new, expected, "{}", new.escape_ascii());
}

#[test]
fn grace_of_proxies_goes_to_global() {
    let old = "listen a\n bind :80\n grace 5s\nlisten b\n bind :81\n grace 3s\n";
    assert_eq!(printed(old), "global\ngrace 5s\nlisten a\n bind :80\nlisten b\n bind :81\n");
    for (text, seconds) in [(old.to_owned(), 5), (format!("global\n grace 1s\n{old}"), 1)] {
        assert_eq!(loaded(&text).program.grace, Some(std::time::Duration::from_secs(seconds)));
    }
}

#[test]
fn a_file_of_today_comes_out_byte_for_byte() {
    let wild = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wild");
    for name in ["bluegreen", "conditional", "exchange", "gitlab", "quoting", "sni", "websocket"] {
        let text = fs::read_to_string(wild.join(format!("{name}.in.cfg"))).unwrap();
        assert_eq!(printed(&text), text, "{name}");
    }
}
