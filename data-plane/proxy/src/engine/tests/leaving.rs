//! Clients in TCP mode that go away while they wait.

use super::*;
use crate::fixture::Deaf;

/// A server with one place, whose application says its name once it is connected; the first client has the place.
fn busy(abort_on_close: bool) -> (Engine, TcpStream) {
    let engine = engine(1);
    let site = Site::default()
        .listener("web", ANY_PORT, "main")
        .frontend("main", "app", |_| {})
        .backend("app", |backend| backend.abort_on_close = abort_on_close)
        .endpoint("app", "a", app("a"), |endpoint| endpoint.max_connections = 1);
    commit(&engine, &site);
    let mut first = connect(&engine);
    assert_eq!(read(&mut first, 1), "a");
    (engine, first)
}

fn queued(engine: &Engine, count: u32) {
    let backend = engine.live().backend(&key(Kind::Backend, "app")).unwrap();
    let since = std::time::Instant::now();
    while backend.queued() != count {
        assert!(since.elapsed() < PATIENCE, "{} wait", backend.queued());
        std::thread::yield_now();
    }
}

#[test]
fn who_ends_without_a_word_leaves_the_queue() {
    for abort in [true, false] {
        let (engine, first) = busy(abort);
        let mut second = connect(&engine);
        queued(&engine, 1);
        second.shutdown(Shutdown::Write).unwrap();
        assert_eq!(rest(&mut second), "");
        queued(&engine, 0);
        drop(first);
        assert_eq!(closes(&engine, CloseCause::Client), 1);
    }
}

#[test]
fn who_has_said_something_and_ends_leaves_where_that_is_asked_for() {
    for abort in [true, false] {
        let (engine, first) = busy(abort);
        let mut second = connect(&engine);
        second.write_all(b"xyz").unwrap();
        queued(&engine, 1);
        second.write_all(b"z").unwrap();
        second.shutdown(Shutdown::Write).unwrap();
        if abort {
            assert_eq!(rest(&mut second), "");
            queued(&engine, 0);
        }
        drop(first);
        if !abort {
            assert_eq!(rest(&mut second), "axyzz");
        }
    }
}

#[test]
fn more_than_is_held_comes_in_order() {
    let (engine, first) = busy(false);
    let second = connect(&engine);
    let text: String = (0..40_000).map(|number: u32| char::from(b'a' + (number % 23) as u8)).collect();
    let (mut writer, sent) = (second.try_clone().unwrap(), text.clone());
    let sender = std::thread::spawn(move || {
        writer.write_all(sent.as_bytes()).unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
    });
    queued(&engine, 1);
    drop(first);
    let mut second = second;
    assert!(rest(&mut second) == format!("a{text}"));
    sender.join().unwrap();
}

#[test]
fn a_connection_that_breaks_leaves_the_queue() {
    let (engine, first) = busy(false);
    let second = connect(&engine);
    queued(&engine, 1);
    socket2::SockRef::from(&second).set_linger(Some(Duration::ZERO)).unwrap();
    drop(second);
    queued(&engine, 0);
    drop(first);
}

#[test]
fn no_connection_is_awaited_for_who_has_ended_where_that_is_asked_for() {
    let deaf = Deaf::start();
    let engine = engine(1);
    let site = Site::default()
        .listener("web", ANY_PORT, "main")
        .frontend("main", "app", |_| {})
        .backend("app", |backend| backend.abort_on_close = true)
        .endpoint("app", "a", deaf.address, |_| {});
    commit(&engine, &site);
    let mut client = connect(&engine);
    client.write_all(b"x").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(rest(&mut client), "");
}
