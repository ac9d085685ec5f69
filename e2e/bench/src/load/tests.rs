//! Clients, relay and servers of the bench, one behind the other.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::thread;
use std::time::Duration;

use super::*;
use crate::{acceptor, certificate, echo, floor, origin};

/// A listening socket that any port will do for; the program that gets it ends with the test.
fn listener() -> (OwnedFd, u16) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener.into(), port)
}

/// The port of a server.
fn server() -> u16 {
    let (listener, port) = listener();
    thread::spawn(move || origin::run(&listener));
    port
}

/// The port of a relay before two servers.
fn relay() -> u16 {
    let servers = [server(), server()];
    let (listener, port) = listener();
    thread::spawn(move || floor::run(&listener, &servers));
    port
}

fn plan(port: u16) -> Plan {
    Plan { requests: Some(400), ..Plan::new(port, 8, 60.0) }
}

fn seen(plan: &Plan) -> Seen {
    match plan.hold {
        Some(hold) => held::run(&mut Client::new(plan).unwrap(), plan, hold, || Ok(())).unwrap(),
        None => drive(&mut *clients(plan).unwrap(), plan, || Ok(())).unwrap(),
    }
}

#[test]
fn every_request_is_answered_in_full() {
    let port = relay();
    let plans = [
        (plan(port), 128),
        (Plan { path: "/16k".to_owned(), ..plan(port) }, 16 << 10),
        (Plan { path: "/1m".to_owned(), requests: Some(40), ..plan(port) }, 1 << 20),
        (Plan { path: "/headers".to_owned(), headers: 19, ..plan(port) }, 128),
        (Plan { post: Some(16 << 10), ..plan(port) }, 128),
        (Plan { post: Some(3 << 20), requests: Some(20), ..plan(port) }, 128),
        (Plan { close: true, ..plan(port) }, 128),
        (Plan { connections: 100, window: Some(3), ..plan(port) }, 128),
    ];
    for (plan, body) in plans {
        let seen = seen(&plan);
        let requests = plan.requests.unwrap();
        assert_eq!((seen.requests, seen.errors, seen.bytes), (requests, 0, requests * body), "{plan:?}");
        assert!(seen.latency.is_some_and(|latency| latency.p50 > 0.0), "{plan:?}");
    }
}

/// The port of an acceptor of TLS.
fn acceptor() -> u16 {
    let folder = tempfile::tempdir().unwrap();
    certificate::write(folder.path()).unwrap();
    let (listener, port) = listener();
    thread::spawn(move || acceptor::run(&listener, &certificate::file(folder.path())));
    port
}

#[test]
fn sealed_requests_are_answered_in_full() {
    let plan = Plan { tls: true, ..plan(acceptor()) };
    let seen = seen(&plan);
    assert_eq!((seen.requests, seen.errors, seen.bytes, seen.handshakes), (400, 0, 400 * 128, 0));
    let held = Plan { hold: Some(Hold::Idle), ..plan };
    assert_eq!(self::seen(&held).requests, 8);
}

#[test]
fn sessions_are_resumed_where_that_is_asked() {
    let close = Plan { tls: true, close: true, ..plan(acceptor()) };
    let whole = seen(&close);
    assert_eq!((whole.requests, whole.handshakes, whole.resumed), (400, 400, 0));
    let resumed = seen(&Plan { resume: true, ..close });
    assert_eq!((resumed.requests, resumed.handshakes, resumed.resumed), (400, 400, 400));
}

#[test]
fn datagrams_come_back() {
    let datagrams = || {
        let socket = std::net::UdpSocket::bind(("127.0.0.1", 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        let port = socket.local_addr().unwrap().port();
        (OwnedFd::from(socket), port)
    };
    let servers = [datagrams(), datagrams()].map(|(socket, port)| {
        thread::spawn(move || echo::run(&socket));
        port
    });
    let (socket, port) = datagrams();
    thread::spawn(move || floor::datagrams::run(&socket, &servers));
    let seen = seen(&Plan { protocol: Protocol::Udp, ..plan(port) });
    assert_eq!((seen.requests, seen.errors, seen.bytes), (400, 0, 400 * 64));
}

#[test]
fn a_datagram_that_is_lost_is_an_error() {
    let socket = std::net::UdpSocket::bind(("127.0.0.1", 0)).unwrap();
    let port = socket.local_addr().unwrap().port();
    let plan = Plan { protocol: Protocol::Udp, connections: 1, requests: Some(2), ..plan(port) };
    let seen = closed::run(&mut *clients(&plan).unwrap(), &plan).unwrap();
    assert_eq!((seen.requests, seen.errors), (0, 2));
}

#[test]
fn a_paced_load_accounts_for_all_that_was_due() {
    let plan = Plan { rate: Some(2000.0), seconds: 0.2, requests: None, ..plan(server()) };
    let seen = seen(&plan);
    let pace = seen.pace.unwrap();
    assert_eq!(seen.requests + seen.errors + pace.unfinished, 400);
    assert_eq!((seen.errors, pace.offered), (0, 2000.0));
}

#[test]
fn held_connections_stay_open() {
    for hold in [Hold::Idle, Hold::Head, Hold::Body] {
        let plan = Plan { hold: Some(hold), ..plan(server()) };
        let seen = seen(&plan);
        assert_eq!((seen.requests, seen.errors), (8, 0), "{hold:?}");
    }
}

#[test]
fn a_held_connection_that_the_server_closes_is_missed() {
    let (listener, port) = listener();
    let plan = Plan { hold: Some(Hold::Head), ..plan(port) };
    let mut client = Client::new(&plan).unwrap();
    // They wait in the backlog.
    held::run(&mut client, &plan, Hold::Head, || Ok(())).unwrap();
    drop(crate::net::accept(&listener).unwrap().unwrap());
    let mut done = Vec::new();
    while client.quiet() == 8 {
        client.turn(Duration::from_secs(1), &mut done).unwrap();
    }
    assert_eq!(client.quiet(), 7);
}

#[test]
fn answers_that_are_no_success_are_errors() {
    let (listener, port) = listener();
    thread::spawn(move || {
        let listener = TcpListener::from(listener);
        listener.set_nonblocking(false).unwrap();
        for mut client in listener.incoming().flatten() {
            let mut request = [0; 1024];
            let _ = io::Read::read(&mut client, &mut request);
            let _ = client.write_all(b"HTTP/1.1 503 Sorry\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    let seen = seen(&Plan { close: true, connections: 1, requests: Some(5), ..plan(port) });
    assert_eq!((seen.requests, seen.errors), (0, 5));
}
