//! A configuration that is mounted into a container as a single file: what is seen of it, and what is said of what is not.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use sluicegate_e2e::{Process, fetch, free_address, sluicegate_binary};

fn site(address: SocketAddr, word: &str) -> String {
    format!(
        "frontend web\n    mode http\n    bind {address}\n    timeout client 5s\n    \
         http-request return status 200 content-type text/plain string {word}\n"
    )
}

/// `sluicegate run` in a mount name space of its own, where `inside` is the file `outside`.
fn run_mounted(outside: &Path, inside: &Path, admin: &Path) -> Process {
    let script = "mount --bind \"$1\" \"$2\" && exec \"$3\" run \"$2\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script, "sh"]).args([outside, inside]);
    command.arg(sluicegate_binary("sluicegate")).env("SLUICEGATE_ADMIN", admin);
    Process::spawn(command)
}

#[tokio::test]
async fn a_single_file_mount_follows_the_inode_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (outside, inside) = (folder.path().join("outside.cfg"), folder.path().join("inside.cfg"));
    let address = free_address();
    fs::write(&outside, site(address, "one")).unwrap();
    fs::write(&inside, "").unwrap();
    let mut sluicegate = run_mounted(&outside, &inside, &folder.path().join("admin.sock"));
    sluicegate.wait_for("mounted as a single file").await;
    sluicegate.wait_for("serving generation 1").await;
    assert_eq!(fetch(address, "/").await.unwrap().text(), "one");

    // Written in place, as `docker` users do with `cat >`: the inode is the same, the change is seen.
    fs::write(&outside, site(address, "two")).unwrap();
    sluicegate.wait_for("serving generation 2").await;
    assert_eq!(fetch(address, "/").await.unwrap().text(), "two");

    // Replaced, as editors do: inside is still the old inode, and what was said at the start holds.
    fs::write(folder.path().join("new.cfg"), site(address, "three")).unwrap();
    fs::rename(folder.path().join("new.cfg"), &outside).unwrap();
    assert_eq!(fetch(address, "/").await.unwrap().text(), "two");
}
