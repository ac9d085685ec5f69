use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn servers(weights: &[u16]) -> Vec<Server> {
    (0..).zip(weights).map(|(place, &weight)| Server { place, key: place * 4096, weight }).collect()
}

#[test]
fn connections_cost_by_weight() {
    assert_eq!(connections(0, 1), 0);
    assert_eq!(connections(0, 0), NEVER);
    assert!(connections(1, 1) > connections(3, 3));
    assert_eq!(connections(99, 100), connections(199, 200));
    assert_eq!(connections(u32::MAX, 1), NEVER - 1);
}

#[test]
fn who_may_not_is_passed_over() {
    let ring = Ring::new(&servers(&[1, 1, 4]));
    let numbers = || (0..4_096_u32).map(|n| n << 20);
    assert_ne!(draw(&ring, numbers(), |_| true, |place| place), Some(1));
    assert_eq!(draw(&ring, numbers(), |place| place != 0, |place| place), Some(2));
    assert_eq!(draw(&ring, numbers(), |place| place == 1, |place| place), Some(1));
    let cost = |place| 3.0 - f64::from(place);
    assert_eq!(draw_cheapest(&ring, numbers(), |_| true, cost), Some(2));
    assert_eq!(draw_cheapest(&ring, numbers(), |place| place < 2, cost), Some(1));
}

#[test]
fn the_lighter_of_the_drawn() {
    let ring = Ring::new(&servers(&[1, 1, 4]));
    let number_of = |place| (0..).step_by(1 << 16).find(|&n| ring.at(n, |_| true) == Some(place)).unwrap();
    let (a, b, c) = (number_of(0), number_of(1), number_of(2));
    let drawn = |numbers: &[u32], loads: [u32; 3]| {
        draw(&ring, numbers.iter().copied(), |_| true, |place| loads[place as usize])
    };
    assert_eq!(drawn(&[a, b], [3, 2, 0]), Some(1));
    assert_eq!(drawn(&[b, a], [3, 2, 0]), Some(1));
    assert_eq!(drawn(&[a, b], [2, 2, 0]), Some(1));
    assert_eq!(drawn(&[a, c], [2, 0, 7]), Some(2));
    assert_eq!(drawn(&[a, c], [2, 0, 9]), Some(0));
    assert_eq!(drawn(&[], [0; 3]), None);
    assert_eq!(draw(&Ring::default(), [7], |_| true, |_| 0), None);
}

proptest! {
    /// There is always a place for one more.
    #[test]
    fn bounds_have_a_place(weights in vec(1_u16..=256, 1..20), connections in 0_u64..100_000, factor in 100_u32..300) {
        let servers = servers(&weights);
        let bounds = Bounds::new(&servers);
        let most: u64 = servers.iter().map(|server| bounds.most(server.place, connections, factor)).sum();
        prop_assert!(most > connections);
        prop_assert!(most <= ((connections + 1) * u64::from(factor)).div_ceil(100) + weights.len() as u64);
    }
}

#[test]
fn bounds_follow_weights() {
    let bounds = Bounds::new(&servers(&[1, 3, 0, 4]));
    assert_eq!((0..5).map(|place| bounds.most(place, 79, 125)).collect::<Vec<_>>(), [12, 38, 1, 50, 0]);
}

#[test]
fn affinity_ends_where_it_may() {
    let endpoint = Occupancy { served: 5, max_conn: 5, queued: 0, max_queue: 2 };
    assert!(Affinity::Always.keeps(endpoint));
    assert!(!Affinity::MaxConn.keeps(endpoint));
    assert!(Affinity::MaxConn.keeps(Occupancy { max_conn: 0, ..endpoint }));
    assert!(Affinity::MaxConn.keeps(Occupancy { served: 4, ..endpoint }));
    assert!(Affinity::MaxQueue.keeps(endpoint));
    assert!(!Affinity::MaxQueue.keeps(Occupancy { queued: 2, ..endpoint }));
    assert!(Affinity::MaxQueue.keeps(Occupancy { queued: 2, max_queue: 0, ..endpoint }));
}
