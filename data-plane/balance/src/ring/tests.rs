use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::server::{NodeKey, node_key};

fn server(place: u32, id: u32, weight: u16) -> Server {
    Server { place, key: node_key(NodeKey::Id(id)), weight: weight * 16 }
}

fn list(ids: &[(u32, u16)]) -> Vec<Server> {
    (0..).zip(ids).map(|(place, &(id, weight))| server(place, id, weight)).collect()
}

proptest! {
    #[test]
    fn a_renewed_ring_is_a_new_one(
        old in vec((1_u32..30, 0_u16..5), 0..20),
        new in vec((1_u32..30, 0_u16..5), 0..20),
    ) {
        let (old, new) = (list(&old), list(&new));
        prop_assert_eq!(Ring::new(&old).renewed(&new), Ring::new(&new));
    }

    #[test]
    fn a_change_of_one(ids in vec(1_u32..1000, 1..20), at in 0_usize..20, weight in 0_u16..300) {
        let mut ids: Vec<(u32, u16)> = ids.into_iter().map(|id| (id, 2)).collect();
        let before = Ring::new(&list(&ids));
        let at = at % ids.len();
        ids[at].1 = weight;
        prop_assert_eq!(before.renewed(&list(&ids)), Ring::new(&list(&ids)));
        ids.remove(at);
        prop_assert_eq!(before.renewed(&list(&ids)), Ring::new(&list(&ids)));
        prop_assert_eq!(Ring::new(&list(&ids)).renewed(&list(&ids)), Ring::new(&list(&ids)));
    }

    /// What the search finds is what a look at all points finds.
    #[test]
    fn the_closest_point(ids in vec(1_u32..1000, 1..6), hash: u32) {
        let ids: Vec<(u32, u16)> = ids.into_iter().map(|id| (id, 1)).collect();
        let ring = Ring::new(&list(&ids));
        let distance = |&node: &u64| {
            let (behind, ahead) = (hash.wrapping_sub(point(node)), point(node).wrapping_sub(hash));
            behind.min(ahead)
        };
        let closest = ring.nodes.iter().map(distance).min().unwrap();
        prop_assert_eq!(distance(&ring.nodes[ring.closest(hash).unwrap()]), closest);
    }

    #[test]
    fn who_goes_moves_only_its_own(hash: u32) {
        let all = list(&[(1, 1), (2, 5), (3, 2)]);
        let (ring, less) = (Ring::new(&all), Ring::new(&all[..2]));
        let before = ring.at(hash, |_| true).unwrap();
        prop_assert!(before == 2 || less.at(hash, |_| true) == Some(before));
    }
}

#[test]
fn who_may_not_is_passed_up_the_circle() {
    let ring = Ring::new(&list(&[(1, 1), (2, 1)]));
    assert_eq!(ring.at(7, |place| place == 0), Some(0));
    assert_eq!(ring.at(7, |place| place == 1), Some(1));
    assert_eq!(ring.at(7, |_| false), None);
    let mut asked = 0;
    ring.at(7, |_| {
        asked += 1;
        false
    });
    assert_eq!(asked, ring.len());
}

#[test]
fn nobody() {
    let ring = Ring::new(&list(&[(1, 0)]));
    assert_eq!((ring.at(7, |_| true), ring.turn(7, |_| true), ring.is_empty()), (None, None, true));
}

#[test]
fn too_many_points_are_halved() {
    let heavy: Vec<(u32, u16)> = (1..=2000).map(|id| (id, 256)).collect();
    let ring = Ring::new(&list(&heavy));
    assert_eq!(ring.len(), 2000 * 1024);
    // The points that stay are among those there were.
    assert!(ring.renewed(&list(&heavy[..100])).len() > ring.len() / 10);
}
