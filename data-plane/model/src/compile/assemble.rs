//! Compiled resources to a Runtime: children to their parents, what did not change by reference.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::Kind;

use super::children::{self, Edits};
use super::reason::Fault;
use super::scope::Rejections;
use super::{Blobs, Changed, Compiled, Contents, Lists, Parts, Plan, compile_part};
use crate::backend::Backend;
use crate::endpoint::Endpoint;
use crate::frontend::{Frontend, Mode, Route};
use crate::listener::ListenAddress;
use crate::patterns::PatternList;
use crate::runtime::Runtime;

pub(super) fn assemble(previous: &Runtime, plan: &Plan<'_>, rejections: &mut Rejections) -> Runtime {
    let mut next = previous.clone();
    let touched = Touched::new(previous, plan);
    for key in &plan.removed {
        next.parts.remove_mut(key);
    }
    let of_kind = |kind: Kind| {
        plan.changed.iter().filter(move |changed| changed.key.kind() == kind).collect::<Vec<_>>()
    };
    insert(&mut next, &of_kind(Kind::Blob), rejections);
    if touched.kinds.contains(&Kind::Blob) {
        next.blobs = blobs(&next.parts);
    }
    insert(&mut next, &of_kind(Kind::Patterns), rejections);
    if touched.kinds.contains(&Kind::Patterns) {
        lists(&mut next, plan);
    }
    if touched.kinds.contains(&Kind::Blob) || touched.kinds.contains(&Kind::Patterns) {
        used(&next, plan, rejections);
    }
    let is_other = |changed: &&Changed<'_>| !matches!(changed.key.kind(), Kind::Blob | Kind::Patterns);
    insert(&mut next, &plan.changed.iter().filter(is_other).collect::<Vec<_>>(), rejections);
    next.pools.tidy();
    next.compiled = plan.changed.len();

    processes(&mut next, &touched, rejections);
    listeners(&mut next, plan);
    resolvers(&mut next, plan);
    caches(&mut next, plan);
    addresses(&next, &touched, rejections);
    let (routes, endpoints) = children::collect((previous, &next), plan, &touched.parents);
    frontends(previous, &mut next, &touched, &routes);
    backends(previous, &mut next, &touched, &endpoints);
    modes(&next, &touched, rejections);
    rehash(previous, &mut next, plan);
    next
}

/// The hash follows the change: what did not change is not looked at.
fn rehash(previous: &Runtime, next: &mut Runtime, plan: &Plan<'_>) {
    for key in plan.changed.iter().map(|changed| &changed.key).chain(&plan.removed) {
        if let Some(part) = previous.parts.get(key) {
            next.set.remove(key, part.hash);
        }
        if let Some(part) = next.parts.get(key) {
            next.set.add(key, part.hash);
        }
    }
    next.hash = next.set.finish();
}

/// Compiles resources into their parts.
fn insert(next: &mut Runtime, changed: &[&Changed<'_>], rejections: &mut Rejections) {
    let hashed = |(key, list): (&ObjectKey, &Arc<PatternList>)| {
        Some((key.clone(), (next.parts.get(key)?.hash, Arc::clone(list))))
    };
    let lists: Lists = next.lists.iter().filter_map(hashed).collect();
    let contents = Contents { blobs: &next.blobs, lists: &lists };
    let pools = &mut next.pools;
    let compiled = changed.iter().filter_map(|changed| {
        let part = compile_part(changed, &contents, pools, rejections)?;
        Some((changed.key.clone(), Arc::new(part)))
    });
    for (key, part) in compiled {
        next.parts.insert_mut(key, part);
    }
}

/// Kinds and parents that the change concerns, before and after it.
struct Touched {
    kinds: BTreeSet<Kind>,
    parents: BTreeSet<ObjectKey>,
}

impl Touched {
    fn new(previous: &Runtime, plan: &Plan<'_>) -> Self {
        let mut touched = Self { kinds: BTreeSet::new(), parents: BTreeSet::new() };
        for key in plan.changed.iter().map(|changed| &changed.key).chain(&plan.removed) {
            touched.kinds.insert(key.kind());
            match key.kind() {
                Kind::Frontend | Kind::Backend => touched.parents.insert(key.clone()),
                _ => previous
                    .parts
                    .get(key)
                    .and_then(|part| part.parent())
                    .is_some_and(|p| touched.parents.insert(p.clone())),
            };
        }
        touched
    }
}

fn blobs(parts: &Parts) -> Blobs {
    let contents = parts.values().filter_map(|part| match &part.compiled {
        Compiled::Blob(hash, data) => Some((*hash, data.clone())),
        _ => None,
    });
    contents.collect()
}

/// What stays must lose neither a blob nor a list.
fn used(next: &Runtime, plan: &Plan<'_>, rejections: &mut Rejections) {
    let changed: BTreeSet<&ObjectKey> = plan.changed.iter().map(|changed| &changed.key).collect();
    for (_, part) in next.parts.iter().filter(|(key, _)| !changed.contains(key)) {
        for hash in part.used.blobs.iter().filter(|hash| !next.blobs.contains_key(*hash)) {
            rejections.whole::<()>(&part.resource, Fault::MissingBlob(hash.to_string()));
        }
        for (list, _) in part.used.lists.iter().filter(|(list, _)| !next.lists.contains_key(list)) {
            rejections.whole::<()>(&part.resource, Fault::MissingList(list.to_string()));
        }
    }
}

/// Takes a change over for objects of one kind.
fn follow<T>(
    all: &mut BTreeMap<ObjectKey, Arc<T>>,
    parts: &Parts,
    plan: &Plan<'_>,
    of: impl Fn(&Compiled) -> Option<&Arc<T>>,
) {
    for key in &plan.removed {
        all.remove(key);
    }
    for changed in &plan.changed {
        if let Some(object) = parts.get(&changed.key).and_then(|part| of(&part.compiled)) {
            all.insert(changed.key.clone(), Arc::clone(object));
        }
    }
}

fn processes(next: &mut Runtime, touched: &Touched, rejections: &mut Rejections) {
    if !touched.kinds.contains(&Kind::Process) {
        return;
    }
    let mut all = next.parts.iter().filter_map(|(key, part)| match &part.compiled {
        Compiled::Process(process) => Some((key, part, process)),
        _ => None,
    });
    let first = all.next();
    for (_, part, _) in all {
        let owner = first.map(|(key, ..)| key.to_string()).unwrap_or_default();
        rejections.whole::<()>(&part.resource, Fault::SecondProcess(owner));
    }
    next.process = first.map(|(.., process)| Arc::clone(process)).unwrap_or_default();
}

fn listeners(next: &mut Runtime, plan: &Plan<'_>) {
    follow(&mut next.listeners, &next.parts, plan, |compiled| match compiled {
        Compiled::Listener(listener) => Some(listener),
        _ => None,
    });
}

fn resolvers(next: &mut Runtime, plan: &Plan<'_>) {
    follow(&mut next.resolvers, &next.parts, plan, |compiled| match compiled {
        Compiled::Resolvers(resolvers) => Some(resolvers),
        _ => None,
    });
}

fn caches(next: &mut Runtime, plan: &Plan<'_>) {
    follow(&mut next.caches, &next.parts, plan, |compiled| match compiled {
        Compiled::Cache(cache) => Some(cache),
        _ => None,
    });
}

fn lists(next: &mut Runtime, plan: &Plan<'_>) {
    follow(&mut next.lists, &next.parts, plan, |compiled| match compiled {
        Compiled::Patterns(list) => Some(list),
        _ => None,
    });
}

/// One address has one listener. Port 0 is another port each time.
fn addresses(next: &Runtime, touched: &Touched, rejections: &mut Rejections) {
    if !touched.kinds.contains(&Kind::Listener) {
        return;
    }
    let mut owners = FxHashMap::default();
    for (key, listener) in &next.listeners {
        let socket = &listener.socket;
        let name = match &socket.address {
            ListenAddress::Ip(address) if address.port() == 0 => continue,
            ListenAddress::Ip(address) => address.to_string(),
            ListenAddress::Udp(address) if address.port() == 0 => continue,
            ListenAddress::Udp(address) => format!("udp {address}"),
            ListenAddress::Unix(unix) => format!("{:?}", unix.name),
            ListenAddress::Descriptor(descriptor) => format!("descriptor {descriptor}"),
        };
        let owner = owners.entry((name, socket.interface.clone())).or_insert(key);
        if *owner != key
            && let Some(part) = next.parts.get(key)
        {
            rejections.whole::<()>(&part.resource, Fault::SameAddress(owner.to_string()));
        }
    }
}

/// Datagrams go to a frontend for datagrams, and nothing else does.
fn modes(next: &Runtime, touched: &Touched, rejections: &mut Rejections) {
    if !touched.kinds.contains(&Kind::Listener) && !touched.kinds.contains(&Kind::Frontend) {
        return;
    }
    for (key, listener) in &next.listeners {
        let Some(frontend) = next.frontends.get(&listener.frontend) else { continue };
        let takes_datagrams = matches!(listener.socket.address, ListenAddress::Udp(_));
        if takes_datagrams != (frontend.settings.mode == Mode::Udp)
            && let Some(part) = next.parts.get(key)
        {
            rejections.whole::<()>(&part.resource, Fault::OtherMode(listener.frontend.to_string()));
        }
    }
}

fn frontends(previous: &Runtime, next: &mut Runtime, touched: &Touched, edits: &Edits<Route>) {
    let parents: BTreeSet<&ObjectKey> = touched.parents.iter().chain(edits.parents()).collect();
    for key in parents.into_iter().filter(|key| key.kind() == Kind::Frontend) {
        let Some(Compiled::Frontend(settings)) = next.parts.get(key).map(|part| &part.compiled) else {
            next.frontends.remove(key);
            continue;
        };
        let before = previous.frontends.get(key).map(|frontend| &*frontend.routes).unwrap_or_default();
        let frontend = Frontend { settings: Arc::clone(settings), routes: edits.applied(key, before) };
        next.frontends.insert(key.clone(), Arc::new(frontend));
    }
}

fn backends(previous: &Runtime, next: &mut Runtime, touched: &Touched, edits: &Edits<Endpoint>) {
    let parents: BTreeSet<&ObjectKey> = touched.parents.iter().chain(edits.parents()).collect();
    for key in parents.into_iter().filter(|key| key.kind() == Kind::Backend) {
        let Some(Compiled::Backend(settings)) = next.parts.get(key).map(|part| &part.compiled) else {
            next.backends.remove(key);
            continue;
        };
        let before = previous.backends.get(key).map(|backend| &*backend.endpoints).unwrap_or_default();
        let backend = Backend { settings: Arc::clone(settings), endpoints: edits.applied(key, before) };
        next.backends.insert(key.clone(), Arc::new(backend));
    }
}
