//! Who waits, in which order, and for whom.

use sluicegate_rules::Handling;

use super::*;
use crate::exchange::Wishes;

fn wishing(handling: Handling) -> Ticket {
    let mut wishes = Wishes::default();
    wishes.note(handling);
    Ticket::new().wishing(wishes)
}

#[test]
fn lower_classes_go_before_and_offsets_move_within_one() {
    let live = live(&one_place());
    let backend = backend(&live);
    let held = take(&backend);
    let mut tickets = [
        Ticket::new(),
        wishing(Handling::Offset(-5_000)),
        wishing(Handling::Class(-1)),
        wishing(Handling::Class(1)),
        Ticket::new(),
    ];
    for ticket in &mut tickets {
        assert!(poll(&backend, ticket).is_pending());
    }
    let (mut held, mut order) = (Some(held), Vec::new());
    while held.take().is_some() {
        let next = tickets.iter_mut().enumerate().filter(|(_, ticket)| ticket.is_queued()).find_map(
            |(at, ticket)| match poll(&backend, ticket) {
                Poll::Ready(granted) => Some((at, granted.unwrap())),
                Poll::Pending => None,
            },
        );
        if let Some((at, permit)) = next {
            order.push(at);
            held = Some(permit);
        }
    }
    assert_eq!(order, [2, 1, 0, 4, 3]);
}

#[test]
fn a_client_stays_with_its_last_endpoint_while_few_wait_there() {
    let live = live(&one_place());
    let backend = backend(&live);
    let endpoint = Arc::clone(&backend.endpoints[0].state);
    let prefers = |most| backend.prefers(&endpoint, most);
    assert!(prefers(Some(0)));
    let held = take(&backend);
    assert_eq!([Some(0), Some(1), None].map(prefers), [false, true, true]);
    let mut waits = Ticket::pinned(&endpoint, Terms::InTurn);
    assert!(poll(&backend, &mut waits).is_pending());
    assert_eq!([Some(0), Some(1), Some(2), None].map(prefers), [false, false, true, true]);
    drop((waits, held));
    assert!(prefers(Some(0)));
    endpoint.set_health(Health::Down, "gone");
    assert!(!prefers(None));
}

fn holding(wait_ms: u64, max: u32) -> impl FnOnce(&mut v1::Backend) {
    move |backend| backend.hold = Some(v1::Hold { wait_ms, max })
}

#[test]
fn who_is_held_is_served_when_an_endpoint_comes() {
    let site = || Site::default().backend("app", holding(1_000, 2));
    let live = live(&site());
    let old = backend(&live);
    let (mut first, mut second) = (Ticket::new(), Ticket::new());
    assert!(poll(&old, &mut first).is_pending());
    assert!(poll(&old, &mut second).is_pending());
    let beyond = poll(&old, &mut Ticket::new());
    assert!(matches!(beyond, Poll::Ready(Err(NoPermit::NoEndpoint))), "{beyond:?}");
    commit(&live, &site().endpoint("app", "a", nowhere(1), |_| {}));
    let (one, two) = (granted(poll(&old, &mut first)), granted(poll(&old, &mut second)));
    assert_eq!((one.endpoint().name(), two.endpoint().name()), ("a", "a"));
}

#[test]
fn who_waits_for_a_key_finds_its_endpoint_when_there_is_one() {
    let hash = v1::Hash {
        key: Some(v1::hash::Key::Source(v1::Empty {})),
        table: v1::HashTable::Ring.into(),
        function: v1::HashFunction::Sdbm.into(),
        ..v1::Hash::default()
    };
    let site = || {
        let balance = v1::Balance { algorithm: Some(v1::balance::Algorithm::Hash(hash.clone())) };
        Site::default().backend("app", |backend| {
            holding(1_000, 99)(backend);
            backend.balance = Some(balance);
        })
    };
    let full = || {
        (1..=5)
            .fold(site(), |site, number| site.endpoint("app", &number.to_string(), nowhere(number), |_| {}))
    };
    let live = live(&site());
    let old = backend(&live);
    let keys = [3, 1 << 20, 7 << 27, u32::MAX];
    let mut tickets = keys.map(|key| Ticket::new().by(Some(key)));
    tickets.iter_mut().for_each(|ticket| assert!(poll(&old, ticket).is_pending()));
    commit(&live, &full());
    let new = backend(&live);
    for (ticket, key) in tickets.iter_mut().zip(keys) {
        let wanted = granted(poll(&new, &mut Ticket::new().by(Some(key))));
        assert_eq!(granted(poll(&old, ticket)).endpoint().name(), wanted.endpoint().name());
    }
}

#[test]
fn a_waiter_of_a_key_whose_endpoint_goes_away_moves_with_its_key() {
    let hash = v1::Hash {
        key: Some(v1::hash::Key::Source(v1::Empty {})),
        table: v1::HashTable::Ring.into(),
        function: v1::HashFunction::Sdbm.into(),
        ..v1::Hash::default()
    };
    let balance = v1::Balance { algorithm: Some(v1::balance::Algorithm::Hash(hash)) };
    let site = Site::default().backend("app", |backend| backend.balance = Some(balance));
    let one = |endpoint: &mut v1::Endpoint| endpoint.max_connections = 1;
    let live = live(&site.endpoint("app", "a", nowhere(1), one).endpoint("app", "b", nowhere(2), one));
    let backend = backend(&live);
    let held = granted(poll(&backend, &mut Ticket::new().by(Some(77))));
    let mut waiting = Ticket::new().by(Some(77));
    assert!(poll(&backend, &mut waiting).is_pending());
    held.endpoint().state.set_health(Health::Down, "");
    let moved = granted(poll(&backend, &mut waiting));
    assert_ne!(moved.endpoint().name(), held.endpoint().name());
}

#[test]
fn who_belongs_to_an_endpoint_gets_it_while_it_drains_and_by_force_though_it_is_down() {
    let live = live(&two(|endpoint| endpoint.drain = endpoint.name == "a"));
    let backend = backend(&live);
    let a = live.endpoint(&endpoint_key("app", "a")).unwrap();
    let at = |terms: Terms| poll(&backend, &mut Ticket::pinned(&a, terms));
    assert!(matches!(at(Terms::InTurn), Poll::Ready(Err(NoPermit::NoEndpoint))));
    assert_eq!(granted(at(Terms::Kept)).endpoint().name(), "a");
    a.set_health(Health::Stopping, "");
    assert_eq!(granted(at(Terms::Kept)).endpoint().name(), "a");
    a.set_health(Health::Down, "");
    assert!(matches!(at(Terms::Kept), Poll::Ready(Err(NoPermit::NoEndpoint))));
    assert_eq!(granted(at(Terms::Forced)).endpoint().name(), "a");
}

#[test]
fn places_grow_with_the_load_of_the_backend() {
    for least_loaded in [false, true] {
        let site = Site::default()
            .backend("app", |backend| {
                backend.full_connections = 10;
                if least_loaded {
                    let algorithm = v1::balance::Algorithm::LeastConnections(v1::LeastConnections {});
                    backend.balance = Some(v1::Balance { algorithm: Some(algorithm) });
                }
            })
            .endpoint("app", "a", nowhere(1), |endpoint| {
                (endpoint.max_connections, endpoint.min_connections) = (4, 1);
            });
        let live = live(&site);
        let backend = backend(&live);
        let mut held = vec![take(&backend)];
        let mut tickets: Vec<Ticket> = (0..9).map(|_| Ticket::new()).collect();
        // With one exchange and nine that wait the load is full.
        for ticket in &mut tickets {
            if let Poll::Ready(Ok(permit)) = poll(&backend, ticket) {
                held.push(permit);
            }
        }
        for ticket in tickets.iter_mut().filter(|ticket| ticket.is_queued()) {
            if let Poll::Ready(Ok(permit)) = poll(&backend, ticket) {
                held.push(permit);
            }
        }
        assert_eq!(held.len(), 4, "leastconn: {least_loaded}");
    }
}

#[test]
fn who_comes_back_warms_up() {
    let live = live(&two(|endpoint| {
        (endpoint.max_connections, endpoint.slow_start_ms, endpoint.weight) = (160, 60_000, 16);
    }));
    let a = live.endpoint(&endpoint_key("app", "a")).unwrap();
    assert_eq!(a.weight_in_sixteenths(), 256, "not at a start");
    a.set_health(Health::Down, "");
    a.set_health(Health::Up, "");
    assert_eq!(a.weight_in_sixteenths(), 16);
    let turns = turns(&backend(&live), 17);
    assert_eq!(turns.matches('a').count(), 1, "{turns}");
    let backend = backend(&live);
    let places = (0..20).map(|_| poll(&backend, &mut Ticket::pinned(&a, Terms::Kept)));
    let taken: Vec<Permit> = places
        .filter_map(|polled| match polled {
            Poll::Ready(Ok(permit)) => Some(permit),
            _ => None,
        })
        .collect();
    assert_eq!(taken.len(), 10);
}

#[test]
fn whoever_waits_where_requests_are_held_has_a_time() {
    let site = Site::default().backend("app", holding(1_000, 2)).endpoint("app", "a", nowhere(1), |_| {});
    let live = live(&site);
    let longest = Some(std::time::Duration::from_secs(1));
    let old = backend(&live);
    assert_eq!((old.usable(), old.longest_wait()), (1, longest));
    // It goes before the place is asked for: it is waited for the next one, as long as for the first.
    commit(&live, &Site::default().backend("app", holding(1_000, 2)));
    assert!(poll(&old, &mut Ticket::new()).is_pending());
    assert_eq!(backend(&live).longest_wait(), longest);
}
