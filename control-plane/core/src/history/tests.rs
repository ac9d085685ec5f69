use proptest::prelude::*;
use sluicegate_proto::hash::SetHash;
use sluicegate_proto::v1::{self, Resource};

use super::*;
use crate::sample::{at_line, backend, endpoint, key, keyed};

fn snapshot(resources: impl IntoIterator<Item = Resource>) -> Arc<Snapshot> {
    Arc::new(Snapshot::new(keyed(resources)))
}

fn apply(from: &Snapshot, update: &Update) -> BTreeMap<ObjectKey, Entry> {
    let mut resources = if update.base.is_empty() { BTreeMap::new() } else { from.resources().clone() };
    for id in &update.removed {
        assert!(resources.remove(&ObjectKey::try_from(id).unwrap()).is_some(), "removed what was not there");
    }
    resources.extend(keyed(update.changed.iter().cloned()));
    resources
}

#[test]
fn equal_content_is_published_once() {
    let mut history = History::new(7);
    let first = history.publish(snapshot([backend("t", "a", 1)]), 10).unwrap().unwrap();
    assert_eq!((first.epoch, first.number), (7, 1));
    assert_eq!(history.publish(snapshot([backend("t", "a", 1)]), 20), Ok(None));
    let second = history.publish(snapshot([backend("t", "a", 2)]), 30).unwrap().unwrap();
    assert_eq!(second.number, 2);
    assert_eq!(history.generations().collect::<Vec<_>>(), [(first, 10), (second, 30)]);
}

#[test]
fn a_stranger_is_told_where_things_stand_now() {
    let mut history = History::new(7);
    history.publish(snapshot([backend("t", "a", 1)]), 10).unwrap();
    let told = |history: &mut History| -> Vec<String> {
        let update = history.update_from(None).unwrap().decode().unwrap();
        update.changed.iter().map(|resource| resource.origin().unwrap().to_string()).collect()
    };
    assert_eq!(told(&mut history), ["test.cfg:1"]);
    let moved = Resource { provenance: Some(at_line(2).into()), ..backend("t", "a", 1) };
    assert_eq!(history.publish(snapshot([moved]), 20), Ok(None));
    assert_eq!(told(&mut history), ["test.cfg:2"]);
    assert_eq!(history.generations().count(), 1);
}

#[test]
fn an_empty_configuration_is_one_too() {
    let mut history = History::new(7);
    let published = history.publish(Arc::new(Snapshot::empty()), 10).unwrap().unwrap();
    assert_eq!(published.hash, SetHash::new().finish());
    let update = history.update_from(None).unwrap().decode().unwrap();
    assert_eq!((update.changed.len(), update.base.len()), (0, 0));
}

#[test]
fn an_update_is_what_prost_would_write() {
    let mut history = History::new(7);
    let first = snapshot([backend("t", "a", 1), backend("t", "gone", 1)]);
    history.publish(first.clone(), 10).unwrap();
    let generation =
        history.publish(snapshot([backend("t", "a", 2), backend("t", "b", 1)]), 20).unwrap().unwrap();
    let encoded = history.update_from(Some(first.hash())).unwrap();
    let expected = Update {
        generation: Some(generation.into()),
        base: Bytes::copy_from_slice(&first.hash().0),
        capabilities: vec!["kind.backend".into()],
        changed: vec![backend("t", "a", 2), backend("t", "b", 1)],
        removed: vec![(&key("t", v1::Kind::Backend, "gone")).into()],
    };
    assert_eq!(encoded.bytes, expected.encode_to_vec());
    assert_eq!(encoded.decode().unwrap(), expected);
}

#[test]
fn receivers_share_the_bytes() {
    let mut history = History::new(7);
    let first = snapshot([backend("t", "a", 1)]);
    history.publish(first.clone(), 10).unwrap();
    history.publish(snapshot([backend("t", "a", 2)]), 20).unwrap();
    let one = history.update_from(Some(first.hash())).unwrap();
    let two = history.update_from(Some(first.hash())).unwrap();
    assert_eq!(one.bytes.as_ptr(), two.bytes.as_ptr());
    assert!(history.update_from(history.newest().map(|newest| newest.generation.hash)).is_none());
}

#[test]
fn a_stranger_gets_everything() {
    let mut history = History::new(7);
    history.publish(snapshot([backend("t", "a", 1), backend("t", "b", 1)]), 10).unwrap();
    history.publish(snapshot([backend("t", "a", 2), backend("t", "b", 1)]), 20).unwrap();
    for base in [None, Some(ContentHash::of(b"elsewhere"))] {
        let update = history.update_from(base).unwrap();
        assert_eq!((update.base, update.decode().unwrap().changed.len()), (None, 2));
    }
}

#[test]
fn one_endpoint_of_many_moves_alone() {
    let app = key("t", v1::Kind::Backend, "app");
    let mut resources: Vec<_> = (1..=5_000).map(|port| endpoint(&app, &port.to_string(), port)).collect();
    let mut history = History::new(7);
    let before = snapshot(resources.clone());
    history.publish(before.clone(), 10).unwrap();
    resources[77] = endpoint(&app, "78", 60_000);
    history.publish(snapshot(resources), 20).unwrap();
    let update = history.update_from(Some(before.hash())).unwrap();
    assert!(update.bytes.len() < 400, "{} bytes", update.bytes.len());
}

#[test]
fn history_is_bounded() {
    let mut history = History::new(7);
    let first = snapshot([backend("t", "a", 0)]);
    history.publish(first.clone(), 0).unwrap();
    for retries in 1..=KEPT_GENERATIONS as u32 {
        history.publish(snapshot([backend("t", "a", retries)]), 0).unwrap();
    }
    assert_eq!(history.lag(Some(first.hash())), KEPT_GENERATIONS as u64);
    assert!(history.update_from(Some(first.hash())).unwrap().base.is_some());
    history.publish(snapshot([backend("t", "a", 1_000)]), 0).unwrap();
    assert!(history.update_from(Some(first.hash())).unwrap().base.is_none());
    assert_eq!(history.generations().count(), KEPT_GENERATIONS + 1);
    assert!(history.snapshot(1).is_none() && history.snapshot(2).is_some());
}

fn contents() -> impl Strategy<Value = Vec<(u8, u32)>> {
    proptest::collection::vec((0..8_u8, 1..4_u32), 0..8)
}

proptest! {
    #[test]
    fn any_remembered_base_leads_to_the_newest(steps in proptest::collection::vec(contents(), 1..8)) {
        let mut history = History::new(1);
        let mut published = Vec::new();
        for (at, step) in steps.into_iter().enumerate() {
            let next = snapshot(step.iter().map(|(name, retries)| backend("t", &name.to_string(), *retries)));
            if let Some(generation) = history.publish(next.clone(), at as u64).unwrap() {
                published.push((generation, next));
            }
        }
        let newest = history.newest().unwrap().clone();
        for (generation, old) in &published {
            let behind = newest.generation.number - generation.number;
            // Content that came back counts as its newest occurrence.
            prop_assert!(history.lag(Some(generation.hash)) <= behind);
            prop_assert_eq!(history.snapshot(generation.number).unwrap().hash(), generation.hash);
            if let Some(update) = history.update_from(Some(generation.hash)) {
                prop_assert_eq!(update.base, Some(generation.hash));
                let update = update.decode().unwrap();
                prop_assert_eq!(&apply(old, &update), newest.snapshot.resources());
            } else {
                prop_assert_eq!(generation.hash, newest.generation.hash);
            }
        }
    }
}
