//! The idle connections of one transport key, over all workers.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sluicegate_model::outgoing::Pool;

use super::change::Mark;
use crate::pool::Wanted;

/// One proven connection, in the upper half of the count.
const PROVEN: u64 = 1 << 32;

/// How many idle connections there are of one transport key, and may be. The connections themselves lie with workers; each
/// is counted while it does.
#[derive(Debug)]
pub struct Reserve {
    pool: Pool,
    /// All of them in the lower half, the proven ones in the upper.
    count: AtomicU64,
    /// Of the endpoints that have it.
    marks: Mutex<Vec<Weak<Mark>>>,
}

/// How many idle connections there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Idle {
    /// All of them.
    pub all: u32,
    /// Those that have served more than one request.
    pub proven: u32,
}

impl Reserve {
    pub(crate) fn new(pool: Pool) -> Self {
        Self { pool, count: AtomicU64::new(0), marks: Mutex::default() }
    }

    /// By what rules they are kept.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// How many there are now.
    pub fn idle(&self) -> Idle {
        let count = self.count.load(Relaxed);
        Idle { all: count as u32, proven: (count >> 32) as u32 }
    }

    /// Counts one more, unless there are as many as may be: exactly, whatever other workers do.
    pub(crate) fn admit(&self, proven: bool) -> bool {
        let one = one(proven);
        match self.pool.max_idle {
            None => {
                self.count.fetch_add(one, Relaxed);
                true
            }
            Some(most) => {
                let more = |count: u64| ((count as u32) < most).then(|| count + one);
                self.count.fetch_update(Relaxed, Relaxed, more).is_ok()
            }
        }
    }

    /// One is used again, or closed.
    pub(crate) fn release(&self, proven: bool) {
        self.count.fetch_sub(one(proven), Relaxed);
    }

    /// Whether a worker that has none may look for one among those of others: with fewer than that it opens its own
    /// (HAProxy: pool-low-conn).
    pub(crate) fn lends(&self, wanted: Wanted) -> bool {
        let Idle { all, proven } = self.idle();
        let fitting = match wanted {
            Wanted::Any => all,
            Wanted::Proven => proven,
            Wanted::Unused => all.saturating_sub(proven),
        };
        fitting > 0 && all >= self.pool.low
    }

    /// Has an endpoint's report told of what [`Reserve::changed`] says.
    pub(super) fn tell(&self, mark: &Arc<Mark>) {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        if marks.len() == marks.capacity() {
            // Now and then: thousands of endpoints may have it.
            marks.retain(|known| known.strong_count() > 0);
            marks.sort_by_key(Weak::as_ptr);
            marks.dedup_by(|one, other| one.ptr_eq(other));
            let room = marks.len().max(1);
            marks.reserve(room);
        }
        marks.push(Arc::downgrade(mark));
    }

    /// Says that the count changed without an exchange.
    pub(crate) fn changed(&self) {
        let marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        marks.iter().filter_map(Weak::upgrade).for_each(|mark| mark.touch());
    }
}

fn one(proven: bool) -> u64 {
    if proven { 1 + PROVEN } else { 1 }
}

#[cfg(test)]
mod tests;
