//! h2spec: does a frontend speak HTTP/2 as RFC 7540 and RFC 7541 want it, under TLS and in clear?

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use sluicegate_e2e::{HTTP_DEFAULTS, Origin, Sluicegate, cache_folder, free_address};

/// The version that `h2spec/go.mod` names.
const VERSION: &str = "2.2.1";
const ALL: &str = "145 tests, 145 passed, 0 skipped, 0 failed";

/// The program, built when it is not there yet.
fn program() -> PathBuf {
    let cache = cache_folder().join("sluicegate");
    let program = cache.join(format!("h2spec-{VERSION}"));
    if program.exists() {
        return program;
    }
    let fresh = program.with_extension(format!("{VERSION}.{}", std::process::id()));
    let built = Command::new("go")
        .args(["build", "-trimpath", "-buildvcs=false", "-o"])
        .arg(&fresh)
        .arg("github.com/summerwind/h2spec/cmd/h2spec")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/h2spec"))
        .env("GOPATH", cache.join("go"))
        .env("GOCACHE", cache.join("gocache"))
        .env("GOFLAGS", "-mod=readonly -modcacherw")
        .env("GOTOOLCHAIN", "local")
        .output()
        .expect("go is on PATH: run e2e/run --all once, it provides it");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    fs::rename(&fresh, &program).unwrap();
    program
}

/// Runs all of it, and says what it found.
fn examined(program: &Path, entry: SocketAddr, more: &[&str]) -> String {
    let told = Command::new(program)
        .args([
            "-h",
            &entry.ip().to_string(),
            "-p",
            &entry.port().to_string(),
            "-P",
            "/bytes/100",
            "-o",
            "10",
        ])
        .args(more)
        .output()
        .unwrap();
    String::from_utf8_lossy(&told.stdout).into_owned()
}

#[tokio::test]
#[ignore = "builds a program in Go, and runs it for some seconds"]
async fn every_case_passes_under_tls_and_in_clear() {
    let origin = Origin::start("a").await;
    let (secure, clear) = (free_address(), free_address());
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("a.pem");
    let made = rcgen::generate_simple_self_signed(["site.test".to_owned()]).unwrap();
    fs::write(&certificate, made.cert.pem() + &made.signing_key.serialize_pem()).unwrap();
    let _sluicegate = Sluicegate::run(&format!(
        "{HTTP_DEFAULTS}frontend main\n    bind {secure} ssl crt {} alpn h2\n    bind {clear} proto h2\n    \
         default_backend all\nbackend all\n    server a {}\n",
        certificate.display(),
        origin.address()
    ))
    .await;
    let told = tokio::task::spawn_blocking(move || {
        let program = program();
        [(secure, &["-t", "-k"][..]), (clear, &[])].map(|(entry, more)| examined(&program, entry, more))
    });
    for report in told.await.unwrap() {
        assert!(report.trim_end().ends_with(ALL), "{report}");
    }
}
