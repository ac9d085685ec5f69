//! A bad object harms only itself: what does not compile is replaced by its last good version.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{self, Origin, origin, resource};

use crate::entry::Entry;
use crate::snapshot::{Delta, Snapshot};

/// Why one resource does not compile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {key}: {reason}")]
pub struct Rejected {
    /// Which.
    pub key: ObjectKey,
    /// Where a person wrote it.
    pub origin: Origin,
    /// In an operator's words.
    pub reason: String,
}

/// What stands or falls together: the top object of a provider with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// All that comes from one container.
    Container {
        /// The provider that saw it.
        provider: String,
        /// The container's id.
        id: String,
    },
    /// A frontend with its listeners and routes, a backend with its endpoints, or another object alone.
    Object(ObjectKey),
}

impl Group {
    /// The group of a resource.
    ///
    /// A route that another provider attaches to a frontend is its own group: a bad one must not take the frontend
    /// with it.
    pub fn of(key: &ObjectKey, entry: &Entry) -> Self {
        let resource = entry.resource();
        if let Some(origin::Place::Container(container)) =
            resource.origin().and_then(|origin| origin.place.as_ref())
        {
            return Self::Container { provider: key.provider().to_owned(), id: container.id.clone() };
        }
        let top = match &resource.body {
            Some(resource::Body::Listener(body)) => body.frontend.as_ref(),
            Some(resource::Body::Route(body)) => body.frontend.as_ref(),
            Some(resource::Body::Endpoint(body)) => body.backend.as_ref(),
            _ => None,
        };
        let top = top.and_then(|id| ObjectKey::try_from(id).ok());
        Self::Object(top.filter(|top| top.provider() == key.provider()).unwrap_or_else(|| key.clone()))
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container { provider, id } => write!(f, "{provider} container {id}"),
            Self::Object(key) => key.fmt(f),
        }
    }
}

/// A group that is held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Why, the first time it was looked at.
    pub rejected: Vec<Rejected>,
    /// Its last good version serves; else nothing of it does.
    pub last_good_serves: bool,
}

impl Held {
    fn reasons(&self) -> impl Iterator<Item = (&ObjectKey, &str)> {
        self.rejected.iter().map(|rejected| (&rejected.key, rejected.reason.as_str()))
    }
}

/// A candidate that compiles.
#[derive(Debug, Clone)]
pub struct Settled {
    /// What to publish.
    pub snapshot: Snapshot,
    /// From the snapshot that serves now.
    pub delta: Delta,
    /// What is held back.
    pub held: BTreeMap<Group, Held>,
}

/// The candidate does not compile, and the rejections name nothing that could be held back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the configuration is refused as a whole")]
pub struct Unsettled(pub Vec<Rejected>);

/// Makes a candidate compile by holding back what does not.
///
/// `check` compiles `current` changed by the delta; it collects all errors. Groups that it rejects are replaced by
/// what `current` has of them, which compiled once; those that are rejected even so are left out. Each round holds
/// back at least one group more or leaves one out, so that the rounds are at most two a group, in practice two.
///
/// # Errors
/// Where a rejection names nothing in the candidate.
pub fn settle(
    current: &Snapshot,
    candidate: BTreeMap<ObjectKey, Entry>,
    mut check: impl FnMut(&Delta) -> Result<(), Vec<Rejected>>,
) -> Result<Settled, Unsettled> {
    let mut candidate = candidate;
    let mut held: BTreeMap<Group, Held> = BTreeMap::new();
    loop {
        let (snapshot, delta) = current.followed_by(candidate);
        let Err(rejected) = check(&delta) else {
            return Ok(Settled { snapshot, delta, held });
        };
        candidate = snapshot.into_resources();
        let mut bad: BTreeMap<Group, Vec<Rejected>> = BTreeMap::new();
        for rejection in &rejected {
            if let Some(entry) = candidate.get(&rejection.key) {
                bad.entry(Group::of(&rejection.key, entry)).or_default().push(rejection.clone());
            }
        }
        if bad.is_empty() {
            return Err(Unsettled(rejected));
        }
        replace(current, &mut candidate, bad, &mut held);
    }
}

fn replace(
    current: &Snapshot,
    candidate: &mut BTreeMap<ObjectKey, Entry>,
    bad: BTreeMap<Group, Vec<Rejected>>,
    held: &mut BTreeMap<Group, Held>,
) {
    candidate.retain(|key, entry| !bad.contains_key(&Group::of(key, entry)));
    // A group that was replaced already has no better version.
    let fresh: BTreeSet<&Group> = bad.keys().filter(|group| !held.contains_key(group)).collect();
    let mut serving: BTreeSet<Group> = BTreeSet::new();
    for (key, entry) in current.resources() {
        let group = Group::of(key, entry);
        if fresh.contains(&group) && !candidate.contains_key(key) {
            candidate.insert(key.clone(), entry.clone());
            serving.insert(group);
        }
    }
    if !serving.is_empty() {
        // What it refers to by contents may have changed with it: files that are named, certificates.
        for (key, entry) in current.resources() {
            if key.kind() == v1::Kind::Blob {
                candidate.entry(key.clone()).or_insert_with(|| entry.clone());
            }
        }
    }
    for (group, rejected) in bad {
        let last_good_serves = serving.contains(&group);
        held.entry(group)
            .and_modify(|held| held.last_good_serves = false)
            .or_insert(Held { rejected, last_good_serves });
    }
}

/// What is held back over time, for people.
#[derive(Debug, Clone, Default)]
pub struct Quarantine {
    groups: BTreeMap<Group, (Held, u64)>,
}

impl Quarantine {
    /// Takes over what the newest candidate had held back; `now` in milliseconds since 1970. Returns the groups that
    /// were not held back before, or for other reasons; the same fault on another line is no other reason.
    pub fn replace(&mut self, held: BTreeMap<Group, Held>, now: u64) -> Vec<Group> {
        let mut news = Vec::new();
        let mut groups = BTreeMap::new();
        for (group, held) in held {
            let before = self.groups.get(&group);
            if before.is_none_or(|(before, _)| !before.reasons().eq(held.reasons())) {
                news.push(group.clone());
            }
            let since = before.map_or(now, |(_, since)| *since);
            groups.insert(group, (held, since));
        }
        self.groups = groups;
        news
    }

    /// Whether a group is held back.
    pub fn holds(&self, group: &Group) -> bool {
        self.groups.contains_key(group)
    }

    /// Nothing is held back.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// One line for each rejected object.
    pub fn status(&self) -> Vec<v1::Quarantined> {
        let lines = self.groups.values().flat_map(|(held, since)| {
            held.rejected.iter().map(|rejected| v1::Quarantined {
                id: Some((&rejected.key).into()),
                origin: Some(rejected.origin.clone()),
                reason: rejected.reason.clone(),
                last_good_serves: held.last_good_serves,
                since_unix_ms: *since,
            })
        });
        lines.collect()
    }
}

#[cfg(test)]
mod tests;
