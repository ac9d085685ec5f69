//! One resource, compiled on its own.

use std::num::NonZeroU32;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use rustc_hash::FxHashMap;
use rustls::ClientConfig;
use sluicegate_proto::hash::ContentHash;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::limits::MAX_BLOB_BYTES;
use sluicegate_proto::v1::{self, Resource, resource::Body};

use super::reason::Fault;
use super::scope::Scope;
use super::{Changed, backend, cache, endpoint, frontend, http2, patterns, resolvers};
use crate::backend::BackendSettings;
use crate::cache::Cache;
use crate::endpoint::Endpoint;
use crate::expr::{Map, Test};
use crate::frontend::{FrontendSettings, Route};
use crate::listener::Listener;
use crate::patterns::{ListUse, PatternList};
use crate::process::{Process, Spread};
use crate::resolvers::Resolvers;
use crate::tls::{Pair, Sessions, Verifier};

/// Contents by hash.
pub(crate) type Blobs = FxHashMap<ContentHash, Bytes>;

/// Lists by name, with the hash of what they hold.
pub(crate) type Lists = FxHashMap<ObjectKey, (ContentHash, Arc<PatternList>)>;

/// What is compiled once for all that say the same, by the hash of what they say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pools {
    pub(crate) tests: Pool<Test>,
    pub(crate) maps: Pool<Map>,
    pub(crate) pairs: Pool<Pair>,
    pub(crate) sessions: Pool<Sessions>,
    pub(crate) clients: Pool<ClientConfig>,
    pub(crate) verifiers: Pool<Verifier>,
}

/// One kind of it.
pub(crate) type Pool<T> = FxHashMap<ContentHash, Weak<T>>;

impl Pools {
    /// Forgets what nobody uses any more.
    pub(crate) fn tidy(&mut self) {
        self.tests.retain(|_, test| test.strong_count() > 0);
        self.maps.retain(|_, map| map.strong_count() > 0);
        self.pairs.retain(|_, pair| pair.strong_count() > 0);
        self.sessions.retain(|_, sessions| sessions.strong_count() > 0);
        self.clients.retain(|_, client| client.strong_count() > 0);
        self.verifiers.retain(|_, verifier| verifier.strong_count() > 0);
    }
}

/// What resources are made of that others hold.
pub(crate) struct Contents<'a> {
    pub(crate) blobs: &'a Blobs,
    pub(crate) lists: &'a Lists,
}

/// What a resource was made of.
#[derive(Debug, Default)]
pub(crate) struct Used {
    /// Sorted.
    pub(crate) blobs: Box<[ContentHash]>,
    /// Sorted.
    pub(crate) lists: Box<[(ObjectKey, ListUse)]>,
}

/// A resource and what it was compiled to.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) hash: ContentHash,
    pub(crate) resource: Arc<Resource>,
    pub(crate) compiled: Compiled,
    pub(crate) used: Used,
}

impl Part {
    /// In whose list it is.
    pub(crate) fn parent(&self) -> Option<&ObjectKey> {
        match &self.compiled {
            Compiled::Route(route) => Some(&route.frontend),
            Compiled::Endpoint(endpoint) => Some(&endpoint.backend),
            _ => None,
        }
    }
}

/// All parts of a generation. A generation that follows another shares with it what did not change.
pub(crate) type Parts = rpds::RedBlackTreeMapSync<ObjectKey, Arc<Part>>;

/// What a resource was compiled to.
#[derive(Debug)]
pub(crate) enum Compiled {
    Process(Arc<Process>),
    Listener(Arc<Listener>),
    Frontend(Arc<FrontendSettings>),
    Route(Arc<Route>),
    Backend(Arc<BackendSettings>),
    Endpoint(Arc<Endpoint>),
    Blob(ContentHash, Bytes),
    Patterns(Arc<PatternList>),
    Resolvers(Arc<Resolvers>),
    Cache(Arc<Cache>),
}

pub(super) fn compile_body(changed: &Changed<'_>, scope: &mut Scope<'_>) -> Option<Compiled> {
    let key = &changed.key;
    scope.order()?;
    Some(match changed.resource.body.as_ref()? {
        Body::Process(wire) => Compiled::Process(Arc::new(process(wire, scope)?)),
        Body::Listener(wire) => Compiled::Listener(Arc::new(endpoint::listener(key, wire, scope)?)),
        Body::Frontend(wire) => Compiled::Frontend(Arc::new(frontend::frontend(key, wire, scope)?)),
        Body::Route(wire) => Compiled::Route(Arc::new(frontend::route(key, wire, scope)?)),
        Body::Backend(wire) => Compiled::Backend(Arc::new(backend::backend(key, wire, scope)?)),
        Body::Endpoint(wire) => Compiled::Endpoint(Arc::new(endpoint::endpoint(key, wire, scope)?)),
        Body::Blob(wire) => blob(key.name(), wire, scope)?,
        Body::Patterns(wire) => Compiled::Patterns(Arc::new(patterns::patterns(key, wire, scope)?)),
        Body::Cache(wire) => Compiled::Cache(Arc::new(cache::cache(key, wire, scope)?)),
        Body::Resolvers(wire) => Compiled::Resolvers(Arc::new(resolvers::resolvers(key, wire, scope)?)),
    })
}

fn process(wire: &v1::Process, scope: &mut Scope<'_>) -> Option<Process> {
    let node = scope.text("node", &wire.node);
    let description = scope.text("description", &wire.description);
    let hard_stop_after =
        optional(wire.hard_stop_after_ms, |ms| scope.milliseconds("hard_stop_after_ms", ms));
    let spread = scope.range("spread_checks_percent", wire.spread_checks_percent, 0, 50);
    let first =
        optional(wire.max_spread_checks_ms, |ms| scope.milliseconds("max_spread_checks_ms", ms.max(1)));
    let http2 = http2::limits(wire.http2.as_ref(), scope);
    Some(Process {
        max_connections: NonZeroU32::new(wire.max_connections),
        node: node?,
        description: description?,
        hard_stop_after: hard_stop_after?,
        spread: Spread { percent: u32::try_from(spread?).ok()?, first: first? },
        http2: http2?,
    })
}

/// A field that may be absent: `None` is a fault, `Some(None)` absence.
pub(super) fn optional<W, T>(wire: Option<W>, then: impl FnOnce(W) -> Option<T>) -> Option<Option<T>> {
    match wire {
        None => Some(None),
        Some(value) => then(value).map(Some),
    }
}

fn blob(name: &str, wire: &v1::Blob, scope: &mut Scope<'_>) -> Option<Compiled> {
    if wire.data.len() > MAX_BLOB_BYTES {
        return scope.fault(Fault::TooLong { what: "data", bytes: wire.data.len(), limit: MAX_BLOB_BYTES });
    }
    let hash = ContentHash::of(&wire.data);
    if name != hash.to_string() {
        return scope.fault(Fault::BlobName(hash.to_string()));
    }
    Some(Compiled::Blob(hash, wire.data.clone()))
}
