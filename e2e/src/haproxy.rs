//! Debian's HAProxy: the peer that ours is compared with, and the proof that the harness itself is sound.

use std::fs;

use tempfile::TempDir;

use crate::{Process, debian};

/// A running HAProxy.
#[derive(Debug)]
pub struct Haproxy {
    process: Process,
    _folder: TempDir,
}

impl Haproxy {
    /// Runs a configuration in the foreground, and waits until it serves.
    ///
    /// # Panics
    /// When HAProxy refuses the configuration.
    pub async fn run(configuration: &str) -> Self {
        let folder = tempfile::tempdir().expect("the temporary folder can be written");
        let file = folder.path().join("haproxy.cfg");
        fs::write(&file, configuration).expect("a file in the temporary folder can be written");
        // In master-worker mode it says when the worker serves; without, it says nothing.
        let mut process = Process::start(debian("haproxy"), ["-W".as_ref(), "-f".as_ref(), file.as_os_str()])
            .end_by(nix::sys::signal::Signal::SIGTERM);
        process.wait_for("Loading success").await;
        Self { process, _folder: folder }
    }

    /// The process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}
