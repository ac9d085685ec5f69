//! A response on its way into a cache.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use super::entry::{Entry, Facts, Share};
use super::store::Store;
use super::vary::Variant;

/// A response as its head tells of it.
#[derive(Debug)]
pub(crate) struct Draft {
    /// As [`Entry::head`].
    pub(crate) head: Box<[u8]>,
    /// How long its body is, where that is known.
    pub(crate) length: Option<u64>,
    /// How long it is fresh.
    pub(crate) lasts: Duration,
    /// Whom it is for; `None`: for all.
    pub(crate) variant: Option<Variant>,
    pub(crate) facts: Facts,
}

/// Takes the body of a response as it passes. Dropped before the body's end it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Filling {
    store: Arc<Store>,
    key: Arc<[u8]>,
    id: u64,
    length: Option<u64>,
    /// `None`: it has come to an end.
    parts: Option<Parts>,
}

#[derive(Debug)]
struct Parts {
    head: Box<[u8]>,
    body: Vec<u8>,
    facts: Facts,
    share: Share,
}

impl Filling {
    pub(super) fn new(store: &Arc<Store>, key: Arc<[u8]>, id: u64, draft: Draft, share: Share) -> Self {
        let Draft { head, length, facts, .. } = draft;
        let parts = Some(Parts { head, body: Vec::new(), facts, share });
        Self { store: Arc::clone(store), key, id, length, parts }
    }

    /// Makes room for what is no content.
    pub(super) fn reserve(&mut self, bytes: usize) -> bool {
        let Self { store, parts, .. } = self;
        parts.as_mut().is_some_and(|parts| store.grow(&mut parts.share, bytes))
    }

    /// Takes content in; `false`: it is too much for the cache.
    pub(crate) fn add(&mut self, content: &[u8]) -> bool {
        let Self { store, parts, length, .. } = self;
        let Some(Parts { head, body, share, .. }) = parts else { return false };
        let needed = body.len() + content.len();
        let most = store.settings.object_bytes.saturating_sub(head.len());
        if needed > most {
            return false;
        }
        if needed > body.capacity() {
            // Its length, or twice as much as before: what is copied when it grows stays within what it is.
            let whole = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
            let room = whole.max(2 * body.capacity()).clamp(needed, most.max(needed));
            if !store.grow(share, room - body.capacity()) {
                return false;
            }
            body.reserve_exact(room - body.len());
        }
        body.extend_from_slice(content);
        true
    }

    /// The body is whole: from now on it is found.
    pub(crate) fn finish(mut self) {
        let Some(Parts { head, body, facts, mut share }) = self.parts.take() else { return };
        share.shrink(body.capacity() - body.len());
        let entry = Entry { head, body: body.into(), facts, touched: AtomicU64::new(0), share };
        self.store.fill(&self.key, self.id, entry);
    }
}

impl Drop for Filling {
    fn drop(&mut self) {
        if self.parts.is_some() {
            self.store.give_up(&self.key, self.id);
        }
    }
}
