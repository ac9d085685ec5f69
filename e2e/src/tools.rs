//! Where programs are: ours, and Debian's.

use std::env;
use std::path::{Path, PathBuf};

/// A program of Debian that `e2e/run` provides: unpacked into its cache folder, or on PATH.
///
/// # Panics
/// When it is nowhere.
pub fn debian(program: &str) -> PathBuf {
    let unpacked = debian_folder().join("bin").join(program);
    if unpacked.exists() {
        return unpacked;
    }
    on_path(program).unwrap_or_else(|| {
        panic!("{program} is neither {} nor on PATH: run e2e/run once, it provides it", unpacked.display())
    })
}

/// The folder that `e2e/run` unpacks Debian's packages into: `bin` (wrappers) and `root`.
pub(crate) fn debian_folder() -> PathBuf {
    match env::var_os("SLUICEGATE_DEBIAN_DIR") {
        Some(folder) => folder.into(),
        None => cache_folder().join("sluicegate/debian"),
    }
}

/// One of our binaries, `sluicegate` or `sluicegate-proxy`: from `SLUICEGATE_BIN_DIR`, else beside the test that runs.
///
/// # Panics
/// When it is not built.
pub fn sluicegate_binary(name: &str) -> PathBuf {
    let binary = binary_folder().join(name);
    assert!(
        binary.exists(),
        "{} is not built: run `cargo build --release --bin {name}` and set SLUICEGATE_BIN_DIR, or run e2e/run",
        binary.display()
    );
    binary
}

/// Where our binaries are.
pub(crate) fn binary_folder() -> PathBuf {
    match env::var_os("SLUICEGATE_BIN_DIR") {
        Some(folder) => folder.into(),
        None => profile_folder(),
    }
}

/// Looks a program up as a shell does.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// `target/PROFILE`, seen from `target/PROFILE/deps/TEST-HASH`.
fn profile_folder() -> PathBuf {
    let test = env::current_exe().expect("Linux knows the running program");
    test.ancestors().nth(2).unwrap_or(Path::new(".")).to_owned()
}

/// Where programs of this user keep what they can make again.
///
/// # Panics
/// Where there is no such folder.
pub fn cache_folder() -> PathBuf {
    match (env::var_os("XDG_CACHE_HOME"), env::var_os("HOME")) {
        (Some(cache), _) if !cache.is_empty() => cache.into(),
        (_, Some(home)) => Path::new(&home).join(".cache"),
        _ => panic!("neither XDG_CACHE_HOME nor HOME is set"),
    }
}
