//! Responses from caches, and into them (HAProxy: cache-use, cache-store).
//!
//! A rule over the request looks for the response and the rules below it go on; where they let the request pass, what was
//! found is the response, and rules over responses see it as they see a server's. A rule over the response has it kept as it
//! is then: rules above it act on it again each time that it is sent, those below act on what is sent alone.

mod recall;

use std::sync::Arc;

use sluicegate_proto::id::ObjectKey;

use super::scene::Scene;
use crate::cache::{Asker, Draft, Entry, Facts, Filling, Freshness, Store, Variant, Vary, Wish, list};
use crate::counters::CacheCounters;
use crate::h1::{Known, Method, Version, View};

/// What an exchange has to do with caches.
#[derive(Debug)]
pub(super) struct Caching {
    /// Of its URL.
    key: Vec<u8>,
    wish: Wish,
    /// `None`: no cache that was asked keeps what varies.
    asker: Option<Asker>,
    hit: Option<Hit>,
    /// The response is to be kept.
    pub(super) filling: Option<Filling>,
}

/// A response that was found.
#[derive(Debug)]
struct Hit {
    store: Arc<Store>,
    entry: Arc<Entry>,
    /// The client has it already.
    known: bool,
    /// Bytes of its body that were taken.
    at: usize,
}

impl Scene<'_> {
    /// Looks for the response, for the first rule that asks; what others ask is answered by that.
    pub(super) fn look_up(&mut self, cache: &ObjectKey) {
        let Some(store) = self.store(cache) else { return };
        let view = self.request_view();
        let Some(key) = url(view) else { return };
        let wish = Wish::of(view);
        let asker = store.settings.vary.then(|| Asker::of(view));
        let looks = wish.looks
            && view.head.version() == Version::Http11
            && matches!(view.method(), Method::Get | Method::Head);
        let found = if looks { store.find(&key, asker.as_ref(), self.worker.clock.now()) } else { None };
        if looks {
            self.count_lookup(found.is_some());
        }
        let hit = found.map(|entry| Hit { known: entry.is_known(view), store, entry, at: 0 });
        let Some(extras) = self.extras.as_deref_mut() else { return };
        let caching = &mut extras.get_or_insert_default().cache;
        if caching.as_ref().is_none_or(|caching| caching.hit.is_none()) {
            *caching = Some(Caching { key, wish, asker, hit, filling: None });
        }
    }

    fn count_lookup(&self, hit: bool) {
        let count = |counters: &CacheCounters| {
            counters.lookups.add(1);
            counters.hits.add(hit.into());
        };
        let index = self.worker.index;
        // Rules of the backend are those that run when there is one.
        match (&self.exchange.backend, &self.exchange.frontend) {
            (Some(backend), _) => count(&backend.state.counters.shard(index).cache),
            (None, Some(frontend)) => count(&frontend.state.counters.shard(index).cache),
            (None, None) => {}
        }
    }

    /// Has the response kept, where it may be and the request was looked for before; an answer to what changes its URL has
    /// what is kept of that forgotten (RFC 9111 section 4.4).
    pub(super) fn keep_response(&mut self, cache: &ObjectKey) {
        let Some(store) = self.store(cache) else { return };
        let (request, Some(response)) = (self.request_view(), self.response_view()) else { return };
        let Some(caching) = self.extras.as_ref().and_then(|extras| extras.as_ref()?.cache.as_ref()) else {
            return;
        };
        // The first cache that keeps it is the one.
        if caching.hit.is_some() || caching.filling.is_some() || request.head.version() != Version::Http11 {
            return;
        }
        match request.head.method() {
            Method::Get if response.status() == 200 => {}
            Method::Get | Method::Head | Method::Options | Method::Trace => return,
            _ if (200..400).contains(&response.status()) => return store.forget(&caching.key),
            _ => return,
        }
        let now = self.worker.clock.now();
        let draft = self.draft(&store, caching, response);
        let filling = draft.and_then(|draft| store.begin(&caching.key, caching.asker.as_ref(), draft, now));
        let extras = self.extras.as_deref_mut().and_then(|extras| extras.as_deref_mut());
        if let Some(caching) = extras.and_then(|extras| extras.cache.as_mut()) {
            caching.filling = filling;
        }
    }

    fn draft(&self, store: &Store, caching: &Caching, response: View<'_>) -> Option<Draft> {
        let variant = match Vary::of(response.values(b"Vary"))? {
            vary if vary.is_empty() => None,
            vary if store.settings.vary => Some(Variant::new(vary, response, caching.asker.as_ref()?)?),
            _ => return None,
        };
        let wish = caching.wish;
        let now = self.worker.clock.now();
        let unix = self.worker.clock.unix(now);
        let fresh = Freshness::of(response, wish.authorized, store.settings.max_age, unix);
        let Freshness { lasts, age_s } = fresh.filter(|_| wish.keeps)?;
        Some(Draft {
            head: head(response).into(),
            length: response.head.content_length(),
            lasts,
            variant,
            facts: Facts::of(response, age_s, (now, unix)),
        })
    }

    /// `None`: the configuration has it no more.
    fn store(&self, cache: &ObjectKey) -> Option<Arc<Store>> {
        self.worker.with_active(|active| active.caches.get(cache).cloned())
    }
}

/// What a response is found by: host and target. A target with a host of its own is another one than one without: rules route
/// by the header, and whoever says the one and means the other must not answer for both.
fn url(request: View<'_>) -> Option<Vec<u8>> {
    // No header has a line end.
    Some([request.value(b"Host")?, b"\n", request.target()].concat())
}

/// The head without what belongs to its connection alone (RFC 9111 section 3.1), and without its age, which it will have
/// anew.
fn head(response: View<'_>) -> Vec<u8> {
    let named = |name: &[u8]| {
        let mut named = response.values(b"Connection").flat_map(list);
        named.any(|nominated| nominated.eq_ignore_ascii_case(name))
    };
    let mut head = format!("HTTP/1.1 {} ", response.status()).into_bytes();
    head.extend_from_slice(response.reason());
    head.extend_from_slice(b"\r\n");
    for (name, value) in response.fields() {
        let of_connection = [
            "Age",
            "Connection",
            "Keep-Alive",
            "Proxy-Connection",
            Known::TransferEncoding.text(),
            "Trailer",
            "Upgrade",
        ];
        if of_connection.iter().any(|other| name.eq_ignore_ascii_case(other.as_bytes())) || named(name) {
            continue;
        }
        for part in [name, b": ", value, b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    head.extend_from_slice(b"\r\n");
    head
}
