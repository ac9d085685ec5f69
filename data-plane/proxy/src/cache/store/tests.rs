use std::time::Duration;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::Kind;

use super::super::entry::Facts;
use super::super::vary::{Variant, Vary};
use super::*;
use crate::h1::{Edits, Head, Limits, Parsed, View};

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";

fn store(change: impl FnOnce(&mut Cache)) -> Arc<Store> {
    let mut settings = Cache {
        key: ObjectKey::new("test", "", Kind::Cache, "small").unwrap(),
        total_bytes: 100_000,
        object_bytes: 50_000,
        max_age: Duration::from_secs(60),
        vary: true,
        max_variants: 2,
    };
    change(&mut settings);
    Store::new(Arc::new(settings))
}

fn draft(now: Instant) -> Draft {
    let facts = Facts { stored: now, age_s: 0, modified: 0, etag: None };
    Draft { head: HEAD.into(), length: None, lasts: Duration::from_secs(60), variant: None, facts }
}

fn asker(lines: &str) -> Asker {
    let text = format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
    let mut head = Head::new();
    assert!(matches!(head.parse_request(text.as_bytes(), &Limits::default()), Ok(Parsed::Complete { .. })));
    Asker::of(View::new(&head, text.as_bytes(), &Edits::new()))
}

/// A response with that coding that varies by Accept-Encoding.
fn coded(coding: &str, asker: &Asker, now: Instant) -> Draft {
    let text = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\n\r\n");
    let mut head = Head::new();
    assert!(matches!(head.parse_response(text.as_bytes(), &Limits::default()), Ok(Parsed::Complete { .. })));
    let vary = Vary { encoding: true, ..Vary::default() };
    let variant = Variant::new(vary, View::new(&head, text.as_bytes(), &Edits::new()), asker);
    assert!(variant.is_some());
    Draft { variant, ..draft(now) }
}

fn keep(store: &Arc<Store>, key: &[u8], body: &[u8], now: Instant) -> bool {
    let Some(mut filling) = store.begin(key, None, draft(now), now) else { return false };
    let added = filling.add(body);
    if added {
        filling.finish();
    }
    added
}

fn body(store: &Store, key: &[u8], now: Instant) -> Option<Vec<u8>> {
    store.find(key, None, now).map(|entry| entry.body.to_vec())
}

#[test]
fn what_is_whole_is_found_until_it_is_old() {
    let (store, now) = (store(|_| {}), Instant::now());
    let mut filling = store.begin(b"a", None, draft(now), now).unwrap();
    assert!(filling.add(b"he") && filling.add(b"llo"));
    assert_eq!(body(&store, b"a", now), None, "half of it");
    filling.finish();
    assert_eq!(body(&store, b"a", now).unwrap(), b"hello");
    assert_eq!(body(&store, b"b", now), None);
    assert!(body(&store, b"a", now + Duration::from_millis(59_999)).is_some());
    assert_eq!(body(&store, b"a", now + Duration::from_secs(60)), None);
}

#[test]
fn what_breaks_off_leaves_nothing() {
    let (store, now) = (store(|_| {}), Instant::now());
    let mut filling = store.begin(b"a", None, draft(now), now).unwrap();
    assert!(filling.add(&[0; 1000]) && store.budget.taken() >= 1000);
    assert!(store.begin(b"a", None, draft(now), now).is_none(), "it comes already");
    drop(filling);
    assert_eq!(store.budget.taken(), 0);
    assert!(keep(&store, b"a", b"x", now));
}

#[test]
fn all_that_is_kept_has_a_limit_and_who_was_asked_for_longest_ago_goes() {
    let (store, now) = (store(|_| {}), Instant::now());
    for key in [b"a", b"b", b"c"] {
        assert!(keep(&store, key, &[1; 30_000], now));
    }
    assert!(body(&store, b"a", now).is_some());
    assert!(keep(&store, b"d", &[1; 30_000], now));
    let there = [b"a", b"b", b"c", b"d"].map(|key| body(&store, key, now).is_some());
    assert_eq!(there, [true, false, true, true]);
    assert!(store.budget.taken() <= 100_000);
}

#[test]
fn what_is_read_stays_and_counts() {
    let (store, now) = (store(|_| {}), Instant::now());
    assert!(keep(&store, b"a", &[1; 49_000], now) && keep(&store, b"b", &[1; 49_000], now));
    let readers = [store.find(b"a", None, now).unwrap(), store.find(b"b", None, now).unwrap()];
    assert!(!keep(&store, b"c", &[1; 10_000], now), "there is room for no more");
    assert_eq!(store.shown(9, now).0.responses.iter().map(|kept| kept.readers).sum::<usize>(), 2);
    store.forget(b"a");
    assert!(store.budget.taken() > 98_000, "it is read yet");
    drop(readers);
    assert!(store.budget.taken() < 50_000);
    assert!(keep(&store, b"c", &[1; 10_000], now));
}

#[test]
fn one_response_has_a_limit() {
    let (store, now) = (store(|_| {}), Instant::now());
    let long = Draft { length: Some(50_000), ..draft(now) };
    assert!(store.begin(b"a", None, long, now).is_none());
    let mut filling = store.begin(b"a", None, draft(now), now).unwrap();
    assert!(filling.add(&[0; 40_000]) && !filling.add(&[0; 10_000]));
    drop(filling);
    assert_eq!(store.budget.taken(), 0);
}

#[test]
fn a_body_takes_what_it_is_long() {
    let (store, now) = (store(|_| {}), Instant::now());
    let mut filling = store.begin(b"a", None, draft(now), now).unwrap();
    for _ in 0..33 {
        assert!(filling.add(&[7; 1_000]));
    }
    filling.finish();
    assert_eq!(store.budget.taken(), FRAME + 1 + HEAD.len() + 33_000);
}

#[test]
fn who_varies_is_found_by_those_it_is_for() {
    let (store, now) = (store(|_| {}), Instant::now());
    let (plain, gzip, both) =
        (asker(""), asker("Accept-Encoding: gzip\r\n"), asker("Accept-Encoding: gzip, br\r\n"));
    let deflate = asker("Accept-Encoding: deflate\r\n");
    store.begin(b"a", Some(&gzip), coded("gzip", &gzip, now), now).unwrap().finish();
    assert!(store.find(b"a", Some(&gzip), now).is_some());
    assert!(store.find(b"a", Some(&both), now).is_some());
    assert!(store.find(b"a", Some(&plain), now).is_some(), "who says nothing takes all");
    assert!(store.find(b"a", Some(&deflate), now).is_none());
    store.begin(b"a", Some(&deflate), coded("deflate", &deflate, now), now).unwrap().finish();
    let br = asker("Accept-Encoding: br\r\n");
    assert!(store.begin(b"a", Some(&br), coded("br", &br, now), now).is_none(), "more than two");
    store.begin(b"a", Some(&gzip), coded("gzip", &gzip, now), now).unwrap().finish();
    assert_eq!(store.shown(9, now).0.responses.len(), 2);
    store.begin(b"a", Some(&br), draft(now), now).unwrap().finish();
    assert_eq!(store.shown(9, now).0.responses.len(), 1, "one that is for all takes the place of all");
}

#[test]
fn what_was_forgotten_while_it_came_does_not_come_back() {
    let (store, now) = (store(|_| {}), Instant::now());
    let filling = store.begin(b"a", None, draft(now), now).unwrap();
    store.forget(b"a");
    filling.finish();
    assert_eq!(body(&store, b"a", now), None);
    assert_eq!(store.budget.taken(), 0);
}

#[test]
fn what_is_shown_has_a_limit() {
    let (store, now) = (store(|_| {}), Instant::now());
    for key in [b"a", b"b", b"c"] {
        assert!(keep(&store, key, b"x", now));
    }
    let (shown, omitted) = store.shown(2, now);
    assert_eq!((shown.responses.len(), omitted), (2, 1));
    assert_eq!(shown.responses[0].lasts, Duration::from_secs(60));
    assert!(shown.responses.iter().all(|kept| kept.bytes == FRAME + 1 + HEAD.len() + 1 && !kept.varies));
}

#[test]
fn many_workers_at_once_stay_within_the_limit() {
    let store = store(|_| {});
    std::thread::scope(|scope| {
        for worker in 0..4_u8 {
            let store = &store;
            scope.spawn(move || {
                for round in 0..2_000_u32 {
                    let (key, now) = ([(round % 7) as u8], Instant::now());
                    if round % 3 == u32::from(worker % 3) {
                        keep(store, &key, &[worker; 20_000], now);
                    } else if let Some(entry) = store.find(&key, None, now) {
                        assert!(entry.body.iter().all(|byte| *byte == entry.body[0]));
                    }
                    assert!(store.budget.taken() <= 100_000);
                }
            });
        }
    });
    (0..7).for_each(|key| store.forget(&[key]));
    assert_eq!(store.budget.taken(), 0);
}
