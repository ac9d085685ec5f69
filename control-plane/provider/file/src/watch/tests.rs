use std::fs::{self, File};
use std::io::Write as _;
use std::time::Duration;

use tokio::time::timeout;

use super::*;

const LONG: Duration = Duration::from_secs(20);

fn following(paths: &[PathBuf]) -> Watch {
    let mut watch = Watch::start().unwrap();
    watch.follow(seen(paths));
    watch
}

fn seen(paths: &[PathBuf]) -> Seen {
    let mut seen = Seen::default();
    paths.iter().for_each(|path| seen.note(path));
    seen
}

#[tokio::test]
async fn a_change_before_the_watch_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.cfg");
    fs::write(&path, "one").unwrap();
    let seen = seen(std::slice::from_ref(&path));
    fs::write(&path, "two!").unwrap();
    let mut watch = Watch::start().unwrap();
    watch.follow(seen);
    timeout(LONG, watch.changed()).await.unwrap();
}

#[tokio::test]
async fn a_rewritten_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.cfg");
    fs::write(&path, "one").unwrap();
    let mut watch = following(std::slice::from_ref(&path));
    fs::write(&path, "two!").unwrap();
    timeout(LONG, watch.changed()).await.unwrap();
    watch.follow(seen(std::slice::from_ref(&path)));
    assert!(timeout(Duration::from_millis(1), watch.changed()).await.is_err(), "seen once, told once");
}

#[tokio::test]
async fn a_replaced_inode_is_told_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.cfg");
    fs::write(&path, "0").unwrap();
    let mut watch = following(std::slice::from_ref(&path));
    for round in 1..4 {
        let next = folder.path().join("a.cfg.new");
        fs::write(&next, "x".repeat(round)).unwrap();
        fs::rename(&next, &path).unwrap();
        timeout(LONG, watch.changed()).await.unwrap();
        watch.follow(seen(std::slice::from_ref(&path)));
    }
}

#[tokio::test]
async fn a_swapped_link_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for (version, text) in [("v1", "one"), ("v2", "longer")] {
        fs::create_dir(folder.path().join(version)).unwrap();
        fs::write(folder.path().join(version).join("a.cfg"), text).unwrap();
    }
    let link = folder.path().join("data");
    std::os::unix::fs::symlink("v1", &link).unwrap();
    let path = link.join("a.cfg");
    let mut watch = following(std::slice::from_ref(&path));
    let next = folder.path().join("data.new");
    std::os::unix::fs::symlink("v2", &next).unwrap();
    fs::rename(&next, &link).unwrap();
    timeout(LONG, watch.changed()).await.unwrap();
}

#[tokio::test]
async fn a_file_that_appears_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("late.cfg");
    let mut watch = following(std::slice::from_ref(&path));
    fs::write(&path, "here").unwrap();
    timeout(LONG, watch.changed()).await.unwrap();
}

#[tokio::test]
async fn a_writer_that_has_not_closed_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.cfg");
    fs::write(&path, "whole").unwrap();
    let mut watch = following(std::slice::from_ref(&path));
    watch.patience = LONG;
    let mut file = File::create(&path).unwrap();
    file.write_all(b"first half, ").unwrap();
    while watch.signals.writers.lock().unwrap().is_empty() {
        timeout(LONG, watch.signals.woken.notified()).await.unwrap();
    }
    assert!(watch.unrest().is_some(), "read while it was being written");
    file.write_all(b"second half").unwrap();
    drop(file);
    timeout(LONG, watch.changed()).await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "first half, second half");
}

#[test]
fn mount_points_are_read_with_their_escapes() {
    assert_eq!(unescape(r"/a\040b\134c"), b"/a b\\c");
    assert!(is_mount_point(Path::new("/proc")).unwrap());
    assert!(!is_mount_point(Path::new("/proc/self")).unwrap());
}
