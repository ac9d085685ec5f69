//! Large bodies pass through the kernel without being copied.

use std::io;
use std::task::{Context, Poll};

use super::{Broken, Coding, SMALL_WINDOW, Scratch, Transfer};
use crate::stream::{Pipe, Stream};

/// Less than this is read: a read and a write cost less than what moves bytes through a pipe.
const LEAST: usize = 64 * 1024;
/// The last bytes of a body are read. That tells whether the sender has said more, and clears its readiness.
const LAST: u64 = SMALL_WINDOW as u64;

impl Transfer {
    /// Moves bytes that are there without looking at them, where that pays. `None`: they have to be read, which also
    /// tells whether there are any.
    ///
    /// The pipe is empty again when this returns: a receiver that does not take all gets the rest as after any read.
    pub(crate) fn splice(
        &mut self,
        cx: &mut Context<'_>,
        (from, to): (&mut Stream, &mut Stream),
        scratch: &mut Scratch,
    ) -> Option<Result<(), Broken>> {
        let most = self.most_unseen();
        if most < LEAST || self.window < LEAST || scratch.backlog.is_full() || !to.takes_pipes() {
            return None;
        }
        let mut pipe = scratch.take_pipe()?;
        match from.fill(&mut pipe, most) {
            Ok(0) => {
                scratch.put_pipe(pipe);
                None
            }
            Ok(_) => Some(self.spliced(cx, to, scratch, pipe)),
            Err(error) if is_unsupported(&error) => {
                scratch.give_pipes_up(&error);
                None
            }
            Err(error) => Some(Err(Broken::Sender(error))),
        }
    }

    /// Bytes that may go past unseen.
    fn most_unseen(&self) -> usize {
        if self.coding != Coding::AsIs {
            return 0;
        }
        let known = self.body.opaque().map_or(u64::MAX, |known| known.saturating_sub(LAST));
        usize::try_from(known).unwrap_or(usize::MAX).min(Scratch::WINDOW)
    }

    /// Gives the receiver what came into the pipe.
    fn spliced(
        &mut self,
        cx: &mut Context<'_>,
        to: &mut Stream,
        scratch: &mut Scratch,
        mut pipe: Pipe,
    ) -> Result<(), Broken> {
        let length = pipe.len();
        self.body.pass(length as u64);
        self.received += length as u64;
        while !pipe.is_empty() {
            match to.poll_drain(cx, &mut pipe) {
                Poll::Ready(Ok(0)) => return Err(Broken::Receiver(io::ErrorKind::WriteZero.into())),
                Poll::Ready(taken) => self.written += taken.map_err(Broken::Receiver)? as u64,
                Poll::Pending => return self.keep_rest(scratch, pipe),
            }
        }
        if length < LEAST {
            // It comes in pieces for which reads cost less; a full read shows when it does no more.
            self.window = LEAST - 1;
        }
        scratch.put_pipe(pipe);
        Ok(())
    }

    /// Keeps what the receiver did not take, as if it had been read.
    fn keep_rest(&mut self, scratch: &mut Scratch, mut pipe: Pipe) -> Result<(), Broken> {
        let area = scratch.whole().get_mut(Scratch::START..).unwrap_or_default();
        // The pipe is ours and holds just that: only a kernel at fault could refuse it.
        let read = pipe.read(area).map_err(Broken::Receiver)?;
        scratch.put_pipe(pipe);
        self.keep(scratch, scratch.slice(Scratch::START, Scratch::START + read), Poll::Pending)
    }
}

/// What splice(2) answers where a host does not have it, or forbids it.
fn is_unsupported(error: &io::Error) -> bool {
    use libc::{EINVAL, ENOSYS, EOPNOTSUPP, EPERM};
    matches!(error.raw_os_error(), Some(EINVAL | ENOSYS | EOPNOTSUPP | EPERM))
}
