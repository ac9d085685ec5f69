//! Inherited descriptors.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd, RawFd};

use socket2::{Socket, Type};

/// A duplicate of an inherited descriptor that listens (HAProxy: fd@). The original stays open: a later generation may
/// name it again.
pub(super) fn listener(number: u32) -> io::Result<Socket> {
    let socket = Socket::from(duplicate(number)?);
    if socket.is_listener()? && socket.r#type()? == Type::STREAM {
        Ok(socket)
    } else {
        Err(io::ErrorKind::InvalidInput.into())
    }
}

/// A duplicate of a descriptor that this process was started with.
pub(crate) fn duplicate(number: u32) -> io::Result<OwnedFd> {
    let number = RawFd::try_from(number).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    // SAFETY: the borrow ends with this function, and fcntl(F_DUPFD_CLOEXEC) on a number that is not open, or that
    // belongs to somebody else in this process, fails with EBADF or makes a second descriptor; neither breaks memory.
    // A negative number, which BorrowedFd must not hold, was refused above.
    unsafe { BorrowedFd::borrow_raw(number) }.try_clone_to_owned()
}
