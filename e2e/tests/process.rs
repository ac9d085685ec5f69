//! What `global` asks of the process: users, limits, threads, how it ends. As root, as service managers start it.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::fs::{self, Permissions};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;

use nix::sys::signal::Signal;
use nix::unistd::{Group, User, geteuid};
use sluicegate_e2e::{
    Behaviour, Connection, Failure, HTTP_DEFAULTS, Origin, Sluicegate, fetch, free_address,
};

const NOBODY: u32 = 65_534;

/// Starts it in both ways, and waits until it is ready: `run` watches its files, the drop-in is told.
async fn start(drop_in: bool, configuration: &str) -> Sluicegate {
    assert!(geteuid().is_root(), "these tests need root: they become somebody else");
    if !drop_in {
        let mut sluicegate = Sluicegate::program("sluicegate", configuration, &["run", "haproxy.cfg"]);
        sluicegate.committed().await;
        return sluicegate;
    }
    let mut sluicegate = Sluicegate::as_haproxy(configuration, &["-db", "-f", "haproxy.cfg"]);
    sluicegate.committed().await;
    sluicegate
}

fn front(entry: SocketAddr) -> String {
    format!("frontend at-{}\n    bind {entry}\n    http-request return status 200\n", entry.port())
}

/// A port that only root, or who may, can bind.
fn low_address() -> SocketAddr {
    let first = 300 + u16::try_from(std::process::id() % 300).unwrap();
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (first..1_000).find(free).map(|port| ([127, 0, 0, 1], port).into()).expect("a low port is free")
}

/// Of every thread: what the kernel says in lines of these names.
fn statuses(pid: u32, names: &[&str]) -> Vec<Vec<String>> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    threads
        .map(|thread| {
            let status = fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
            let line = |name: &&str| {
                let line = status.lines().find_map(|line| line.strip_prefix(*name)).unwrap();
                line.split_whitespace().collect::<Vec<_>>().join(" ")
            };
            names.iter().map(line).collect()
        })
        .collect()
}

#[tokio::test]
async fn the_process_becomes_whom_the_file_says() {
    let daemon = Group::from_name("daemon").unwrap().expect("a group `daemon`").gid;
    assert_eq!(User::from_name("nobody").unwrap().expect("a user `nobody`").uid.as_raw(), NOBODY);
    for drop_in in [false, true] {
        let entry = free_address();
        let global = "global\n    user nobody\n    user root\n    group daemon\n";
        let before = format!("{global}{HTTP_DEFAULTS}{}", front(entry));
        let mut sluicegate = start(drop_in, &before).await;
        sluicegate.process().wait_for("root's rights are let go of").await;
        let pid = sluicegate.process().pid();
        let names = ["Uid:", "Gid:", "Groups:", "CapPrm:", "CapEff:", "CapInh:", "NoNewPrivs:"];
        // CAP_NET_BIND_SERVICE is the tenth.
        let (cap, none) = ("0000000000000400", "0000000000000000");
        let (user, group) =
            ([NOBODY.to_string().as_str(); 4].join(" "), [daemon.to_string().as_str(); 4].join(" "));
        let expected = [user.as_str(), &group, "", cap, cap, none, "1"];
        let threads = statuses(pid, &names);
        assert!(threads.len() > 3, "{threads:?}");
        assert!(threads.iter().all(|thread| *thread == expected), "{threads:#?}");
        fetch(entry, "/").await.unwrap();
        // The one that it is now can read its files.
        fs::set_permissions(sluicegate.folder(), Permissions::from_mode(0o755)).unwrap();
        let low = low_address();
        sluicegate.edit(&format!("{before}{}", front(low)));
        if drop_in {
            sluicegate.process().signal(Signal::SIGHUP);
        }
        sluicegate.committed().await;
        fetch(low, "/").await.unwrap();
    }
}

#[tokio::test]
async fn numbers_stand_for_users_and_groups() {
    let entry = free_address();
    let global = "global\n    uid 12345\n    gid 23456\n";
    let mut sluicegate = start(true, &format!("{global}{HTTP_DEFAULTS}{}", front(entry))).await;
    sluicegate.process().wait_for("root's rights are let go of").await;
    let [user, group] = [12_345.to_string(), 23_456.to_string()].map(|id| [id.as_str(); 4].join(" "));
    assert_eq!(statuses(sluicegate.process().pid(), &["Uid:", "Gid:"])[0], [user, group]);
}

#[tokio::test]
async fn a_user_that_is_not_there_is_an_error() {
    let configuration = format!(
        "global\n    user no-such-user\n    group no-such-group\n{HTTP_DEFAULTS}{}",
        front(free_address())
    );
    let told = [
        "haproxy.cfg:2: there is no user `no-such-user` on this host",
        "haproxy.cfg:3: there is no group `no-such-group` on this host",
    ];
    let (code, said) = Sluicegate::check(&configuration);
    assert_eq!(code, 1, "{said}");
    assert!(told.iter().all(|told| said.contains(told)), "{said}");
    for arguments in [&["-c", "-f", "haproxy.cfg"][..], &["-db", "-f", "haproxy.cfg"]] {
        let mut sluicegate = Sluicegate::as_haproxy(&configuration, arguments);
        assert_eq!(sluicegate.process().exit().await.code(), Some(1));
        let said = sluicegate.process().output();
        assert!(told.iter().all(|told| said.contains(told)), "{said}");
    }
}

#[tokio::test]
async fn what_the_kernel_may_write_is_as_said() {
    for (lines, gains, owner) in
        [("", "1", 0), ("    set-dumpable\n    insecure-setuid-wanted\n", "0", NOBODY)]
    {
        let global = format!("global\n    user nobody\n{lines}");
        let mut sluicegate = start(true, &format!("{global}{HTTP_DEFAULTS}{}", front(free_address()))).await;
        sluicegate.process().wait_for("root's rights are let go of").await;
        let pid = sluicegate.process().pid();
        assert!(statuses(pid, &["NoNewPrivs:"]).iter().all(|thread| *thread == [gains]));
        // proc(5): the files of a process that may not be dumped are root's.
        assert_eq!(fs::metadata(format!("/proc/{pid}/status")).unwrap().uid(), owner);
    }
}

#[tokio::test]
async fn threads_and_files_are_as_many_as_said() {
    for (lines, files) in
        [("    ulimit-n 700\n", "700 700 files"), ("    fd-hard-limit 900\n", "900 900 files")]
    {
        let global = format!("global\n    nbthread 3\n{lines}");
        let mut sluicegate = start(true, &format!("{global}{HTTP_DEFAULTS}{}", front(free_address()))).await;
        let folder = PathBuf::from(format!("/proc/{}", sluicegate.process().pid()));
        let limits = fs::read_to_string(folder.join("limits")).unwrap();
        let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
        assert_eq!(line.split_whitespace().collect::<Vec<_>>().join(" "), files);
        let names = fs::read_dir(folder.join("task")).unwrap();
        let names = names.map(|thread| fs::read_to_string(thread.unwrap().path().join("comm")).unwrap());
        assert_eq!(names.filter(|name| name.starts_with("worker")).count(), 3);
    }
}

#[tokio::test]
async fn the_pid_file_says_who_serves() {
    let folder = tempfile::tempdir().unwrap();
    for drop_in in [false, true] {
        let file = folder.path().join(format!("{drop_in}.pid"));
        let global = format!("global\n    pidfile {}\n", file.display());
        let entry = free_address();
        let mut sluicegate = start(drop_in, &format!("{global}{HTTP_DEFAULTS}{}", front(entry))).await;
        let pid = sluicegate.process().pid().to_string();
        // Nobody says when it is written: at the latest when operators are told where to ask.
        sluicegate.process().wait_for("shows what is served").await;
        assert_eq!(fs::read_to_string(&file).unwrap().trim(), pid);
    }
}

#[tokio::test]
async fn grace_keeps_listeners_for_a_while() {
    let entry = free_address();
    let configuration = format!("global\n    grace 3s\n{HTTP_DEFAULTS}{}", front(entry));
    let mut sluicegate = start(true, &configuration).await;
    sluicegate.process().signal(Signal::SIGUSR1);
    sluicegate.process().wait_for("new connections are taken until the grace is over").await;
    fetch(entry, "/").await.unwrap();
    assert!(sluicegate.process().exit().await.success());
    assert!(matches!(Connection::open(entry).await, Err(Failure::Refused)));
}

#[tokio::test]
async fn what_is_left_at_the_end_of_a_soft_stop_is_closed() {
    let (entry, origin) = (free_address(), Origin::start("app01").await);
    origin.behave(Behaviour::Hang);
    let mut sluicegate = start(
        true,
        &format!(
            "global\n    hard-stop-after 300ms\n{HTTP_DEFAULTS}listen main\n    bind {entry}\n    server app01 {}\n",
            origin.address()
        ),
    )
    .await;
    let mut client = Connection::open(entry).await.unwrap();
    client.send("GET / HTTP/1.1\r\nHost: app\r\n\r\n").await.unwrap();
    origin.reached(1).await;
    sluicegate.process().signal(Signal::SIGUSR1);
    sluicegate.process().wait_for("connections are left at the end of the time for a soft stop").await;
    assert!(sluicegate.process().exit().await.success());
    client.response("GET").await.unwrap_err();
}
