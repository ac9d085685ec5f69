//! Rules over connections in TCP mode: which of those that wait goes first, and who is not let in by a backend.

use sluicegate_proto::v1;

use super::*;

/// Gives each connection this class.
fn class(class: i64) -> v1::Rule {
    let argument = v1::Argument { value: Some(v1::argument::Value::Integer(class)) };
    let sample = v1::Sample {
        fetch: Some(v1::Call { name: "int".into(), arguments: vec![argument] }),
        converters: Vec::new(),
    };
    let part = Some(v1::set_priority::Part::Class(sample));
    v1::Rule { when: None, action: Some(v1::rule::Action::SetPriority(v1::SetPriority { part })) }
}

/// Two ways to one place: by the listener `web`, and by `other`, which has these rules.
fn two_ways(rules: Vec<v1::Rule>, of_backend: Vec<v1::Rule>) -> Engine {
    let engine = engine(2);
    let site = Site::default()
        .listener("web", ANY_PORT, "main")
        .frontend("main", "app", |_| {})
        .listener("other", ANY_PORT, "else")
        .frontend("else", "app", |frontend| frontend.request_rules = rules)
        .backend("app", |backend| backend.request_rules = of_backend)
        .endpoint("app", "a", app("a"), |endpoint| endpoint.max_connections = 1);
    commit(&engine, &site);
    engine
}

/// In which order three connections are served, of which the second comes in by `other`.
fn order(engine: &Engine) -> Vec<usize> {
    let mut first = connect_to(engine, "web");
    assert_eq!(read(&mut first, 1), "a");
    let backend = engine.live().backend(&key(Kind::Backend, "app")).unwrap();
    let mut waiting = Vec::new();
    for (number, way) in [(1, "web"), (2, "other"), (3, "web")] {
        waiting.push((number, connect_to(engine, way)));
        let since = std::time::Instant::now();
        while backend.queued() as usize != waiting.len() {
            assert!(since.elapsed() < PATIENCE);
            std::thread::yield_now();
        }
    }
    drop(first);
    let mut order = Vec::new();
    while !waiting.is_empty() {
        let served = waiting.iter_mut().position(|(_, client)| {
            client.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
            client.read_exact(&mut [0]).is_ok()
        });
        order.extend(served.map(|served| waiting.remove(served).0));
    }
    order
}

#[test]
fn a_lower_class_goes_first() {
    assert_eq!(order(&two_ways(vec![class(-1)], Vec::new())), [2, 1, 3]);
    assert_eq!(order(&two_ways(vec![class(1)], Vec::new())), [1, 3, 2]);
    assert_eq!(order(&two_ways(vec![class(0)], Vec::new())), [1, 2, 3]);
    // What the backend says comes last, and is said to all.
    assert_eq!(order(&two_ways(vec![class(-1)], vec![class(7)])), [1, 2, 3]);
}

#[test]
fn a_rule_that_ends_the_list_is_the_last_one() {
    let allow = v1::Rule { when: None, action: Some(v1::rule::Action::Allow(v1::Allow {})) };
    assert_eq!(order(&two_ways(vec![allow, class(-1)], Vec::new())), [1, 2, 3]);
}

#[test]
fn a_backend_turns_connections_away() {
    let reply = v1::Reply {
        status: 403,
        content: Some(v1::reply::Content::ErrorPage(v1::Empty {})),
        ..v1::Reply::default()
    };
    let deny = v1::Rule { when: None, action: Some(v1::rule::Action::Deny(reply)) };
    let engine = two_ways(Vec::new(), vec![deny]);
    assert_eq!(rest(&mut connect_to(&engine, "web")), "");
    assert_eq!(closes(&engine, CloseCause::Rule), 1);
    let backend = engine.live().backend(&key(Kind::Backend, "app")).unwrap();
    assert_eq!(backend.counters.sum(|shard| &shard.denied), 1);
}
