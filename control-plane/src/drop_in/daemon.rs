//! Going to the background (`-D`, `daemon`).
//!
//! A process with threads cannot fork, so the one that the shell started stays as a parent: it starts this program again
//! with the same arguments and one end of a pipe, waits for a byte that says "ready", and takes its exit code from that.

use std::ffi::OsStr;
use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl, open};
use nix::sys::stat::Mode;

/// Tells the child which descriptor its parent listens on.
const READY_DESCRIPTOR: &str = "SLUICEGATE_READY_FD";
/// Set in images: the process stays in the foreground whatever the configuration says.
const FOREGROUND: &str = "SLUICEGATE_FOREGROUND";

/// The child's end of the pipe.
#[derive(Debug)]
pub(crate) struct Parent(PipeWriter);

/// Why `daemon` and `-D` have no effect here, if they have none.
pub(super) fn foreground_reason() -> Option<&'static str> {
    if std::process::id() == 1 {
        Some("as process 1 it is the container: it stays in the foreground")
    } else if std::env::var_os(FOREGROUND).is_some_and(|value| value != OsStr::new("0")) {
        Some("the environment says SLUICEGATE_FOREGROUND: it stays in the foreground")
    } else {
        None
    }
}

/// The parent, if this process was started by [`spawn`].
pub(crate) fn parent() -> Option<Parent> {
    let descriptor: RawFd = std::env::var(READY_DESCRIPTOR).ok()?.parse().ok()?;
    let adopted = adopt(descriptor)?;
    Some(Parent(adopted.into()))
}

#[allow(unsafe_code)]
fn adopt(descriptor: RawFd) -> Option<OwnedFd> {
    // A wrong number in the environment must not close a descriptor of ours: those up to 2 are never the pipe.
    if descriptor <= 2 {
        return None;
    }
    // SAFETY: the parent left this descriptor open for this process alone, and it is taken once, at the start.
    let adopted = unsafe { OwnedFd::from_raw_fd(descriptor) };
    fcntl(adopted.as_fd(), FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).is_ok().then_some(adopted)
}

/// Starts this program again as a child, and waits until it is ready or gone.
///
/// # Errors
/// The program cannot be started again.
pub(crate) fn spawn() -> io::Result<ExitCode> {
    let (mut reader, writer): (PipeReader, PipeWriter) = io::pipe()?;
    fcntl(writer.as_fd(), FcntlArg::F_SETFD(FdFlag::empty()))?;
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_default();
    let mut command = Command::new("/proc/self/exe");
    std::os::unix::process::CommandExt::arg0(&mut command, name);
    command.args(arguments).env(READY_DESCRIPTOR, writer.as_raw_fd().to_string()).stdin(Stdio::null());
    let mut child = command.spawn()?;
    drop(writer);
    let mut ready = [0];
    if reader.read(&mut ready)? == 1 {
        return Ok(ExitCode::SUCCESS);
    }
    let code = child.wait()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.filter(|code| *code != 0).unwrap_or(1)))
}

impl Parent {
    /// Leaves the parent's session and terminal, and lets it go with success.
    ///
    /// # Errors
    /// `/dev/null` cannot be opened, or the parent is gone.
    pub(crate) fn release(mut self) -> io::Result<()> {
        nix::unistd::setsid()?;
        let null = open(Path::new("/dev/null"), OFlag::O_RDWR, Mode::empty())?;
        nix::unistd::dup2_stdin(&null)?;
        nix::unistd::dup2_stdout(&null)?;
        nix::unistd::dup2_stderr(&null)?;
        self.0.write_all(b"1")
    }
}
