//! Connections that have something to pass before they are served.

use sluicegate_proto::v1;

use super::*;
use crate::sessions::{State, Which, Wish};

const LINE: &[u8] = b"PROXY TCP4 192.0.2.7 198.51.100.9 1111 2222\r\n";

/// One whose connections begin with a PROXY header.
fn told() -> Engine {
    let engine = engine(2);
    let site = Site::default()
        .listener_that("web", "main", |listener| {
            listener.proxy_header = Some(v1::ExpectedProxyHeader { when: None });
        })
        .frontend("main", "app", |_| {})
        .backend("app", |_| {})
        .endpoint("app", "a", app("a"), |_| {});
    commit(&engine, &site);
    engine
}

#[test]
fn who_passes_is_served_and_who_does_not_is_counted() {
    let engine = told();
    let mut client = connect(&engine);
    client.write_all(&[LINE, b"xyz"].concat()).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    // The server is not sent what the proxy was.
    assert_eq!(rest(&mut client), "axyz");
    for sent in [&b"GET / HTTP/1.0\r\n\r\n"[..], &LINE[..20], b""] {
        let mut client = connect(&engine);
        client.write_all(sent).unwrap();
        // What was not read may make it a reset, and that early.
        let _ = client.shutdown(Shutdown::Write);
        assert!(matches!(client.read(&mut [0]), Ok(0) | Err(_)));
    }
    drop(client);
    assert_eq!(closes(&engine, CloseCause::BadRequest), 2);
    assert_eq!(closes(&engine, CloseCause::Client), 1);
    assert_eq!(closes(&engine, CloseCause::Finished), 1);
    let frontend = engine.live().frontend(&key(Kind::Frontend, "main")).unwrap();
    assert_eq!(frontend.counters.sum(|shard| &shard.bad_requests), 2);
    assert_eq!(frontend.counters.sum(|shard| &shard.connections), 4);
    assert_eq!(frontend.counters.sum(|shard| &shard.requests), 1);
}

#[test]
fn rules_turn_away_before_anything_is_read() {
    let engine = engine(1);
    let content = Some(v1::reply::Content::ErrorPage(v1::Empty {}));
    let deny = v1::rule::Action::Deny(v1::Reply { status: 403, content, ..v1::Reply::default() });
    let rule = v1::Rule { when: None, action: Some(deny) };
    let site = Site::default()
        .listener_that("web", "main", |listener| listener.connection_rules = vec![rule])
        .frontend("main", "app", |_| {})
        .backend("app", |_| {})
        .endpoint("app", "a", app("a"), |_| {});
    commit(&engine, &site);
    assert_eq!(rest(&mut connect(&engine)), "");
    assert_eq!(closes(&engine, CloseCause::Rule), 1);
    let frontend = engine.live().frontend(&key(Kind::Frontend, "main")).unwrap();
    assert_eq!(frontend.counters.sum(|shard| &shard.denied), 1);
}

/// An operator sees it as it is, and as its header says from then on.
#[test]
fn who_waits_is_seen_and_can_be_ended() {
    let engine = told();
    let (mut waits, mut served) = (connect(&engine), connect(&engine));
    served.write_all(LINE).unwrap();
    assert_eq!(read(&mut served, 1), "a");
    let all = Wish { only: None, most: 10, detailed: true };
    let sessions = loop {
        // It may not have been taken yet.
        let told = wait(engine.sessions(all)).sessions;
        if told.len() == 2 {
            break told;
        }
    };
    let of = |state| sessions.iter().find(|session| session.facts.state == state).unwrap();
    assert_eq!(of(State::Idle).facts.client.ip(), waits.local_addr().ok());
    assert_eq!(of(State::Data).facts.client.to_string(), "192.0.2.7:1111");
    assert_eq!(of(State::Data).facts.local.unwrap().to_string(), "198.51.100.9:2222");
    assert_eq!(wait(engine.end_sessions(&Which::Session(of(State::Idle).id))).sessions, 1);
    assert_eq!(rest(&mut waits), "");
    drop(served);
    assert_eq!(closes(&engine, CloseCause::Operator), 1);
}
