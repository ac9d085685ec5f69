//! HAProxy: external-check.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sluicegate_e2e::{Sluicegate, console, free_address};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use super::{PACE, PATIENCE, Program, becomes, cell};

const ALLOWED: &str = "external-check\n    insecure-fork-wanted\n    max-spread-checks 1";
const DEFAULTS: &str = "defaults
    mode tcp
    timeout connect 5s
    timeout client 5s
    timeout server 5s
    option external-check
    default-server inter 100ms rise 1 fall 1
";

/// A program in a folder of its own.
fn program(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("check");
    fs::write(&path, format!("#!/bin/sh\nexport PATH=/usr/bin:/bin\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    (folder, path)
}

/// Waits until a file is there, and holds something.
async fn written(path: &Path) -> String {
    let began = Instant::now();
    loop {
        let text = fs::read_to_string(path).unwrap_or_default();
        if !text.is_empty() {
            return text;
        }
        assert!(began.elapsed() < PATIENCE, "{} is not written", path.display());
        sleep(PACE).await;
    }
}

/// Its parent and its state as proc(5) has them, of each process.
fn processes() -> BTreeMap<u32, (u32, char)> {
    let read = |entry: fs::DirEntry| {
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let state = fields.next()?.chars().next()?;
        Some((entry.file_name().to_str()?.parse().ok()?, (fields.next()?.parse().ok()?, state)))
    };
    fs::read_dir("/proc").unwrap().flatten().filter_map(read).collect()
}

#[tokio::test]
async fn a_program_says_how_its_server_is() {
    let (_folder, path) = program(
        "case $HAPROXY_SERVER_NAME in
        yes) exit 0 ;;
        no) exit 3 ;;
        shot) kill -9 $$ ;;
        words) head -c 8000000 /dev/zero && head -c 8000000 /dev/zero >&2; exit 0 ;;
        esac",
    );
    for which in Program::BOTH {
        let (_console, socket, line) = console::socket();
        let mut program = Program::run(
            which,
            &format!(
                "global\n    {line}\n    {ALLOWED}\n{DEFAULTS}backend app\n    external-check command {}\n    \
                 server yes 192.0.2.1:80 check\n    server no 192.0.2.1:80 check\n    \
                 server shot 192.0.2.1:80 check\n    server words 192.0.2.1:80 check\nbackend gone\n    \
                 external-check command {}.none\n    server a 192.0.2.1:80 check\n",
                path.display(),
                path.display(),
            ),
        )
        .await;
        let wanted = [
            ("app/yes", "UP", "PROCOK", "0", "External check passed"),
            ("app/no", "DOWN", "PROCERR", "3", "External check error"),
            ("app/shot", "DOWN", "PROCERR", "4294967295", "External check error"),
            ("app/words", "UP", "PROCOK", "0", "External check passed"),
            ("gone/a", "DOWN", "PROCERR", "255", "External check error"),
        ];
        for (server, status, word, code, words) in wanted {
            becomes(&socket, server, "check_status", word).await;
            becomes(&socket, server, "status", status).await;
            assert_eq!(cell(&socket, server, "check_code").await, code, "{server} of {which}");
            assert_eq!(cell(&socket, server, "check_desc").await, words, "{server} of {which}");
        }
        // They come in any order.
        let told = [
            "no is DOWN, reason: External check error, code: 3",
            "shot is DOWN, reason: External check error, code: -1",
        ];
        let began = Instant::now();
        while !told.iter().all(|line| program.process().output().contains(line)) {
            assert!(began.elapsed() < PATIENCE, "{which}: {}", program.process().output());
            sleep(PACE).await;
        }
    }
}

/// With both a `timeout check` and a `timeout connect` the shorter of that and the interval counts.
#[tokio::test]
async fn programs_are_told_what_haproxy_tells_them() {
    let (folder, path) = program(
        "out=$0.$HAPROXY_PROXY_NAME.$HAPROXY_SERVER_NAME
        { printf '%s\\n' \"$0\" \"$@\"; env | grep -v ^PWD= | sort; } > $out.$$ && mv $out.$$ $out",
    );
    let listener = |name: &str, lines: &str| format!("listen {name}\n    {lines}\n");
    let [one, two] = [free_address(), free_address()];
    let unix = folder.path().join("listens");
    let sections = [
        listener(
            "inet",
            &format!("bind {one}\n    server a 192.0.2.1:80 check maxconn 9 id 7 port 99 addr 127.0.0.9"),
        ),
        listener("local", &format!("bind unix@{}\n    server a [2001:DB8:0::1]:80 check", unix.display())),
        listener("named", "bind abns@sluicegate-programs\n    server a unix@/run/none check"),
        listener("numbered", &format!("id 77\n    bind {two}\n    server a abns@none check")),
        "backend bare\n    server a 192.0.2.1:80 check\n    server b 192.0.2.1 check port 9\n    \
         server c 192.0.2.1:+10 check port 9\n    server d 192.0.2.1:-10 check port 9\n"
            .to_owned(),
    ];
    let told = ["inet.a", "local.a", "named.a", "numbered.a", "bare.a", "bare.b", "bare.c", "bare.d"];
    let mut found = Vec::new();
    for which in Program::BOTH {
        let (_console, _socket, line) = console::socket();
        let configuration = format!(
            "global\n    {line}\n    {ALLOWED}\n{DEFAULTS}    external-check command {}\n    \
             external-check path /usr/sbin:/sbin\n{}",
            path.display(),
            sections.concat()
        );
        let program = Program::run(which, &configuration).await;
        let mut texts = BTreeMap::new();
        for name in told {
            let file = PathBuf::from(format!("{}.{name}", path.display()));
            texts.insert(name, written(&file).await);
        }
        drop(program);
        // What was begun before the end may still write.
        for name in told {
            drop(fs::remove_file(format!("{}.{name}", path.display())));
        }
        found.push(texts);
    }
    for name in told {
        assert_eq!(found[0][name], found[1][name], "{name}");
    }
}

#[tokio::test]
async fn what_hangs_is_ended_with_its_children() {
    let (_folder, path) =
        program("trap '' TERM\nsleep 1000 &\necho \"$! $$\" > $0.$$ && mv $0.$$ $0.last\nwait");
    let (_console, socket, line) = console::socket();
    let mut ours = Sluicegate::run(&format!(
        "global\n    {line}\n    {ALLOWED}\n{DEFAULTS}    timeout check 2s\n    timeout connect 300ms\nbackend app\n    \
         external-check command {}\n    server a 192.0.2.1:80 check inter 5s\n",
        path.display()
    ))
    .await;
    ours.process().wait_for("the console listens on").await;
    let text = written(&path.with_extension("last")).await;
    let hanging: Vec<u32> = text.split_whitespace().map(|pid| pid.parse().unwrap()).collect();
    becomes(&socket, "app/a", "check_status", "PROCTOUT").await;
    assert_eq!(cell(&socket, "app/a", "check_desc").await, "External check timeout");
    assert_eq!(cell(&socket, "app/a", "status").await, "DOWN");
    let took: u64 = cell(&socket, "app/a", "check_duration").await.parse().unwrap();
    assert!((300..2_000).contains(&took), "the time to connect is the shortest: {took} ms");
    let began = Instant::now();
    while hanging.iter().any(|pid| processes().contains_key(pid)) {
        assert!(began.elapsed() < PATIENCE, "{hanging:?} are left of {:?}", processes());
        sleep(PACE).await;
    }
}

#[tokio::test]
async fn nothing_is_left_of_programs_that_ended() {
    let (_folder, path) = program("echo >> $0.runs");
    let (_console, _socket, line) = console::socket();
    let mut ours = Sluicegate::run(&format!(
        "global\n    {line}\n    {ALLOWED}\n{DEFAULTS}backend app\n    external-check command {}\n    \
         server a 192.0.2.1:80 check inter 20ms\n    server b 192.0.2.1:80 check inter 20ms\n",
        path.display()
    ))
    .await;
    let runs = path.with_extension("runs");
    let began = Instant::now();
    while fs::read_to_string(&runs).unwrap_or_default().lines().count() < 30 {
        assert!(began.elapsed() < PATIENCE, "programs are run over and over");
        sleep(PACE).await;
    }
    let own = ours.process().pid();
    let zombies = || processes().values().filter(|(parent, state)| *parent == own && *state == 'Z').count();
    // One may just have ended.
    assert!(zombies() <= 2, "{} of 30 and more are left", zombies());
}

#[tokio::test]
async fn a_proxy_runs_programs_of_others_only_where_it_was_told_to() {
    let (_folder, path) = program("echo >> $0.runs");
    let entry = free_address();
    let control = Sluicegate::control(&format!(
        "global\n    {ALLOWED}\n{DEFAULTS}listen app\n    bind {entry}\n    external-check command {}\n    \
         server a 192.0.2.1:80 check\n",
        path.display()
    ))
    .await;
    let _wary = Sluicegate::proxy_with(control.address(), &["--id", "wary"]);
    let missing = |status: &serde_json::Value, id: &str| {
        let proxies = status["scopes"][0]["proxies"].as_array().cloned().unwrap_or_default();
        let found = proxies.into_iter().find(|proxy| proxy["id"] == id).unwrap_or_default();
        found["missing_capabilities"].to_string()
    };
    let lacks = |status: &serde_json::Value| missing(status, "wary") == r#"["probe.program"]"#;
    control.status_where("what it lacks", lacks).await;
    let mut willing =
        Sluicegate::proxy_with(control.address(), &["--id", "willing", "--allow-external-check"]);
    willing.committed().await;
    written(&path.with_extension("runs")).await;
}

/// A program that is root's could do what the proxy cannot.
#[tokio::test]
async fn a_program_has_the_rights_of_the_process() {
    let (folder, path) =
        program("id -un > $0.who.$$ && grep ^CapEff: /proc/self/status >> $0.who.$$ && mv $0.who.$$ $0.who");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let mut ours = Sluicegate::run(&format!(
        "global\n    user nobody\n    {ALLOWED}\n{DEFAULTS}listen app\n    bind {}\n    external-check command {}\n    \
         server a 192.0.2.1:80 check\n",
        free_address(),
        path.display()
    ))
    .await;
    ours.process().wait_for("root's rights are let go of").await;
    let who = path.with_extension("who");
    // One that was begun before may still write.
    let began = Instant::now();
    loop {
        let text = written(&who).await;
        if text.split_whitespace().eq(["nobody", "CapEff:", "0000000000000000"]) {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{text}");
        sleep(PACE).await;
    }
}
