//! Bytes that pass from socket to socket inside the kernel, without being copied (splice(2)).

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::AsFd;

use nix::fcntl::{FcntlArg, OFlag, SpliceFFlags, fcntl, splice};
use nix::unistd::pipe2;

/// What a pipe may hold, in pieces of a page.
const CAPACITY: i32 = 256 << 10;
/// Where the host allows no more than this, a pipe is of no use: `fs.pipe-user-pages-soft` leaves two pages to users who
/// have many.
const LEAST: i32 = 64 << 10;

/// A pipe that bytes pass through on their way from one socket to another. Who has it knows by [`Pipe::is_empty`]
/// whether it may carry the bytes of another connection.
#[derive(Debug)]
pub struct Pipe {
    out: File,
    into: File,
    held: usize,
}

impl Pipe {
    /// An empty one.
    ///
    /// # Errors
    /// Where the process has no descriptor left, and where a pipe would be too small.
    pub fn new() -> io::Result<Self> {
        let (out, into) = pipe2(OFlag::O_NONBLOCK | OFlag::O_CLOEXEC)?;
        if fcntl(&into, FcntlArg::F_SETPIPE_SZ(CAPACITY)).is_err()
            && fcntl(&into, FcntlArg::F_GETPIPE_SZ)? < LEAST
        {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        Ok(Self { out: out.into(), into: into.into(), held: 0 })
    }

    /// Whether all that came in has left it.
    pub fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Bytes inside.
    pub fn len(&self) -> usize {
        self.held
    }

    /// Takes up to `most` bytes out of a socket.
    pub(super) fn fill(&mut self, from: impl AsFd, most: usize) -> io::Result<usize> {
        let flags = SpliceFFlags::SPLICE_F_NONBLOCK | SpliceFFlags::SPLICE_F_MOVE;
        let filled = splice(from, None, &self.into, None, most, flags)?;
        self.held += filled;
        Ok(filled)
    }

    /// Gives a socket what it takes.
    pub(super) fn drain(&mut self, to: impl AsFd) -> io::Result<usize> {
        let flags = SpliceFFlags::SPLICE_F_NONBLOCK | SpliceFFlags::SPLICE_F_MOVE;
        let drained = splice(&self.out, None, to, None, self.held, flags)?;
        self.held = self.held.saturating_sub(drained);
        Ok(drained)
    }

    /// Takes back all that no socket took: how much of `buffer` it fills.
    ///
    /// # Errors
    /// Those of read(2), and where `buffer` has no room for it.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.held;
        let room = buffer.get_mut(..length).ok_or(io::ErrorKind::StorageFull)?;
        self.out.read_exact(room)?;
        self.held = 0;
        Ok(length)
    }
}
