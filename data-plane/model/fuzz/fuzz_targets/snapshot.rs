//! Any bytes as two Updates, one after the other: decoded, compiled as a whole and as a delta on what came before.
//!
//! Checked: no panic; refusals can be printed; a delta comes to the same snapshot as the whole; the same snapshot again
//! compiles nothing.

#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use prost::Message;
use sluicegate_model::{Change, Rejected, Runtime, compile};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{ObjectId, Resource, Update};

fuzz_target!(|bytes: &[u8]| {
    let Some((length, rest)) = bytes.split_at_checked(2) else { return };
    let length = usize::from(u16::from_le_bytes([length[0], length[1]])).min(rest.len());
    let (first, second) = rest.split_at(length);
    let Ok(first) = Update::decode(first) else { return };
    let second = Update::decode(second).unwrap_or_default();

    print(compile(None, Change::Full(&first.changed)).err());
    let first = good(None, &first.changed);
    let base = compile(None, Change::Full(&first)).ok();
    let changed = good(base.as_ref(), &second.changed);
    let delta = Change::Delta { changed: &second.changed, removed: &second.removed };
    print(compile(base.as_ref(), delta).err());

    let Some(base) = base else { return };
    let delta = Change::Delta { changed: &changed, removed: &second.removed };
    let Ok(after) = compile(Some(&base), delta) else { return };
    let merged = merged(&first, &changed, &second.removed);
    let whole = compile(None, Change::Full(&merged)).expect("a delta that compiles has a whole that does");
    assert_eq!(whole.hash, after.hash);
    same(&whole, &after);
    let again = compile(Some(&after), Change::Full(&merged)).expect("compiled before");
    assert_eq!((again.compiled(), again.hash), (0, after.hash));
});

fn print(rejected: Option<Vec<Rejected>>) {
    let printed: usize = rejected.iter().flatten().map(|rejected| rejected.to_string().len()).sum();
    assert!(printed < 64 << 20);
}

/// Those that compile on their own, so that one bad resource does not hide all others.
fn good(base: Option<&Runtime>, resources: &[Resource]) -> Vec<Resource> {
    let compiles = |resource: &&Resource| {
        let change = Change::Delta { changed: std::slice::from_ref(*resource), removed: &[] };
        compile(base, change).is_ok()
    };
    resources.iter().filter(compiles).cloned().collect()
}

fn merged(first: &[Resource], changed: &[Resource], removed: &[ObjectId]) -> Vec<Resource> {
    let key = |id: &ObjectId| ObjectKey::try_from(id).expect("compiled before");
    let of = |resource: &Resource| key(resource.id.as_ref().expect("compiled before"));
    let mut all: BTreeMap<ObjectKey, Resource> = first.iter().map(|r| (of(r), r.clone())).collect();
    removed.iter().for_each(|id| drop(all.remove(&key(id))));
    all.extend(changed.iter().map(|r| (of(r), r.clone())));
    all.into_values().collect()
}

fn same(whole: &Runtime, after: &Runtime) {
    let listeners = |runtime: &Runtime| -> Vec<_> {
        let listeners = runtime.listeners.values();
        listeners
            .map(|it| (it.key.clone(), it.socket.clone(), it.frontend.clone(), it.max_connections))
            .collect()
    };
    assert_eq!(listeners(whole), listeners(after));
    assert_eq!(whole.process, after.process);
    let routes = |runtime: &Runtime| -> Vec<_> {
        let frontends = runtime.frontends.values();
        frontends
            .map(|f| (f.key().clone(), f.routes.iter().map(|r| r.key.clone()).collect::<Vec<_>>()))
            .collect()
    };
    assert_eq!(routes(whole), routes(after));
    let endpoints = |runtime: &Runtime| -> Vec<_> {
        let backends = runtime.backends.values();
        backends
            .map(|b| (b.key().clone(), b.endpoints.iter().map(|e| e.key.clone()).collect::<Vec<_>>()))
            .collect()
    };
    assert_eq!(endpoints(whole), endpoints(after));
}
