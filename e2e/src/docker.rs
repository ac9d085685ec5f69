//! A Docker engine of the scenario's own: Debian's dockerd with its own folder, socket and bridge.
//!
//! It leaves the host's firewall alone and pulls nothing: images are made from files. Containers are reached at their
//! address on the bridge, or at a published port through docker-proxy.

mod api;
mod bridge;
mod cli;
mod container;
mod image;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use nix::sys::signal::Signal;
use nix::unistd::geteuid;
use serde_json::{Value, json};
use tempfile::TempDir;

pub use cli::{Said, repository};
pub use container::{Container, Wanted};
pub use image::Files;

use crate::tools::debian_folder;
use crate::{Process, Response, debian};
use bridge::Bridge;

/// The image of [`Docker::start`]: the application of `src/bin/app.rs`, which answers its host name on port 8080.
pub const APP: &str = "app";

/// A private Docker engine. Dropping it ends its containers too.
#[derive(Debug)]
pub struct Docker {
    // Dropped in this order: the engine has to let go of bridge and folder first.
    process: Process,
    bridge: Bridge,
    networks: Vec<Bridge>,
    folder: Folder,
    arguments: Vec<String>,
}

impl Docker {
    /// Starts an engine that has the image [`APP`].
    ///
    /// # Panics
    /// Without root, without Debian's packages, or when the engine does not start.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// [`Docker::start`] with more arguments of `dockerd`.
    ///
    /// # Panics
    /// As [`Docker::start`].
    pub async fn start_with(arguments: &[&str]) -> Self {
        assert!(geteuid().is_root(), "a Docker engine needs root");
        let (bridge, folder) = (Bridge::add(), Folder::default());
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let process = launch(&bridge, folder.path(), &arguments);
        let mut docker = Self { process, bridge, networks: Vec::new(), folder, arguments };
        docker.process.wait_for("API listen on").await;
        docker.import(APP, &Files::default().add("app", 0o755, image::app()), &["/app"]).await;
        docker
    }

    /// Ends the engine and starts it again with the same folder, as a package upgrade does.
    pub async fn restart(&mut self) {
        self.process.terminate().await;
        self.process = launch(&self.bridge, self.folder.path(), &self.arguments);
        self.process.wait_for("API listen on").await;
    }

    /// Its API socket.
    pub fn socket(&self) -> PathBuf {
        socket(self.folder.path())
    }

    /// The process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Makes an image of these files, with this command.
    ///
    /// # Panics
    /// When the engine refuses.
    pub async fn import(&self, name: &str, files: &Files, command: &[&str]) {
        let change = api::escape(&format!("CMD {}", Value::from(command)));
        let path = format!("/images/create?fromSrc=-&repo={}&changes={change}", api::escape(name));
        self.call("POST", &path, "application/x-tar", &files.tar()).await;
    }

    /// Makes a network of its own, with IPv6 besides.
    ///
    /// # Panics
    /// When the engine refuses.
    pub async fn network(&mut self, name: &str) {
        let bridge = Bridge::add();
        let [v4, v6] = bridge.subnets();
        let wanted = json!({
            "Name": name,
            "EnableIPv6": true,
            "IPAM": { "Config": [{ "Subnet": v4 }, { "Subnet": v6 }] },
            "Options": { "com.docker.network.bridge.name": bridge.name() },
        });
        self.call_json("POST", "/networks/create", &wanted).await;
        self.networks.push(bridge);
    }

    /// Creates and starts a container; one of [`APP`] listens then.
    ///
    /// # Panics
    /// When the engine refuses.
    pub async fn run(&self, wanted: Wanted) -> Container {
        Container::run(self, wanted).await
    }

    /// Calls the API and expects success.
    ///
    /// # Panics
    /// When the answer is not from 200 to 399.
    pub async fn call(&self, method: &str, path: &str, content_type: &str, body: &[u8]) -> Response {
        let answer = api::call(&self.socket(), method, path, content_type, body).await;
        let answer =
            answer.unwrap_or_else(|error| panic!("{method} {path}: {error}\n{}", self.process.output()));
        assert!(
            (200..400).contains(&answer.status()),
            "{method} {path}: {} {}",
            answer.status(),
            answer.text()
        );
        answer
    }

    /// [`Docker::call`] with JSON both ways.
    ///
    /// # Panics
    /// As [`Docker::call`].
    pub async fn call_json(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.call(method, path, "application/json", body.as_bytes()).await;
        serde_json::from_slice(&answer.body).unwrap_or(Value::Null)
    }
}

/// The engine's folder; goes with all that the engine left mounted in it.
#[derive(Debug)]
struct Folder(TempDir);

impl Default for Folder {
    fn default() -> Self {
        Self(tempfile::tempdir().expect("the temporary folder can be written"))
    }
}

impl Folder {
    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        let points = mounts.lines().rev().filter_map(|line| line.split(' ').nth(1));
        for point in points.filter(|point| Path::new(point).starts_with(self.path())) {
            // What stays mounted stays on the disk; there is nothing better to do here.
            let _ = Command::new("umount").arg("-l").arg(point).status();
        }
    }
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("docker.sock")
}

fn launch(bridge: &Bridge, folder: &Path, arguments: &[String]) -> Process {
    let configuration = folder.join("daemon.json");
    fs::write(&configuration, "{}").expect("a fresh folder can be written");
    let mut command = Command::new(debian("dockerd"));
    command
        .env("PATH", path_with_engine())
        .arg(option("--config-file", &configuration))
        .arg(option("--data-root", &folder.join("data")))
        .arg(option("--exec-root", &folder.join("exec")))
        .arg(option("--pidfile", &folder.join("pid")))
        .arg(format!("--host=unix://{}", socket(folder).display()))
        .arg(format!("--bridge={}", bridge.name()))
        // Networks that are made there get addresses that no other engine gives away.
        .arg(format!("--default-address-pool=base={},size=28", bridge.pool()))
        // It is mounted into containers, which have no libraries for another.
        .arg(option("--init-path", &debian_folder().join("root/usr/bin/tini-static")))
        .arg(option("--userland-proxy-path", &debian("docker-proxy")))
        .args(["--iptables=false", "--ip6tables=false", "--ip-masq=false", "--ip-forward=false"])
        .args(["--shutdown-timeout=5", "--log-level=info"])
        .args(arguments);
    Process::spawn(command).end_by(Signal::SIGTERM)
}

fn option(name: &str, path: &Path) -> OsString {
    let mut option = OsString::from(name);
    option.push("=");
    option.push(path);
    option
}

/// The engine looks for containerd, its shim and runc on PATH.
fn path_with_engine() -> OsString {
    let mut path = debian_folder().join("bin").into_os_string();
    path.push(":");
    path.push(env::var_os("PATH").unwrap_or_default());
    path
}
