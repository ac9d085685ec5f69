//! A name server whose answers the scenario sets.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::PATIENCE;

/// Ports that are tried until one is free for UDP and TCP.
const ATTEMPTS: usize = 100;
/// Types of records.
const A: u16 = 1;
const SRV: u16 = 33;
/// Of all others.
const NXDOMAIN: u8 = 3;

/// What a name server says of a name.
#[derive(Clone, Debug)]
pub enum Says {
    /// These A records; none of other types.
    Addresses(Vec<Ipv4Addr>),
    /// These SRV records; none of other types.
    Services(Vec<Service>),
    /// No records and this response code: 3 is that there is no such name, 5 that it refuses.
    Code(u8),
    /// Nothing.
    Silence,
    /// Bytes that are no message, the answer to another query and one to another question, then these A records.
    Noise(Vec<Ipv4Addr>),
}

/// An SRV record.
#[derive(Clone, Debug)]
pub struct Service {
    /// 0 to 65535.
    pub weight: u16,
    /// Of the service.
    pub port: u16,
    /// The host.
    pub target: &'static str,
    /// The host's address, where the answer has it beside.
    pub hint: Option<Ipv4Addr>,
}

/// Answers over UDP, and over TCP what is longer than the client takes over UDP. Names without an answer do not exist.
#[derive(Debug)]
pub struct NameServer {
    address: SocketAddr,
    zone: Arc<Zone>,
    _tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Zone {
    says: Mutex<HashMap<String, Says>>,
    asked: watch::Sender<u64>,
    over_tcp: watch::Sender<u64>,
}

impl NameServer {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// When there is none.
    pub async fn start() -> Self {
        for _ in 0..ATTEMPTS {
            let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a UDP port is free");
            let address = udp.local_addr().expect("a bound socket has an address");
            let Ok(tcp) = TcpListener::bind(address).await else { continue };
            let zone = Arc::new(Zone {
                says: Mutex::default(),
                asked: watch::Sender::new(0),
                over_tcp: watch::Sender::new(0),
            });
            let mut tasks = JoinSet::new();
            tasks.spawn(serve_udp(udp, Arc::clone(&zone)));
            tasks.spawn(serve_tcp(tcp, Arc::clone(&zone)));
            return Self { address, zone, _tasks: tasks };
        }
        panic!("no port is free for UDP and TCP");
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Says this of a name from now on.
    pub fn say(&self, name: &str, says: Says) {
        self.zone.says.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), says);
    }

    /// Says that a name has these addresses from now on.
    pub fn addresses(&self, name: &str, addresses: &[Ipv4Addr]) {
        self.say(name, Says::Addresses(addresses.to_vec()));
    }

    /// Waits for so many queries from now on.
    ///
    /// # Panics
    /// When they do not come.
    pub async fn asked(&self, more: u64) {
        let mut asked = self.zone.asked.subscribe();
        let wanted = *asked.borrow() + more;
        let waited = timeout(PATIENCE, asked.wait_for(|asked| *asked >= wanted)).await;
        assert!(waited.is_ok(), "waited for {more} queries");
    }

    /// Queries over TCP so far.
    pub fn over_tcp(&self) -> u64 {
        *self.zone.over_tcp.borrow()
    }
}

async fn serve_udp(socket: UdpSocket, zone: Arc<Zone>) {
    let mut bytes = [0; 4_096];
    while let Ok((length, client)) = socket.recv_from(&mut bytes).await {
        let Some(query) = Query::read(&bytes[..length]) else { continue };
        for answer in zone.answers(&query, Some(query.payload)) {
            // A client that is gone is not waited for.
            let _ = socket.send_to(&answer, client).await;
        }
    }
}

async fn serve_tcp(listener: TcpListener, zone: Arc<Zone>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve_stream(stream, Arc::clone(&zone)));
    }
}

async fn serve_stream(mut stream: TcpStream, zone: Arc<Zone>) {
    while let Ok(length) = stream.read_u16().await {
        let mut bytes = vec![0; length.into()];
        if stream.read_exact(&mut bytes).await.is_err() {
            return;
        }
        zone.over_tcp.send_modify(|queries| *queries += 1);
        let Some(query) = Query::read(&bytes) else { return };
        for answer in zone.answers(&query, None) {
            let length = u16::try_from(answer.len()).unwrap_or(u16::MAX);
            if stream.write_all(&[&length.to_be_bytes()[..], &answer].concat()).await.is_err() {
                return;
            }
        }
    }
}

struct Query {
    id: [u8; 2],
    name: String,
    kind: u16,
    /// As it came.
    question: Vec<u8>,
    /// Bytes that the client takes over UDP.
    payload: usize,
}

impl Query {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut at = 12;
        let mut labels = Vec::new();
        loop {
            let length = usize::from(*bytes.get(at)?);
            at += 1;
            if length == 0 {
                break;
            }
            labels.push(String::from_utf8_lossy(bytes.get(at..at + length)?).to_lowercase());
            at += length;
        }
        let kind = u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?);
        let question = bytes.get(12..at + 4)?.to_vec();
        // The one record behind the question is EDNS (RFC 6891): its class is the size.
        let payload = match bytes.get(at + 4..at + 9) {
            Some([0, 0, 41, high, low]) => usize::from(u16::from_be_bytes([*high, *low])),
            _ => 512,
        };
        Some(Self { id: [bytes[0], bytes[1]], name: labels.join("."), kind, question, payload })
    }
}

impl Zone {
    fn answers(&self, query: &Query, most: Option<usize>) -> Vec<Vec<u8>> {
        self.asked.send_modify(|asked| *asked += 1);
        let says = self.says.lock().unwrap_or_else(PoisonError::into_inner).get(&query.name).cloned();
        let whole = match says.unwrap_or(Says::Code(NXDOMAIN)) {
            Says::Silence => return Vec::new(),
            Says::Code(code) => message(query, code, &[], &[]),
            Says::Addresses(addresses) => message(query, 0, &records(query, &addresses), &[]),
            Says::Noise(addresses) => {
                let right = message(query, 0, &records(query, &addresses), &[]);
                let (mut other_id, mut other_name) = (right.clone(), right.clone());
                other_id[0] ^= 0xff;
                other_name[13] ^= 1;
                return vec![b"noise".to_vec(), other_id, other_name, right];
            }
            Says::Services(services) => {
                let of_kind = services.iter().filter(|_| query.kind == SRV);
                let answers: Vec<_> = of_kind.clone().map(|it| (pointer(), SRV, service(it))).collect();
                let hints: Vec<_> =
                    of_kind.filter_map(|it| Some((name(it.target), A, it.hint?.octets().to_vec()))).collect();
                message(query, 0, &answers, &hints)
            }
        };
        match most {
            Some(most) if whole.len() > most => {
                let mut cut = message(query, 0, &[], &[]);
                cut[2] |= 0x02;
                vec![cut]
            }
            _ => vec![whole],
        }
    }
}

type Record = (Vec<u8>, u16, Vec<u8>);

fn records(query: &Query, addresses: &[Ipv4Addr]) -> Vec<Record> {
    let of_kind = addresses.iter().filter(|_| query.kind == A);
    of_kind.map(|ip| (pointer(), A, ip.octets().to_vec())).collect()
}

/// To the name of the question.
fn pointer() -> Vec<u8> {
    vec![0xc0, 12]
}

fn name(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in text.split('.') {
        bytes.push(u8::try_from(label.len()).expect("invariant: labels of scenarios are short"));
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

fn service(it: &Service) -> Vec<u8> {
    let numbers = [1, it.weight, it.port].map(u16::to_be_bytes).concat();
    [numbers, name(it.target)].concat()
}

fn message(query: &Query, code: u8, answers: &[Record], additional: &[Record]) -> Vec<u8> {
    let count = |records: &[Record]| u16::try_from(records.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut bytes = [&query.id[..], &[0x81, 0x80 | code], &[0, 1]].concat();
    bytes.extend([count(answers), [0, 0], count(additional)].concat());
    bytes.extend_from_slice(&query.question);
    for (owner, kind, data) in answers.iter().chain(additional) {
        bytes.extend_from_slice(owner);
        bytes.extend_from_slice(&kind.to_be_bytes());
        // Class IN, five seconds to live.
        bytes.extend_from_slice(&[0, 1, 0, 0, 0, 5]);
        bytes.extend_from_slice(&u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend_from_slice(data);
    }
    bytes
}
