//! What an operator sets.

use super::*;

#[test]
fn a_drained_endpoint_takes_nothing_new_and_keeps_its_health() {
    let live = live(&two(|_| {}));
    let held = take(&backend(&live));
    assert_eq!(held.endpoint().name(), "a");
    let drained = two(|endpoint| endpoint.drain = endpoint.name == "a");
    commit(&live, &drained);
    assert_eq!(turns(&backend(&live), 4), "bbbb");
    assert_eq!(held.endpoint().state.served(), 1);
    assert_eq!(held.endpoint().state.health(), Health::Unchecked);
    commit(&live, &two(|_| {}));
    assert!(turns(&backend(&live), 2).contains('a'));
}

#[test]
fn a_forced_health_stays_without_checks_and_is_set_again_when_it_is_said_again() {
    use v1::forced_health::Value;
    let forced = |value: Value, at_unix_ms: u64| {
        site().endpoint("app", "a", nowhere(1), move |endpoint| {
            endpoint.forced_health = Some(v1::ForcedHealth { value: value.into(), at_unix_ms });
        })
    };
    let live = live(&forced(Value::Down, 1));
    let state = live.endpoint(&endpoint_key("app", "a")).unwrap();
    assert_eq!(state.health(), Health::Down);
    commit(&live, &forced(Value::Stopping, 2));
    assert_eq!(state.health(), Health::Stopping);
    assert!(matches!(poll(&backend(&live), &mut Ticket::new()), Poll::Ready(Err(NoPermit::NoEndpoint))));
    state.set_health(Health::Up, "L4OK");
    commit(&live, &forced(Value::Stopping, 2).frontend("main", "app", |_| {}));
    assert_eq!(state.health(), Health::Up, "what was found since stays");
    commit(&live, &forced(Value::Stopping, 3));
    assert_eq!(state.health(), Health::Stopping);
    commit(&live, &site().endpoint("app", "a", nowhere(1), |_| {}));
    assert_eq!(state.health(), Health::Unchecked);
}
