//! Lists of children, of which those that did not change are not looked at.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use sluicegate_proto::id::ObjectKey;

use super::{Compiled, Part, Plan};
use crate::endpoint::Endpoint;
use crate::frontend::Route;
use crate::runtime::Runtime;

/// What a parent has a list of.
pub(super) trait Child {
    /// Their order in the list; of two children of one parent it is never equal.
    fn order(a: &Self, b: &Self) -> Ordering;
}

impl Child for Route {
    fn order(a: &Self, b: &Self) -> Ordering {
        (&a.order, &a.key).cmp(&(&b.order, &b.key))
    }
}

impl Child for Endpoint {
    fn order(a: &Self, b: &Self) -> Ordering {
        (&a.order, a.number, &a.key).cmp(&(&b.order, b.number, &b.key))
    }
}

/// What comes and goes, by parent.
pub(super) struct Edits<T>(FxHashMap<ObjectKey, Edit<T>>);

struct Edit<T> {
    gone: Vec<Arc<T>>,
    new: Vec<Arc<T>>,
}

impl<T> Default for Edits<T> {
    fn default() -> Self {
        Self(FxHashMap::default())
    }
}

impl<T> Default for Edit<T> {
    fn default() -> Self {
        Self { gone: Vec::new(), new: Vec::new() }
    }
}

impl<T> Edit<T> {
    fn note(&mut self, child: &Arc<T>, came: bool) {
        let list = if came { &mut self.new } else { &mut self.gone };
        list.push(Arc::clone(child));
    }
}

impl<T: Child> Edits<T> {
    pub(super) fn parents(&self) -> impl Iterator<Item = &ObjectKey> {
        self.0.keys()
    }

    fn of(&mut self, parent: &ObjectKey) -> &mut Edit<T> {
        self.0.entry(parent.clone()).or_default()
    }

    /// The list of a parent after the change, from that before it.
    pub(super) fn applied(&self, parent: &ObjectKey, before: &[Arc<T>]) -> Vec<Arc<T>> {
        let Some(edit) = self.0.get(parent) else { return before.to_vec() };
        let find = |child: &Arc<T>| before.binary_search_by(|it| T::order(it, child));
        let mut gone: Vec<usize> = edit.gone.iter().filter_map(|child| find(child).ok()).collect();
        gone.sort_unstable();
        let mut new: Vec<&Arc<T>> = edit.new.iter().collect();
        new.sort_by(|a, b| T::order(a, b));

        let mut after = Vec::with_capacity(before.len() + new.len() - gone.len());
        let mut gone = gone.into_iter().peekable();
        let mut from = 0;
        let mut keep = |after: &mut Vec<Arc<T>>, to: usize| {
            while let Some(skipped) = gone.next_if(|&at| at < to) {
                after.extend_from_slice(&before[from..skipped]);
                from = skipped + 1;
            }
            after.extend_from_slice(&before[from..to]);
            from = to;
        };
        for child in new {
            keep(&mut after, find(child).unwrap_or_else(|at| at));
            after.push(Arc::clone(child));
        }
        keep(&mut after, before.len());
        after
    }
}

/// Collects what the change takes from lists and puts into them: what it names and, for a parent that was not there, all of
/// its children.
pub(super) fn collect(
    (previous, next): (&Runtime, &Runtime),
    plan: &Plan<'_>,
    parents: &BTreeSet<ObjectKey>,
) -> (Edits<Route>, Edits<Endpoint>) {
    let (mut routes, mut endpoints) = (Edits::default(), Edits::default());
    let is_absent =
        |key: &&ObjectKey| !next.frontends.contains_key(*key) && !next.backends.contains_key(*key);
    let appeared: BTreeSet<&ObjectKey> = parents.iter().filter(is_absent).collect();
    let is_of_new = |part: &Part| part.parent().is_some_and(|parent| appeared.contains(parent));
    let mut note = |part: &Part, came: bool| match &part.compiled {
        Compiled::Route(route) => routes.of(&route.frontend).note(route, came),
        Compiled::Endpoint(endpoint) => endpoints.of(&endpoint.backend).note(endpoint, came),
        _ => {}
    };
    for key in plan.changed.iter().map(|changed| &changed.key).chain(&plan.removed) {
        if let Some(part) = previous.parts.get(key) {
            note(part, false);
        }
        if let Some(part) = next.parts.get(key).filter(|part| !is_of_new(part)) {
            note(part, true);
        }
    }
    if !appeared.is_empty() {
        next.parts.values().filter(|part| is_of_new(part)).for_each(|part| note(part, true));
    }
    (routes, endpoints)
}

#[cfg(test)]
mod tests;
