//! What a generation takes from the one before is what it would make itself.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sluicegate_proto::v1::balance::Algorithm;

use super::*;

/// An endpoint of the list, by its number: whether it is there, its weight, whether it is a backup.
type Written = (bool, u32, bool);

fn site_of(endpoints: &[Written], algorithm: &Algorithm) -> Site {
    let site = Site::default().backend("app", |backend| {
        backend.balance = Some(v1::Balance { algorithm: Some(algorithm.clone()) });
    });
    let there = (1..).zip(endpoints).filter(|(_, (there, ..))| *there);
    there.fold(site, |site, (number, &(_, weight, backup))| {
        site.endpoint("app", &format!("s{number}"), nowhere(number), |endpoint| {
            endpoint.number = number.into();
            endpoint.weight = weight;
            endpoint.backup = backup;
            endpoint.check = Some(checks());
        })
    })
}

fn written() -> impl Strategy<Value = Written> {
    (any::<bool>(), 0..3_u32, prop::bool::weighted(0.2))
}

fn checks() -> v1::CheckSchedule {
    v1::CheckSchedule { interval_ms: 1000, rise: 2, fall: 3, ..v1::CheckSchedule::default() }
}

/// Who is chosen for each of some hashes or, where it goes by what they have, who is taken by as many in turn as take
/// traffic.
fn choices(backend: &Arc<LiveBackend>) -> BTreeSet<(Option<u32>, String)> {
    let chosen = |hash: u32| {
        Some((Some(hash), backend.endpoint_of(hash, &Tried::default())?.mark.key.name().to_owned()))
    };
    let hashed: BTreeSet<_> = (0..64).filter_map(|n: u32| chosen(n.wrapping_mul(0x0400_0001))).collect();
    if !hashed.is_empty() {
        return hashed;
    }
    let permits: Vec<Permit> = (0..backend.usable()).map(|_| take(backend)).collect();
    permits.iter().map(|permit| (None, permit.endpoint().name().to_owned())).collect()
}

fn algorithm() -> impl Strategy<Value = Algorithm> {
    let ring = v1::Hash {
        key: Some(v1::hash::Key::Source(v1::Empty {})),
        table: v1::HashTable::Ring.into(),
        function: v1::HashFunction::Sdbm.into(),
        ..v1::Hash::default()
    };
    prop_oneof![
        Just(Algorithm::LeastConnections(v1::LeastConnections {})),
        Just(Algorithm::First(v1::First {})),
        Just(Algorithm::Hash(ring)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_series_of_changes_ends_where_the_last_one_alone_does(
        algorithm in algorithm(),
        generations in prop::collection::vec((prop::collection::vec(written(), 6), 1..7_u8, any::<bool>()), 1..6),
    ) {
        let live = Live::new(2);
        let mut down = BTreeSet::new();
        for (endpoints, turned, up) in generations {
            let site = site_of(&endpoints, &algorithm);
            commit(&live, &site);
            down.retain(|number: &u8| endpoints[usize::from(*number) - 1].0);
            let key = |number: u8| endpoint_key("app", &format!("s{number}"));
            if let Some(state) = live.endpoint(&key(turned)) {
                state.set_health(if up { Health::Up } else { Health::Down }, "it was looked at");
                if up { down.remove(&turned) } else { down.insert(turned) };
            }
            let alone = Live::new(2);
            commit(&alone, &site);
            for &number in &down {
                alone.endpoint(&key(number)).unwrap().set_health(Health::Down, "it was looked at");
            }
            prop_assert_eq!(backend(&live).usable(), backend(&alone).usable());
            prop_assert_eq!(choices(&backend(&live)), choices(&backend(&alone)));
        }
    }
}

#[test]
fn a_weight_that_changes_is_a_change_of_its_endpoint_and_its_backend_alone() {
    let leastconn = Algorithm::LeastConnections(v1::LeastConnections {});
    let live = Live::new(2);
    commit(&live, &site_of(&[(true, 1, false); 6], &leastconn));
    while !live.take_changed().is_empty() {}
    let mut endpoints = [(true, 1, false); 6];
    endpoints[3].1 = 2;
    commit(&live, &site_of(&endpoints, &leastconn));
    let mut changed = live.take_changed();
    changed.sort();
    assert_eq!(changed, [key(v1::Kind::Backend, "app"), endpoint_key("app", "s4")]);
}
