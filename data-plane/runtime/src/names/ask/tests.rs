use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use sluicegate_model::resolvers::Hold;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{Kind, Origin};
use tokio::net::TcpListener;

use super::*;

/// Answers each query with these bytes behind its id, flags and question; an empty one is silence.
async fn server(answers: &'static [&'static [u8]], asked: Arc<AtomicUsize>) -> NameServer {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut query = [0; 512];
        while let Ok((length, client)) = socket.recv_from(&mut query).await {
            let at = asked.fetch_add(1, SeqCst);
            let [flags, records, rest @ ..] = answers[at % answers.len()] else { continue };
            let mut answer = vec![query[0], query[1], 0x81, 0x80 | flags, 0, 1, 0, *records, 0, 0, 0, 0];
            answer.extend_from_slice(&query[12..length - 11]);
            answer.extend_from_slice(rest);
            socket.send_to(&answer, client).await.unwrap();
        }
    });
    NameServer { name: format!("n{}", address.port()).into(), address, tcp: false }
}

const SILENCE: &[u8] = &[];
const NOTHING: &[u8] = &[0, 0];
const NX: &[u8] = &[3, 0];
const REFUSED: &[u8] = &[5, 0];
/// An A record of 192.0.2.1.
const ONE: &[u8] = &[0, 1, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 192, 0, 2, 1];

fn asker(servers: Vec<NameServer>) -> Arc<Asker> {
    let resolvers = Resolvers {
        key: ObjectKey::new("test", "", Kind::Resolvers, "ns").unwrap(),
        origin: Origin::default(),
        servers,
        system_servers: false,
        retries: 3.try_into().unwrap(),
        resolve_interval: Duration::from_secs(1),
        retry_interval: Duration::from_millis(200),
        hold: Hold::default(),
        payload_bytes: 512,
        fresh: None,
    };
    Arc::new(Asker::new(&resolvers, &Ledger::default()))
}

async fn resolve(answers: &[&'static [&'static [u8]]]) -> (Result<IpAddr, Failure>, usize) {
    let asked = Arc::new(AtomicUsize::new(0));
    let mut servers = Vec::new();
    for answers in answers {
        servers.push(server(answers, Arc::clone(&asked)).await);
    }
    let question = Question::new("app.test", Want::V4).unwrap();
    let found = asker(servers).resolve(&question, Want::V4).await;
    (found.map(|found| found.records[0].ip.unwrap()), asked.load(SeqCst))
}

fn one() -> Result<IpAddr, Failure> {
    Ok([192, 0, 2, 1].into())
}

#[tokio::test]
async fn the_first_answer_with_records_counts() {
    assert_eq!(resolve(&[&[ONE]]).await, (one(), 1));
    assert_eq!(resolve(&[&[SILENCE], &[ONE]]).await.0, one());
    assert_eq!(resolve(&[&[NX], &[ONE]]).await.0, one());
}

#[tokio::test]
async fn who_says_nothing_is_asked_again() {
    assert_eq!(resolve(&[&[SILENCE, SILENCE, ONE]]).await, (one(), 3));
    assert_eq!(resolve(&[&[SILENCE]]).await, (Err(Failure::Timeout), 3));
}

#[tokio::test]
async fn both_families_are_asked_for_and_the_worst_counts() {
    assert_eq!(resolve(&[&[NX]]).await, (Err(Failure::NxDomain), 2));
    assert_eq!(resolve(&[&[NOTHING]]).await, (Err(Failure::Other), 2));
    assert_eq!(resolve(&[&[REFUSED], &[NX]]).await, (Err(Failure::NxDomain), 4));
    assert_eq!(resolve(&[&[REFUSED, NOTHING]]).await, (Err(Failure::Refused), 2));
}

#[tokio::test]
async fn nobody_to_ask_is_nobody_who_answers() {
    assert_eq!(resolve(&[]).await, (Err(Failure::Timeout), 0));
    // A port that nobody listens at.
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    drop(socket);
    let gone = NameServer { name: "gone".into(), address, tcp: true };
    let question = Question::new("app.test", Want::V4).unwrap();
    let failure = asker(vec![gone]).resolve(&question, Want::V4).await.unwrap_err();
    assert_eq!(failure, Failure::Timeout);
}

#[test]
fn name_servers_of_the_system() {
    let text =
        "# a comment\nsearch example\nnameserver 192.0.2.53\n nameserver\t2001:db8::53 \nnameserver bad\n";
    let found: Vec<_> = system_servers(text).into_iter().map(|server| server.address.to_string()).collect();
    assert_eq!(found, ["192.0.2.53:53", "[2001:db8::53]:53"]);
}
