//! What people type: `docker` and `docker-compose` against the scenario's own engine.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Docker;
use crate::debian;

/// What a command said, and how it ended.
#[derive(Debug, Clone)]
pub struct Said {
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// Standard output without the last line's end.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Docker {
    /// `docker`, which has to succeed; its standard output.
    ///
    /// # Panics
    /// When it does not.
    pub async fn cli(&self, arguments: &[&str]) -> String {
        succeeded(&format!("docker {}", arguments.join(" ")), self.try_cli(arguments).await)
    }

    /// `docker`, however it ends.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn try_cli(&self, arguments: &[&str]) -> Said {
        let mut command = self.command("docker");
        // The builder that needs no image of its own.
        command.env("DOCKER_BUILDKIT", "0").args(arguments);
        said(command).await
    }

    /// `docker-compose` with this file and these variables, which has to succeed.
    ///
    /// # Panics
    /// When it does not.
    pub async fn compose(&self, file: &Path, variables: &[(&str, &str)], arguments: &[&str]) {
        let mut command = self.command("docker-compose");
        command.envs(variables.iter().copied()).arg("--file").arg(file).args(arguments);
        succeeded(&format!("docker-compose {}", arguments.join(" ")), said(command).await);
    }

    /// Builds our image of this name, by its Dockerfile.
    ///
    /// # Panics
    /// When it cannot be built, or what it is made of is missing.
    pub async fn build(&self, name: &str) {
        let dockerfile = match name {
            "sluicegate" => "Dockerfile".to_owned(),
            other => format!("Dockerfile.{}", other.trim_start_matches("sluicegate-")),
        };
        let dockerfile = repository().join(dockerfile);
        let folder = images_folder().join(name);
        let archive = folder.join(format!("{name}.tar"));
        assert!(
            archive.exists(),
            "{} is missing: run e2e/images and set SLUICEGATE_IMAGES_DIR, or run e2e/run",
            archive.display()
        );
        let (dockerfile, folder) = (dockerfile.to_string_lossy(), folder.to_string_lossy());
        self.cli(&["build", "--quiet", "--tag", name, "--file", &dockerfile, &folder]).await;
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(debian(program));
        // What the user of the host has set up is nothing to a scenario.
        command.env("DOCKER_CONFIG", self.folder.path()).env("HOME", self.folder.path());
        command
            .env("DOCKER_HOST", format!("unix://{}", self.socket().display()))
            .env_remove("DOCKER_CONTEXT");
        command
    }
}

/// The repository that the harness is part of.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where `e2e/images` has put what images are made of: `SLUICEGATE_IMAGES_DIR`, else beside the folder of our binaries.
fn images_folder() -> PathBuf {
    match env::var_os("SLUICEGATE_IMAGES_DIR") {
        Some(folder) => folder.into(),
        None => crate::tools::binary_folder().join("../images"),
    }
}

/// Waits beside the runtime: scenarios have one thread.
async fn said(mut command: Command) -> Said {
    let ended = tokio::task::spawn_blocking(move || {
        command.output().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"))
    });
    let output = ended.await.expect("the command was waited for");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    Said { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

fn succeeded(what: &str, said: Said) -> String {
    assert_eq!(said.code, Some(0), "{what}: {}\n{}", said.out, said.err);
    said.out
}
