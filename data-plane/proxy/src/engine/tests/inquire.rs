//! What operators ask of an engine with more than one worker, in TCP mode.

use super::*;
use crate::engine::inquire::Ended;
use crate::sessions::{State, Which, Wish};

const ALL: Wish = Wish { only: None, most: 10, detailed: true };

/// Clients that have heard the application.
fn clients(engine: &Engine, count: usize) -> Vec<TcpStream> {
    let client = |_| {
        let mut client = connect(engine);
        assert_eq!(read(&mut client, 1), "a");
        client
    };
    (0..count).map(client).collect()
}

#[test]
fn sessions_of_all_workers_are_told_and_ended() {
    let engine = engine(2);
    commit(&engine, &site());
    let mut clients = clients(&engine, 6);
    let told = wait(engine.sessions(ALL)).sessions;
    let mut ids: Vec<u64> = told.iter().map(|session| session.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((told.len(), ids.len()), (6, 6));
    for session in &told {
        assert_eq!((session.facts.state, session.facts.bytes_out), (State::Data, 1));
        assert_eq!(session.id % 2, session.worker);
        let from = clients.iter().any(|it| session.facts.client.ip() == it.local_addr().ok());
        assert!(from && session.facts.endpoint.as_ref().unwrap().name() == "a");
    }
    let few = wait(engine.sessions(Wish { most: 4, ..ALL }));
    assert_eq!((few.sessions.len(), few.omitted, few.silent_workers), (4, 2, 0));
    let one = told[0].facts.client.ip();
    assert_eq!(
        wait(engine.end_sessions(&Which::Session(told[0].id))),
        Ended { sessions: 1, silent_workers: 0 }
    );
    let ended = clients.iter().position(|client| client.local_addr().ok() == one).unwrap();
    assert_eq!(rest(&mut clients.remove(ended)), "");
    assert_eq!(wait(engine.end_sessions(&Which::Session(told[0].id))), Ended::default());
    assert_eq!(wait(engine.end_sessions(&Which::At(endpoint_key("app", "b")))).sessions, 0);
    assert_eq!(wait(engine.end_sessions(&Which::At(endpoint_key("app", "a")))).sessions, 5);
    assert!(clients.iter_mut().all(|client| rest(client).is_empty()));
    assert_eq!(closes(&engine, CloseCause::Operator), 6);
}

#[test]
fn counters_begin_anew_while_connections_stay() {
    let engine = engine(2);
    commit(&engine, &site());
    let gone = clients(&engine, 3);
    drop(gone);
    let mut held = clients(&engine, 1);
    let endpoint = engine.live().endpoint(&endpoint_key("app", "a")).unwrap();
    let frontend = engine.live().frontend(&key(Kind::Frontend, "main")).unwrap();
    let counts = || (frontend.counters.sum(|it| &it.connections), endpoint.counters.sum(|it| &it.exchanges));
    while frontend.gate.open() > 1 {
        std::thread::yield_now();
    }
    assert_eq!(counts(), (4, 4));
    assert!(frontend.gate.most() >= 3);
    assert_eq!(wait(engine.clear_counters(false)), 0);
    assert_eq!((counts(), frontend.gate.most(), endpoint.most()), ((4, 4), 1, (1, 0)));
    assert_eq!(wait(engine.clear_counters(true)), 0);
    assert_eq!(counts(), (0, 0));
    held[0].write_all(b"x").unwrap();
    assert_eq!(read(&mut held[0], 1), "x");
    let _more = clients(&engine, 1);
    assert_eq!((counts(), frontend.gate.most()), ((1, 1), 2));
    let all: u64 = engine.report().connections;
    assert_eq!(all, 5, "what the process counts of itself stays");
}

#[test]
fn an_engine_that_is_gone_answers_nothing() {
    let engine = engine(2);
    engine.hard_stop();
    let told = wait(engine.sessions(ALL));
    assert_eq!((told.sessions.len(), told.silent_workers), (0, 2));
}
