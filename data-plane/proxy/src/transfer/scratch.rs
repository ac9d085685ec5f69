//! The bytes that a worker reads into: one hot area for all its connections.

use std::cell::Cell;
use std::fmt;
use std::io;

use super::backlog::Backlog;
use crate::stream::Pipe;

/// Room before the bytes that are read, where a rendered head or a chunk's size line goes, so that head and body
/// leave in one write. A head that needs more is copied together with its body instead.
const HEADROOM: usize = 24 * 1024;
/// Room behind, for a chunk's end and for the one byte that tells a full read from an exact one.
const TAIL: usize = 8;

/// One area, lent to one poll at a time.
pub(crate) struct Scratch {
    bytes: Box<[u8]>,
    /// What connections hold of reads that their receivers did not take.
    pub(crate) backlog: Backlog,
    /// Always empty here.
    pipe: Option<Pipe>,
    /// So many times no pipe is asked for: the host had none, or cannot splice.
    pipeless: u32,
    /// That was told.
    told: bool,
}

/// Large moves that are made by copying before it is tried again whether the host has a pipe.
const PIPELESS: u32 = 4096;

impl Scratch {
    /// Largest read. The kernel gives memory only for the part that is ever used.
    pub(crate) const WINDOW: usize = 256 * 1024;
    /// Where read bytes start.
    pub(crate) const START: usize = HEADROOM;

    fn new() -> Self {
        Self {
            bytes: vec![0; HEADROOM + Self::WINDOW + TAIL].into_boxed_slice(),
            backlog: Backlog::default(),
            pipe: None,
            pipeless: 0,
            told: false,
        }
    }

    /// Room for a read of `length` bytes, and one more so that a read of just that many is seen to be short.
    pub(crate) fn window(&mut self, length: usize) -> &mut [u8] {
        let end = HEADROOM + length.min(Self::WINDOW) + 1;
        self.bytes.get_mut(HEADROOM..end).unwrap_or_default()
    }

    /// An empty pipe, where the host has one. Who lets it come back empty spares the next one a new one.
    pub(crate) fn take_pipe(&mut self) -> Option<Pipe> {
        if self.pipeless > 0 {
            self.pipeless -= 1;
            return None;
        }
        match self.pipe.take().map_or_else(Pipe::new, Ok) {
            Ok(pipe) => Some(pipe),
            Err(error) => {
                self.give_pipes_up(&error);
                None
            }
        }
    }

    /// No pipes for a while.
    pub(crate) fn give_pipes_up(&mut self, error: &io::Error) {
        self.pipeless = PIPELESS;
        if !std::mem::replace(&mut self.told, true) {
            tracing::warn!(%error, "large bodies are copied: the host lets none pass through a pipe");
        }
    }

    #[cfg(test)]
    pub(crate) fn has_pipe(&self) -> bool {
        self.pipe.is_some()
    }

    /// Takes a pipe back; what still holds bytes of a connection is closed.
    pub(crate) fn put_pipe(&mut self, pipe: Pipe) {
        self.pipe = Some(pipe).filter(Pipe::is_empty);
    }

    /// The whole area; what was read starts at [`Scratch::START`].
    pub(crate) fn whole(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// What lies at `start..end` of the whole area.
    pub(crate) fn slice(&self, start: usize, end: usize) -> &[u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }
}

/// Where a worker keeps its area between polls. A poll takes it out and puts it back; a second taker (which a
/// single-threaded worker does not have) would get a fresh one.
#[derive(Default)]
pub(crate) struct Lender(Cell<Option<Scratch>>);

impl fmt::Debug for Lender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lender").finish_non_exhaustive()
    }
}

impl Lender {
    pub(crate) fn lend(&self) -> Scratch {
        self.0.take().unwrap_or_else(Scratch::new)
    }

    pub(crate) fn restore(&self, scratch: Scratch) {
        self.0.set(Some(scratch));
    }
}
