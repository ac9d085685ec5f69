//! `sluicegate check`: classes, forms of output, exit codes, and the same strictness at a start.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::fs;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use serde_json::Value;
use sluicegate_e2e::{HTTP_DEFAULTS, Sluicegate, sluicegate_binary};

/// A file with a finding of each class but the fatal one.
const SERVED: &str = "frontend main\n    bind 127.0.0.1:1\n    default_backend app\n\
    backend app\n    balance sticky\n    option tcp-smart-connect\n    server a 127.0.0.1:2 weight 1 weight 2\n\
    backend more\n    balance sticky\n    server b 127.0.0.1:3\n";

/// Exit code, standard output and standard error.
fn check(text: &str, options: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("haproxy.cfg"), format!("{HTTP_DEFAULTS}{text}")).unwrap();
    let mut command = Command::new(sluicegate_binary("sluicegate"));
    let output =
        command.arg("check").args(options).arg("haproxy.cfg").current_dir(folder.path()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn json(text: &str, options: &[&str]) -> (i32, Value) {
    let (code, out, _) = check(text, &[options, &["-o", "json"]].concat());
    (code, serde_json::from_str(&out).unwrap())
}

#[test]
fn the_summary_counts_each_class() {
    let (code, out, err) = check(SERVED, &[]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(out.trim_end(), "Configuration is valid: 0 fatal, 2 degraded, 1 inert, 1 note(s)", "{err}");
    assert!(err.contains("= again at haproxy.cfg:"), "what comes again is told once with its places: {err}");
    let (code, _, err) = check("frontend main\n    bynd :1\n", &[]);
    assert!(code == 1 && err.contains("1 fatal, 0 degraded") && err.contains("would be refused"), "{err}");
    let (code, _, err) = check("backend app\n    server a 127.0.0.1:2\n", &[]);
    assert!(code == 2 && err.contains("nothing here listens"), "{err}");
}

#[test]
fn strictness_makes_degraded_fatal() {
    let (code, _, err) = check(SERVED, &["--strict"]);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("2 fatal, 0 degraded, 1 inert, 1 note(s)"), "{err}");
}

#[tokio::test]
async fn a_start_is_as_strict() {
    let mut sluicegate = Sluicegate::program(
        "sluicegate",
        &format!("{HTTP_DEFAULTS}{SERVED}"),
        &["run", "--strict", "haproxy.cfg"],
    );
    assert_eq!(sluicegate.process().exit().await.code(), Some(1));
    assert!(sluicegate.process().output().contains("error[degraded-keyword]"));
}

#[test]
fn json_has_each_finding_with_its_place() {
    let (code, report) = json(SERVED, &[]);
    assert_eq!((code, &report["version"], &report["outcome"]), (0, &1.into(), &"served".into()), "{report}");
    assert_eq!(report["counts"], serde_json::json!({"fatal": 0, "degraded": 2, "inert": 1, "note": 1}));
    let line = HTTP_DEFAULTS.lines().count() + 5;
    let found = report["findings"].as_array().unwrap();
    let first = found.iter().find(|finding| finding["class"] == "degraded").unwrap();
    assert_eq!(first["code"], "degraded-keyword");
    assert_eq!(first["file"], "haproxy.cfg");
    let numbers = ["line", "column", "end_line", "end_column"].map(|name| first[name].as_u64().unwrap());
    assert_eq!(numbers, [line as u64, 5, line as u64, 19], "{first}");
    assert!(first["message"].as_str().unwrap().contains("`balance sticky`"), "{first}");
    let again = found.iter().find(|finding| finding["code"] == "duplicate").unwrap();
    assert_eq!(again["related"][0]["label"], "this one does not", "{again}");

    let (code, report) = json("frontend main\n    bynd :1\n", &[]);
    assert_eq!((code, &report["outcome"]), (1, &"refused".into()));
    let found = report["findings"].as_array().unwrap();
    let fatal = found.iter().find(|finding| finding["class"] == "fatal").unwrap();
    assert!(fatal["help"][0].as_str().unwrap().contains("`bind`"), "{report}");
    let (code, report) = json("backend app\n    server a 127.0.0.1:2\n", &[]);
    assert_eq!((code, &report["outcome"]), (2, &"nothing-listens".into()));
}

#[test]
fn files_that_cannot_be_read_are_findings_too() {
    let output = Command::new(sluicegate_binary("sluicegate"))
        .args(["check", "-o", "json", "gone.cfg"])
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(report["findings"][0]["code"], "unreadable-file", "{report}");
}

#[test]
fn github_gets_a_command_for_each_finding() {
    let (code, out, _) = check(SERVED, &["-o", "github"]);
    assert_eq!(code, 0, "{out}");
    let line = HTTP_DEFAULTS.lines().count() + 5;
    let warning = format!(
        "::warning file=haproxy.cfg,line={line},endLine={line},col=5,endColumn=18,title=degraded (degraded-keyword)::"
    );
    assert!(out.contains(&warning), "{out}");
    assert_eq!(out.matches("::warning ").count(), 2, "each place has its own: {out}");
    assert_eq!(out.matches("::notice ").count(), 2, "{out}");
    let (code, out, _) = check("frontend main\n    bynd :1\n", &["-o", "github"]);
    assert!(code == 1 && out.contains("::error file=haproxy.cfg,"), "{out}");
}

/// Every finding is told, however many there are: only what would not fit in memory is counted.
#[test]
fn nothing_is_hidden() {
    let lines: String = (0..3_000).map(|number| format!("    nonsense{number} x\n")).collect();
    let (code, report) = json(&format!("backend app\n{lines}"), &[]);
    assert_eq!((code, report["counts"]["fatal"].as_u64()), (1, Some(3_000)));
    assert_eq!(report["dropped"], 0);
}

/// What a pipe gives is read once, under both names of the program.
#[test]
fn a_pipe_is_read_as_a_file_is() {
    let text = format!("{HTTP_DEFAULTS}frontend main\n bind 127.0.0.1:1\n http-request return status 200\n");
    for (name, arguments) in [
        ("sluicegate", &["check", "/dev/stdin"][..]),
        ("sluicegate", &["check", "--format", "haproxy", "/dev/stdin"]),
        ("haproxy", &["-c", "-f", "/dev/stdin"]),
    ] {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let mut command = Command::new(sluicegate_binary("sluicegate"));
        command.arg0(name).args(arguments).stdin(reader);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(command);
        writer.write_all(text.as_bytes()).unwrap();
        drop(writer);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{name} {arguments:?}: {said}");
    }
}

/// The owner of a socket is looked up before anything is served.
#[test]
fn an_owner_that_the_host_does_not_know_is_an_error() {
    let socket =
        "frontend main\n bind unix@/tmp/s user nosuchuser group 3\n http-request return status 200\n";
    let console = format!("global\n stats socket /tmp/s group nosuchgroup\n{SERVED}");
    for (text, kind, name) in [(socket, "user", "nosuchuser"), (console.as_str(), "group", "nosuchgroup")] {
        let (code, _, err) = check(text, &[]);
        assert_eq!(code, 1, "{err}");
        assert!(err.contains(&format!("there is no {kind} `{name}` on this host")), "{err}");
    }
}
