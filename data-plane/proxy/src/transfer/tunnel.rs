//! Bytes that nobody looks at, in both directions.

use std::task::{Context, Poll, ready};

use super::{Broken, Scratch, Transfer};
use crate::failure::Failure;
use crate::stream::Stream;

impl Transfer {
    /// Moves what can be moved in one turn, and passes the end on. Ready when the receiver has been told of it.
    pub(crate) fn poll_tunnel(
        &mut self,
        cx: &mut Context<'_>,
        (from, to): (&mut Stream, &mut Stream),
        scratch: &mut Scratch,
    ) -> Poll<Result<(), Broken>> {
        ready!(self.poll_move(cx, (from, to), scratch, None))?;
        if !self.shut {
            // A socket's shutdown never waits; a peer that is gone shows at the next read.
            let _ = to.poll_shutdown(cx);
            self.shut = true;
        }
        Poll::Ready(Ok(()))
    }
}

/// What two directions come to: ready when both have ended, or one broke.
pub(crate) fn outcome(
    to_server: Poll<Result<(), Broken>>,
    to_client: Poll<Result<(), Broken>>,
) -> Poll<Result<(), Failure>> {
    match (to_server, to_client) {
        (Poll::Ready(Ok(())), Poll::Ready(Ok(()))) => Poll::Ready(Ok(())),
        (Poll::Ready(Err(Broken::Sender(_))), _) | (_, Poll::Ready(Err(Broken::Receiver(_)))) => {
            Poll::Ready(Err(Failure::ClientClosed))
        }
        (Poll::Ready(Err(_)), _) | (_, Poll::Ready(Err(_))) => Poll::Ready(Err(Failure::ServerClosed)),
        _ => Poll::Pending,
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind::ConnectionReset;

    use super::*;

    #[test]
    fn who_broke_a_direction_is_who_is_blamed() {
        let done = || Poll::Ready(Ok(()));
        let sender = || Poll::Ready(Err(Broken::Sender(ConnectionReset.into())));
        let receiver = || Poll::Ready(Err(Broken::Receiver(ConnectionReset.into())));
        for (to_server, to_client, expected) in [
            (done(), done(), Poll::Ready(Ok(()))),
            (done(), Poll::Pending, Poll::Pending),
            (Poll::Pending, done(), Poll::Pending),
            (sender(), Poll::Pending, Poll::Ready(Err(Failure::ClientClosed))),
            (Poll::Pending, receiver(), Poll::Ready(Err(Failure::ClientClosed))),
            (receiver(), Poll::Pending, Poll::Ready(Err(Failure::ServerClosed))),
            (done(), sender(), Poll::Ready(Err(Failure::ServerClosed))),
        ] {
            let label = format!("{to_server:?}, {to_client:?}");
            assert_eq!(outcome(to_server, to_client), expected, "{label}");
        }
    }
}
