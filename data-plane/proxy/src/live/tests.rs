mod client_port;
mod following;
mod naming;
mod operator;
mod trying;
mod waiting;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

use sluicegate_proto::v1;

use super::*;
use crate::fixture::{Site, endpoint_key, key, nowhere};

#[derive(Default)]
struct Counted(AtomicUsize);

impl Wake for Counted {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn live(site: &Site) -> Live {
    let live = Live::new(2);
    commit(&live, site);
    live
}

fn commit(live: &Live, site: &Site) {
    let previous = live.active();
    let draft = live.draft(site.runtime_after(&previous.runtime));
    live.commit(
        Active {
            serial: previous.serial + 1,
            runtime: draft.runtime,
            frontends: draft.frontends,
            backends: draft.backends,
            ..Active::default()
        },
        1_000,
    );
}

fn backend(live: &Live) -> Arc<LiveBackend> {
    Arc::clone(&live.active().backends[&key(v1::Kind::Backend, "app")])
}

fn poll(backend: &Arc<LiveBackend>, ticket: &mut Ticket) -> Poll<Result<Permit, NoPermit>> {
    backend.poll_acquire(ticket, &mut Context::from_waker(Waker::noop()))
}

fn take(backend: &Arc<LiveBackend>) -> Permit {
    match poll(backend, &mut Ticket::new()) {
        Poll::Ready(Ok(permit)) => permit,
        other => panic!("{other:?}"),
    }
}

fn granted(polled: Poll<Result<Permit, NoPermit>>) -> Permit {
    match polled {
        Poll::Ready(Ok(permit)) => permit,
        other => panic!("{other:?}"),
    }
}

fn turns(backend: &Arc<LiveBackend>, count: usize) -> String {
    (0..count).map(|_| take(backend).endpoint().name().to_owned()).collect()
}

fn site() -> Site {
    Site::default().backend("app", |_| {})
}

fn two(change: impl Fn(&mut v1::Endpoint)) -> Site {
    site().endpoint("app", "a", nowhere(1), &change).endpoint("app", "b", nowhere(2), &change)
}

fn one_place() -> Site {
    site().endpoint("app", "a", nowhere(1), |endpoint| endpoint.max_connections = 1)
}

#[test]
fn turns_follow_weights_and_survive_generations() {
    let live = live(&two(|_| {}));
    assert_eq!(turns(&backend(&live), 3), "aba");
    commit(&live, &two(|_| {}).frontend("main", "app", |_| {}));
    assert_eq!(turns(&backend(&live), 3), "bab");
}

#[test]
fn turns_are_strict_over_threads() {
    let live = live(&two(|_| {}));
    let backend = backend(&live);
    let served = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let of_a = (0..500).filter(|_| take(&backend).endpoint().name() == "a").count();
                served.fetch_add(of_a, SeqCst);
            });
        }
    });
    assert_eq!(served.into_inner(), 1000);
    assert_eq!(backend.state.exchanging(), 0);
}

#[test]
fn a_down_endpoint_has_no_turn_and_comes_back() {
    let live = live(&two(|_| {}));
    let a = live.endpoint(&endpoint_key("app", "a")).unwrap();
    a.set_health(Health::Down, "L4CON connection refused");
    assert_eq!(turns(&backend(&live), 3), "bbb");
    assert_eq!(&*a.evidence().text, "L4CON connection refused");
    a.set_health(Health::Up, "L4OK");
    let turns = turns(&backend(&live), 4);
    assert!(turns == "abab" || turns == "baba", "{turns}");
}

#[test]
fn backups_serve_only_while_nobody_else_does() {
    let site = two(|_| {}).endpoint("app", "x", nowhere(3), |endpoint| endpoint.backup = true).endpoint(
        "app",
        "y",
        nowhere(4),
        |endpoint| endpoint.backup = true,
    );
    let live = live(&site);
    for name in ["a", "b"] {
        live.endpoint(&endpoint_key("app", name)).unwrap().set_health(Health::Down, "");
    }
    assert_eq!(turns(&backend(&live), 2), "xx");
    live.endpoint(&endpoint_key("app", "x")).unwrap().set_health(Health::Down, "");
    assert_eq!(turns(&backend(&live), 2), "yy");
    live.endpoint(&endpoint_key("app", "y")).unwrap().set_health(Health::Down, "");
    assert!(matches!(poll(&backend(&live), &mut Ticket::new()), Poll::Ready(Err(NoPermit::NoEndpoint))));
}

#[test]
fn a_full_endpoint_is_passed_over() {
    let live = live(&two(|endpoint| endpoint.max_connections = if endpoint.name == "a" { 1 } else { 0 }));
    let backend = backend(&live);
    let first = take(&backend);
    assert_eq!(first.endpoint().name(), "a");
    assert_eq!(turns(&backend, 3), "bbb");
    drop(first);
    assert!(turns(&backend, 2).contains('a'));
}

#[test]
fn places_go_to_who_waits_in_the_order_of_arrival() {
    let live = live(&one_place());
    let backend = backend(&live);
    let mut held = take(&backend);
    let mut waiting: VecDeque<Ticket> = VecDeque::new();
    for position in 0..3 {
        let mut ticket = Ticket::new();
        assert!(poll(&backend, &mut ticket).is_pending());
        assert_eq!(ticket.backend_position, position);
        waiting.push_back(ticket);
    }
    while let Some(mut first) = waiting.pop_front() {
        drop(held);
        for later in &mut waiting {
            assert!(poll(&backend, later).is_pending());
        }
        // Who comes now does not overtake.
        assert!(poll(&backend, &mut Ticket::new()).is_pending());
        held = granted(poll(&backend, &mut first));
    }
    drop(held);
    assert_eq!((backend.state.queued(), backend.state.exchanging()), (0, 0));
}

#[test]
fn who_leaves_the_queue_is_forgotten_and_gives_a_granted_place_on() {
    let live = live(&one_place());
    let backend = backend(&live);
    let held = take(&backend);
    let (mut first, mut second, mut third) = (Ticket::new(), Ticket::new(), Ticket::new());
    for ticket in [&mut first, &mut second, &mut third] {
        assert!(poll(&backend, ticket).is_pending());
    }
    drop(second);
    assert_eq!(backend.state.queued(), 2);
    // Granted to the first, which never looks.
    drop(held);
    assert!(poll(&backend, &mut third).is_pending());
    drop(first);
    let _place = granted(poll(&backend, &mut third));
}

#[test]
fn places_are_never_overbooked_and_nobody_is_forgotten_over_threads() {
    let live = live(&two(|endpoint| endpoint.max_connections = 2));
    let backend = backend(&live);
    let inside = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(async {
                    for _ in 0..300 {
                        let mut ticket = Ticket::new();
                        let permit =
                            std::future::poll_fn(|cx| backend.poll_acquire(&mut ticket, cx)).await.unwrap();
                        assert!(inside.fetch_add(1, SeqCst) < 4);
                        tokio::task::yield_now().await;
                        inside.fetch_sub(1, SeqCst);
                        drop(permit);
                    }
                });
            });
        }
    });
    assert_eq!((backend.state.queued(), backend.state.exchanging()), (0, 0));
}

#[test]
fn a_waiter_is_woken_once_and_from_elsewhere() {
    let live = live(&one_place());
    let backend = backend(&live);
    let held = take(&backend);
    let counted = Arc::new(Counted::default());
    let waker = Waker::from(Arc::clone(&counted));
    let mut ticket = Ticket::new();
    assert!(backend.poll_acquire(&mut ticket, &mut Context::from_waker(&waker)).is_pending());
    std::thread::scope(|scope| {
        scope.spawn(|| drop(held));
    });
    assert_eq!(counted.0.load(SeqCst), 1);
    let _place = granted(poll(&backend, &mut ticket));
}

#[test]
fn a_pinned_ticket_waits_for_its_endpoint_alone() {
    let live = live(&two(|endpoint| endpoint.max_connections = 1));
    let backend = backend(&live);
    let (a, b) = (take(&backend), take(&backend));
    assert_eq!((a.endpoint().name(), b.endpoint().name()), ("a", "b"));
    let mut pinned = Ticket::pinned(&a.endpoint().state, Terms::Kept);
    let mut any = Ticket::new();
    assert!(poll(&backend, &mut pinned).is_pending());
    assert!(poll(&backend, &mut any).is_pending());
    drop(b);
    assert!(poll(&backend, &mut pinned).is_pending());
    let b = granted(poll(&backend, &mut any));
    assert_eq!(b.endpoint().name(), "b");
    drop(a);
    assert_eq!(granted(poll(&backend, &mut pinned)).endpoint().name(), "a");
}

#[test]
fn a_pinned_queue_has_its_limit() {
    let live = live(&site().endpoint("app", "a", nowhere(1), |endpoint| {
        (endpoint.max_connections, endpoint.max_queue) = (1, 1);
    }));
    let backend = backend(&live);
    let held = take(&backend);
    let mut first = Ticket::pinned(&held.endpoint().state, Terms::Kept);
    assert!(poll(&backend, &mut first).is_pending());
    let mut second = Ticket::pinned(&held.endpoint().state, Terms::Kept);
    assert!(matches!(poll(&backend, &mut second), Poll::Ready(Err(NoPermit::QueueFull))));
}

#[test]
fn a_retry_avoids_the_endpoints_that_failed_while_it_can() {
    let live = live(&two(|endpoint| endpoint.max_connections = 1));
    let backend = backend(&live);
    let mut tried = Tried::default();
    tried.add(&live.endpoint(&endpoint_key("app", "a")).unwrap());
    let b = granted(poll(&backend, &mut Ticket::after(&tried)));
    assert_eq!(b.endpoint().name(), "b");
    let a = granted(poll(&backend, &mut Ticket::after(&tried)));
    assert_eq!(a.endpoint().name(), "a");
}

#[test]
fn a_raised_limit_lets_waiters_in() {
    let live = live(&one_place());
    let old = backend(&live);
    let _held = take(&old);
    let mut ticket = Ticket::new();
    assert!(poll(&old, &mut ticket).is_pending());
    commit(&live, &site().endpoint("app", "a", nowhere(1), |endpoint| endpoint.max_connections = 2));
    let permit = granted(poll(&old, &mut ticket));
    assert_eq!(permit.endpoint().state.served(), 2);
}

#[test]
fn waiters_move_to_the_endpoints_of_the_new_generation() {
    let live = live(&one_place());
    let old = backend(&live);
    let held = take(&old);
    let mut ticket = Ticket::new();
    assert!(poll(&old, &mut ticket).is_pending());
    commit(&live, &site().endpoint("app", "b", nowhere(2), |_| {}));
    assert_eq!(granted(poll(&old, &mut ticket)).endpoint().name(), "b");
    drop(held);
    assert_eq!(turns(&backend(&live), 2), "bb");
}

#[test]
fn waiters_hear_that_nobody_is_left() {
    let live = live(&one_place());
    let backend = backend(&live);
    let held = take(&backend);
    let mut ticket = Ticket::new();
    assert!(poll(&backend, &mut ticket).is_pending());
    held.endpoint().state.set_health(Health::Down, "L4TOUT");
    assert!(matches!(poll(&backend, &mut ticket), Poll::Ready(Err(NoPermit::NoEndpoint))));
}

#[test]
fn unchanged_objects_are_shared_and_states_survive() {
    let live = live(&two(|_| {}).frontend("main", "app", |_| {}).frontend("other", "gone", |_| {}));
    let before = live.active();
    let held = take(&backend(&live));
    let added = two(|_| {}).frontend("main", "app", |_| {}).frontend("other", "gone", |_| {}).endpoint(
        "app",
        "c",
        nowhere(3),
        |_| {},
    );
    commit(&live, &added);
    let after = live.active();
    let (main, other) = (key(v1::Kind::Frontend, "main"), key(v1::Kind::Frontend, "other"));
    assert!(!Arc::ptr_eq(&before.frontends[&main], &after.frontends[&main]));
    assert!(Arc::ptr_eq(&before.frontends[&main].state, &after.frontends[&main].state));
    assert!(Arc::ptr_eq(&before.frontends[&other], &after.frontends[&other]));
    let app = backend(&live);
    assert!(Arc::ptr_eq(held.endpoint(), &app.endpoints[0]));
    assert_eq!(app.state.exchanging(), 1);
    assert_eq!(live.retained_generations(), 2);
    drop(before);
    assert_eq!(live.retained_generations(), 1);
}

#[test]
fn health_stays_while_the_same_is_probed() {
    let checked = |port: u16| {
        site().endpoint("app", "a", SocketAddr::from(([127, 0, 0, 1], port)), |endpoint| {
            endpoint.check = Some(v1::CheckSchedule {
                interval_ms: 1000,
                rise: 2,
                fall: 3,
                ..v1::CheckSchedule::default()
            });
        })
    };
    let live = live(&checked(1));
    let state = live.endpoint(&endpoint_key("app", "a")).unwrap();
    assert_eq!(state.health(), Health::Up);
    state.set_health(Health::Down, "L4CON");
    commit(&live, &checked(1).frontend("main", "app", |_| {}));
    assert_eq!(state.health(), Health::Down);
    commit(&live, &checked(2));
    assert!(Arc::ptr_eq(&state, &live.endpoint(&endpoint_key("app", "a")).unwrap()));
    assert_eq!(state.health(), Health::Up);
}

#[test]
fn a_gate_counts_and_tells_of_room() {
    let gate = Arc::new(Gate::new(1));
    let place = gate.try_enter().unwrap();
    assert!(gate.is_full() && gate.try_enter().is_none());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| drop(place));
        runtime.block_on(gate.changed());
    });
    assert!(gate.try_enter().is_some());
    assert_eq!(gate.open(), 0);
}

#[test]
fn a_name_takes_no_traffic_until_it_resolves() {
    let named = |name: &str| {
        site().endpoint("app", "a", nowhere(1), |endpoint| {
            let host = sluicegate_proto::build::host_address(name, 9).unwrap();
            endpoint.address = Some(v1::endpoint::Address::Host(host));
        })
    };
    let live = live(&named("one.test"));
    let state = live.endpoint(&endpoint_key("app", "a")).unwrap();
    assert_eq!(state.health(), Health::Unresolved);
    assert!(matches!(poll(&backend(&live), &mut Ticket::new()), Poll::Ready(Err(NoPermit::NoEndpoint))));
    state.set_address(nowhere(7));
    let permit = take(&backend(&live));
    assert_eq!(permit.endpoint().target(), Some(crate::stream::Target::Ip(nowhere(7))));
    commit(&live, &named("one.test").frontend("main", "app", |_| {}));
    assert_eq!(state.health(), Health::Unchecked);
    // What another name's address was says nothing about this one.
    commit(&live, &named("two.test"));
    assert_eq!((state.health(), state.address()), (Health::Unresolved, None));
}

#[test]
fn what_changed_is_listed_once_and_nothing_else_is() {
    let site = site().endpoint("app", "a", nowhere(1), |_| {});
    let live = live(&site);
    let (a, app) = (endpoint_key("app", "a"), key(v1::Kind::Backend, "app"));
    assert!(live.take_changed().contains(&a), "what is new is a change");
    assert_eq!(live.take_changed(), []);
    let permit = take(&backend(&live));
    let taken = permit.endpoint().config.key.clone();
    let mut both = [taken, app];
    both.sort();
    let changed = || {
        let mut changed = live.take_changed();
        changed.sort();
        changed
    };
    assert_eq!(changed(), both);
    assert_eq!(changed(), []);
    drop(permit);
    take(&backend(&live)).endpoint().state.counters.shard(1).exchanges.add(1);
    assert!(changed().contains(&both[0]));
    live.endpoint(&a).unwrap().set_health(Health::Down, "L4CON");
    assert_eq!(changed(), both, "its backend has nobody else");
    live.endpoint(&a).unwrap().set_health(Health::Down, "L4TOUT");
    assert_eq!(changed(), std::slice::from_ref(&a));
    let (known, state) = (live.find_endpoint(&live.active(), &a).unwrap().1, live.endpoint(&a).unwrap());
    assert!(Arc::ptr_eq(&known.state, &state));
    commit(&live, &site);
    assert_eq!(changed(), [], "a commit of the same changes nothing");
}
