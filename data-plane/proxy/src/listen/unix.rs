//! Unix sockets: made under another name, moved into place when the generation is committed.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use nix::unistd::{Group, User};
use sluicegate_model::listener::{UnixName, UnixSocket};
use socket2::{Domain, Socket, Type};

use super::bind::{BindError, Circumstances, failed, name};
use super::owner::{self, Owner};
use crate::upstream::unix_address;

/// A socket in the file system, under its passing name until [`File::place`]; removed when dropped.
#[derive(Debug)]
pub(crate) struct File {
    passing: PathBuf,
    path: PathBuf,
    identity: (u64, u64),
    placed: bool,
}

impl File {
    /// Moves it into place, over what was there: a client meets the old socket or the new one, never none.
    pub(crate) fn place(&mut self) -> io::Result<()> {
        if !self.placed {
            fs::rename(&self.passing, &self.path)?;
            self.placed = true;
        }
        Ok(())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let path = if self.placed { &self.path } else { &self.passing };
        // Another process, or a later generation, may have put its own there.
        if fs::symlink_metadata(path).is_ok_and(|found| (found.dev(), found.ino()) == self.identity)
            && let Err(error) = fs::remove_file(path)
        {
            tracing::warn!(path = %path.display(), %error, "a unix socket stays behind");
        }
    }
}

/// Binds and listens.
pub(super) fn bind(
    wanted: &UnixSocket,
    backlog: i32,
    circumstances: Circumstances<'_>,
) -> Result<(Socket, Option<File>), BindError> {
    let shown = name(&wanted.name);
    match &wanted.name {
        UnixName::Abstract(own) => {
            if let Some(socket) = circumstances.inherited.named(own) {
                socket.listen(backlog).map_err(|error| failed(&shown, 0, error))?;
                return Ok((socket, None));
            }
            let socket = listening(&wanted.name, backlog).map_err(|error| match error.raw_os_error() {
                Some(libc::EADDRINUSE) => in_use(&shown, peer(&wanted.name)),
                _ => failed(&shown, 0, error),
            })?;
            Ok((socket, None))
        }
        UnixName::Path(path) => {
            check_path(path, circumstances)?;
            let file_failed = |error| failed(&shown, 0, error);
            let passing = passing_name(path);
            // A leftover of a process of the same number.
            let _ = fs::remove_file(&passing);
            let socket = listening(&UnixName::Path(passing.clone()), backlog).map_err(file_failed)?;
            let found = fs::symlink_metadata(&passing).map_err(file_failed)?;
            let identity = (found.dev(), found.ino());
            let file = File { passing, path: path.clone(), identity, placed: false };
            set_permissions(&file.passing, wanted)?;
            Ok((socket, Some(file)))
        }
    }
}

fn listening(name: &UnixName, backlog: i32) -> io::Result<Socket> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None)?;
    socket.bind(&unix_address(name)?)?;
    socket.listen(backlog)?;
    Ok(socket)
}

/// A path that holds a dead socket, or one of this process or its predecessors, may be taken over.
fn check_path(path: &Path, circumstances: Circumstances<'_>) -> Result<(), BindError> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    if !found.file_type().is_socket() {
        return Err(BindError::NotASocket(path.to_owned()));
    }
    if circumstances.own_paths.iter().any(|own| own == path) {
        return Ok(());
    }
    match peer(&UnixName::Path(path.to_owned())) {
        None => Ok(()),
        Some(pid) if circumstances.predecessors.contains(&pid) => Ok(()),
        pid => Err(in_use(&format!("unix@{}", path.display()), pid)),
    }
}

fn in_use(address: &str, pid: Option<u32>) -> BindError {
    let owner = pid.map_or(Owner::Unknown, owner::process);
    BindError::InUse { address: address.to_owned(), owner }
}

/// The process that listens there; `None`: nobody.
fn peer(name: &UnixName) -> Option<u32> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None).ok()?;
    socket.connect(&unix_address(name).ok()?).ok()?;
    let stream = UnixStream::from(std::os::fd::OwnedFd::from(socket));
    let credentials = getsockopt(&stream, PeerCredentials).ok()?;
    u32::try_from(credentials.pid()).ok()
}

/// Beside the path, as a rename must not leave its file system; short, as the kernel allows 107 bytes.
fn passing_name(path: &Path) -> PathBuf {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let name = format!(".sg{}-{}", std::process::id(), LAST.fetch_add(1, Relaxed));
    path.with_file_name(name)
}

fn set_permissions(path: &Path, wanted: &UnixSocket) -> Result<(), BindError> {
    let user = match &wanted.user {
        Some(user) => Some(user_id(user).ok_or_else(|| BindError::NoSuchUser(user.clone()))?),
        None => None,
    };
    let group = match &wanted.group {
        Some(group) => Some(group_id(group).ok_or_else(|| BindError::NoSuchGroup(group.clone()))?),
        None => None,
    };
    let shown = || format!("unix@{}", path.parent().unwrap_or(path).display());
    if user.is_some() || group.is_some() {
        chown(path, user, group).map_err(|error| failed(&shown(), 0, error))?;
    }
    if let Some(mode) = wanted.mode {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
            .map_err(|error| failed(&shown(), 0, error))?;
    }
    Ok(())
}

/// By name or number.
fn user_id(user: &str) -> Option<u32> {
    user.parse().ok().or_else(|| User::from_name(user).ok().flatten().map(|user| user.uid.as_raw()))
}

/// By name or number.
fn group_id(group: &str) -> Option<u32> {
    group.parse().ok().or_else(|| Group::from_name(group).ok().flatten().map(|group| group.gid.as_raw()))
}
