//! What a keep-alive request asks of the kernel: two reads and two writes, and a share of a wait. And what a connection
//! adds, the client's or the server's.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};

use nix::sys::signal::Signal;
use sluicegate_e2e::{HTTP_DEFAULTS, Origin, PATIENCE, Plan, Process, Sluicegate, free_address};

/// In two datagrams, one each way: each is received and sent.
const MOST_PER_QUESTION: f64 = 4.1;
/// Of a stream from one client, where the kernel hands over several at a time.
const MOST_PER_DATAGRAM: f64 = 0.3;
const REQUESTS: u64 = 10_000;
const CONNECTIONS: usize = 64;
/// Two reads, two writes; the rest is for opening and closing the connections, and for what goes on beside traffic.
const MOST_PER_REQUEST: f64 = 4.2;
/// Three more, and two for each client that is slower to ask than we are to accept.
const MOST_WITH_CLIENT: f64 = 9.5;
/// Six more, and one towards a server that has not closed first.
const MOST_WITH_SERVER: f64 = 11.3;

/// Calls by name, of all threads of a process, from when this returns until [`Tracer::stop`].
struct Tracer(Process);

impl Tracer {
    async fn attach(pid: u32) -> Self {
        let mut strace = Process::start("strace", ["-f", "-c", "-p", &pid.to_string()]);
        strace.wait_for("attached").await;
        Self(strace)
    }

    async fn stop(mut self) -> BTreeMap<String, u64> {
        self.0.signal(Signal::SIGINT);
        self.0.exit().await;
        self.0.output().lines().filter_map(call).collect()
    }
}

/// A row of strace's table: `% time, seconds, usecs/call, calls, [errors,] syscall`.
fn call(line: &str) -> Option<(String, u64)> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let share: f64 = fields.first()?.parse().ok()?;
    let name = fields.last().filter(|name| **name != "total" && share >= 0.0)?;
    Some(((*name).to_owned(), fields.get(3)?.parse().ok()?))
}

#[tokio::test]
async fn a_keep_alive_request_costs_two_reads_and_two_writes() {
    let (one, two) = (Origin::start("one").await, Origin::start("two").await);
    let entry = free_address();
    let mut sluicegate = Sluicegate::run(&format!(
        "{HTTP_DEFAULTS}    option forwardfor\n    retries 3\n    option redispatch\n\
         frontend main\n    bind {entry}\n    acl static path_beg /static\n    \
         http-request set-header X-Entry main\n    use_backend app if !static\n\
         backend app\n    balance roundrobin\n    server one {} maxconn 100\n    server two {} maxconn 100\n",
        one.address(),
        two.address()
    ))
    .await;
    let load = || Plan::new(entry).connections(CONNECTIONS).requests(REQUESTS).start().finish();
    load().await;
    let tracer = Tracer::attach(sluicegate.process().pid()).await;
    let tally = load().await;
    let calls = tracer.stop().await;
    assert_eq!((tally.failed(), tally.closed), (0, 0), "{tally}");
    assert_eq!(tally.ok(), REQUESTS);
    let counted: u64 =
        calls.iter().filter(|(name, _)| !name.starts_with("epoll_")).map(|(_, calls)| calls).sum();
    let per_request = counted as f64 / REQUESTS as f64;
    println!("{per_request:.3} calls a request: {calls:?}");
    assert!(per_request <= MOST_PER_REQUEST, "{per_request:.3} calls a request: {calls:?}");
    assert!(counted >= 4 * REQUESTS, "fewer than the four that it takes: {calls:?}");
}

/// Calls a request, without waits, of requests that are all answered.
async fn calls_of(sluicegate: &mut Sluicegate, plan: Plan) -> f64 {
    let tracer = Tracer::attach(sluicegate.process().pid()).await;
    let tally = plan.requests(REQUESTS).start().finish().await;
    let calls = tracer.stop().await;
    assert_eq!((tally.failed(), tally.ok()), (0, REQUESTS), "{tally}");
    // Builds for tests look whether each socket that is to be watched waits (fcntl).
    let counts = |name: &str| !["epoll_wait", "fcntl"].contains(&name);
    let counted: u64 = calls.iter().filter(|(name, _)| counts(name)).map(|(_, calls)| calls).sum();
    println!("{:.3} calls a request: {calls:?}", counted as f64 / REQUESTS as f64);
    counted as f64 / REQUESTS as f64
}

/// Accept, close and shutdown; a client whose request is there already is not watched.
#[tokio::test]
async fn a_client_connection_for_a_request_costs_three_calls() {
    let origin = Origin::start("one").await;
    let entry = free_address();
    let mut sluicegate = Sluicegate::run(&format!(
        "{HTTP_DEFAULTS}frontend main\n    bind {entry}\n    default_backend app\nbackend app\n    server one {}\n",
        origin.address()
    ))
    .await;
    let request = format!("GET / HTTP/1.1\r\nHost: {entry}\r\nConnection: close\r\n\r\n");
    let plan = Plan::new(entry).connections(CONNECTIONS).request(&request).fresh_connections();
    let calls = calls_of(&mut sluicegate, plan).await;
    assert!((7.0..=MOST_WITH_CLIENT).contains(&calls), "{calls:.3} calls a request");
}

/// Socket, one option, connect, watch, forget and close, and for a server that has not closed first one more option.
#[tokio::test]
async fn a_server_connection_for_a_request_costs_six_calls() {
    let origin = Origin::start("one").await;
    let entry = free_address();
    let mut sluicegate = Sluicegate::run(&format!(
        "{HTTP_DEFAULTS}    option http-server-close\nfrontend main\n    bind {entry}\n    default_backend app\n\
         backend app\n    server one {}\n",
        origin.address()
    ))
    .await;
    let calls = calls_of(&mut sluicegate, Plan::new(entry).connections(CONNECTIONS)).await;
    assert!((10.0..=MOST_WITH_SERVER).contains(&calls), "{calls:.3} calls a request");
}

/// Echoes datagrams until the scenario is over.
fn echo() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut bytes = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut bytes) {
            socket.send_to(&bytes[..length], from).unwrap();
        }
    });
    address
}

/// Asks by a socket of its own, and waits for each answer.
fn ask(entry: SocketAddr, questions: u64) {
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.connect(entry).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    for _ in 0..questions {
        client.send(&[7; 100]).unwrap();
        assert_eq!(client.recv(&mut [0; 2048]).unwrap(), 100);
    }
}

const DATAGRAMS: &str = "defaults\n    mode udp\n    timeout client 60s\n";

fn counted(calls: &BTreeMap<String, u64>) -> u64 {
    calls.iter().filter(|(name, _)| !name.starts_with("epoll_")).map(|(_, calls)| calls).sum()
}

#[tokio::test]
async fn a_question_in_a_datagram_costs_two_receptions_and_two_sendings() {
    let (entry, server) = (free_address(), echo());
    let mut sluicegate =
        Sluicegate::run(&format!("{DATAGRAMS}listen main\n    bind {entry}\n    server one {server}\n"))
            .await;
    let load = move || {
        let clients: Vec<_> = (0..8).map(|_| std::thread::spawn(move || ask(entry, REQUESTS / 8))).collect();
        clients.into_iter().for_each(|client| client.join().unwrap());
    };
    let tracer = Tracer::attach(sluicegate.process().pid()).await;
    tokio::task::spawn_blocking(load).await.unwrap();
    let calls = tracer.stop().await;
    let each = counted(&calls) as f64 / REQUESTS as f64;
    println!("{each:.3} calls a question: {calls:?}");
    assert!((3.0..=MOST_PER_QUESTION).contains(&each), "{each:.3} calls a question: {calls:?}");
}

/// As the senders of logs do: one client, many datagrams, no answer.
#[tokio::test]
async fn a_stream_of_datagrams_costs_a_part_of_a_call_each() {
    let (entry, collector) = (free_address(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let server = collector.local_addr().unwrap();
    collector.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut sluicegate =
        Sluicegate::run(&format!("{DATAGRAMS}listen main\n    bind {entry}\n    server one {server}\n"))
            .await;
    let load = move || {
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        // So many at a time as every buffer on the way has room for.
        for _ in 0..REQUESTS / 100 {
            for _ in 0..100 {
                client.send_to(&[7; 100], entry).unwrap();
            }
            for _ in 0..100 {
                collector.recv(&mut [0; 2048]).unwrap();
            }
        }
    };
    let tracer = Tracer::attach(sluicegate.process().pid()).await;
    tokio::task::spawn_blocking(load).await.unwrap();
    let calls = tracer.stop().await;
    let each = counted(&calls) as f64 / REQUESTS as f64;
    println!("{each:.3} calls a datagram: {calls:?}");
    assert!(each <= MOST_PER_DATAGRAM, "{each:.3} calls a datagram: {calls:?}");
}
