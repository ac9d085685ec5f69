//! `check --modernize`: what it prints of old files is what Debian's HAProxy takes.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::fs;
use std::path::Path;
use std::process::Command;

use sluicegate_e2e::{debian, sluicegate_binary};

/// The old files of which nothing came after 2.6 when they are modern.
const FILES: [&str; 6] = ["1.3", "1.4", "2.0", "2.2", "lines", "twins"];

#[test]
fn haproxy_takes_what_is_printed_and_not_what_it_was() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../control-plane/haproxy/tests/legacy");
    let scratch = tempfile::tempdir().unwrap();
    let printed = scratch.path().join("haproxy.cfg");
    for name in FILES {
        let old = folder.join(format!("{name}.in.cfg"));
        let mut modernize = Command::new(sluicegate_binary("sluicegate"));
        let output = modernize.args(["check", "--modernize"]).arg(&old).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        fs::write(&printed, &output.stdout).unwrap();
        let (taken, said) = haproxy_takes(&printed);
        assert!(taken, "{name}: {said}");
        assert!(!haproxy_takes(&old).0, "{name} has nothing that HAProxy refuses");
    }
}

/// Whether HAProxy's own check is content, and what it says.
fn haproxy_takes(file: &Path) -> (bool, String) {
    let output = Command::new(debian("haproxy")).arg("-c").arg("-f").arg(file).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}
