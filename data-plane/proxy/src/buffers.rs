//! Memory for bytes in passing, taken while bytes pass and given back when a connection goes idle.

use std::cell::RefCell;

/// Room for a head with its headroom, and for what is read of a body with it.
pub const SMALL: usize = 16 << 10;
/// Room for bulk: halves the cost per byte against [`SMALL`] (reference/hot-path 9).
pub const LARGE: usize = 64 << 10;
/// Bytes that one worker keeps of each size; what is over is freed.
const KEPT: usize = 8 << 20;

/// A worker's spare buffers. A buffer is zeroed once, when it is made: it may hold bytes of an earlier use.
#[derive(Debug, Default)]
pub struct Buffers {
    small: RefCell<Vec<Box<[u8]>>>,
    large: RefCell<Vec<Box<[u8]>>>,
}

impl Buffers {
    /// [`SMALL`] bytes.
    pub fn small(&self) -> Box<[u8]> {
        self.small.borrow_mut().pop().unwrap_or_else(|| vec![0; SMALL].into_boxed_slice())
    }

    /// [`LARGE`] bytes.
    pub fn large(&self) -> Box<[u8]> {
        self.large.borrow_mut().pop().unwrap_or_else(|| vec![0; LARGE].into_boxed_slice())
    }

    /// Takes a buffer back; one of another size is freed.
    pub fn put(&self, buffer: Box<[u8]>) {
        let (spare, most) = match buffer.len() {
            SMALL => (&self.small, KEPT / SMALL),
            LARGE => (&self.large, KEPT / LARGE),
            _ => return,
        };
        let mut spare = spare.borrow_mut();
        if spare.len() < most {
            spare.push(buffer);
        }
    }
}
