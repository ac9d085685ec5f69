//! Programs that say how an endpoint is, as processes of this host (HAProxy: external-check).
#![allow(unsafe_code)]

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use sluicegate_health::Status;
use sluicegate_health::script::Errand;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};

use crate::probe::{Refusal, words};

/// The code of a program that cannot be run, as in HAProxy.
const NOT_RUN: i32 = 255;
/// The code of a program that a signal ended, as in HAProxy.
const KILLED: i32 = -1;
/// Runs what has no other interpreter, as execvp(3) does.
const SHELL: &str = "/bin/sh";

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// 0: the endpoint is up.
    pub(crate) code: i32,
    /// Why it could not be run, in the system's words; else empty.
    pub(crate) words: String,
}

/// Runs a program and waits for its end. It hears and says nothing, and has no descriptor of this process. Dropping the
/// future kills it, and all that it started and that stayed in its process group.
pub(crate) async fn run(errand: &Errand) -> Result<Ended, Refusal> {
    // Before the start: no end is overlooked.
    let mut ends = signal(SignalKind::child()).map_err(|error| lacking(&error))?;
    keep_descriptors();
    let mut running = match start(errand) {
        Ok(child) => Running(Some(child)),
        Err(error) if lacks_process(&error) => return Err(lacking(&error)),
        Err(error) => return Ok(Ended { code: NOT_RUN, words: words(&error) }),
    };
    loop {
        if let Some(status) = running.ended().map_err(|error| lacking(&error))? {
            return Ok(Ended { code: code(status), words: String::new() });
        }
        ends.recv().await;
    }
}

/// A program that has not been seen to end.
struct Running(Option<Child>);

impl Running {
    fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        let Some(child) = &mut self.0 else { return Ok(None) };
        let status = child.try_wait()?;
        if status.is_some() {
            // From here on its number may be another process's.
            self.0 = None;
        }
        Ok(status)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(mut child) = self.0.take() else { return };
        let leader = i32::try_from(child.id()).map(Pid::from_raw);
        // It fails where none of the group is left.
        let _ = leader.map(|leader| killpg(leader, Signal::SIGKILL));
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(bury(child))),
            Err(_) => drop(child.wait()),
        }
    }
}

/// Takes up the end of a program that was killed.
async fn bury(mut child: Child) {
    let Ok(mut ends) = signal(SignalKind::child()) else { return };
    while let Ok(None) = child.try_wait() {
        ends.recv().await;
    }
}

fn start(errand: &Errand) -> io::Result<Child> {
    let begun = command(errand, &errand.command).args(&errand.arguments).spawn();
    match begun {
        Err(error) if error.raw_os_error() == Some(Errno::ENOEXEC as i32) => {
            command(errand, SHELL).arg(&*errand.command).args(&errand.arguments).spawn()
        }
        begun => begun,
    }
}

fn command(errand: &Errand, program: &str) -> Command {
    let mut command = Command::new(program);
    if !errand.keeps_environment {
        command.env_clear();
    }
    command
        .envs(errand.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    command
}

/// Has no descriptor passed on: those that this process opens are so anyway, those that it was started with need not be.
fn keep_descriptors() {
    let (first, last) = (3, libc::c_uint::MAX);
    let flags = libc::c_int::try_from(libc::CLOSE_RANGE_CLOEXEC).unwrap_or_default();
    // SAFETY: with this flag nothing is closed; a flag of descriptors is set, which nobody here takes back. No memory is
    // read or written. It fails on kernels before 5.11, where descriptors that were inherited are passed on.
    unsafe { libc::close_range(first, last, flags) };
}

/// A process cannot be had, whichever program it is for.
fn lacks_process(error: &io::Error) -> bool {
    let lacks = [Errno::EAGAIN, Errno::ENOMEM, Errno::EMFILE, Errno::ENFILE];
    lacks.iter().any(|&lack| error.raw_os_error() == Some(lack as i32))
}

fn lacking(error: &io::Error) -> Refusal {
    Refusal { status: Status::SocketError, words: words(error) }
}

fn code(status: ExitStatus) -> i32 {
    match status.signal() {
        Some(_) => KILLED,
        None => status.code().unwrap_or(KILLED),
    }
}

#[cfg(test)]
mod tests;
