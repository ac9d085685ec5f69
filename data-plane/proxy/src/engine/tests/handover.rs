//! What waits in the kernel while sockets change, and while processes do.

use super::*;

/// One connection at a time: all others wait in the kernel's queues. `change` is of the listener.
fn narrow(at: SocketAddr, change: impl FnOnce(&mut sluicegate_proto::v1::Listener)) -> Site {
    Site::default()
        .listener_that("web", "main", |listener| {
            let address = sluicegate_proto::build::ip_address(at);
            listener.address = Some(sluicegate_proto::v1::listener::Address::Ip(address));
            change(listener);
        })
        .frontend("main", "app", |frontend| frontend.max_connections = 1)
        .backend("app", |_| {})
        .endpoint("app", "a", app("a"), |_| {})
}

/// A client that is served, and others that wait.
fn crowd(engine: &Engine) -> (TcpStream, Vec<TcpStream>) {
    let mut first = connect(engine);
    assert_eq!(read(&mut first, 1), "a");
    (first, (0..8).map(|_| connect(engine)).collect())
}

fn all_are_served(waiting: Vec<TcpStream>) {
    for client in &waiting {
        client.shutdown(Shutdown::Write).unwrap();
    }
    for mut client in waiting {
        assert_eq!(rest(&mut client), "a");
    }
}

#[test]
fn a_socket_that_is_given_something_else_keeps_what_waits_in_it() {
    let engine = engine(2);
    let at = free_address("127.77.0.4:0");
    commit(&engine, &narrow(at, |_| {}));
    let (first, waiting) = crowd(&engine);
    commit(
        &engine,
        &narrow(at, |listener| {
            listener.backlog = 200;
            listener.free_bind = true;
            listener.keep_alive = Some(sluicegate_proto::v1::KeepAlive::default());
        }),
    );
    drop(first);
    all_are_served(waiting);
    let bound = lock(&engine.bound);
    let settled = bound.sockets.values().flat_map(|bound| &bound.halves);
    assert!(settled.clone().all(|half| half.socket().keepalive().unwrap()));
    assert_eq!(settled.count(), 2);
}

#[test]
fn a_successor_serves_what_waits_for_its_predecessor() {
    let at = free_address("127.77.0.5:0");
    let site = narrow(at, |_| {});
    let old = Arc::new(engine(2));
    commit(&old, &site);
    // By the number of the process: no other test of this one may hand over.
    let (opened, open) = std::sync::mpsc::channel();
    let porch = Arc::clone(&old);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime
            .block_on(async { tokio::join!(biased; porch.hand_over(), async { opened.send(()).unwrap() }) });
    });
    open.recv().unwrap();
    let successor = |workers| {
        let settings = Settings { workers, predecessors: vec![std::process::id()], ..Settings::default() };
        let new = Engine::start(settings).unwrap();
        commit(&new, &site);
        let (old, new_ones) = (cookies(&old), cookies(&new));
        assert!(old.iter().all(|cookie| new_ones.contains(cookie)), "{old:?} {new_ones:?}");
        assert_eq!(new_ones.len(), workers.max(old.len()));
        new
    };
    drop(successor(3));
    let (first, waiting) = crowd(&old);
    let new = successor(1);
    old.soft_stop();
    drop(first);
    all_are_served(waiting);
    wait(new.drained());
}

/// What tells the sockets of an engine from all others.
fn cookies(engine: &Engine) -> Vec<u64> {
    let bound = lock(&engine.bound);
    let halves = bound.sockets.values().flat_map(|bound| &bound.halves);
    halves.map(|half| half.socket().cookie().unwrap()).collect()
}

#[test]
fn who_may_still_accept_is_waited_for() {
    let engine = engine(2);
    commit(&engine, &site());
    let doors = &engine.shared.doors;
    while doors.open() < 2 {
        std::thread::yield_now();
    }
    // No connection is there, and one may come.
    wait(engine.drained());
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(std::pin::pin!(engine.finished()).poll(&mut cx).is_pending());
    engine.soft_stop();
    wait(engine.finished());
    assert_eq!(doors.open(), 0);
}
