use super::*;
use crate::server::{NodeKey, node_key};

fn servers(weights: &[u16]) -> Vec<Server> {
    let key = |place| node_key(NodeKey::Id(place + 1));
    (0..).zip(weights).map(|(place, &weight)| Server { place, key: key(place), weight }).collect()
}

fn shares(table: &Maglev, places: usize) -> Vec<usize> {
    let mut shares = vec![0; places];
    table.slots.iter().for_each(|&place| shares[place as usize] += 1);
    shares
}

#[test]
fn sizes_are_primes() {
    let prime = |n: u32| (2..).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d));
    assert!(SIZES.into_iter().all(prime));
    assert!(SIZES.is_sorted());
}

#[test]
fn shares_are_even() {
    for many in [1, 2, 3, 100, 650, 1_000] {
        let shares = shares(&Maglev::new(&servers(&vec![7; many])), many);
        assert!(shares.iter().max().unwrap() - shares.iter().min().unwrap() <= 1, "{shares:?}");
    }
}

#[test]
fn shares_follow_weights() {
    let weights = [1, 0, 256, 10, 100];
    let table = Maglev::new(&servers(&weights));
    for (share, weight) in shares(&table, 5).into_iter().zip(weights) {
        let ideal = table.len() as f64 * f64::from(weight) / 367.0;
        assert!((share as f64 - ideal).abs() < 3.0, "{weight}: {share} of {ideal}");
    }
}

#[test]
fn the_order_does_not_matter() {
    let mut list = servers(&[3, 5, 7, 9]);
    let table = Maglev::new(&list);
    list.reverse();
    assert_eq!(Maglev::new(&list), table);
}

#[test]
fn few_keys_move_that_need_not() {
    let list = servers(&[1; 100]);
    let (all, less) = (Maglev::new(&list), Maglev::new(&list[..99]));
    let moved = all.slots.iter().zip(&less.slots).filter(|(before, after)| before != after && **before != 99);
    assert!(moved.clone().count() < all.len() / 50, "{} of {}", moved.count(), all.len());
}

#[test]
fn nobody() {
    let table = Maglev::new(&servers(&[0]));
    assert_eq!((table.at(7, |_| true), table.is_empty()), (None, true));
    assert_eq!(Maglev::new(&servers(&[0, 1])).at(u32::MAX, |_| true), Some(1));
}
