use proptest::prelude::*;
use sluicegate_proto::hash::{resource_hash, snapshot_hash};
use sluicegate_proto::v1::{Kind, Resource};

use super::*;
use crate::sample::{at_line, backend, endpoint, key, keyed};

fn contents() -> impl Strategy<Value = BTreeMap<ObjectKey, Entry>> {
    let one = (0..12_u8, 1..4_u32, 1..1_000_u32);
    proptest::collection::vec(one, 0..12).prop_map(|all| {
        keyed(all.into_iter().map(|(name, retries, line)| Resource {
            provenance: Some(at_line(line).into()),
            ..backend("test", &name.to_string(), retries)
        }))
    })
}

proptest! {
    #[test]
    fn a_diff_leads_from_one_to_the_other(old in contents(), new in contents()) {
        let (old, new) = (Snapshot::new(old), Snapshot::new(new));
        let delta = diff(&old, &new);
        let mut resources = old.resources().clone();
        for key in &delta.removed {
            prop_assert!(resources.remove(key).is_some());
        }
        for (key, entry) in &delta.changed {
            prop_assert_ne!(old.resources().get(key), Some(entry));
            resources.insert(key.clone(), entry.clone());
        }
        prop_assert_eq!(&resources, new.resources());
        prop_assert_eq!(delta.is_empty(), old.hash() == new.hash());
    }

    #[test]
    fn following_comes_to_the_same_as_starting_anew(steps in proptest::collection::vec(contents(), 1..6)) {
        let mut last = Snapshot::empty();
        for step in steps {
            last = last.followed_by(step.clone()).0;
            let anew = Snapshot::new(step.clone());
            prop_assert_eq!(last.hash(), anew.hash());
            prop_assert_eq!(last.bytes, anew.bytes);
            prop_assert_eq!(&last.needs, &anew.needs);
            let pairs: Vec<_> = step.iter().map(|(key, entry)| (key, resource_hash(entry.resource()))).collect();
            prop_assert_eq!(last.hash(), snapshot_hash(pairs));
        }
    }
}

#[test]
fn needs_go_with_the_last_that_needs_them() {
    let app = key("test", Kind::Backend, "app");
    let both =
        Snapshot::new(keyed([backend("test", "app", 1), endpoint(&app, "a", 80), endpoint(&app, "b", 80)]));
    assert_eq!(both.needs().collect::<Vec<_>>(), ["address.ip", "kind.backend", "kind.endpoint"]);
    let (one, _) = both.followed_by(keyed([backend("test", "app", 1), endpoint(&app, "a", 80)]));
    assert_eq!(one.needs().count(), 3);
    let (none, delta) = one.followed_by(keyed([backend("test", "app", 1)]));
    assert_eq!(none.needs().collect::<Vec<_>>(), ["kind.backend"]);
    assert_eq!(delta.removed.len(), 1);
}

#[test]
fn what_no_proxy_takes_is_told() {
    let mut large = Snapshot::empty();
    assert_eq!(large.fits(), Ok(()));
    large.bytes = MAX_UPDATE_BYTES as u64;
    assert_eq!(large.fits(), Err(TooLarge::Bytes(MAX_UPDATE_BYTES as u64)));
}

#[test]
fn what_moved_in_its_file_is_no_change() {
    let app = backend("test", "app", 1);
    let before = Snapshot::new(keyed([app.clone()]));
    let moved = Resource { provenance: Some(at_line(1_000).into()), ..app };
    let (after, delta) = before.followed_by(keyed([moved]));
    assert!(delta.is_empty());
    assert_eq!(after.hash(), before.hash());
    let origins: Vec<_> = after.resources().values().map(|entry| entry.origin().to_string()).collect();
    assert_eq!(origins, ["test.cfg:1000"]);
}
