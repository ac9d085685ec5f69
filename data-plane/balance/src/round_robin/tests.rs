use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn schedule(weights: &[u16]) -> Schedule {
    let endpoints: Vec<(u32, u16)> = (0..).zip(weights.iter().copied()).collect();
    Schedule::new(&endpoints)
}

fn window(schedule: &Schedule, from: u64, turns: usize) -> Vec<u32> {
    (from..).take(turns).map(|cursor| schedule.turn(cursor).unwrap()).collect()
}

fn counts(turns: &[u32]) -> BTreeMap<u32, usize> {
    let mut counts = BTreeMap::new();
    turns.iter().for_each(|&endpoint| *counts.entry(endpoint).or_default() += 1);
    counts
}

/// The algorithm as its authors wrote it down: every endpoint gains its weight, the highest takes the turn and pays all.
fn textbook(weights: &[u16]) -> Vec<u32> {
    let total: i64 = weights.iter().copied().map(i64::from).sum();
    let mut current = vec![0_i64; weights.len()];
    (0..total)
        .map(|_| {
            current.iter_mut().zip(weights).for_each(|(current, &weight)| *current += i64::from(weight));
            let best = (0..weights.len()).rev().max_by_key(|&at| current[at]).unwrap();
            current[best] -= total;
            u32::try_from(best).unwrap()
        })
        .collect()
}

#[test]
fn equal_weights_alternate() {
    assert_eq!(window(&schedule(&[100, 100]), 0, 5), [0, 1, 0, 1, 0]);
    assert_eq!(schedule(&[100, 100]).len(), 2);
}

#[test]
fn the_heavy_one_is_spread() {
    assert_eq!(window(&schedule(&[5, 1, 1]), 0, 7), [0, 0, 1, 0, 2, 0, 0]);
    assert_eq!(schedule(&[250, 50, 50]), schedule(&[5, 1, 1]));
}

#[test]
fn nobody_and_nobody_with_weight() {
    assert_eq!(schedule(&[]).turn(7), None);
    assert_eq!(schedule(&[0, 0]).pick(7, |_| true), None);
    assert_eq!(window(&schedule(&[0, 3]), u64::MAX - 1, 1), [1]);
}

#[test]
fn too_many_turns_are_rounded() {
    let weights: Vec<u16> = (0..1_000).map(|n| if n % 2 == 0 { 255 } else { 256 }).collect();
    let long = schedule(&weights);
    assert!(long.len() <= MAX_TURNS + weights.len(), "{}", long.len());
    let shares = counts(&long.turns);
    assert_eq!(shares.len(), 1_000);
    let exact = MAX_TURNS as f64 / 1_000.0;
    assert!(shares.values().all(|&turns| (turns as f64 - exact).abs() <= 1.0));
    let lone = schedule(&[[256; 300].as_slice(), &[1]].concat());
    assert_eq!(counts(&lone.turns)[&300], 1);
    let crowd = schedule(&vec![7; 50_000]);
    assert_eq!(crowd.len(), 50_000);
}

#[test]
fn full_endpoints_are_passed_over() {
    let schedule = schedule(&[1, 1, 1]);
    assert_eq!(schedule.pick(0, |endpoint| endpoint != 0), Some(1));
    assert_eq!(schedule.pick(2, |endpoint| endpoint != 2), Some(0));
    assert_eq!(schedule.pick(2, |endpoint| endpoint == 1), Some(1));
    assert_eq!(schedule.pick(2, |_| false), None);
}

proptest! {
    #[test]
    fn is_the_textbooks_order(weights in vec(1_u16..=20, 1..12)) {
        let divisor = divisor(weights.iter().copied());
        let reduced: Vec<u16> = weights.iter().map(|weight| weight / divisor).collect();
        let schedule = schedule(&weights);
        prop_assert_eq!(&*schedule.turns, &*textbook(&reduced));
    }

    #[test]
    fn every_window_has_every_share(weights in vec(0_u16..=256, 1..10), from in 0_u64..1_000_000) {
        let divisor = divisor(weights.iter().copied());
        let schedule = schedule(&weights);
        let counts = counts(&window(&schedule, from, schedule.len()));
        for (endpoint, &weight) in weights.iter().enumerate() {
            let turns = counts.get(&u32::try_from(endpoint).unwrap()).copied().unwrap_or(0);
            prop_assert_eq!(turns, usize::from(weight / divisor));
        }
    }

    /// At every turn what an endpoint has had is off its exact share by fewer turns than there are endpoints.
    #[test]
    fn no_window_is_far_from_the_shares(weights in vec(1_u16..=64, 2..10)) {
        let schedule = schedule(&weights);
        let total: f64 = weights.iter().copied().map(f64::from).sum();
        let bound = weights.len() as f64;
        let mut taken = vec![0.0; weights.len()];
        for (now, &endpoint) in schedule.turns.iter().enumerate() {
            taken[endpoint as usize] += 1.0;
            for (taken, &weight) in taken.iter().zip(&weights) {
                let share = (now + 1) as f64 * f64::from(weight) / total;
                prop_assert!((taken - share).abs() < bound, "{taken} {share}");
            }
        }
    }

    /// A rebuild for an endpoint that comes or goes leaves whole windows exact wherever the cursor stands.
    #[test]
    fn a_rebuild_keeps_shares(
        weights in vec(1_u16..=32, 3..8),
        gone in 0_usize..3,
        cursor in 0_u64..10_000,
    ) {
        let endpoints: Vec<(u32, u16)> = (0..).zip(weights.iter().copied()).collect();
        let before = Schedule::new(&endpoints);
        let mut fewer = endpoints.clone();
        let (left_out, _) = fewer.remove(gone);
        let during = Schedule::new(&fewer);
        let seen = counts(&window(&during, cursor, during.len()));
        prop_assert!(!seen.contains_key(&left_out));
        prop_assert_eq!(seen.len(), fewer.len());
        let after = Schedule::new(&endpoints);
        prop_assert_eq!(window(&after, cursor, 50), window(&before, cursor, 50));
    }

    #[test]
    fn a_free_one_is_always_found(weights in vec(1_u16..=256, 1..40), free in 0_usize..40, cursor: u64) {
        let free = u32::try_from(free % weights.len()).unwrap();
        let schedule = schedule(&weights);
        let mut asked = 0;
        let found = schedule.pick(cursor, |endpoint| { asked += 1; endpoint == free });
        prop_assert_eq!(found, Some(free));
        prop_assert!(asked <= PATIENCE.max(weights.len()) + weights.len());
    }
}
