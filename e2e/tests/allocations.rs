//! A keep-alive request allocates nothing, with everything on that a usual configuration has: rules, logs, retries,
//! forwarded addresses, limits.
//!
//! The engine runs within the test, so that a counting allocator sees it; what the test's own client and servers
//! allocate is not counted.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario
#![allow(unsafe_code)] // an allocator is

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::thread;

use sluicegate_e2e::free_address;
use sluicegate_engine::engine::{Engine, Settings};
use sluicegate_haproxy::diagnostic::render::Style;
use sluicegate_model::{Change, compile};
use sluicegate_provider_file::load::{Inputs, Limits, load};

const CONNECTIONS: usize = 64;
const WARM_UP: usize = 50;
/// A path that is answered when all connections have asked for it, so that every exchange there can be has been there.
const TOGETHER: &str = "/api/together";
const ROUNDS: usize = 160;
/// Ends each response, and stands nowhere else in it.
const BODY: &str = "the-end";

static COUNTS: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Of the test, not of the engine.
    static OURS: Cell<bool> = const { Cell::new(false) };
}

struct Counting;

impl Counting {
    fn count() {
        if COUNTS.load(SeqCst) && !OURS.get() {
            ALLOCATIONS.fetch_add(1, SeqCst);
        }
    }
}

// SAFETY: every call goes on to `System` as it came; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count();
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Self::count();
        // SAFETY: the caller's promise.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn configuration(entry: SocketAddr, log: SocketAddr, servers: [SocketAddr; 2]) -> String {
    let [one, two] = servers;
    format!(
        "
global
    log {log} local0
defaults
    mode http
    log global
    option httplog
    option forwardfor
    option redispatch
    retries 3
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    timeout queue 5s
    timeout http-request 10s
    timeout http-keep-alive 30s
frontend main
    bind {entry}
    maxconn 1000
    acl static path_beg /static
    acl api path_dir api
    http-request set-header X-Entry main
    http-request del-header X-Secret
    http-request deny if {{ path_end .php }}
    http-response set-header X-Answered yes
    use_backend app if api or !static
backend app
    balance roundrobin
    http-request set-header X-Seen %[path]
    server one {one} maxconn 100 weight 2
    server two {two} maxconn 100
"
    )
}

/// Answers every request with the same bytes.
fn origin(all: &Arc<Barrier>) -> SocketAddr {
    let all = Arc::clone(all);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        OURS.set(true);
        for stream in listener.incoming() {
            let all = Arc::clone(&all);
            thread::spawn(move || {
                OURS.set(true);
                serve(stream.unwrap(), &all);
            });
        }
    });
    address
}

fn serve(mut stream: TcpStream, all: &Barrier) {
    let response = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nServer: x\r\n\r\n{BODY}", BODY.len());
    let mut bytes = [0; 4096];
    let mut held = 0;
    while let Ok(read @ 1..) = stream.read(&mut bytes[held..]) {
        held += read;
        if bytes[..held].ends_with(b"\r\n\r\n") {
            if bytes[..held].starts_with(format!("GET {TOGETHER}").as_bytes()) {
                all.wait();
            }
            stream.write_all(response.as_bytes()).unwrap();
            held = 0;
        }
    }
}

/// One request on each connection at a time, so many times.
fn exchange(clients: &mut [TcpStream], path: &str, rounds: usize) {
    let request = format!(
        "GET {path}?q=1 HTTP/1.1\r\nHost: example\r\nUser-Agent: t\r\nAccept: */*\r\nX-Secret: 1\r\n\r\n"
    );
    for _ in 0..rounds {
        for client in &mut *clients {
            client.write_all(request.as_bytes()).unwrap();
        }
        for client in &mut *clients {
            let mut bytes = [0; 1024];
            let mut held = 0;
            while !bytes[..held].ends_with(BODY.as_bytes()) {
                let read = client.read(&mut bytes[held..]).unwrap();
                assert_ne!(read, 0, "the connection was closed");
                held += read;
            }
            assert!(bytes.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&bytes[..held]));
        }
    }
}

fn engine(configuration: &str) -> Engine {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("haproxy.cfg");
    std::fs::write(&file, configuration).unwrap();
    let loaded = load(&Inputs {
        paths: vec![file],
        language: None,
        environment: Default::default(),
        style: Style::Plain,
        limits: Limits::default(),
        strictness: Default::default(),
        told: Default::default(),
        drop_in: false,
        once: Default::default(),
    });
    assert!(loaded.is_good(), "{}", loaded.findings.join("\n"));
    let resources: Vec<_> = loaded.fragments.into_iter().flat_map(|fragment| fragment.resources).collect();
    let runtime = compile(None, Change::Full(&resources)).unwrap();
    let engine = Engine::start(Settings { workers: 1, ..Settings::default() }).unwrap();
    let prepared = engine.prepare(Arc::new(runtime)).unwrap();
    engine.commit(prepared);
    engine
}

#[test]
fn a_keep_alive_request_allocates_nothing() {
    OURS.set(true);
    let all = Arc::new(Barrier::new(CONNECTIONS));
    let (entry, log) = (free_address(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let engine = engine(&configuration(entry, log.local_addr().unwrap(), [origin(&all), origin(&all)]));
    let mut clients: Vec<_> = (0..CONNECTIONS).map(|_| TcpStream::connect(entry).unwrap()).collect();
    exchange(&mut clients, TOGETHER, 2);
    exchange(&mut clients, "/api/items", WARM_UP);
    COUNTS.store(true, SeqCst);
    exchange(&mut clients, "/api/items", ROUNDS);
    COUNTS.store(false, SeqCst);
    let (allocations, requests) = (ALLOCATIONS.load(SeqCst), CONNECTIONS * ROUNDS);
    println!("{allocations} allocations in {requests} requests");
    engine.hard_stop();
    let mut line = [0; 2048];
    assert!(log.recv(&mut line).unwrap() > 0, "nothing was logged");
    assert_eq!(allocations, 0, "in {requests} requests");
}
