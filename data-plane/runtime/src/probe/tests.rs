use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;

use sluicegate_health::script::{Action, Bytes, Expect, Pattern, Step, TextKind};
use sluicegate_health::{Circumstances, Script};
use sluicegate_model::outgoing::Source;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// Answers each connection with these bytes once it has heard so much; tells what it heard.
async fn endpoint(hears: usize, answer: &'static [u8]) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = vec![0; hears];
            if stream.read_exact(&mut bytes).await.is_ok() {
                all.lock().unwrap().push(String::from_utf8_lossy(&bytes).into_owned());
                let _gone = stream.write_all(answer).await;
            }
        }
    });
    (address, heard)
}

fn step(action: Action) -> Step {
    Step { number: 1, comment: "".into(), action }
}

fn string(text: &str) -> Step {
    let pattern = Pattern::Text(text.as_bytes().into(), TextKind::String);
    step(Action::Expect(Box::new(Expect::new(pattern))))
}

fn way(target: Target) -> Way {
    Way { target, outgoing: None, tls: None }
}

fn ping() -> Step {
    step(Action::Send(Bytes { data: (*b"PING").into(), unix_time_at: None }))
}

/// Holds a talk; tells how it ended, and the connections.
async fn talk(address: SocketAddr, steps: Vec<Step>, circumstances: Circumstances) -> (Outcome, Vec<Turn>) {
    let mut script = Script::opening();
    script.steps.extend(steps);
    let turns = Mutex::new(Vec::new());
    let tell = |turn| {
        turns.lock().unwrap().push(turn);
        async {}
    };
    let talk = Talk::new(Arc::new(script), circumstances);
    let outcome = hold(&Network, &way(Target::Ip(address)), talk, &AtomicUsize::new(0), tell).await;
    (outcome, turns.into_inner().unwrap())
}

#[tokio::test]
async fn a_closed_port_is_refused_in_the_systems_words() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (outcome, turns) = talk(address, Vec::new(), Circumstances::default()).await;
    assert_eq!((outcome.status, &*outcome.info), (Status::L4Connection, "Connection refused"));
    assert!(turns.is_empty());
}

#[tokio::test]
async fn a_missing_unix_socket_is_a_connection_problem() {
    let folder = tempfile::tempdir().unwrap();
    let name = sluicegate_model::listener::UnixName::Path(folder.path().join("none"));
    let refusal = Network.connect(&way(Target::Unix(Arc::new(name))), &Connect::implied()).await.unwrap_err();
    assert_eq!(refusal.status, Status::L4Connection);
    assert_eq!(refusal.words, "No such file or directory");
}

#[tokio::test]
async fn scripts_are_held_over_the_network() {
    let (address, heard) = endpoint(4, b"+PONG\r\n").await;
    let (outcome, turns) = talk(address, vec![ping(), string("+PONG")], Circumstances::default()).await;
    assert_eq!((outcome.status, turns), (Status::L7Ok, vec![Turn::Connected]));
    assert_eq!(*heard.lock().unwrap(), ["PING"]);
    let (outcome, _) = talk(address, vec![ping(), string("role:master")], Circumstances::default()).await;
    assert_eq!(outcome.status, Status::L7Response);
}

#[tokio::test]
async fn each_connection_goes_where_its_step_says() {
    let (first, _) = endpoint(4, b"one").await;
    let (second, heard) = endpoint(4, b"two").await;
    let port = std::num::NonZeroU16::new(second.port());
    let there = step(Action::Connect(Connect { port, ..Connect::default() }));
    let steps = vec![ping(), string("one"), there, ping(), string("two")];
    let (outcome, turns) = talk(first, steps, Circumstances::default()).await;
    assert_eq!(outcome.status, Status::L7Ok);
    assert_eq!(turns, [Turn::Connected, Turn::Connects, Turn::Connected]);
    assert_eq!(heard.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_proxy_line_is_about_the_connection_itself() {
    let (address, heard) = endpoint(20, b"+PONG").await;
    let circumstances = Circumstances { send_proxy: true, ..Circumstances::default() };
    let (outcome, _) = talk(address, vec![ping(), string("+PONG")], circumstances).await;
    assert_eq!(outcome.status, Status::L7Ok);
    assert_eq!(*heard.lock().unwrap(), ["PROXY TCP4 127.0.0.1"]);
    let from = SocketAddr::from(([127, 0, 0, 1], 1_000));
    let mut way = way(Target::Ip(SocketAddr::from(([127, 0, 0, 2], 80))));
    let line = |way: &Way, from| String::from_utf8(proxy_header(from, way)).unwrap();
    assert_eq!(line(&way, Some(from)), "PROXY TCP4 127.0.0.1 127.0.0.2 1000 80\r\n");
    assert_eq!(line(&way, None), "PROXY UNKNOWN\r\n");
    let binary = ProxyHeader { version: ProxyVersion::Two, ..ProxyHeader::LINE };
    way.outgoing = Some(Arc::new(Outgoing { proxy_header: Some(binary), ..Outgoing::default() }));
    assert_eq!(proxy_header(Some(from), &way), b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0");
}

#[tokio::test]
async fn probes_leave_from_where_traffic_does() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = Target::Ip(listener.local_addr().unwrap());
    let source = Source { address: SocketAddr::from(([127, 0, 0, 9], 0)), last_port: None };
    let outgoing = Outgoing { source: Some(source), ..Outgoing::default() };
    let way = Way { target, outgoing: Some(Arc::new(outgoing)), tls: None };
    let form = Connect::implied();
    let (probe, heard) = tokio::join!(Network.connect(&way, &form), listener.accept());
    assert!(probe.is_ok());
    assert_eq!(heard.unwrap().1.ip().to_string(), "127.0.0.9");
}

/// As HAProxy 2.6 says it.
#[tokio::test]
async fn where_nobody_can_leave_from_is_a_connection_problem() {
    let source = Source { address: SocketAddr::from(([192, 0, 2, 77], 0)), last_port: None };
    let outgoing = Outgoing { source: Some(source), ..Outgoing::default() };
    let target = Target::Ip(SocketAddr::from(([127, 0, 0, 1], 9)));
    let refusal = Network
        .connect(&Way { target, outgoing: Some(Arc::new(outgoing)), tls: None }, &Connect::implied())
        .await
        .unwrap_err();
    assert_eq!(refusal.status, Status::L4Connection);
    assert_eq!(refusal.words, "Can't bind to source address (Cannot assign requested address)");
}

/// A script over datagrams: sends this, and expects that, or nothing but no refusal.
fn datagrams(sends: &str, expects: Option<&str>) -> Vec<Step> {
    let connect = Connect { udp: true, ..Connect::implied() };
    let send = Bytes { data: sends.as_bytes().into(), unix_time_at: None };
    let expected = match expects {
        Some(text) => string(text),
        None => step(Action::Expect(Box::new(Expect {
            passed: Some(Status::L4Ok),
            late: Some(Status::L4Ok),
            ..Expect::new(Pattern::Text((*b"").into(), TextKind::String))
        }))),
    };
    vec![step(Action::Connect(connect)), step(Action::Send(send)), expected]
}

async fn over_datagrams(address: SocketAddr, steps: Vec<Step>) -> Outcome {
    let script = Script { steps, ..Script::default() };
    let talk = Talk::new(Arc::new(script), Circumstances::default());
    hold(&Network, &way(Target::Ip(address)), talk, &AtomicUsize::new(0), |_| async {}).await
}

#[tokio::test]
async fn datagrams_are_answered_or_refused() {
    let server = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    let answering = tokio::spawn(async move {
        let mut bytes = [0; 64];
        for answer in ["pong", "other", "anything"] {
            let (_, from) = server.recv_from(&mut bytes).await.unwrap();
            // An empty one says nothing.
            server.send_to(b"", from).await.unwrap();
            server.send_to(answer.as_bytes(), from).await.unwrap();
        }
    });
    assert_eq!(over_datagrams(address, datagrams("ping", Some("pong"))).await.status, Status::L7Ok);
    // What is not there yet may come in the next datagram: who keeps the time gives it up.
    let other = over_datagrams(address, datagrams("ping", Some("pong")));
    assert!(tokio::time::timeout(std::time::Duration::from_millis(100), other).await.is_err());
    assert_eq!(over_datagrams(address, datagrams("", None)).await.status, Status::L4Ok);
    answering.await.unwrap();
    let refused = over_datagrams(address, datagrams("", None)).await;
    assert_eq!((refused.status, &*refused.info), (Status::L4Connection, "Connection refused"));
}

#[tokio::test]
async fn silence_is_no_refusal() {
    let script = Script { steps: datagrams("", None), ..Script::default() };
    assert_eq!(script.late(2, Awaited::Answer).status, Status::L4Ok);
}
