//! The socket where `sluicegate status` and `sluicegate explain` find a control plane.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use nix::unistd::{Uid, geteuid};
use sluicegate_grpc::{BindError, Listening};
use sluicegate_sync::operations::StatusError;
use sluicegate_sync::{ControlAddress, Target};

/// Name of the socket of the first control plane on a host.
const FIRST: &str = "admin.sock";
/// The user and the group may ask.
const MODE: u32 = 0o660;

/// Folders where the socket may be, the best first.
fn folders() -> Vec<PathBuf> {
    let user = geteuid();
    let mut folders = Vec::new();
    if user.is_root() {
        folders.push(PathBuf::from("/run/sluicegate"));
    }
    folders.extend(std::env::var_os("XDG_RUNTIME_DIR").map(|folder| Path::new(&folder).join("sluicegate")));
    folders.push(std::env::temp_dir().join(format!("sluicegate-{user}")));
    folders
}

/// Listens where the operator said, else in the first folder that can be had: as `admin.sock`, or under this process's
/// number where another control plane has that name. Needs a tokio runtime.
pub(crate) fn listen(chosen: Option<&Path>) -> anyhow::Result<(Listening, PathBuf)> {
    if let Some(path) = chosen {
        return Ok((Listening::unix(path, MODE)?, path.to_owned()));
    }
    let folder = folders().into_iter().find(|folder| own(folder).is_ok());
    let folder = folder.context("no folder for the socket of `sluicegate status`; name one with --admin")?;
    let path = folder.join(FIRST);
    match Listening::unix(&path, MODE) {
        Err(BindError::InUse(_)) => {
            let path = folder.join(format!("admin-{}.sock", std::process::id()));
            Ok((Listening::unix(&path, MODE)?, path))
        }
        listening => Ok((listening?, path)),
    }
}

/// The control plane behind this socket, or behind the one where it would listen that was not told where.
pub(crate) fn target(chosen: Option<&Path>) -> anyhow::Result<Target> {
    let first = || folders().into_iter().map(|folder| folder.join(FIRST)).find(|path| path.exists());
    let socket = chosen.map(Path::to_owned).or_else(first);
    let socket = socket.context("no control plane on this host; name its socket with --admin")?;
    Ok(Target::new(ControlAddress::Unix(socket), None)?)
}

/// Waits for the answer of a control plane.
pub(crate) fn ask<T>(question: impl Future<Output = Result<T, StatusError>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(question)?)
}

/// What the environment says in place of `--admin`, for the command line that has no options of ours.
pub(crate) fn of_environment() -> Option<PathBuf> {
    std::env::var_os("SLUICEGATE_ADMIN").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Makes the folder, for this user alone; one that another user made is not trusted.
fn own(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o750).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = fs::symlink_metadata(folder)?;
    if !found.is_dir() || Uid::from_raw(found.uid()) != geteuid() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    // A file system that is mounted read-only says so only when it is written to.
    let probe = folder.join(format!(".{}", std::process::id()));
    fs::write(&probe, "")?;
    fs::remove_file(probe)
}
