//! Bytes on their way through the record layer, in memory that the thread lends while there are any.

use std::cell::RefCell;

/// Four records of the largest kind (RFC 8446 section 5.2: 2^14 bytes and 256 more, a header of 5).
const SIZE: usize = 4 * (16_384 + 256 + 5);
/// The largest handshake message that is put together (rustls takes no larger one), and a record that follows it.
const MOST: usize = 65_535 + SIZE;
/// Pieces that a thread keeps.
const KEPT: usize = 8;

thread_local! {
    static SPARE: RefCell<Vec<Box<[u8]>>> = const { RefCell::new(Vec::new()) };
}

/// A queue of bytes.
#[derive(Debug, Default)]
pub(super) struct Stretch {
    memory: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Stretch {
    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    pub(super) fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether it has no memory.
    #[cfg(test)]
    pub(super) fn is_bare(&self) -> bool {
        self.memory.is_empty()
    }

    /// What is there.
    pub(super) fn bytes(&mut self) -> &mut [u8] {
        self.memory.get_mut(self.start..self.end).unwrap_or_default()
    }

    /// Memory behind what is there, to be told of by [`Stretch::add`]. Empty where so many bytes are more than may wait.
    pub(super) fn room(&mut self, at_least: usize) -> &mut [u8] {
        if self.memory.len() - self.end < at_least.max(1) {
            self.make_room(at_least.max(1));
        }
        self.memory.get_mut(self.end..).unwrap_or_default()
    }

    /// So many bytes of the room are there now.
    pub(super) fn add(&mut self, count: usize) {
        self.end = (self.end + count).min(self.memory.len());
    }

    /// Puts bytes behind what is there; false: they are more than may wait.
    pub(super) fn push(&mut self, bytes: &[u8]) -> bool {
        if bytes.is_empty() {
            return true;
        }
        let Some(room) = self.room(bytes.len()).get_mut(..bytes.len()) else { return false };
        room.copy_from_slice(bytes);
        self.add(bytes.len());
        true
    }

    /// Moves what fits of the bytes out.
    pub(super) fn take(&mut self, into: &mut [u8]) -> usize {
        let bytes = self.bytes();
        let count = bytes.len().min(into.len());
        into[..count].copy_from_slice(&bytes[..count]);
        self.discard(count);
        count
    }

    /// The first bytes are done with.
    pub(super) fn discard(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
        if self.is_empty() {
            (self.start, self.end) = (0, 0);
            give_back(std::mem::take(&mut self.memory));
        }
    }

    /// What is there will stay for a while: it keeps no more memory than it needs.
    pub(super) fn settle(&mut self) {
        self.discard(0);
        if self.memory.len() >= SIZE && self.len() <= SIZE / 2 {
            let kept: Box<[u8]> = self.bytes().into();
            (self.start, self.end) = (0, kept.len());
            give_back(std::mem::replace(&mut self.memory, kept));
        }
    }

    fn make_room(&mut self, at_least: usize) {
        let length = self.len();
        if self.memory.len() >= length + at_least && self.memory.len() >= SIZE {
            self.memory.copy_within(self.start..self.end, 0);
        } else {
            let wanted = (length + at_least).max(SIZE);
            if wanted > MOST {
                return;
            }
            let mut larger = if wanted == SIZE { borrow() } else { vec![0; wanted].into() };
            larger[..length].copy_from_slice(self.bytes());
            give_back(std::mem::replace(&mut self.memory, larger));
        }
        (self.start, self.end) = (0, length);
    }
}

impl Drop for Stretch {
    fn drop(&mut self) {
        give_back(std::mem::take(&mut self.memory));
    }
}

fn borrow() -> Box<[u8]> {
    SPARE.with_borrow_mut(Vec::pop).unwrap_or_else(|| vec![0; SIZE].into())
}

fn give_back(memory: Box<[u8]>) {
    if memory.len() == SIZE {
        // A thread that ends keeps nothing.
        let _ = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            if spare.len() < KEPT {
                spare.push(memory);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_goes_in_comes_out_in_order(steps in prop::collection::vec((0..40_000_usize, 0..40_000_usize, any::<bool>()), 1..20)) {
            let (mut stretch, mut model, mut next) = (Stretch::default(), std::collections::VecDeque::new(), 0_u8);
            for (push, take, settle) in steps {
                let bytes: Vec<u8> = (0..push).map(|_| { next = next.wrapping_add(7); next }).collect();
                if stretch.push(&bytes) {
                    model.extend(bytes);
                } else {
                    prop_assert!(model.len() + push > MOST);
                }
                if settle {
                    stretch.settle();
                }
                let mut out = vec![0; take];
                let taken = stretch.take(&mut out);
                let expected: Vec<u8> = model.drain(..taken).collect();
                prop_assert_eq!(&out[..taken], expected);
                prop_assert_eq!(stretch.len(), model.len());
            }
        }
    }

    #[test]
    fn who_has_no_bytes_has_no_memory() {
        let mut stretch = Stretch::default();
        assert!(stretch.push(b"abc"));
        stretch.settle();
        assert_eq!(stretch.memory.len(), 3);
        stretch.discard(3);
        assert!(stretch.is_bare());
    }
}
