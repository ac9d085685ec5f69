//! One response that is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;

use super::control::{date, list};
use crate::h1::View;

/// What all responses of a cache take, those that are being written and those that are still read included.
#[derive(Debug)]
pub(super) struct Budget {
    total: usize,
    taken: AtomicUsize,
}

impl Budget {
    pub(super) fn new(total: usize) -> Arc<Self> {
        Arc::new(Self { total, taken: AtomicUsize::new(0) })
    }

    pub(super) fn taken(&self) -> usize {
        self.taken.load(Relaxed)
    }
}

/// A part of a [`Budget`], given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Share {
    pub(super) fn of(budget: &Arc<Budget>) -> Self {
        Self { budget: Arc::clone(budget), bytes: 0 }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes more, if there is so much.
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        let total = self.budget.total;
        let more = |taken: usize| taken.checked_add(bytes).filter(|sum| *sum <= total);
        let grown = self.budget.taken.fetch_update(Relaxed, Relaxed, more).is_ok();
        self.bytes += if grown { bytes } else { 0 };
        grown
    }

    /// Gives a part back.
    pub(super) fn shrink(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.budget.taken.fetch_sub(bytes, Relaxed);
        self.bytes -= bytes;
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.taken.fetch_sub(self.bytes, Relaxed);
    }
}

/// A response that is kept, whole.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Status line and header lines, without those of the connection, Transfer-Encoding and Age.
    pub(crate) head: Box<[u8]>,
    /// The content, without its coding of transfer.
    pub(crate) body: Box<[u8]>,
    pub(super) facts: Facts,
    /// When it was last asked for, in the order of the store.
    pub(super) touched: AtomicU64,
    pub(super) share: Share,
}

/// What is known of a response beside its bytes.
#[derive(Debug)]
pub(crate) struct Facts {
    /// When it came.
    pub(crate) stored: Instant,
    /// How old it was then, in seconds.
    pub(crate) age_s: u64,
    /// When it was last changed, in seconds since 1970.
    pub(crate) modified: u64,
    pub(crate) etag: Option<Box<[u8]>>,
}

impl Facts {
    /// Of a response that comes now, `unix` being the time since 1970.
    pub(crate) fn of(response: View<'_>, age_s: u64, (now, unix): (Instant, Duration)) -> Self {
        // RFC 9110 section 13.1.3: where it does not say when it was changed, when it was made will do.
        let said = |name: &[u8]| response.value(name).and_then(date);
        let modified = said(b"Last-Modified").or_else(|| said(b"Date")).unwrap_or(unix.as_secs());
        Self { stored: now, age_s, modified, etag: response.value(b"ETag").map(Into::into) }
    }
}

impl Entry {
    /// Its age in seconds (RFC 9111 section 4.2.3).
    pub(crate) fn age_s(&self, now: Instant) -> u64 {
        self.facts.age_s + now.saturating_duration_since(self.facts.stored).as_secs()
    }

    /// Whether the client has it already (RFC 9110 section 13.1.2 and 13.1.3): 304 is enough.
    pub(crate) fn is_known(&self, request: View<'_>) -> bool {
        let mut tags = request.values(b"If-None-Match").flat_map(list).peekable();
        if tags.peek().is_some() {
            let own = self.facts.etag.as_deref().map(opaque);
            return tags.any(|tag| tag == b"*" || own == Some(opaque(tag)));
        }
        let since = request.value(b"If-Modified-Since").and_then(date);
        since.is_some_and(|since| self.facts.modified <= since)
    }
}

/// A tag for the weak comparison (RFC 9110 section 8.8.3.2).
fn opaque(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}
