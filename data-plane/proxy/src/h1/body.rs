//! A body followed through raw bytes, whatever its framing.

use super::{Chunked, Framing, InvalidChunk};

/// Where in a message's body the bytes seen so far end.
#[derive(Clone, Debug)]
pub enum Body {
    /// So many bytes are still to come; 0 is the end.
    Length(u64),
    /// Chunked coding.
    Chunked(Chunked),
    /// Ends when the sender closes, or is a tunnel.
    UntilClose,
}

/// What [`Body::feed`] found in the bytes it was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fed {
    /// Bytes from the start of the input that belong to the message and may be forwarded as they are. What follows
    /// them is the next message. Less than the input only if the body is complete.
    pub used: usize,
    /// How many of the used bytes are content, not chunk framing or trailers.
    pub data: u64,
}

impl Body {
    /// A body of this framing, of which nothing has been seen.
    #[must_use]
    pub fn new(framing: Framing) -> Self {
        match framing {
            Framing::Empty => Self::Length(0),
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked => Self::Chunked(Chunked::default()),
            Framing::UntilClose | Framing::Tunnel => Self::UntilClose,
        }
    }

    /// Takes in the next raw bytes.
    ///
    /// # Errors
    /// [`InvalidChunk`]; none of `bytes` may be forwarded, and the message can only be aborted.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Fed, InvalidChunk> {
        match self {
            Self::Length(left) => {
                let used = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                *left -= used as u64;
                Ok(Fed { used, data: used as u64 })
            }
            Self::Chunked(chunked) => chunked.feed(bytes),
            Self::UntilClose => Ok(Fed { used: bytes.len(), data: bytes.len() as u64 }),
        }
    }

    /// Takes in `length` bytes that went past unseen, no more than [`Body::opaque`] allows.
    pub fn pass(&mut self, length: u64) {
        match self {
            Self::Length(left) => *left = left.saturating_sub(length),
            Self::Chunked(chunked) => chunked.pass(length),
            Self::UntilClose => {}
        }
    }

    /// Whether the message is complete: nothing more of it will come.
    #[must_use]
    pub fn is_done(&self) -> bool {
        match self {
            Self::Length(left) => *left == 0,
            Self::Chunked(chunked) => chunked.is_done(),
            Self::UntilClose => false,
        }
    }

    /// Whether the sender may close now: the message is complete, or closing is how it ends.
    #[must_use]
    pub fn may_end(&self) -> bool {
        matches!(self, Self::UntilClose) || self.is_done()
    }

    /// Raw bytes known to be still to come before anything has to be looked at again: what may be moved without
    /// passing through a buffer (`splice`). `None` where there is no bound.
    #[must_use]
    pub fn opaque(&self) -> Option<u64> {
        match self {
            Self::Length(left) => Some(*left),
            Self::Chunked(chunked) => Some(chunked.left_in_chunk()),
            Self::UntilClose => None,
        }
    }
}
