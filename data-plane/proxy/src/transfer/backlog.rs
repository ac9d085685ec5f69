//! What a worker holds for slow receivers: large reads are for those who take them whole.

use std::cell::Cell;
use std::rc::Rc;

/// Bytes that large reads may leave with a worker, over all its connections.
pub(crate) const MOST: usize = 32 << 20;

/// The account of one worker.
#[derive(Clone, Debug, Default)]
pub(crate) struct Backlog(Rc<Cell<usize>>);

impl Backlog {
    /// Whether reads have to be small from now on. One that is under way may still add its size.
    pub(crate) fn is_full(&self) -> bool {
        self.0.get() >= MOST
    }

    /// Enters `bytes`, until what is returned is dropped.
    pub(crate) fn hold(&self, bytes: usize) -> Held {
        self.0.set(self.0.get() + bytes);
        Held { backlog: self.clone(), bytes }
    }
}

/// An entry in the account.
#[derive(Debug)]
pub(crate) struct Held {
    backlog: Backlog,
    bytes: usize,
}

impl Drop for Held {
    fn drop(&mut self) {
        let total = &self.backlog.0;
        total.set(total.get().saturating_sub(self.bytes));
    }
}
