//! From wire resources to a [`Runtime`].

mod address;
mod assemble;
mod backend;
mod balance;
mod cache;
mod call;
mod check;
mod children;
mod compression;
mod condition;
mod endpoint;
mod entry;
mod format;
mod frontend;
mod http2;
mod inspection;
mod logging;
mod map;
mod matcher;
mod outgoing;
mod outlier;
mod part;
mod patterns;
mod persistence;
mod reason;
mod resolvers;
mod rewrite;
mod rule;
mod scope;
mod service;
mod tls;
mod watch;

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use sluicegate_proto::hash::{ContentHash, resource_hash};
use sluicegate_proto::id::{ObjectKey, kind_word};
use sluicegate_proto::limits::MAX_RESOURCES;
use sluicegate_proto::v1::{Kind, ObjectId, Resource, resource::Body};

use crate::runtime::Runtime;

pub use map::{find, fits};
pub(crate) use part::{Blobs, Compiled, Contents, Lists, Part, Parts, Pools};
pub use reason::{Fault, Reason, Rejected};
use scope::Rejections;

/// What a new generation is made from.
#[derive(Debug, Clone, Copy)]
pub enum Change<'a> {
    /// All its resources.
    Full(&'a [Resource]),
    /// What differs from the previous generation.
    Delta {
        /// New resources, and new versions of old ones.
        changed: &'a [Resource],
        /// Resources that go.
        removed: &'a [ObjectId],
    },
}

/// Compiles a generation. What did not change against `previous` (by content hash) is taken from it.
///
/// The resources are kept for comparison with the next generation: decode them from a slice, not from one `Bytes` of a
/// whole update, or every byte string among them keeps that update alive.
///
/// References between objects that lead nowhere are no errors: a route to a missing backend answers 503. Blobs are
/// contents and not objects: a missing one is an error.
///
/// # Errors
/// Every fault of every resource, in the order of the input, cut off after a thousand.
pub fn compile(previous: Option<&Runtime>, change: Change<'_>) -> Result<Runtime, Vec<Rejected>> {
    let empty = Runtime::default();
    let previous = previous.unwrap_or(&empty);
    let mut rejections = Rejections::default();
    let plan = plan(previous, change, &mut rejections);
    let runtime = assemble::assemble(previous, &plan, &mut rejections);
    match rejections.into_result() {
        Ok(()) => Ok(runtime),
        Err(rejected) => Err(rejected),
    }
}

/// What is to compile and what goes, ids checked, unchanged resources left out.
pub(crate) struct Plan<'a> {
    changed: Vec<Changed<'a>>,
    removed: BTreeSet<ObjectKey>,
}

struct Changed<'a> {
    key: ObjectKey,
    hash: ContentHash,
    resource: &'a Resource,
}

fn plan<'a>(previous: &'a Runtime, change: Change<'a>, rejections: &mut Rejections) -> Plan<'a> {
    let (resources, removed) = match change {
        Change::Full(resources) => (resources, &[][..]),
        Change::Delta { changed, removed } => (changed, removed),
    };
    let mut seen = FxHashSet::default();
    let mut plan = Plan { changed: Vec::new(), removed: BTreeSet::new() };
    for resource in resources {
        let Some(key) = checked_key(resource, rejections) else { continue };
        if !seen.insert(key.clone()) {
            rejections.whole::<()>(resource, Fault::Twice);
            continue;
        }
        let hash = resource_hash(resource);
        if previous.parts.get(&key).is_none_or(|part| part.hash != hash) {
            plan.changed.push(Changed { key, hash, resource });
        }
    }
    for id in removed {
        match ObjectKey::try_from(id) {
            Ok(key) if seen.contains(&key) => rejections.bare(id, Fault::ChangedAndRemoved),
            Ok(key) => drop(plan.removed.insert(key)),
            Err(invalid) => rejections.bare(id, Fault::Id(invalid)),
        }
    }
    again(previous, &mut plan);
    if matches!(change, Change::Full(_)) {
        plan.removed = previous.parts.keys().filter(|key| !seen.contains(*key)).cloned().collect();
    }
    let total = previous.parts.size() + plan.changed.len();
    if total.saturating_sub(plan.removed.len()) > MAX_RESOURCES {
        rejections.bare(
            &ObjectId::default(),
            Fault::TooMany { what: "resources", count: total, limit: MAX_RESOURCES },
        );
    }
    plan
}

/// What was made of lists that change is made anew, though it says the same.
fn again<'a>(previous: &'a Runtime, plan: &mut Plan<'a>) {
    let lists: BTreeSet<ObjectKey> = plan
        .changed
        .iter()
        .map(|changed| &changed.key)
        .filter(|key| key.kind() == Kind::Patterns)
        .cloned()
        .collect();
    if lists.is_empty() {
        return;
    }
    let changed: FxHashSet<ObjectKey> = plan.changed.iter().map(|changed| changed.key.clone()).collect();
    let made_of = |part: &Part| part.used.lists.iter().any(|(list, _)| lists.contains(list));
    let parts = previous.parts.iter().filter(|(key, part)| !changed.contains(*key) && made_of(part));
    plan.changed.extend(parts.map(|(key, part)| Changed {
        key: key.clone(),
        hash: part.hash,
        resource: &part.resource,
    }));
}

fn checked_key(resource: &Resource, rejections: &mut Rejections) -> Option<ObjectKey> {
    let key = match resource.id.as_ref().map(ObjectKey::try_from) {
        None => return rejections.whole(resource, Fault::Unset("id")),
        Some(Err(invalid)) => return rejections.whole(resource, Fault::Id(invalid)),
        Some(Ok(key)) => key,
    };
    let kind = match &resource.body {
        None => return rejections.whole(resource, Fault::Unset("body")),
        Some(Body::Process(_)) => Kind::Process,
        Some(Body::Listener(_)) => Kind::Listener,
        Some(Body::Frontend(_)) => Kind::Frontend,
        Some(Body::Route(_)) => Kind::Route,
        Some(Body::Backend(_)) => Kind::Backend,
        Some(Body::Endpoint(_)) => Kind::Endpoint,
        Some(Body::Blob(_)) => Kind::Blob,
        Some(Body::Patterns(_)) => Kind::Patterns,
        Some(Body::Resolvers(_)) => Kind::Resolvers,
        Some(Body::Cache(_)) => Kind::Cache,
    };
    if kind != key.kind() {
        let fault = Fault::Kind { what: "id", expected: kind_word(kind), found: kind_word(key.kind()) };
        return rejections.whole(resource, fault);
    }
    Some(key)
}

/// A resource as it is kept, and what it was compiled to.
fn compile_part(
    changed: &Changed<'_>,
    contents: &Contents<'_>,
    pools: &mut Pools,
    rejections: &mut Rejections,
) -> Option<Part> {
    let mut scope = scope::Scope::new(changed.resource, contents, pools);
    let compiled = part::compile_body(changed, &mut scope);
    let used = scope.finish(rejections)?;
    Some(Part { hash: changed.hash, resource: Arc::new(changed.resource.clone()), compiled: compiled?, used })
}

#[cfg(test)]
mod tests;
