use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::timeout;

use super::*;

/// Longer than any of these programs takes.
const PATIENCE: Duration = Duration::from_secs(20);

fn errand(command: &Path) -> Errand {
    let path = OsString::from("/usr/bin:/bin");
    Errand {
        command: command.to_str().unwrap().into(),
        arguments: ["NOT_USED", "NOT_USED", "192.0.2.1", "80"].map(OsString::from),
        environment: vec![("PATH", path), ("HAPROXY_SERVER_NAME", "a".into())],
        keeps_environment: false,
    }
}

fn script(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("check");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    (folder, path)
}

async fn ends(text: &str) -> Ended {
    let (_folder, path) = script(text);
    timeout(PATIENCE, run(&errand(&path))).await.unwrap().unwrap()
}

/// Waits for a file to hold a line.
async fn line(path: &Path) -> String {
    loop {
        match fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
            _ => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

fn is_there(process: &str) -> bool {
    // A zombie is there for nobody, but it would be a leak here.
    Path::new("/proc").join(process).exists()
}

#[tokio::test]
async fn the_code_is_the_answer() {
    let ended = |code| Ended { code, words: String::new() };
    assert_eq!(ends("#!/bin/sh\nexit 0\n").await, ended(0));
    assert_eq!(ends("#!/bin/sh\nexit 3\n").await, ended(3));
    assert_eq!(ends("#!/bin/sh\nkill -9 $$\n").await, ended(-1));
    assert_eq!(ends("exit 4\n").await, ended(4), "what names no interpreter is for the shell");
}

#[tokio::test]
async fn what_cannot_be_run_says_why() {
    let (folder, path) = script("#!/bin/sh\n");
    let missing = run(&errand(&folder.path().join("none"))).await.unwrap();
    assert_eq!(missing, Ended { code: 255, words: "No such file or directory".into() });
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(run(&errand(&path)).await.unwrap().words, "Permission denied");
}

#[tokio::test]
async fn a_name_is_looked_for_in_the_path_that_it_is_given() {
    let (folder, _) = script("#!/bin/sh\nexit 7\n");
    let mut errand = errand(Path::new("check"));
    assert_eq!(run(&errand).await.unwrap().code, 255);
    errand.environment[0].1 = folder.path().into();
    assert_eq!(run(&errand).await.unwrap().code, 7);
}

/// Where it wrote into a pipe that nobody reads it would hang; its end is not that of a broken pipe either.
#[tokio::test]
async fn megabytes_of_words_go_nowhere() {
    let text = "#!/bin/sh\nhead -c 8000000 /dev/zero && head -c 8000000 /dev/zero >&2 && exit 5\nexit 6\n";
    assert_eq!(ends(text).await.code, 5);
}

/// Descriptors of this process would be open for as long as a program runs.
#[tokio::test]
async fn no_descriptor_is_passed_on() {
    let folder = tempfile::tempdir().unwrap();
    let open = fs::File::create(folder.path().join("open")).unwrap();
    // SAFETY: the descriptor is open; only its flag is changed.
    let cleared = unsafe { libc::fcntl(std::os::fd::AsRawFd::as_raw_fd(&open), libc::F_SETFD, 0) };
    assert_eq!(cleared, 0);
    let list = folder.path().join("list");
    let (_folder, path) = script(&format!("#!/bin/sh\nls -l /proc/$$/fd > {}\n", list.display()));
    assert_eq!(run(&errand(&path)).await.unwrap().code, 0);
    let list = fs::read_to_string(list).unwrap();
    assert!(list.contains("/dev/null") && !list.contains("/open"), "{list}");
}

#[tokio::test]
async fn dropping_kills_it_and_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let (own, child) = (folder.path().join("own"), folder.path().join("child"));
    let (_folder, path) = script(&format!(
        "#!/bin/sh\ntrap '' TERM\nsleep 1000 &\necho $! > {}\necho $$ > {}\nwait\n",
        child.display(),
        own.display()
    ));
    let errand = errand(&path);
    let running = tokio::spawn(async move { run(&errand).await });
    let processes = timeout(PATIENCE, async { [line(&child).await, line(&own).await] }).await.unwrap();
    assert!(processes.iter().all(|process| is_there(process)), "{processes:?}");
    running.abort();
    let gone = async {
        while processes.iter().any(|process| is_there(process)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, gone).await.expect("the program and its child are gone, and nothing is left of them");
}
