//! Programs that the bench starts: on their cores, and gone when it is.

use std::ffi::{OsStr, OsString};
use std::net::TcpStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use std::{env, io, thread};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Resource, Rlimit, Signal};
use rustix::thread::CpuSet;

use crate::net::loopback;
use crate::proc;

/// So long a program may take to listen, or to be gone: under valgrind both take seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at something that has no event.
const GLANCE: Duration = Duration::from_millis(5);

/// Cores that a program may run on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cores(pub(crate) Vec<usize>);

impl std::str::FromStr for Cores {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split(',').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl std::fmt::Display for Cores {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let numbers: Vec<String> = self.0.iter().map(usize::to_string).collect();
        f.write_str(&numbers.join(","))
    }
}

/// A program that runs; dropping it ends it and all that it started.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) child: Child,
}

impl Process {
    /// The command that [`become_program`] turns into the program.
    pub(crate) fn command(cores: &Cores, program: &OsStr) -> io::Result<Command> {
        let mut command = Command::new(env::current_exe()?);
        command.arg("on").arg(cores.to_string()).arg(program);
        Ok(command)
    }

    /// Starts it; the caller has set arguments and streams.
    pub(crate) fn start(mut command: Command) -> io::Result<Self> {
        Ok(Self { child: command.spawn()? })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The process and all that it started.
    pub(crate) fn tree(&self) -> io::Result<Vec<u32>> {
        proc::tree(self.pid())
    }

    /// Waits until it takes connections.
    pub(crate) fn listens(&mut self, port: u16) -> anyhow::Result<()> {
        self.opens(port, || TcpStream::connect(loopback(port)).is_ok())
    }

    /// Waits until it takes datagrams.
    pub(crate) fn takes_datagrams(&mut self, port: u16) -> anyhow::Result<()> {
        self.opens(port, || proc::takes_datagrams(port).unwrap_or_default())
    }

    fn opens(&mut self, port: u16, is_open: impl Fn() -> bool) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !is_open() {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended: {status}");
            }
            if Instant::now() > deadline {
                bail!("port {port} is not open after {PATIENCE:?}");
            }
            thread::sleep(GLANCE);
        }
        Ok(())
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn terminate(&mut self) -> anyhow::Result<()> {
        signal(self.pid(), Signal::TERM);
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                bail!("it does not end");
            }
            thread::sleep(GLANCE);
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        // Parents come first: they must not start a child anew.
        let tree = self.tree().unwrap_or_else(|_| vec![self.pid()]);
        for &pid in &tree {
            signal(pid, Signal::KILL);
        }
        drop(self.child.wait());
        let deadline = Instant::now() + PATIENCE;
        // A descendant is reaped by others; until it has ended its port is not free.
        while tree.iter().skip(1).any(|&pid| !proc::has_ended(pid)) && Instant::now() < deadline {
            thread::sleep(GLANCE);
        }
    }
}

fn signal(pid: u32, signal: Signal) {
    // It may be gone: then there is nothing to do.
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _gone = rustix::process::kill_process(pid, signal);
    }
}

/// Takes its cores and all descriptors that it may have, ties itself to the one who started it, and becomes the program.
pub(crate) fn become_program(cores: &Cores, program: &OsStr, arguments: &[OsString]) -> anyhow::Result<()> {
    let mut set = CpuSet::new();
    for &core in &cores.0 {
        set.set(core);
    }
    rustix::thread::sched_setaffinity(None, &set).with_context(|| format!("cannot run on core {cores}"))?;
    // SIGTERM, so that it can take its own children along.
    rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
    let most = rustix::process::getrlimit(Resource::Nofile).maximum;
    rustix::process::setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most })?;
    let error = Command::new(program).args(arguments).exec();
    Err(error).with_context(|| format!("cannot start {}", program.display()))
}

/// nginx's module for connections and datagrams: below the root that `program` was unpacked to, or where Debian has it.
pub(crate) fn nginx_stream(program: &Path) -> PathBuf {
    const MODULE: &str = "usr/lib/nginx/modules/ngx_stream_module.so";
    let unpacked = program.ancestors().nth(2).map(|folder| folder.join("root").join(MODULE));
    unpacked.filter(|file| file.is_file()).unwrap_or_else(|| Path::new("/").join(MODULE))
}

/// Descriptors that a process may have.
pub(crate) fn descriptors() -> u64 {
    rustix::process::getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX)
}

/// A program of Debian's: unpacked by `e2e/run`, or on PATH.
pub(crate) fn debian(program: &str) -> anyhow::Result<PathBuf> {
    let cache = env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")));
    let folder = env::var_os("SLUICEGATE_DEBIAN_DIR").map(PathBuf::from);
    let folder = folder.or_else(|| Some(cache?.join("sluicegate/debian")));
    let unpacked = folder.map(|folder| folder.join("bin").join(program));
    let path = env::var_os("PATH").unwrap_or_default();
    let others = env::split_paths(&path).map(|folder| folder.join(program));
    let found = unpacked.into_iter().chain(others).find(|file| file.is_file());
    found.with_context(|| format!("{program} is neither unpacked nor on PATH: `just bench` provides it"))
}
