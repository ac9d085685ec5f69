use proptest::prelude::*;
use sluicegate_proto::v1::Kind;

use super::*;

/// A child of some version at some place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Leaf {
    place: u8,
    version: u8,
}

impl Child for Leaf {
    fn order(a: &Self, b: &Self) -> Ordering {
        a.place.cmp(&b.place)
    }
}

fn parent() -> ObjectKey {
    ObjectKey::new("test", "", Kind::Backend, "app").expect("invariant: a plain name")
}

fn leaves(places: impl IntoIterator<Item = u8>, version: u8) -> Vec<Arc<Leaf>> {
    places.into_iter().map(|place| Arc::new(Leaf { place, version })).collect()
}

proptest! {
    #[test]
    fn an_edit_makes_the_list_that_sorting_it_all_would_make(
        was in prop::collection::btree_set(0..40_u8, 0..20),
        touched in prop::collection::vec((0..40_u8, any::<bool>()), 0..12),
    ) {
        let before = leaves(was, 0);
        let mut edits = Edits::default();
        let mut expected = before.clone();
        let mut seen = BTreeSet::new();
        for (place, stays) in touched {
            if !seen.insert(place) {
                continue;
            }
            if let Some(at) = expected.iter().position(|leaf| leaf.place == place && leaf.version == 0) {
                edits.of(&parent()).note(&expected.remove(at), false);
            }
            if stays {
                let new = Arc::new(Leaf { place, version: 1 });
                expected.push(Arc::clone(&new));
                edits.of(&parent()).note(&new, true);
            }
        }
        expected.sort_by_key(|leaf| leaf.place);
        prop_assert_eq!(edits.applied(&parent(), &before), expected);
    }
}

#[test]
fn a_child_that_moves_leaves_its_old_place() {
    let before = leaves(0..5, 0);
    let mut edits = Edits::default();
    edits.of(&parent()).note(&before[1], false);
    edits.of(&parent()).note(&Arc::new(Leaf { place: 9, version: 1 }), true);
    let places: Vec<u8> = edits.applied(&parent(), &before).iter().map(|leaf| leaf.place).collect();
    assert_eq!(places, [0, 2, 3, 4, 9]);
}
