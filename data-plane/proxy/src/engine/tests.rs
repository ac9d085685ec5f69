use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use sluicegate_proto::v1::Kind;

use super::*;
use crate::counters::CloseCause;
use crate::fixture::{ANY_PORT, Site, endpoint_key, key};
use crate::live::Health;

/// A wait that ends a test which would hang.
const PATIENCE: Duration = Duration::from_secs(20);

fn engine(workers: usize) -> Engine {
    Engine::start(Settings { workers, ..Settings::default() }).unwrap()
}

fn commit(engine: &Engine, site: &Site) {
    let runtime = site.runtime_after(&engine.live().active().runtime);
    engine.commit(engine.prepare(runtime).unwrap());
}

/// An application that says its name and then echoes until the client ends.
fn app(name: &'static str) -> SocketAddr {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || {
                let mut stream = stream.unwrap();
                stream.write_all(name.as_bytes()).unwrap();
                let mut reader = stream.try_clone().unwrap();
                // A client may go away at any time.
                let _ = std::io::copy(&mut reader, &mut stream);
            });
        }
    });
    address
}

/// An address that nobody listens on. `at` belongs to one test alone, so that no other takes the port meanwhile.
fn free_address(at: &str) -> SocketAddr {
    TcpListener::bind(at).unwrap().local_addr().unwrap()
}

fn site() -> Site {
    Site::default()
        .listener("web", ANY_PORT, "main")
        .frontend("main", "app", |_| {})
        .backend("app", |_| {})
        .endpoint("app", "a", app("a"), |_| {})
}

fn connect(engine: &Engine) -> TcpStream {
    connect_to(engine, "web")
}

fn connect_to(engine: &Engine, listener: &str) -> TcpStream {
    let address = engine.address(&key(Kind::Listener, listener)).unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn read(stream: &mut impl Read, length: usize) -> String {
    let mut buffer = vec![0; length];
    stream.read_exact(&mut buffer).unwrap();
    String::from_utf8(buffer).unwrap()
}

fn rest(stream: &mut impl Read) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, future).await }).unwrap()
}

fn closes(engine: &Engine, cause: CloseCause) -> u64 {
    wait(engine.drained());
    engine.report().closes[cause as usize].1
}

#[test]
fn bytes_pass_both_ways_and_each_side_ends_on_its_own() {
    let engine = engine(2);
    commit(&engine, &site());
    let mut client = connect(&engine);
    assert_eq!(read(&mut client, 1), "a");
    let long = "0123456789".repeat(100_000);
    let mut writer = client.try_clone().unwrap();
    let sent = long.clone();
    let sender = std::thread::spawn(move || {
        writer.write_all(sent.as_bytes()).unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
    });
    assert!(rest(&mut client) == long);
    sender.join().unwrap();
    drop(client);
    assert_eq!(closes(&engine, CloseCause::Finished), 1);
    let frontend = engine.live().frontend(&key(Kind::Frontend, "main")).unwrap();
    assert_eq!(frontend.counters.sum(|shard| &shard.bytes_in), 1_000_000);
    assert_eq!(frontend.counters.sum(|shard| &shard.bytes_out), 1_000_001);
}

#[test]
fn connections_take_strict_turns_over_two_workers() {
    let engine = engine(2);
    commit(&engine, &site().endpoint("app", "b", app("b"), |_| {}));
    let answers: String = (0..20).map(|_| read(&mut connect(&engine), 1)).collect();
    assert_eq!(answers, "ab".repeat(10));
}

#[test]
fn a_commit_keeps_sockets_and_connections() {
    let engine = engine(2);
    let first = site();
    commit(&engine, &first);
    let port = engine.address(&key(Kind::Listener, "web")).unwrap();
    let mut before = connect(&engine);
    assert_eq!(read(&mut before, 1), "a");
    // The listener's frontend is another one, with another backend; the first one's is gone.
    let second = Site::default()
        .listener("web", ANY_PORT, "other")
        .frontend("other", "else", |_| {})
        .backend("else", |_| {})
        .endpoint("else", "b", app("b"), |_| {});
    commit(&engine, &second);
    assert_eq!(engine.address(&key(Kind::Listener, "web")), Some(port));
    assert_eq!(read(&mut connect(&engine), 1), "b");
    before.write_all(b"still here").unwrap();
    assert_eq!(read(&mut before, 10), "still here");
    before.shutdown(Shutdown::Write).unwrap();
    assert_eq!(rest(&mut before), "");
    drop(before);
    assert_eq!(closes(&engine, CloseCause::Finished), 2);
}

#[test]
fn generations_are_let_go_while_connections_live() {
    let engine = engine(2);
    commit(&engine, &site());
    let mut held = connect(&engine);
    assert_eq!(read(&mut held, 1), "a");
    for name in ["x", "y", "z"] {
        let next = site().backend(name, |_| {});
        commit(&engine, &next);
    }
    // A worker lets go when it takes the command of the commit: the next connection on each comes after it.
    while engine.report().retained_generations > 1 {
        drop(connect(&engine));
        std::thread::yield_now();
    }
}

#[test]
fn a_prepared_generation_that_is_dropped_leaves_nothing_behind() {
    let engine = engine(1);
    commit(&engine, &site());
    let free = free_address("127.77.0.2:0");
    let next = site().listener("second", &free.to_string(), "main").runtime();
    let prepared = engine.prepare(Arc::clone(&next)).unwrap();
    assert!(TcpStream::connect(free).is_ok(), "bound before the commit");
    let busy = engine.prepare(Arc::clone(&next)).unwrap_err();
    assert!(matches!(busy[0].reason, Reason::Busy));
    drop(prepared);
    assert!(TcpStream::connect(free).is_err());
    assert_eq!(read(&mut connect(&engine), 1), "a");
    drop(engine.prepare(next).unwrap());
}

#[test]
fn all_listeners_that_cannot_be_bound_are_named() {
    let engine = engine(1);
    let taken = [TcpListener::bind(ANY_PORT).unwrap(), TcpListener::bind(ANY_PORT).unwrap()];
    let address = |at: usize| taken[at].local_addr().unwrap().to_string();
    let bad = site().listener("one", &address(0), "main").listener("two", &address(1), "main");
    let rejections = engine.prepare(bad.runtime()).unwrap_err();
    let ids: Vec<_> = rejections.iter().map(|rejection| rejection.id.clone().unwrap()).collect();
    assert_eq!(ids, [key(Kind::Listener, "one"), key(Kind::Listener, "two")]);
    assert!(rejections[0].reason.to_string().contains("is in use by"));
}

#[test]
fn a_removed_listener_closes_and_its_connections_stay() {
    let engine = engine(2);
    commit(&engine, &site());
    let address = engine.address(&key(Kind::Listener, "web")).unwrap();
    let mut before = connect(&engine);
    assert_eq!(read(&mut before, 1), "a");
    commit(&engine, &Site::default().listener("other", ANY_PORT, "none").backend("app", |_| {}));
    while TcpStream::connect(address).is_ok() {
        std::thread::yield_now();
    }
    before.write_all(b"x").unwrap();
    assert_eq!(read(&mut before, 1), "x");
}

#[test]
fn a_disabled_frontend_does_not_listen() {
    let engine = engine(1);
    let site =
        Site::default().listener("web", ANY_PORT, "main").frontend("main", "app", |it| it.disabled = true);
    commit(&engine, &site);
    assert_eq!(engine.address(&key(Kind::Listener, "web")), None);
}

#[test]
fn over_the_frontends_limit_connections_wait_in_the_kernel() {
    let limited = Site::default()
        .listener("web", ANY_PORT, "main")
        .frontend("main", "app", |frontend| frontend.max_connections = 1)
        .backend("app", |_| {})
        .endpoint("app", "a", app("a"), |_| {});
    one_at_a_time(&engine(2), &limited);
}

#[test]
fn over_the_processs_limit_connections_wait_in_the_kernel() {
    let settings = Settings { workers: 2, max_connections: Some(1), ..Settings::default() };
    one_at_a_time(&Engine::start(settings).unwrap(), &site());
}

#[test]
fn over_the_listeners_limit_connections_wait_in_the_kernel() {
    let limited = Site::default()
        .limited_listener("web", ANY_PORT, "main", 1)
        .frontend("main", "app", |_| {})
        .backend("app", |_| {})
        .endpoint("app", "a", app("a"), |_| {});
    one_at_a_time(&engine(2), &limited);
}

#[test]
fn nobody_gets_more_connections_than_there_are_files() {
    let engine = engine(1);
    let asks = Settings { workers: 1, max_connections: Some(u32::MAX), ..Settings::default() };
    let asking = Engine::start(asks).unwrap();
    for engine in [&engine, &asking] {
        commit(engine, &site());
        let files = room::files();
        let room = Room::of(files, room::needed(&engine.live().active().runtime, 1, files), 1);
        assert_eq!(engine.shared.gate.limit(), room.clients);
    }
}

fn one_at_a_time(engine: &Engine, limited: &Site) {
    commit(engine, limited);
    let mut first = connect(engine);
    assert_eq!(read(&mut first, 1), "a");
    let mut waiting: Vec<TcpStream> = (0..4).map(|_| connect(engine)).collect();
    // The one that is in is served on, for long enough to take the others in too.
    for _ in 0..100 {
        first.write_all(b"still here").unwrap();
        assert_eq!(read(&mut first, 10), "still here");
    }
    let frontend = engine.live().frontend(&key(Kind::Frontend, "main")).unwrap();
    assert_eq!(frontend.gate.open(), 1);
    drop(first);
    for client in &mut waiting {
        // Which one is next is the kernel's business; each gets its turn when the others end.
        client.shutdown(Shutdown::Write).unwrap();
    }
    for client in &mut waiting {
        assert_eq!(rest(client), "a");
    }
    wait(engine.drained());
    assert_eq!(engine.report().connections, 5);
}

#[test]
fn an_endpoint_that_refuses_is_retried_elsewhere() {
    let closed = free_address("127.77.0.1:0");
    let engine = engine(1);
    let site = Site::default()
        .listener("web", ANY_PORT, "main")
        .frontend("main", "app", |_| {})
        .backend("app", |backend| {
            backend.retries = 3;
            backend.redispatch = Some(sluicegate_proto::v1::Redispatch { interval: -1 });
        })
        .endpoint("app", "dead", closed, |_| {})
        .endpoint("app", "a", app("a"), |_| {});
    commit(&engine, &site);
    for _ in 0..4 {
        assert_eq!(read(&mut connect(&engine), 1), "a");
    }
    wait(engine.drained());
    let dead = engine.live().endpoint(&endpoint_key("app", "dead")).unwrap();
    assert!(dead.counters.sum(|shard| &shard.redispatches) >= 2);
    assert_eq!(dead.counters.sum(|shard| &shard.connect_errors), 0);
    dead.set_health(Health::Down, "L4CON");
    assert_eq!(read(&mut connect(&engine), 1), "a");
}

#[test]
fn without_an_endpoint_the_connection_is_closed() {
    let engine = engine(1);
    let site = Site::default()
        .listener("web", ANY_PORT, "main")
        .frontend("main", "app", |_| {})
        .backend("app", |_| {});
    commit(&engine, &site);
    assert_eq!(rest(&mut connect(&engine)), "");
    assert_eq!(closes(&engine, CloseCause::Endpoint), 1);
}

#[test]
fn a_silent_client_is_cut_off() {
    let engine = engine(1);
    // Accepts in the kernel, and never says anything that a slow machine could have to hurry for.
    let mute = TcpListener::bind(ANY_PORT).unwrap();
    let site = Site::default()
        .listener("web", ANY_PORT, "main")
        .frontend("main", "app", |frontend| {
            frontend.timeouts =
                Some(sluicegate_proto::v1::Timeouts { client_ms: Some(20), ..Default::default() });
        })
        .backend("app", |_| {})
        .endpoint("app", "a", mute.local_addr().unwrap(), |_| {});
    commit(&engine, &site);
    assert_eq!(rest(&mut connect(&engine)), "");
    assert_eq!(closes(&engine, CloseCause::ClientTimeout), 1);
}

#[test]
fn a_soft_stop_finishes_what_is_there() {
    let engine = engine(2);
    commit(&engine, &site());
    let address = engine.address(&key(Kind::Listener, "web")).unwrap();
    let mut client = connect(&engine);
    assert_eq!(read(&mut client, 1), "a");
    engine.soft_stop();
    while TcpStream::connect(address).is_ok() {
        std::thread::yield_now();
    }
    client.write_all(b"last words").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(rest(&mut client), "last words");
    wait(engine.drained());
    assert!(matches!(engine.prepare(site().runtime()).unwrap_err()[0].reason, Reason::Stopping));
}

#[test]
fn a_hard_stop_closes_and_counts() {
    let engine = engine(2);
    commit(&engine, &site());
    let mut client = connect(&engine);
    assert_eq!(read(&mut client, 1), "a");
    engine.hard_stop();
    let mut end = [0; 1];
    assert!(matches!(client.read(&mut end), Ok(0) | Err(_)));
    assert_eq!(engine.report().closes[CloseCause::HardStop as usize].1, 1);
    let frontend = engine.live().frontend(&key(Kind::Frontend, "main")).unwrap();
    assert_eq!(frontend.counters.sum(|shard| &shard.bytes_out), 1, "the session's end is recorded");
    engine.hard_stop();
}

#[test]
fn unix_sockets_serve_and_are_replaced_without_a_gap() {
    use sluicegate_proto::v1;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.sock");
    let with_mode = |mode| {
        let mut address = sluicegate_proto::build::unix_address(&path).unwrap();
        address.mode = Some(mode);
        Site::default()
            .listener_at("web", v1::listener::Address::Unix(address), "main")
            .frontend("main", "app", |_| {})
            .backend("app", |_| {})
            .endpoint("app", "a", app("a"), |_| {})
    };
    let engine = engine(2);
    commit(&engine, &with_mode(0o600));
    assert_eq!(read(&mut UnixStream::connect(&path).unwrap(), 1), "a");
    commit(&engine, &with_mode(0o660));
    assert_eq!(read(&mut UnixStream::connect(&path).unwrap(), 1), "a");
    engine.hard_stop();
    assert!(!path.exists());
}

mod entry;
mod handover;
mod inquire;
mod leaving;
mod priorities;
