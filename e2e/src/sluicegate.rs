//! Our own binaries, as a user starts them.

use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::{PATIENCE, Process, free_address, sluicegate_binary};

/// What both planes print when a generation serves.
const SERVING: &str = "serving generation ";

/// What valgrind runs takes some fifty times as long.
const COUNTED_PATIENCE: Duration = PATIENCE.saturating_mul(6);

/// How often [`Sluicegate::status_where`] asks: the status tells no one when it changes.
const STATUS_PACE: Duration = Duration::from_millis(50);

/// A running `sluicegate` or `sluicegate-proxy` with a folder of its own, which goes with it.
#[derive(Debug)]
pub struct Sluicegate {
    process: Process,
    folder: TempDir,
    address: Option<SocketAddr>,
}

impl Sluicegate {
    /// `sluicegate run` with this `haproxy.cfg`, serving.
    pub async fn run(configuration: &str) -> Self {
        Self::run_with(configuration, &[]).await
    }

    /// `sluicegate run` with more arguments after the file.
    pub async fn run_with(configuration: &str, arguments: &[&str]) -> Self {
        let folder = folder_with(configuration);
        let mut command = vec!["run".into(), folder.path().join("haproxy.cfg").into_os_string()];
        command.extend(arguments.iter().map(OsString::from));
        let mut sluicegate = Self::start("sluicegate", folder, command);
        sluicegate.committed().await;
        sluicegate
    }

    /// `sluicegate run` with two workers, serving, in a process that may open so many files.
    pub async fn run_with_files(configuration: &str, files: u32) -> Self {
        let folder = folder_with(configuration);
        let mut command: Vec<OsString> = vec![format!("--nofile={files}").into()];
        command.push(sluicegate_binary("sluicegate").into_os_string());
        command.extend(["run", "--workers", "2"].map(OsString::from));
        command.push(folder.path().join("haproxy.cfg").into_os_string());
        // It sets the limit and becomes the program that it is told.
        let mut sluicegate = Self::start_program(Path::new("prlimit"), folder, command);
        sluicegate.committed().await;
        sluicegate
    }

    /// `sluicegate run` with one worker, serving, under valgrind's callgrind, in a process that may open so many files.
    /// `vgdb` finds it by the prefix `vgdb` in [`Sluicegate::folder`]. Told `instrumentation on` it counts, told `dump`
    /// for the Nth time it writes what thread T has counted since to `callgrind.N-T`, with two digits of T.
    pub async fn run_counted(configuration: &str, files: u32) -> Self {
        let folder = folder_with(configuration);
        let option = |name: &str, file: &str| {
            let mut option = OsString::from(name);
            option.push(folder.path().join(file));
            option
        };
        // Set before valgrind starts, which goes by the limit that it finds.
        let mut command: Vec<OsString> = vec![format!("--nofile={files}").into()];
        // Threads take turns fairly: none is starved for long. What is not counted runs several times as fast.
        let options = ["--separate-threads=yes", "--fair-sched=yes", "--instr-atstart=no"];
        command.extend(["valgrind", "--tool=callgrind"].into_iter().chain(options).map(OsString::from));
        command.extend([option("--callgrind-out-file=", "callgrind"), option("--vgdb-prefix=", "vgdb")]);
        command.push(sluicegate_binary("sluicegate").into_os_string());
        command.extend(["run", "--workers", "1"].map(OsString::from));
        command.push(folder.path().join("haproxy.cfg").into_os_string());
        let mut sluicegate = Self::start_program(Path::new("prlimit"), folder, command);
        sluicegate.process = sluicegate.process.patience(COUNTED_PATIENCE);
        sluicegate.committed().await;
        sluicegate
    }

    /// `sluicegate control` with this `haproxy.cfg`, over plain TCP, listening.
    pub async fn control(configuration: &str) -> Self {
        Self::control_at(configuration, free_address()).await
    }

    /// `sluicegate control` at this address, as its successor has to be.
    pub async fn control_at(configuration: &str, address: SocketAddr) -> Self {
        let folder = folder_with(configuration);
        let file = folder.path().join("haproxy.cfg").into_os_string();
        let listen = address.to_string();
        let command = vec!["control".into(), file, "--listen".into(), listen.into(), "--insecure".into()];
        let mut sluicegate = Self::start("sluicegate", folder, command);
        sluicegate.process.wait_for("listening on").await;
        sluicegate.address = Some(address);
        sluicegate
    }

    /// `sluicegate-proxy` of this control plane, serving.
    pub async fn proxy(control: SocketAddr) -> Self {
        let mut proxy = Self::proxy_with(control, &[]);
        proxy.committed().await;
        proxy
    }

    /// `sluicegate-proxy` with more arguments; nothing is awaited.
    pub fn proxy_with(control: SocketAddr, arguments: &[&str]) -> Self {
        let mut command: Vec<_> =
            ["--control".into(), control.to_string().into(), "--insecure".into()].into();
        command.extend(arguments.iter().map(OsString::from));
        Self::start("sluicegate-proxy", empty_folder(), command)
    }

    /// One of our binaries with these arguments; `haproxy.cfg` in the arguments is this configuration. Nothing is
    /// awaited.
    pub fn program(binary: &str, configuration: &str, arguments: &[&str]) -> Self {
        let folder = folder_with(configuration);
        let arguments = with_file(&folder, arguments);
        Self::start(binary, folder, arguments)
    }

    /// Under the name `haproxy`, with these arguments; `haproxy.cfg` in the arguments is this configuration.
    /// Nothing is awaited.
    pub fn as_haproxy(configuration: &str, arguments: &[&str]) -> Self {
        let folder = folder_with(configuration);
        let name = folder.path().join("haproxy");
        symlink(sluicegate_binary("sluicegate"), &name).expect("a link in a fresh folder can be made");
        let arguments = with_file(&folder, arguments);
        Self::start_program(&name, folder, arguments)
    }

    fn start(binary: &str, folder: TempDir, arguments: Vec<OsString>) -> Self {
        Self::start_program(&sluicegate_binary(binary), folder, arguments)
    }

    fn start_program(program: &Path, folder: TempDir, arguments: Vec<OsString>) -> Self {
        let mut command = Command::new(program);
        // A socket of its own: scenarios run side by side.
        command.args(arguments).env("SLUICEGATE_ADMIN", folder.path().join("admin.sock"));
        Self { process: Process::spawn(command).end_by(Signal::SIGTERM), folder, address: None }
    }

    /// `sluicegate status -o json` of a `run` or `control`.
    ///
    /// # Panics
    /// When it fails, or prints anything but JSON.
    pub fn status(&self) -> Value {
        let (success, told) = self.asked(&["status", "-o", "json"]);
        assert!(success, "sluicegate status: {told}");
        told
    }

    /// `sluicegate explain container -o json` of a `run` or `control`, of a container that may not be there.
    ///
    /// # Panics
    /// When it prints anything but JSON.
    pub fn explain_container(&self, container: &str) -> Value {
        let (success, told) = self.asked(&["explain", "container", container, "-o", "json"]);
        assert_eq!(success, !told["container"].is_null(), "{told:#}");
        told
    }

    /// Whether it ended well, and what it printed.
    fn asked(&self, arguments: &[&str]) -> (bool, Value) {
        let mut command = Command::new(sluicegate_binary("sluicegate"));
        command.args(arguments).env("SLUICEGATE_ADMIN", self.folder.path().join("admin.sock"));
        let output = command.output().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let told = serde_json::from_str(&stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error} in\n{stdout}\n{stderr}"));
        (output.status.success(), told)
    }

    /// [`Sluicegate::status`], once `accept` takes it. `what` names it in the panic.
    ///
    /// # Panics
    /// When [`PATIENCE`] ends first.
    pub async fn status_where(&self, what: &str, accept: impl Fn(&Value) -> bool) -> Value {
        let begin = Instant::now();
        loop {
            let status = self.status();
            if accept(&status) {
                return status;
            }
            assert!(begin.elapsed() < PATIENCE, "waited for {what} in the status:\n{status:#}");
            tokio::time::sleep(STATUS_PACE).await;
        }
    }

    /// `sluicegate check` of one configuration: its exit code, and what it printed on standard error.
    ///
    /// # Panics
    /// When a signal ended it.
    pub fn check(configuration: &str) -> (i32, String) {
        let folder = folder_with(configuration);
        let mut command = Command::new(sluicegate_binary("sluicegate"));
        command.arg("check").arg("haproxy.cfg").current_dir(folder.path());
        let output = command.output().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        (
            output.status.code().unwrap_or_else(|| panic!("sluicegate check: {}\n{stderr}", output.status)),
            stderr,
        )
    }

    /// Waits for the next generation to serve, and tells its number.
    ///
    /// # Panics
    /// When none comes, or its line has no number.
    pub async fn committed(&mut self) -> u64 {
        let line = self.process.wait_for(SERVING).await;
        let number = line.split(SERVING).nth(1).unwrap_or_default();
        let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or_else(|_| panic!("no generation number in {line:?}"))
    }

    /// Replaces the configuration file in one step, as an editor does.
    pub fn edit(&self, configuration: &str) {
        let (file, fresh) = (self.configuration_file(), self.folder.path().join(".haproxy.cfg.new"));
        fs::write(&fresh, configuration).expect("a file in the temporary folder can be written");
        fs::rename(fresh, file).expect("a file in the temporary folder can be renamed");
    }

    /// The configuration file.
    pub fn configuration_file(&self) -> PathBuf {
        self.folder.path().join("haproxy.cfg")
    }

    /// The folder that goes with the process.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where `sluicegate control` listens.
    ///
    /// # Panics
    /// When this is not one.
    pub fn address(&self) -> SocketAddr {
        self.address.expect("only a control plane has an address")
    }

    /// The process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}

fn with_file(folder: &TempDir, arguments: &[&str]) -> Vec<OsString> {
    let file = folder.path().join("haproxy.cfg").into_os_string();
    let argument = |&argument: &&str| if argument == "haproxy.cfg" { file.clone() } else { argument.into() };
    arguments.iter().map(argument).collect()
}

fn empty_folder() -> TempDir {
    tempfile::tempdir().expect("the temporary folder can be written")
}

fn folder_with(configuration: &str) -> TempDir {
    let folder = empty_folder();
    fs::write(folder.path().join("haproxy.cfg"), configuration).expect("a fresh folder can be written");
    folder
}
