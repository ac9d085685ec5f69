//! A file of many sites: taken by `sluicegate check` and by Debian's HAProxy alike, with nothing to say about it. How long
//! it takes is for people to measure: `e2e/large-file` says how.

use std::path::Path;
use std::process::Command;

use sluicegate_e2e::{debian, sluicegate_binary};

const LINES: usize = 20_000;

#[test]
fn twenty_thousand_lines_are_checked() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("large-file");
    let made = Command::new(script).arg(LINES.to_string()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let lines = String::from_utf8(made.stdout).unwrap();
    assert!(lines.lines().count().abs_diff(LINES) < 40);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("haproxy.cfg");
    std::fs::write(&file, lines).unwrap();
    let (check, theirs) =
        (["check".as_ref(), file.as_os_str()], ["-c".as_ref(), "-f".as_ref(), file.as_os_str()]);
    for (program, arguments) in
        [(sluicegate_binary("sluicegate"), &check[..]), (debian("haproxy"), &theirs[..])]
    {
        let output = Command::new(&program).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{}: {said}", program.display());
        assert!(!said.to_lowercase().contains("warning"), "{}: {said}", program.display());
    }
}
