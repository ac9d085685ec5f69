use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn servers(weights: &[u16]) -> Vec<Server> {
    let server = |(place, &weight)| Server { place, key: place, weight };
    (0..).zip(weights).map(server).collect()
}

/// Turn by turn as HAProxy's manual and source describe it: everybody gains its weight, whoever has most whole totals
/// takes the turn and pays one.
fn turn_by_turn(weights: &[u16]) -> Vec<u32> {
    let total: i64 = weights.iter().copied().map(i64::from).sum();
    let mut scores = vec![0_i64; weights.len()];
    let turn = |_| {
        scores.iter_mut().zip(weights).for_each(|(score, &weight)| *score += i64::from(weight));
        let able = (0..weights.len()).rev().filter(|&at| weights[at] > 0);
        let best = able.max_by_key(|&at| (scores[at] + total) / total).unwrap();
        scores[best] -= total;
        u32::try_from(best).unwrap()
    };
    (0..total).map(turn).collect()
}

fn slots(map: &Map) -> Vec<u32> {
    (0..map.len() as u64).map(|cursor| map.turn(cursor, |_| true).unwrap()).collect()
}

proptest! {
    #[test]
    fn computed_turns_are_those_of_the_scores(weights in vec(0_u16..=256, 1..12)) {
        prop_assert_eq!(slots(&Map::new(&servers(&weights), 1)), turn_by_turn(&weights));
    }

    #[test]
    fn turns_of_equals(weight in 1_u16..6, many in 1_usize..60) {
        let weights = vec![weight; many];
        prop_assert_eq!(slots(&Map::new(&servers(&weights), 1)), turn_by_turn(&weights));
    }

    #[test]
    fn turns_of_many_light_ones(weights in vec(1_u16..=3, 1..200)) {
        prop_assert_eq!(slots(&Map::new(&servers(&weights), 1)), turn_by_turn(&weights));
    }
}

#[test]
fn the_divisor_shortens() {
    assert_eq!(Map::new(&servers(&[100, 40]), 20), Map::new(&servers(&[5, 2]), 1));
}

#[test]
fn nobody() {
    let map = Map::new(&servers(&[0]), 1);
    assert_eq!((map.at(7, |_| true), map.turn(7, |_| true), map.is_empty()), (None, None, true));
}

#[test]
fn turns_skip_who_may_not() {
    let map = Map::new(&servers(&[1, 1, 1]), 1);
    assert_eq!(map.turn(1, |place| place != 1), Some(2));
    assert_eq!(map.turn(2, |place| place == 1), Some(1));
    assert_eq!(map.turn(2, |_| false), None);
    assert_eq!(map.turn(u64::MAX, |_| true), Some(0));
    assert_eq!((map.at(4, |_| true), map.at(4, |place| place != 1)), (Some(1), Some(2)));
}

#[test]
fn too_many_slots_are_halved() {
    let weights: Vec<u16> = (0..50_000).map(|n| if n % 2 == 0 { 255 } else { 1 }).collect();
    let map = Map::new(&servers(&weights), 1);
    assert!(map.len() as u64 <= MAX_SLOTS + 50_000, "{}", map.len());
    let of = |place| slots(&map).iter().filter(|&&at| at == place).count();
    assert_eq!((of(0), of(1)), (7, 1));
}
