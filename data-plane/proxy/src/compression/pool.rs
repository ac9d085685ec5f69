//! How many compressors there are, and those that wait for the next body.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use sluicegate_model::compression::Algorithm;

use super::coder::{Coder, CoderFault, Until};

/// Bytes that the compressors of a process may take at one time. Over it bodies pass as they are.
pub(crate) const MEMORY: usize = 256 << 20;
/// Bytes that those may take that a worker keeps for later.
const KEPT: usize = 4 << 20;
/// Bytes of content after which what was kept back goes out in any case. It bounds what one step can bring.
const FLUSHED: usize = 128 << 10;

/// What the compressors of a process take.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory(Arc<AtomicUsize>);

impl Memory {
    fn reserve(&self, bytes: usize) -> bool {
        let more = |taken: usize| taken.checked_add(bytes).filter(|sum| *sum <= MEMORY);
        self.0.fetch_update(Relaxed, Relaxed, more).is_ok()
    }

    fn release(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Relaxed);
    }

    /// All of it.
    #[cfg(test)]
    pub(crate) fn exhaust(&self) {
        self.0.store(MEMORY, Relaxed);
    }

    #[cfg(test)]
    pub(crate) fn taken(&self) -> usize {
        self.0.load(Relaxed)
    }
}

/// A worker's compressors.
#[derive(Debug, Default)]
pub(crate) struct Coders {
    memory: Memory,
    kept: RefCell<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    coders: Vec<Coder>,
    bytes: usize,
}

impl Coders {
    pub(crate) fn new(memory: Memory) -> Rc<Self> {
        Rc::new(Self { memory, kept: RefCell::default() })
    }

    /// One for a body; `None`: there is no memory for it.
    pub(crate) fn take(self: &Rc<Self>, algorithm: Algorithm) -> Option<Compressor> {
        let bytes = Coder::bytes(algorithm);
        if !self.memory.reserve(bytes) {
            return None;
        }
        let coder = self.kept(algorithm).or_else(|| Coder::new(algorithm));
        if coder.is_none() {
            self.memory.release(bytes);
        }
        Some(Compressor { coder: Some(coder?), home: Rc::clone(self), held: 0, content: 0, coded: 0 })
    }

    fn kept(&self, algorithm: Algorithm) -> Option<Coder> {
        let mut kept = self.kept.borrow_mut();
        let at = kept.coders.iter().rposition(|coder| coder.algorithm() == algorithm)?;
        kept.bytes -= Coder::bytes(algorithm);
        Some(kept.coders.swap_remove(at))
    }

    /// Takes one back.
    fn put(&self, mut coder: Coder) {
        let bytes = Coder::bytes(coder.algorithm());
        self.memory.release(bytes);
        let mut kept = self.kept.borrow_mut();
        if kept.bytes + bytes <= KEPT && coder.restart() {
            kept.bytes += bytes;
            kept.coders.push(coder);
        }
    }

    #[cfg(test)]
    pub(crate) fn spare(&self) -> usize {
        self.kept.borrow().coders.len()
    }
}

/// The compressor of one body. Gives what it works with back at the body's end, at the latest when it is dropped.
#[derive(Debug)]
pub(crate) struct Compressor {
    /// `None`: the body has come to its end.
    coder: Option<Coder>,
    home: Rc<Coders>,
    /// Bytes of content since the client could last read all of it.
    held: usize,
    content: u64,
    coded: u64,
}

impl Compressor {
    /// Bytes of content, and what they were compressed to.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        (self.content, self.coded)
    }

    /// The body has come to its end.
    pub(crate) fn is_finished(&self) -> bool {
        self.coder.is_none()
    }

    /// Takes content; how much of `out` it has filled.
    pub(crate) fn add(&mut self, content: &[u8], out: &mut [u8]) -> Result<usize, CoderFault> {
        if content.is_empty() {
            return Ok(0);
        }
        self.held += content.len();
        self.content += content.len() as u64;
        let until = if self.held >= FLUSHED { Until::Flush } else { Until::Free };
        self.run(content, until, out)
    }

    /// Brings out what was kept back, where something was; how much of `out` it has filled.
    pub(crate) fn flush(&mut self, out: &mut [u8]) -> Result<usize, CoderFault> {
        if self.held == 0 { Ok(0) } else { self.run(b"", Until::Flush, out) }
    }

    /// Ends the body; how much of `out` that has filled.
    pub(crate) fn finish(&mut self, out: &mut [u8]) -> Result<usize, CoderFault> {
        let filled = self.run(b"", Until::Finish, out)?;
        self.give_back();
        Ok(filled)
    }

    fn run(&mut self, content: &[u8], until: Until, out: &mut [u8]) -> Result<usize, CoderFault> {
        let filled = self.coder.as_mut().ok_or(CoderFault)?.run(content, until, out)?;
        if until != Until::Free {
            self.held = 0;
        }
        self.coded += filled as u64;
        Ok(filled)
    }

    fn give_back(&mut self) {
        if let Some(coder) = self.coder.take() {
            self.home.put(coder);
        }
    }
}

impl Drop for Compressor {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests;
