//! Whom an exchange is given that others failed.

use sluicegate_proto::v1::balance::Algorithm;
use sluicegate_proto::v1::{Empty, HashTable};

use super::*;

fn hash(table: HashTable) -> Algorithm {
    Algorithm::Hash(v1::Hash {
        key: Some(v1::hash::Key::Source(Empty {})),
        table: table.into(),
        function: v1::HashFunction::Sdbm.into(),
        ..v1::Hash::default()
    })
}

fn algorithms() -> [Algorithm; 9] {
    [
        Algorithm::RoundRobin(v1::RoundRobin {}),
        Algorithm::StaticRoundRobin(v1::StaticRoundRobin {}),
        Algorithm::LeastConnections(v1::LeastConnections {}),
        Algorithm::First(v1::First {}),
        Algorithm::Random(v1::Random { draws: 2 }),
        Algorithm::PeakEwma(v1::PeakEwma { decay_ms: None }),
        hash(HashTable::Map),
        hash(HashTable::Ring),
        hash(HashTable::Maglev),
    ]
}

fn four(algorithm: Algorithm) -> Live {
    let site = Site::default()
        .backend("app", |backend| backend.balance = Some(v1::Balance { algorithm: Some(algorithm) }));
    let site = (1..=4).fold(site, |site, number| {
        site.endpoint("app", &format!("s{number}"), nowhere(number), |endpoint| {
            endpoint.number = number.into();
            endpoint.max_connections = 1;
        })
    });
    live(&site)
}

#[test]
fn all_are_tried_before_one_is_again_and_then_who_failed_longest_ago() {
    for algorithm in algorithms() {
        let live = four(algorithm.clone());
        let backend = backend(&live);
        let mut tried = Tried::default();
        let mut try_next = || {
            let place = granted(poll(&backend, &mut Ticket::after(&tried).by(Some(7))));
            tried.add(&place.endpoint().state);
            place.endpoint().name().to_owned()
        };
        let first: Vec<_> = (0..4).map(|_| try_next()).collect();
        let second: Vec<_> = (0..4).map(|_| try_next()).collect();
        assert!(
            first.iter().collect::<std::collections::BTreeSet<_>>().len() == 4,
            "{algorithm:?}: {first:?}"
        );
        assert_eq!(first, second, "{algorithm:?}");
    }
}

#[test]
fn who_failed_is_waited_for_where_nobody_else_is_left() {
    for algorithm in algorithms() {
        let live = four(algorithm.clone());
        let backend = backend(&live);
        let mut tried = Tried::default();
        for number in 1..=4 {
            let state = live.endpoint(&endpoint_key("app", &format!("s{number}"))).unwrap();
            if number > 1 {
                state.set_health(Health::Down, "it was looked at");
            }
            tried.add(&state);
        }
        let mut ticket = Ticket::after(&tried).by(Some(7));
        let held = take(&backend);
        assert!(poll(&backend, &mut ticket).is_pending(), "{algorithm:?}");
        drop(held);
        assert_eq!(granted(poll(&backend, &mut ticket)).endpoint().name(), "s1", "{algorithm:?}");
    }
}
