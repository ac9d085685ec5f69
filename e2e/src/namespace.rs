//! Networks, as the kernel keeps them.

use std::process::Command;

use nix::sched::{CloneFlags, unshare};

/// Gives the calling thread, and what it starts, a network of its own with nothing but loopback, so that rules of the
/// kernel meet nobody else. For tests whose runtime has this thread alone.
///
/// # Panics
/// Without root, or without `ip`.
pub fn enter_network() {
    unshare(CloneFlags::CLONE_NEWNET).expect("a network of its own needs root");
    ip(&["link", "set", "lo", "up"]).expect("loopback comes up");
}

/// What `ip` says; the error is what it complains of.
pub fn ip(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("ip").args(arguments).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
