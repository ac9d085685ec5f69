use std::sync::Arc;

use sluicegate_proto::capability::of_this_build;
use sluicegate_proto::v1::{EndpointStats, Kind};

use super::*;
use crate::sample::{backend, key, keyed};

fn hello(proxy_id: &str) -> Introduction {
    Introduction {
        proxy_id: proxy_id.into(),
        scope: "edge".into(),
        boot_epoch: 1,
        schema: SCHEMA,
        capabilities: of_this_build().clone(),
        ..Introduction::default()
    }
}

fn publish(history: &mut History, retries: u32) -> Generation {
    let snapshot = Snapshot::new(keyed([backend("t", "app", retries)]));
    history.publish(Arc::new(snapshot), 5).unwrap().unwrap()
}

fn rejection(local: bool) -> Nack {
    Nack {
        generation: None,
        rejections: vec![Rejection { reason: "no".into(), local, ..Rejection::default() }],
    }
}

#[test]
fn a_proxy_follows_the_newest_generation() {
    let (mut fleet, mut history) = (Fleet::default(), History::new(1));
    let session = fleet.hello(hello("p1"), 10).unwrap();
    assert_eq!(fleet.next(session, &history), None);
    let first = publish(&mut history, 1);
    assert_eq!(fleet.next(session, &history), Some(None));
    fleet.sent(session, first);
    let second = publish(&mut history, 2);
    assert_eq!(fleet.next(session, &history), None);
    fleet.ack(session, first, 20).unwrap();
    assert_eq!(fleet.next(session, &history), Some(Some(first.hash)));
    let status = &fleet.status("edge", &history, 10)[0];
    assert_eq!((status.lag, status.acks, status.last_seen_unix_ms, status.connected), (1, 1, 20, true));
    fleet.sent(session, second);
    fleet.ack(session, second, 30).unwrap();
    assert_eq!(fleet.status("edge", &history, 10)[0].lag, 0);
    assert!(fleet.status("other", &history, 10).is_empty());
}

#[test]
fn a_refusal_is_shown_until_a_newer_generation() {
    let (mut fleet, mut history) = (Fleet::default(), History::new(1));
    let session = fleet.hello(hello("p1"), 10).unwrap();
    let first = publish(&mut history, 1);
    fleet.sent(session, first);
    fleet.nack(session, first, rejection(false), 20).unwrap();
    assert_eq!(fleet.next(session, &history), None);
    let status = &fleet.status("edge", &history, 10)[0];
    assert_eq!((status.nacks, status.rejections.len(), status.lag), (1, 1, 1));
    publish(&mut history, 2);
    assert_eq!(fleet.next(session, &history), Some(None));
    assert!(fleet.status("edge", &history, 10)[0].rejections.is_empty());
}

#[test]
fn a_refusal_outlives_the_connection_unless_the_host_was_at_fault() {
    for (local, again) in [(false, None), (true, Some(None))] {
        let (mut fleet, mut history) = (Fleet::default(), History::new(1));
        let session = fleet.hello(hello("p1"), 10).unwrap();
        let first = publish(&mut history, 1);
        fleet.sent(session, first);
        fleet.nack(session, first, rejection(local), 20).unwrap();
        fleet.leave(session, 30);
        let session = fleet.hello(hello("p1"), 40).unwrap();
        assert_eq!(fleet.next(session, &history), again);
        // Another process may be another build.
        let session = fleet.hello(Introduction { boot_epoch: 2, ..hello("p1") }, 50).unwrap();
        assert_eq!(fleet.next(session, &history), Some(None));
    }
}

#[test]
fn what_only_the_host_lacked_is_tried_again_ever_later() {
    let (mut fleet, mut history) = (Fleet::default(), History::new(1));
    let first = publish(&mut history, 1);
    let session = fleet.hello(hello("a"), 0).unwrap();
    let refuse_at = |fleet: &mut Fleet, local, now| {
        fleet.sent(session, first);
        fleet.nack(session, first, rejection(local), now).unwrap();
    };
    let sent_at = |fleet: &mut Fleet, now| {
        fleet.report(session, Report::default(), now);
        fleet.next(session, &history).is_some()
    };
    refuse_at(&mut fleet, true, 1_000);
    assert_eq!([2_999, 3_000].map(|now| sent_at(&mut fleet, now)), [false, true]);
    refuse_at(&mut fleet, true, 4_000);
    assert_eq!([7_999, 8_000].map(|now| sent_at(&mut fleet, now)), [false, true]);
    refuse_at(&mut fleet, false, 9_000);
    assert!(!sent_at(&mut fleet, 1_000_000), "a bad resource stays bad");
}

#[test]
fn nothing_is_sent_to_a_proxy_that_lacks_something() {
    let (mut fleet, mut history) = (Fleet::default(), History::new(1));
    publish(&mut history, 1);
    let mut old = hello("old");
    old.capabilities.remove("kind.backend");
    let old = fleet.hello(old, 10).unwrap();
    let older = fleet.hello(Introduction { schema: 0, ..hello("older") }, 10).unwrap();
    assert_eq!((fleet.next(old, &history), fleet.next(older, &history)), (None, None));
    let missing: Vec<_> =
        fleet.status("edge", &history, 10).into_iter().map(|status| status.missing_capabilities).collect();
    assert_eq!(missing, [vec!["kind.backend".to_owned()], vec![format!("schema.{SCHEMA}")]]);
}

#[test]
fn the_newest_session_of_a_proxy_counts() {
    let (mut fleet, mut history) = (Fleet::default(), History::new(1));
    let first = publish(&mut history, 1);
    let old = fleet.hello(hello("p1"), 10).unwrap();
    let new = fleet.hello(Introduction { held: Some(first), ..hello("p1") }, 20).unwrap();
    assert!(!fleet.is_current(old) && fleet.is_current(new));
    assert_eq!(fleet.connected(), 1);
    fleet.leave(old, 99);
    let status = &fleet.status("edge", &history, 10)[0];
    assert_eq!((status.connected, status.last_seen_unix_ms), (true, 20));
    assert_eq!(fleet.next(new, &history), None);
    fleet.leave(new, 30);
    assert!(!fleet.status("edge", &history, 10)[0].connected);
}

#[test]
fn reports_of_what_is_removed_are_forgotten() {
    let (mut fleet, history) = (Fleet::default(), History::new(1));
    let session = fleet.hello(hello("p1"), 10).unwrap();
    let gone = key("t", Kind::Endpoint, "app/a");
    let stats = EndpointStats { id: Some((&gone).into()), ..EndpointStats::default() };
    fleet.report(session, Report { endpoints: vec![stats], ..Report::default() }, 20);
    let endpoints = |fleet: &Fleet| {
        fleet.status("edge", &history, 10)[0].report.as_ref().map(|report| report.endpoints.len())
    };
    assert_eq!(endpoints(&fleet), Some(1));
    fleet.forget("other", [&gone]);
    assert_eq!(endpoints(&fleet), Some(1));
    fleet.forget("edge", [&gone]);
    assert_eq!(endpoints(&fleet), Some(0));
}

#[test]
fn those_that_left_make_room() {
    let mut fleet = Fleet::default();
    for number in 0..KEPT_PROXIES {
        let bare = Introduction { capabilities: BTreeSet::new(), ..hello(&number.to_string()) };
        fleet.hello(bare, number as u64).unwrap();
    }
    assert!(matches!(fleet.hello(hello("late"), 99_999), Err(FleetFull)));
    let first = fleet.hello(hello("0"), 99_999).unwrap();
    fleet.leave(first, 99_999);
    fleet.hello(hello("late"), 99_999).unwrap();
    assert!(fleet.hello(hello("later"), 99_999).is_err());
}

#[test]
fn a_scope_is_settled_when_each_proxy_that_is_there_has_or_has_refused_the_newest() {
    let (mut fleet, mut history) = (Fleet::default(), History::new(1));
    assert!(fleet.is_settled("edge", &history), "there is nothing to have");
    let first = publish(&mut history, 1);
    assert!(fleet.is_settled("edge", &history), "nobody is there");
    let (a, b) = (fleet.hello(hello("a"), 10).unwrap(), fleet.hello(hello("b"), 10).unwrap());
    let mut old = hello("old");
    old.capabilities.remove("kind.backend");
    fleet.hello(old, 10).unwrap();
    assert!(!fleet.is_settled("edge", &history));
    for session in [a, b] {
        fleet.sent(session, first);
    }
    fleet.ack(a, first, 20).unwrap();
    assert!(!fleet.is_settled("edge", &history));
    fleet.nack(b, first, rejection(true), 20).unwrap();
    assert!(fleet.is_settled("edge", &history), "one cannot take it, and is not waited for");
    publish(&mut history, 2);
    assert!(!fleet.is_settled("edge", &history));
    fleet.leave(a, 30);
    fleet.leave(b, 30);
    assert!(fleet.is_settled("edge", &history));
    assert_eq!(fleet.reports("edge").len(), 3);
}
