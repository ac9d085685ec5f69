//! What one provider found.

use std::collections::BTreeMap;

use sluicegate_proto::id::{InvalidId, ObjectKey};
use sluicegate_proto::v1::{ObjectId, Origin, Resource};

use crate::entry::Entry;
use crate::merge::Conflict;

/// All that a provider has at one time; each Fragment of a provider replaces the one before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fragment {
    /// haproxy, docker, entrypoint, manifest, runtime ...
    pub provider: String,
    /// In any order, each id once.
    pub resources: Vec<Resource>,
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
    pub(crate) conflicts: Vec<Conflict>,
    nameless: Vec<Nameless>,
}

impl Contribution {
    /// Takes a Fragment in. Of two contributions that claim one thing the one of the higher `rank` has it.
    pub fn new(rank: u32, fragment: Fragment) -> Self {
        let Fragment { provider, resources } = fragment;
        let mut taken =
            Self { provider, rank, entries: BTreeMap::new(), conflicts: Vec::new(), nameless: Vec::new() };
        resources.into_iter().for_each(|resource| taken.take(resource));
        taken
    }

    /// Takes in what follows this one from the same provider; what did not change in any byte, the place where it
    /// stands included, is shared.
    #[must_use]
    pub fn followed_by(&self, fragment: Fragment) -> Self {
        let mut next = Self::new(self.rank, fragment);
        for (key, entry) in &mut next.entries {
            if let Some(before) = self.entries.get(key).filter(|before| before.encoded() == entry.encoded()) {
                *entry = before.clone();
            }
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

    fn take(&mut self, resource: Resource) {
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
        match self.entries.get(&key) {
            None => {
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
