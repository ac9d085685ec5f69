use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::sys::socket::{setsockopt, sockopt};
use sluicegate_proto::v1::{self, Kind};

use super::entrance::with_boxes;
use super::outbox::Way;
use crate::engine::{Engine, Settings};
use crate::fixture::{ANY_PORT, Site, key};

/// A wait that ends a test which would hang.
const PATIENCE: Duration = Duration::from_secs(20);

fn engine(workers: usize) -> Engine {
    Engine::start(Settings { workers, ..Settings::default() }).unwrap()
}

fn commit(engine: &Engine, site: &Site) {
    let runtime = site.runtime_after(&engine.live().active().runtime);
    engine.commit(engine.prepare(runtime).unwrap());
}

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind(ANY_PORT).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// A server that answers each datagram with its name and what it got, until it gets `end`.
fn server(name: &'static str) -> SocketAddr {
    let socket = UdpSocket::bind(ANY_PORT).unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut bytes = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut bytes) {
            if &bytes[..length] == b"end" {
                return;
            }
            socket.send_to(&[name.as_bytes(), &bytes[..length]].concat(), from).unwrap();
        }
    });
    address
}

fn site(listen: &str, change: impl FnOnce(&mut v1::Frontend)) -> Site {
    let address = v1::listener::Address::Ip(sluicegate_proto::build::ip_address(listen.parse().unwrap()));
    Site::default().listener_that("dns", "main", |it| (it.address, it.udp) = (Some(address), true)).frontend(
        "main",
        "app",
        |it| {
            it.mode = v1::Mode::Udp.into();
            change(it);
        },
    )
}

/// With a backend that tries nothing again.
fn udp(site: Site) -> Site {
    site.backend("app", |it| it.mode = v1::Mode::Udp.into())
}

fn app() -> Site {
    udp(site(ANY_PORT, |_| {}))
}

fn address(engine: &Engine) -> SocketAddr {
    engine.address(&key(Kind::Listener, "dns")).unwrap()
}

fn ask(client: &UdpSocket, to: SocketAddr, text: &str) -> String {
    client.send_to(text.as_bytes(), to).unwrap();
    hear(client)
}

fn hear(client: &UdpSocket) -> String {
    let mut bytes = [0; 2048];
    let length = client.recv(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}

fn connections(engine: &Engine) -> u64 {
    engine.live().frontend(&key(Kind::Frontend, "main")).unwrap().counters.sum(|it| &it.connections)
}

fn lost(engine: &Engine) -> u64 {
    engine.live().frontend(&key(Kind::Frontend, "main")).unwrap().counters.sum(|it| &it.bad_requests)
}

/// Asks again and again until the answer is right.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_client_stays_with_its_endpoint_and_clients_take_turns() {
    let engine = engine(1);
    let site = app();
    commit(
        &engine,
        &site.endpoint("app", "a", server("a"), |_| {}).endpoint("app", "b", server("b"), |_| {}),
    );
    let (one, two) = (socket(), socket());
    for _ in 0..3 {
        assert_eq!(ask(&one, address(&engine), "1"), "a1");
        assert_eq!(ask(&two, address(&engine), "2"), "b2");
    }
    assert_eq!(connections(&engine), 2);
}

#[test]
fn sessions_end_when_nothing_comes_and_are_counted() {
    let engine = engine(2);
    let site = udp(site(ANY_PORT, |it| {
        it.timeouts = Some(v1::Timeouts { client_ms: Some(50), ..v1::Timeouts::default() });
    }));
    commit(&engine, &site.endpoint("app", "a", server("a"), |_| {}));
    let client = socket();
    assert_eq!(ask(&client, address(&engine), "1"), "a1");
    let state = engine.live().frontend(&key(Kind::Frontend, "main")).unwrap();
    // It is counted when it has given its places back.
    until("the session ends", || state.counters.sum(|it| &it.bytes_out) > 0);
    assert_eq!((state.gate.open(), state.counters.sum(|it| &it.bytes_in)), (0, 1));
    assert_eq!(state.counters.sum(|it| &it.bytes_out), 2);
    assert_eq!(ask(&client, address(&engine), "2"), "a2");
    assert_eq!(connections(&engine), 2);
}

#[test]
fn answers_leave_from_the_address_that_was_asked() {
    let engine = engine(1);
    commit(&engine, &udp(site("0.0.0.0:0", |_| {})).endpoint("app", "a", server("a"), |_| {}));
    let port = address(&engine).port();
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    for last in [1, 7] {
        let asked = SocketAddr::from(([127, 0, 0, last], port));
        client.send_to(b"?", asked).unwrap();
        let mut bytes = [0; 16];
        let (length, from) = client.recv_from(&mut bytes).unwrap();
        assert_eq!((&bytes[..length], from), (&b"a?"[..], asked));
    }
    assert_eq!(connections(&engine), 2, "each address that is asked has a session of its own");
}

#[test]
fn who_refuses_is_left_and_what_comes_next_goes_elsewhere() {
    let engine = engine(1);
    let gone = UdpSocket::bind(ANY_PORT).unwrap().local_addr().unwrap();
    let site = app();
    commit(&engine, &site.endpoint("app", "a", gone, |_| {}).endpoint("app", "b", server("b"), |_| {}));
    let client = socket();
    client.send_to(b"1", address(&engine)).unwrap();
    until("the refusal is heard", || {
        let backend = engine.live().active().backends.values().next().cloned().unwrap();
        backend.state.counters.sum(|it| &it.connect_errors) == 1
    });
    assert_eq!(ask(&client, address(&engine), "2"), "b2");
}

#[test]
fn a_first_datagram_that_is_refused_is_sent_elsewhere() {
    let engine = engine(1);
    let gone = UdpSocket::bind(ANY_PORT).unwrap().local_addr().unwrap();
    let mut site = site(ANY_PORT, |_| {}).backend("app", |it| {
        it.mode = v1::Mode::Udp.into();
        it.retries = 2;
    });
    for name in ["a", "b"] {
        site = site.endpoint("app", name, gone, |_| {});
    }
    commit(&engine, &site.endpoint("app", "c", server("c"), |_| {}));
    assert_eq!(ask(&socket(), address(&engine), "1"), "c1");
    let backend = engine.live().active().backends.values().next().cloned().unwrap();
    assert_eq!(backend.state.counters.sum(|it| &it.redispatches), 2);
}

#[test]
fn a_flood_is_bounded_and_sessions_in_use_outlast_it() {
    let engine = engine(1);
    let site = udp(site(ANY_PORT, |it| it.max_connections = 4));
    commit(&engine, &site.endpoint("app", "a", server("a"), |_| {}));
    let used = socket();
    assert_eq!(ask(&used, address(&engine), "1"), "a1");
    for _ in 0..40 {
        socket().send_to(b"x", address(&engine)).unwrap();
    }
    until("what is beyond the limit is lost", || lost(&engine) >= 37);
    assert_eq!((connections(&engine), lost(&engine)), (4, 37));
    assert_eq!(ask(&used, address(&engine), "2"), "a2");
    assert_eq!(connections(&engine), 4);
}

#[test]
fn a_commit_keeps_sessions_and_a_listener_that_goes_still_answers() {
    let engine = engine(2);
    let silent = socket();
    let first = app().endpoint("app", "a", silent.local_addr().unwrap(), |_| {});
    commit(&engine, &first);
    let client = socket();
    let port = address(&engine);
    client.send_to(b"1", port).unwrap();
    let mut bytes = [0; 16];
    let (_, session) = silent.recv_from(&mut bytes).unwrap();
    commit(&engine, &first.frontend("more", "app", |_| {}));
    client.send_to(b"2", port).unwrap();
    assert_eq!(silent.recv_from(&mut bytes).unwrap().1, session, "the session is the same");
    commit(&engine, &Site::default());
    until("the port is given up", || UdpSocket::bind(port).is_ok() || client_is_refused(port));
    silent.send_to(b"late", session).unwrap();
    assert_eq!(hear(&client), "late");
    // The session is there yet, and so is its socket: the port can be had again.
    commit(&engine, &udp(site(&port.to_string(), |_| {})).endpoint("app", "b", server("b"), |_| {}));
    assert_eq!(ask(&client, port, "again"), "bagain");
}

/// Whether nobody receives on the port any more: the sessions' answers leave from a socket that is deaf.
fn client_is_refused(port: SocketAddr) -> bool {
    let other = UdpSocket::bind(ANY_PORT).unwrap();
    other.connect(port).unwrap();
    other.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let _ = other.send(b"anybody?");
    matches!(other.recv(&mut [0; 8]), Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused)
}

#[test]
fn a_stop_waits_for_answers_and_for_nothing_else() {
    let engine = engine(1);
    let silent = socket();
    let site = app();
    commit(&engine, &site.endpoint("app", "a", silent.local_addr().unwrap(), |_| {}));
    let (answered, waiting) = (socket(), socket());
    let mut bytes = [0; 16];
    let session = |client: &UdpSocket, bytes: &mut [u8]| {
        client.send_to(b"?", address(&engine)).unwrap();
        silent.recv_from(bytes).unwrap().1
    };
    let one = session(&answered, &mut bytes);
    silent.send_to(b"yes", one).unwrap();
    assert_eq!(hear(&answered), "yes");
    let two = session(&waiting, &mut bytes);
    let gate = engine.live().frontend(&key(Kind::Frontend, "main")).unwrap();
    engine.soft_stop();
    until("the one that was answered is over", || gate.gate.open() == 1);
    silent.send_to(b"no", two).unwrap();
    assert_eq!(hear(&waiting), "no");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, engine.drained()).await }).unwrap();
}

#[test]
fn trains_of_datagrams_pass_whole_both_ways() {
    let (sender, receiver) = (socket(), socket());
    sender.connect(receiver.local_addr().unwrap()).unwrap();
    setsockopt(&receiver, sockopt::UdpGroSegment, &true).unwrap();
    let lengths = [[100; 5].as_slice(), &[100, 100, 40], &[7], &[1, 2, 3], &[100, 0, 100]];
    for (cuts, lengths) in [true, false].into_iter().flat_map(|cuts| lengths.map(|it| (cuts, it))) {
        let bytes: Vec<Vec<u8>> = (1..).zip(lengths).map(|(it, &length)| vec![it; length]).collect();
        let run: Vec<_> = bytes
            .iter()
            .map(|bytes| super::inbox::Arrived { bytes, from: None, to: None, segment: None })
            .collect();
        let mut cuts_now = cuts;
        let sent = with_boxes(|_, outbox| outbox.send(sender.as_fd(), &run, &Way::default(), &mut cuts_now));
        assert_eq!((sent.bytes, sent.lost, cuts_now), (lengths.iter().sum::<usize>() as u64, 0, cuts));
        let mut heard: Vec<Vec<u8>> = Vec::new();
        while heard.len() < lengths.len() {
            until("it comes", || {
                with_boxes(|inbox, _| match inbox.receive(receiver.as_fd(), super::inbox::MOST) {
                    Ok(_) => {
                        for it in inbox.arrived() {
                            let each = it.segment.map_or(it.bytes.len().max(1), usize::from);
                            if it.bytes.is_empty() {
                                heard.push(Vec::new());
                            }
                            heard.extend(it.bytes.chunks(each).map(<[u8]>::to_vec));
                        }
                        true
                    }
                    Err(_) => false,
                })
            });
        }
        assert_eq!(heard, bytes, "{cuts} {lengths:?}");
    }
}
