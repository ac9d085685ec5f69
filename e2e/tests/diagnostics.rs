//! What is wrong with a configuration, as `sluicegate check` and a start tell it.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use sluicegate_e2e::{HTTP_DEFAULTS, Origin, Sluicegate, fetch, free_address, sluicegate_binary};

/// A frontend that answers by itself.
const LISTENS: &str = "frontend answers\n    bind 127.0.0.1:1\n    http-request return status 204\n";

/// `sluicegate check` of these paths: exit code, and both streams.
fn check(paths: &[&Path]) -> (i32, String) {
    let output = Command::new(sluicegate_binary("sluicegate")).arg("check").args(paths).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8_lossy(&text).into_owned())
}

/// Bytes in a file of the name `haproxy.cfg`, checked.
fn check_bytes(bytes: &[u8]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("haproxy.cfg");
    fs::write(&file, bytes).unwrap();
    check(&[&file])
}

#[test]
fn files_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (code, said) = check(&[&at("missing.cfg")]);
    assert!(code == 1 && said.contains("missing.cfg: there is no such file or folder"), "{code}\n{said}");
    let (code, said) = check(&[folder.path()]);
    assert!(code == 1 && said.contains("*.cfg"), "an empty folder says what it should hold: {code}\n{said}");
    let (code, said) = check(&[Path::new("/dev/null")]);
    assert!(code == 1 && said.contains("/dev/null: neither its name nor its content"), "{code}\n{said}");
    let broken = at("loop.cfg");
    std::os::unix::fs::symlink(&broken, &broken).unwrap();
    let (code, said) = check(&[&broken]);
    assert!(code == 1 && said.contains("loop.cfg"), "{code}\n{said}");
    let (code, said) = check(&[&at("missing.cfg"), &at("gone.cfg")]);
    assert!(code == 1 && said.contains("missing.cfg") && said.contains("gone.cfg"), "all are told: {said}");
}

#[test]
fn a_folder_is_all_of_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("10.cfg"), format!("{HTTP_DEFAULTS}frontend main\n    bind :1\n    default_backend app\n"))
        .unwrap();
    fs::write(at("20.cfg"), "backend app\n    server a 127.0.0.1:1\n").unwrap();
    let (code, said) = check(&[folder.path()]);
    assert_eq!(code, 0, "{said}");
    fs::write(at("20.cfg"), "backend app\n    server a 127.0.0.1:1\n    nonsense\n").unwrap();
    let (code, said) = check(&[folder.path()]);
    assert!(code == 1 && said.contains("20.cfg:3:5"), "{said}");
}

#[test]
fn an_unreadable_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("haproxy.cfg");
    fs::write(&file, "").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // Root reads everything, so the program runs as nobody, from a place where nobody finds it.
    let program = folder.path().join("sluicegate");
    // Not copied in this process: a test beside this one that starts a program meanwhile would hand it the file, open
    // for writing, and no program that is being written can be started.
    let copied = Command::new("cp").arg(sluicegate_binary("sluicegate")).arg(&program).status().unwrap();
    assert!(copied.success());
    let mut command = Command::new(&program);
    command.arg("check").arg(&file).current_dir("/");
    if nix::unistd::geteuid().is_root() {
        use std::os::unix::process::CommandExt;
        command.uid(65534).gid(65534);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("haproxy.cfg: Permission denied"), "{said}");
}

#[test]
fn bytes_that_are_no_text() {
    let (code, said) = check_bytes(b"global\n    maxconn 1\xff0\n");
    assert!(code == 1 && said.contains("haproxy.cfg:2:14") && said.contains("UTF-8"), "{code}\n{said}");
    let (code, said) = check_bytes(b"global\n    maxconn 1\0\n");
    assert!(code == 1 && said.contains("haproxy.cfg:2:14") && said.contains("NUL"), "{code}\n{said}");
    let comment =
        format!("# übliche Kommentare ✓\nglobal\n    description \"Grüße\"\n{HTTP_DEFAULTS}{LISTENS}");
    let (code, said) = check_bytes(comment.as_bytes());
    assert_eq!(code, 0, "{said}");
}

/// HAProxy's `-c` exits with 2 for each of these: a wrong file that was mounted must not pass for a right one.
#[test]
fn what_would_serve_nothing_is_not_called_valid() {
    for text in ["", "# only a comment\n\n", "global\n", "backend b\n    server s 127.0.0.1:1\n"] {
        let (code, said) = check_bytes(text.as_bytes());
        assert!(code == 2 && said.contains("nothing here listens"), "{text:?}: {code}\n{said}");
        assert!(!said.contains("valid"), "{text:?}: {said}");
    }
}

#[tokio::test]
async fn a_start_that_serves_nothing_says_so() {
    let mut sluicegate = Sluicegate::program("sluicegate", "# nothing\n", &["run", "haproxy.cfg"]);
    sluicegate.process().wait_for("nothing listens").await;
}

#[test]
fn a_hundred_megabytes_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("haproxy.cfg");
    fs::write(&file, "# nothing\n".repeat(10 << 20)).unwrap();
    let begin = Instant::now();
    let (code, said) = check(&[&file]);
    assert!(code == 1 && said.contains("haproxy.cfg") && said.contains("67108864"), "{code}\n{said}");
    assert!(begin.elapsed().as_secs() < 10, "{:?}", begin.elapsed());
}

/// Lines behind the defaults, the place, and words that the message has.
const WRONG: &[(&str, &str, &[&str])] = &[
    ("frontend f\n    bynd :80\n", "8:5", &["bynd", "bind"]),
    ("fronted f\n", "7:1", &["fronted", "frontend"]),
    ("frontend f\n    bind :80\n    use_backend apq if TRUE\nbackend app\n", "9:17", &["apq", "app"]),
    ("frontend f\n    bind :80\n    default_backend nope\n", "9:21", &["nope"]),
    ("frontend f\n    bind :80\n    use_backend f2 if unknown_acl\nbackend f2\n", "9:", &["unknown_acl"]),
    ("backend a\nbackend a\n", "8:", &["`a` is taken", "first here"]),
    ("frontend f\n    bind :99999\n", "8:", &["99999"]),
    ("frontend f\n    bind 300.1.1.1:80\n", "8:", &["300.1.1.1"]),
    ("frontend f\n    bind :80\n    acl a path_bog /x\n", "9:", &["path_bog", "path_beg"]),
    ("frontend f\n    bind :80\n    acl a path_reg (\n", "9:", &["("]),
    ("frontend f\n    bind :80\n    http-request denny\n", "9:", &["denny", "deny"]),
    ("frontend f\n    bind :80\n    redirect location / code 999\n", "9:", &["999"]),
    ("backend a\n    server s 127.0.0.1:1 weight 999\n", "8:", &["999", "256"]),
    ("backend a\n    server s 127.0.0.1:1 chekc\n", "8:", &["chekc", "check"]),
    ("backend a\n    balance roundrobbin\n", "8:", &["roundrobbin", "roundrobin"]),
    ("backend a\n    timeout conect 5s\n", "8:", &["conect", "connect"]),
    ("backend a\n    timeout connect 5parsecs\n", "8:", &["5parsecs"]),
    ("backend a\n    errorfile 503 /does/not/exist.http\n", "8:", &["/does/not/exist.http"]),
    ("backend a\n    option httpchck\n", "8:", &["httpchck", "httpchk"]),
    ("backend a\n    server s\n", "8:", &["server"]),
    ("frontend f\n    mode htttp\n", "8:", &["htttp", "http"]),
    ("backend a\n    description \"no end\n", "8:", &["quot"]),
];

#[test]
fn each_mistake_is_told_with_its_place_and_the_way_out() {
    let mut wrong = Vec::new();
    for (lines, place, words) in WRONG {
        let (code, said) = check_bytes(format!("{HTTP_DEFAULTS}{lines}").as_bytes());
        let told = said.lines().any(|line| line.contains(&format!("haproxy.cfg:{place}")));
        let missing: Vec<_> = words.iter().filter(|&&word| !said.contains(word)).collect();
        if code != 1 || !told || !missing.is_empty() {
            wrong.push(format!("{lines:?}: exit code {code}, place {told}, missing {missing:?}:\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_mistakes_are_told_at_once() {
    let lines =
        "frontend f\n    bynd :80\n    mode htttp\nbackend b\n    balance roundrobbin\n    server s\n";
    let (code, said) = check_bytes(format!("{HTTP_DEFAULTS}{lines}").as_bytes());
    assert_eq!(code, 1);
    for place in ["8:", "9:", "11:", "12:"] {
        assert!(said.contains(&format!("haproxy.cfg:{place}")), "{place} is missing:\n{said}");
    }
}

#[test]
fn warnings_do_not_refuse() {
    for (lines, words) in [
        ("backend empty\n    balance roundrobin\n", &[][..]),
        ("frontend f *:80\n    default_backend b\nbackend b\n    server s 127.0.0.1:1\n", &["bind"]),
        ("backend b\n    server s 127.0.0.1:1 weight 1 weight 2\n", &["weight"]),
    ] {
        let (code, said) = check_bytes(format!("{HTTP_DEFAULTS}{LISTENS}{lines}").as_bytes());
        assert_eq!(code, 0, "{lines:?}\n{said}");
        for word in words {
            assert!(said.contains("warning") && said.contains(word), "{lines:?}\n{said}");
        }
    }
}

#[tokio::test]
async fn a_start_with_a_broken_file_ends_with_its_diagnostics() {
    let mut sluicegate =
        Sluicegate::program("sluicegate", "frontend f\n    bynd :80\n", &["run", "haproxy.cfg"]);
    assert_eq!(sluicegate.process().exit().await.code(), Some(1));
    let said = sluicegate.process().output();
    assert!(said.contains("haproxy.cfg:2:5") && said.contains("bind"), "{said}");
}

#[tokio::test]
async fn an_empty_backend_answers_503() {
    let entry = free_address();
    let configuration =
        format!("{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    default_backend app\nbackend app\n");
    let _sluicegate = Sluicegate::run(&configuration).await;
    assert_eq!(fetch(entry, "/").await.unwrap().status(), 503);
}

#[tokio::test]
async fn a_name_that_does_not_resolve_starts_down() {
    let (origin, entry) = (Origin::start("app01").await, free_address());
    let server = origin.address();
    let text = format!(
        "{HTTP_DEFAULTS}listen main\n    bind {entry}\n    retries 0\n    server lost name.invalid:80 check inter 100ms\n    server app01 {server} check\n"
    );
    let sluicegate = Sluicegate::run(&text).await;
    let health = |status: &serde_json::Value, name: &str| {
        let endpoints =
            status["scopes"][0]["proxies"][0]["report"]["endpoints"].as_array().cloned().unwrap_or_default();
        let of = |one: &&serde_json::Value| one["id"].as_str().is_some_and(|id| id.ends_with(name));
        endpoints
            .iter()
            .find(of)
            .and_then(|one| one["health"].as_str().map(str::to_owned))
            .unwrap_or_default()
    };
    sluicegate.status_where("an unresolved server", |status| health(status, "lost") == "unresolved").await;
    for _ in 0..4 {
        assert_eq!(fetch(entry, "/").await.unwrap().text(), "app01", "the others serve");
    }
}
