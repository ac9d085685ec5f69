//! The golden files of the language, served: by Debian's HAProxy and by the drop-in, with equal outcomes.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "haproxy_files/differences.rs"]
mod differences;
#[path = "haproxy_files/scene.rs"]
mod scene;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use differences::{DIFFERENCES, Difference};
use scene::{Scene, Wanted};
use sluicegate_e2e::{debian, sluicegate_binary};
use tempfile::TempDir;

/// The folder of the golden files.
fn wild() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../control-plane/haproxy/tests/wild")
}

/// Their names and texts.
fn files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(wild()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if let Some(name) = name.strip_suffix(".in.cfg") {
            files.insert(name.to_owned(), fs::read_to_string(&path).unwrap());
        }
    }
    files
}

/// A folder with all that the files name, and the drop-in under its name.
fn provided() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&wild().join("files"), folder.path());
    let made = rcgen::generate_simple_self_signed(["example.org".to_owned()]).unwrap();
    let pair = format!("{}{}", made.cert.pem(), made.signing_key.serialize_pem());
    fs::write(folder.path().join("site.pem"), pair).unwrap();
    symlink(sluicegate_binary("sluicegate"), folder.path().join("haproxy")).unwrap();
    folder
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The exit code of `-c`, and what was printed.
fn checked(program: &Path, folder: &TempDir) -> (i32, String) {
    let mut command = Command::new(program);
    command.args(["-c", "-f", "haproxy.cfg"]).current_dir(folder.path());
    command.env("APP_PORT", "8081").env("STAGE", "production");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap_or(-1), said)
}

#[test]
fn check_accepts_what_haproxy_accepts() {
    let folder = provided();
    let ours = folder.path().join("haproxy");
    let theirs = debian("haproxy");
    let mut wrong = Vec::new();
    for (name, text) in files() {
        // Accounts and folders that a distribution brings.
        let text: String = text.split_inclusive('\n').map(|line| account(line, folder.path())).collect();
        fs::write(folder.path().join("haproxy.cfg"), text).unwrap();
        let (their, _) = checked(&theirs, &folder);
        let (our, said) = checked(&ours, &folder);
        let known = DIFFERENCES.iter().find(|difference| difference.file == name);
        let expected = known.map_or((their, their), |Difference { theirs, ours, .. }| (*theirs, *ours));
        if (their, our) != expected {
            let errors: Vec<_> = said.lines().filter(|line| line.starts_with("error")).collect();
            wrong.push(format!(
                "{name}: HAProxy {their}, drop-in {our}, expected {expected:?}\n{}",
                errors.join("\n")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let names = files();
    for difference in DIFFERENCES {
        assert!(names.contains_key(difference.file), "there is no file {}", difference.file);
        assert!(difference.theirs != difference.ours, "{} is no difference", difference.file);
    }
}

/// Names an account that every Debian has, and a folder that is there.
fn account(line: &str, folder: &Path) -> String {
    let line = line.replace("/etc/ssl/private", folder.to_str().unwrap());
    let words: Vec<_> = line.split_whitespace().collect();
    match words.as_slice() {
        ["user", "haproxy"] => "    user nobody\n".to_owned(),
        ["group", "haproxy"] => "    group nogroup\n".to_owned(),
        _ => line,
    }
}

/// The same file and the same requests: what the client gets and what the server is sent must be equal.
#[tokio::test]
async fn requests_take_the_same_ways() {
    let (files, folder) = (files(), provided());
    let mut wrong = Vec::new();
    for (name, requests) in scene::REQUESTS {
        let text = &files[*name];
        let theirs = Scene::of(text, folder.path()).await.play(Wanted::Haproxy, requests).await;
        let ours = Scene::of(text, folder.path()).await.play(Wanted::Sluicegate, requests).await;
        for ((request, theirs), ours) in requests.iter().zip(&theirs).zip(&ours) {
            if ours != theirs {
                wrong.push(format!("{name}: {request:?}\n  HAProxy {theirs:?}\n  drop-in {ours:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
