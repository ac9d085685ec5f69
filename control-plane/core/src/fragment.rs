//! What one provider found.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use sluicegate_proto::id::{InvalidId, ObjectKey};
use sluicegate_proto::v1::{ObjectId, Origin, Resource, resource};

use crate::entry::Entry;
use crate::merge::Conflict;

/// All that a provider has at one time; each Fragment of a provider replaces the one before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fragment<R = Resource> {
    /// haproxy, docker, entrypoint, manifest, runtime ...
    pub provider: String,
    /// In any order, each id once.
    pub resources: Vec<R>,
}

/// A Fragment whose resources are shared: those of its predecessor that did not change need not be looked at.
pub type Shared = Fragment<Arc<Resource>>;

impl Fragment {
    /// The same, shared.
    pub fn share(self) -> Shared {
        let Self { provider, resources } = self;
        Fragment { provider, resources: resources.into_iter().map(Arc::new).collect() }
    }
}

/// A resource that cannot be named, and so cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {reason}")]
pub struct Nameless {
    /// Where a person wrote it.
    pub origin: Origin,
    /// What its id is like.
    pub reason: InvalidId,
}

/// A Fragment taken in: hashed, keyed, and sharing with its predecessor what did not change.
#[derive(Debug, Clone)]
pub struct Contribution {
    pub(crate) provider: String,
    pub(crate) rank: u32,
    pub(crate) entries: BTreeMap<ObjectKey, Entry>,
    /// Which of them listen.
    pub(crate) listeners: BTreeSet<ObjectKey>,
    pub(crate) conflicts: Vec<Conflict>,
    nameless: Vec<Nameless>,
}

impl Contribution {
    /// Takes a Fragment in. Of two contributions that claim one thing the one of the higher `rank` has it.
    pub fn new(rank: u32, fragment: Shared) -> Self {
        let nothing = Self {
            provider: String::new(),
            rank,
            entries: BTreeMap::new(),
            listeners: BTreeSet::new(),
            conflicts: Vec::new(),
            nameless: Vec::new(),
        };
        nothing.followed_by(fragment)
    }

    /// Takes in what follows this one from the same provider; what did not change in any byte, the place where it
    /// stands included, is shared, and what is the same in memory is not even read.
    #[must_use]
    pub fn followed_by(self, fragment: Shared) -> Self {
        let Fragment { provider, resources } = fragment;
        let Self { rank, mut entries, mut listeners, conflicts, nameless, .. } = self;
        let mut stays: HashSet<*const Resource> = HashSet::new();
        // Who lost to whom is told anew each time, and depends on all.
        if conflicts.is_empty() && nameless.is_empty() {
            stays.extend(resources.iter().map(Arc::as_ptr));
        }
        let before: BTreeMap<_, _> =
            entries.extract_if(.., |_, entry| !stays.contains(&Arc::as_ptr(entry.resource()))).collect();
        stays = entries.values().map(|entry| Arc::as_ptr(entry.resource())).collect();
        listeners.retain(|key| !before.contains_key(key));
        let (conflicts, nameless) = (Vec::new(), Vec::new());
        let mut next = Self { provider, rank, entries, listeners, conflicts, nameless };
        for resource in resources.into_iter().filter(|resource| !stays.contains(&Arc::as_ptr(resource))) {
            next.take(resource, &before);
        }
        next
    }

    /// Who made it.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// Resources left out because their ids name nothing.
    pub fn nameless(&self) -> &[Nameless] {
        &self.nameless
    }

    fn take(&mut self, resource: Arc<Resource>, before: &BTreeMap<ObjectKey, Entry>) {
        let nobody = ObjectId::default();
        let key = match ObjectKey::try_from(resource.id.as_ref().unwrap_or(&nobody)) {
            Ok(key) => key,
            Err(reason) => {
                let origin = resource.origin().cloned().unwrap_or_default();
                self.nameless.push(Nameless { origin, reason });
                return;
            }
        };
        let entry = Entry::new(resource);
        let same = before.get(&key).filter(|before| before.encoded() == entry.encoded());
        let entry = same.cloned().unwrap_or(entry);
        match self.entries.get(&key) {
            None => {
                if matches!(entry.resource().body, Some(resource::Body::Listener(_))) {
                    self.listeners.insert(key.clone());
                }
                self.entries.insert(key, entry);
            }
            Some(first) if first.resource().body == entry.resource().body => {}
            Some(first) => self.conflicts.push(Conflict::Object {
                winner: (self.provider.clone(), first.origin()),
                loser: (self.provider.clone(), entry.origin()),
                key,
            }),
        }
    }
}
