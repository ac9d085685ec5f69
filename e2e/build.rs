//! Compiles `src/bin/app.rs` once more, linked statically: an image from scratch has no libraries.

use std::env;
use std::path::PathBuf;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=src/bin/app.rs");
    let rustc = env::var_os("RUSTC").expect("cargo sets RUSTC");
    let app = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("app");
    let compiled = Command::new(rustc)
        .args(["--edition=2024", "-O", "-C", "target-feature=+crt-static", "-C", "strip=symbols", "-o"])
        .arg(&app)
        .arg("src/bin/app.rs")
        .status()
        .expect("rustc can be started");
    assert!(compiled.success(), "rustc cannot link src/bin/app.rs statically");
}
