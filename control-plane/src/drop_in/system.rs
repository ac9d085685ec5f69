//! What a service's surroundings expect of a process: pid file, systemd, the process before it.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::arguments::Relieve;

/// Writes this process's id (`-p`, `pidfile`).
///
/// # Errors
/// The file cannot be written.
pub(crate) fn write_pid(file: &Path) -> io::Result<()> {
    std::fs::write(file, format!("{}\n", std::process::id()))
}

/// Signals the processes that this one takes over from (`-sf`: SIGUSR1, `-st`: SIGTERM).
///
/// One that is gone already is no mistake; another failure is told.
pub(crate) fn relieve(old: &Relieve) {
    let signal = if old.at_once { Signal::SIGTERM } else { Signal::SIGUSR1 };
    for pid in &old.pids {
        match kill(Pid::from_raw(*pid), signal) {
            Ok(()) | Err(nix::Error::ESRCH) => {}
            Err(error) => tracing::warn!(pid, %error, "the old process could not be signalled"),
        }
    }
}

/// Tells systemd (`-Ws`, sd_notify(3)): `READY=1`, `RELOADING=1`, `STOPPING=1`. Nothing where no one listens.
///
/// # Errors
/// The socket named by `NOTIFY_SOCKET` does not take it.
pub(crate) fn notify(state: &str) -> io::Result<()> {
    let Some(address) = std::env::var_os("NOTIFY_SOCKET") else { return Ok(()) };
    let socket = UnixDatagram::unbound()?;
    let address = address.as_encoded_bytes();
    match address.strip_prefix(b"@") {
        Some(name) => {
            use std::os::linux::net::SocketAddrExt as _;
            let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
            socket.send_to_addr(state.as_bytes(), &address)?;
        }
        None => {
            use std::os::unix::ffi::OsStrExt as _;
            socket.send_to(state.as_bytes(), Path::new(std::ffi::OsStr::from_bytes(address)))?;
        }
    }
    Ok(())
}
