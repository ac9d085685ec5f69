//! Limits of connections: count, stop accepting at the limit, go on below it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use tokio::sync::Notify;

use super::change::Mark;
use crate::counters::Most;

/// How many connections there are, and may be, of one frontend, listener or process.
#[derive(Debug, Default)]
pub struct Gate {
    open: AtomicU32,
    /// 0: no limit.
    limit: AtomicU32,
    waiting: AtomicU32,
    most: Most,
    freed: Notify,
    /// Of the object whose connections these are.
    mark: Option<Arc<Mark>>,
}

impl Gate {
    /// With a limit; 0 is none.
    pub fn new(limit: u32) -> Self {
        Self { limit: AtomicU32::new(limit), ..Self::default() }
    }

    /// Without a limit, for an object whose changes are marked.
    pub(super) fn marking(mark: Arc<Mark>) -> Self {
        Self { mark: Some(mark), ..Self::default() }
    }

    fn touch(&self) {
        if let Some(mark) = &self.mark {
            mark.touch();
        }
    }

    /// Changes the limit; 0 is none. Connections over a lowered limit stay.
    pub fn set_limit(&self, limit: u32) {
        self.limit.store(limit, SeqCst);
        self.freed.notify_waiters();
    }

    /// The limit; 0 is none.
    pub fn limit(&self) -> u32 {
        self.limit.load(SeqCst)
    }

    /// Connections now.
    pub fn open(&self) -> u32 {
        self.open.load(SeqCst)
    }

    /// The most connections that there were at one time.
    pub fn most(&self) -> u32 {
        self.most.value()
    }

    /// Begins to count the most anew, from what there is now.
    pub(crate) fn restart_most(&self) {
        self.most.restart(|| self.open());
        self.touch();
    }

    /// Whether there is no place now.
    pub fn is_full(&self) -> bool {
        let limit = self.limit();
        limit != 0 && self.open() >= limit
    }

    /// A place, if there is one.
    pub fn try_enter(self: &Arc<Self>) -> Option<Place> {
        self.enter().then(|| Place(Arc::clone(self)))
    }

    /// Takes a place, if there is one, for a holder that gives it back by [`Gate::leave`].
    pub(crate) fn enter(&self) -> bool {
        let limit = self.limit.load(SeqCst);
        let before = if limit == 0 {
            Ok(self.open.fetch_add(1, SeqCst))
        } else {
            self.open.fetch_update(SeqCst, SeqCst, |open| (open < limit).then_some(open + 1))
        };
        if let Ok(before) = before {
            self.most.raise(before + 1);
            self.touch();
        }
        before.is_ok()
    }

    /// Gives back a place that [`Gate::enter`] took.
    pub(crate) fn leave(&self) {
        self.open.fetch_sub(1, SeqCst);
        self.touch();
        if self.waiting.load(SeqCst) > 0 {
            self.freed.notify_waiters();
        }
    }

    /// Waits until there may be a place; others may be quicker.
    pub async fn changed(&self) {
        self.waiting.fetch_add(1, SeqCst);
        let _waiting = Waiting(self);
        let freed = self.freed.notified();
        tokio::pin!(freed);
        freed.as_mut().enable();
        if self.is_full() {
            freed.await;
        }
    }

    /// Waits until nobody is inside.
    pub async fn empty(&self) {
        self.waiting.fetch_add(1, SeqCst);
        let _waiting = Waiting(self);
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            if self.open.load(SeqCst) == 0 {
                return;
            }
            freed.await;
        }
    }
}

struct Waiting<'a>(&'a Gate);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, SeqCst);
    }
}

/// One connection's place; given back when dropped.
#[derive(Debug)]
pub struct Place(Arc<Gate>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.leave();
    }
}
