//! One generation, compiled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sluicegate_proto::hash::{ContentHash, SetHash};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::Resource;

use crate::backend::Backend;
use crate::cache::Cache;
use crate::compile::{Blobs, Parts, Pools};
use crate::frontend::Frontend;
use crate::listener::Listener;
use crate::patterns::{ListUse, PatternList};
use crate::process::Process;
use crate::resolvers::Resolvers;

/// All that a proxy serves from, immutable. What two generations have in common is the same `Arc` in both, so that
/// `Arc::ptr_eq` tells "unchanged".
#[derive(Debug, Clone, Default)]
pub struct Runtime {
    /// Of the snapshot (`sluicegate_proto::hash::snapshot_hash`).
    pub hash: ContentHash,
    /// Settings of the process; the default where the snapshot has none.
    pub process: Arc<Process>,
    /// By identity.
    pub listeners: BTreeMap<ObjectKey, Arc<Listener>>,
    /// By identity.
    pub frontends: BTreeMap<ObjectKey, Arc<Frontend>>,
    /// By identity.
    pub backends: BTreeMap<ObjectKey, Arc<Backend>>,
    /// By identity.
    pub lists: BTreeMap<ObjectKey, Arc<PatternList>>,
    /// By identity.
    pub resolvers: BTreeMap<ObjectKey, Arc<Resolvers>>,
    /// By identity.
    pub caches: BTreeMap<ObjectKey, Arc<Cache>>,
    pub(crate) parts: Parts,
    pub(crate) blobs: Blobs,
    pub(crate) pools: Pools,
    pub(crate) set: SetHash,
    pub(crate) compiled: usize,
}

impl Runtime {
    /// The snapshot that it was compiled from, in the order of the keys.
    pub fn resources(&self) -> impl Iterator<Item = (&ObjectKey, ContentHash, &Arc<Resource>)> {
        self.parts.iter().map(|(key, part)| (key, part.hash, &part.resource))
    }

    /// One resource of the snapshot.
    pub fn resource(&self, key: &ObjectKey) -> Option<(ContentHash, &Arc<Resource>)> {
        self.parts.get(key).map(|part| (part.hash, &part.resource))
    }

    /// The exchanges of a backend that count as full load: what it says or, where it says nothing, a tenth of the connections
    /// that its frontends take (HAProxy: fullconn). `of_process`: connections of those without a limit of their own.
    pub fn full_connections(&self, backend: &Backend, of_process: u64) -> u64 {
        if let Some(said) = backend.settings.full_connections {
            return said.get().into();
        }
        let leads_here = |frontend: &&Arc<Frontend>| {
            let default = frontend.settings.default_backend.iter();
            default.chain(frontend.routes.iter().map(|route| &route.backend)).any(|key| key == backend.key())
        };
        let taken =
            self.frontends.values().filter(leads_here).map(|frontend| {
                frontend.settings.max_connections.map_or(of_process, |limit| limit.get().into())
            });
        taken.fold(0, u64::saturating_add).div_ceil(10).max(1)
    }

    /// The ways in which a list is used, each once.
    pub fn uses(&self, list: &ObjectKey) -> BTreeSet<ListUse> {
        let used = self.parts.values().flat_map(|part| &part.used.lists);
        used.filter(|(key, _)| key == list).map(|(_, used)| *used).collect()
    }

    /// How many resources were compiled for this generation; the others are shared with the one before.
    pub fn compiled(&self) -> usize {
        self.compiled
    }
}
