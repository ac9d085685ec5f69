//! Sockets of the console.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use nix::unistd::{Group, User};
use sluicegate_haproxy::console::{ConsoleAddress, ConsoleSocket};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};

/// A connection of either family.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A socket that listens.
#[derive(Debug)]
pub(super) enum Bound {
    Unix { listener: UnixListener, _file: File },
    Tcp(TcpListener),
}

/// A socket in the file system, removed when dropped.
#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
    identity: (u64, u64),
}

impl Drop for File {
    fn drop(&mut self) {
        // A successor may have put its own there.
        if fs::symlink_metadata(&self.path).is_ok_and(|found| (found.dev(), found.ino()) == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Listens. Needs a tokio runtime.
pub(super) fn bind(asked: &ConsoleSocket) -> io::Result<Bound> {
    match &asked.address {
        ConsoleAddress::Unix(path) => unix(path, asked),
        ConsoleAddress::Tcp(address) => {
            let listener = std::net::TcpListener::bind(address)?;
            listener.set_nonblocking(true)?;
            Ok(Bound::Tcp(TcpListener::from_std(listener)?))
        }
    }
}

/// Made under another name and moved into place, over what was there: a client meets the old socket or the new one, never
/// none, and never one that others than the configuration says may use.
fn unix(path: &Path, asked: &ConsoleSocket) -> io::Result<Bound> {
    if fs::symlink_metadata(path).is_ok_and(|found| !found.file_type().is_socket()) {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "a file that is no socket is in the way"));
    }
    let passing = passing(path);
    let _ = fs::remove_file(&passing);
    let listener = UnixListener::bind(&passing)?;
    let placed = permit(&passing, asked).and_then(|()| {
        let found = fs::symlink_metadata(&passing)?;
        fs::rename(&passing, path)?;
        Ok((found.dev(), found.ino()))
    });
    match placed {
        Ok(identity) => Ok(Bound::Unix { listener, _file: File { path: path.to_owned(), identity } }),
        Err(error) => {
            let _ = fs::remove_file(&passing);
            Err(error)
        }
    }
}

/// Beside the path, so that a rename moves it.
fn passing(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    name.into()
}

fn permit(path: &Path, asked: &ConsoleSocket) -> io::Result<()> {
    let missing =
        |what: &str, name: &str| io::Error::new(io::ErrorKind::NotFound, format!("no {what} '{name}'"));
    let user = match asked.user.as_str() {
        "" => None,
        name => match name.parse() {
            Ok(number) => Some(number),
            Err(_) => Some(User::from_name(name)?.ok_or_else(|| missing("user", name))?.uid.as_raw()),
        },
    };
    let group = match asked.group.as_str() {
        "" => None,
        name => match name.parse() {
            Ok(number) => Some(number),
            Err(_) => Some(Group::from_name(name)?.ok_or_else(|| missing("group", name))?.gid.as_raw()),
        },
    };
    if user.is_some() || group.is_some() {
        chown(path, user, group)?;
    }
    match asked.mode {
        Some(mode) => fs::set_permissions(path, fs::Permissions::from_mode(mode)),
        None => Ok(()),
    }
}

impl Bound {
    /// The next connection.
    pub(super) async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        match self {
            Self::Unix { listener, .. } => Ok(Box::new(listener.accept().await?.0)),
            Self::Tcp(listener) => Ok(Box::new(listener.accept().await?.0)),
        }
    }
}
