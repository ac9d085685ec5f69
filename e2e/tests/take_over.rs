//! One process after another has the same ports, and no client notices.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use nix::sys::signal::Signal;
use sluicegate_e2e::{HTTP_DEFAULTS, Origin, Plan, Process, free_address, sluicegate_binary};
use tempfile::TempDir;

/// Processes that follow the first one.
const SUCCESSORS: u64 = 12;

/// Starts the program under the name `haproxy`, each time with a configuration of its own.
struct Host {
    folder: TempDir,
    entry: SocketAddr,
    origin: Origin,
}

impl Host {
    async fn new() -> Self {
        let host = Self {
            folder: tempfile::tempdir().unwrap(),
            entry: free_address(),
            origin: Origin::start("app01").await,
        };
        symlink(sluicegate_binary("sluicegate"), host.path("haproxy")).unwrap();
        host
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A process with so many workers that is ready, and has told the one before it to go.
    async fn start(&self, workers: u64, bind: &str, before: Option<&Process>) -> Process {
        let (entry, server) = (self.entry, self.origin.address());
        let text = format!(
            "global\n    nbthread {workers}\n{HTTP_DEFAULTS}listen main\n    bind {entry} {bind}\n    server app01 {server}\n"
        );
        fs::write(self.path("haproxy.cfg"), text).unwrap();
        let mut command = Command::new(self.path("haproxy"));
        command.args(["-db", "-f", "haproxy.cfg"]).current_dir(self.folder.path());
        command.env("SLUICEGATE_ADMIN", self.path("admin.sock"));
        if let Some(before) = before {
            command.args(["-sf", &before.pid().to_string()]);
        }
        let mut process = Process::spawn(command).end_by(Signal::SIGTERM);
        process.wait_for("serving generation").await;
        process
    }
}

#[tokio::test]
async fn no_connection_is_lost_between_processes() {
    let host = Host::new().await;
    let mut process = host.start(2, "", None).await;
    let load = Plan::new(host.entry).connections(16).fresh_connections().start();
    load.reached(100).await;
    for number in 0..SUCCESSORS {
        // More workers than the one before, fewer, and as many.
        let next = host.start(1 + number % 3, "", Some(&process)).await;
        assert_eq!(process.exit().await.code(), Some(0));
        process = next;
        load.advance(100).await;
    }
    let tally = load.stop().await;
    assert_eq!(tally.failed(), 0, "{tally}");
}
