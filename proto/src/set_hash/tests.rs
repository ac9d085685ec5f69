use super::*;
use crate::v1::Kind;

fn pair(number: u8) -> (ObjectKey, ContentHash) {
    (ObjectKey::new("test", "", Kind::Endpoint, &number.to_string()).unwrap(), ContentHash::of(&[number]))
}

#[test]
fn order_does_not_matter() {
    let pairs: Vec<_> = (0..20).map(pair).collect();
    let forward: SetHash = pairs.iter().map(|(key, hash)| (key, *hash)).collect();
    let backward: SetHash = pairs.iter().rev().map(|(key, hash)| (key, *hash)).collect();
    assert_eq!(forward.finish(), backward.finish());
}

#[test]
fn a_change_comes_to_the_same_as_starting_anew() {
    let pairs: Vec<_> = (0..20).map(pair).collect();
    let mut changed: SetHash = pairs.iter().map(|(key, hash)| (key, *hash)).collect();
    let other = ContentHash::of(b"other");
    changed.remove(&pairs[7].0, pairs[7].1);
    assert_ne!(changed.finish(), pairs.iter().map(|(key, hash)| (key, *hash)).collect::<SetHash>().finish());
    changed.add(&pairs[7].0, other);
    let anew: SetHash = pairs
        .iter()
        .enumerate()
        .map(|(at, (key, hash))| (key, if at == 7 { other } else { *hash }))
        .collect();
    assert_eq!(changed.finish(), anew.finish());
}

#[test]
fn contents_that_change_places_are_another_set() {
    let ((one, first), (two, second)) = (pair(1), pair(2));
    let straight: SetHash = [(&one, first), (&two, second)].into_iter().collect();
    let crossed: SetHash = [(&one, second), (&two, first)].into_iter().collect();
    assert_ne!(straight.finish(), crossed.finish());
}
