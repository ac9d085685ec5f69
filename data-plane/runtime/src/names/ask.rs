//! One question to all name servers of a section: the first answer with records counts.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use sluicegate_model::resolvers::{NameServer, Resolvers};
use sluicegate_names::{Failure, Key, Question, Record, Reply, Want};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::Found;
use super::ledger::{Counts, Event, Ledger};

/// Messages that are no answers, of one name server to one query; after these it has failed.
const MAX_STRANGE: usize = 64;
/// Hosts of SRV records that are asked for at one time.
const MAX_HOSTS: usize = 16;
/// Port of name servers (RFC 1035).
const PORT: u16 = 53;

/// Who is asked, and how.
#[derive(Debug)]
pub(super) struct Asker {
    servers: Vec<Asked>,
    retries: u32,
    patience: Duration,
    payload_bytes: u16,
}

/// One of those who are asked.
#[derive(Debug, Clone)]
struct Asked {
    server: Arc<NameServer>,
    counts: Arc<Counts>,
}

impl Asker {
    pub(super) fn new(config: &Resolvers, ledger: &Ledger) -> Self {
        let mut servers: Vec<NameServer> = config.servers.clone();
        if config.system_servers {
            match std::fs::read_to_string("/etc/resolv.conf") {
                Ok(text) => servers.extend(system_servers(&text)),
                Err(error) => tracing::warn!(%error, "/etc/resolv.conf gives no name servers"),
            }
        }
        Self {
            servers: servers
                .into_iter()
                .map(|server| Asked {
                    counts: ledger.server(&config.key, &server.name),
                    server: Arc::new(server),
                })
                .collect(),
            retries: config.retries.get(),
            patience: config.retry_interval,
            payload_bytes: config.payload_bytes,
        }
    }

    /// Counts for a name server.
    pub(super) fn count(&self, name: &str, event: Event) {
        if let Some(asked) = self.servers.iter().find(|asked| *asked.server.name == *name) {
            asked.counts.add(event);
        }
    }

    /// Asks until somebody answers or all rounds are over; for addresses both families, one after the other. `family`:
    /// that which hosts of services are asked for first.
    pub(super) async fn resolve(
        self: &Arc<Self>,
        question: &Question,
        family: Want,
    ) -> Result<Found, Failure> {
        let found = self.ask(question).await?;
        if question.want() != Want::Service {
            return Ok(found);
        }
        Ok(self.hosts(found, family).await)
    }

    async fn ask(&self, question: &Question) -> Result<Found, Failure> {
        let questions = match question.want() {
            Want::Service => vec![question.clone()],
            Want::V4 => vec![question.clone(), question.wanting(Want::V6)],
            Want::V6 => vec![question.clone(), question.wanting(Want::V4)],
        };
        for _ in 0..self.retries {
            let mut failure = Failure::Timeout;
            let mut silent = false;
            for question in &questions {
                match self.round(question).await {
                    Ok(found) => return Ok(found),
                    Err(Failure::Timeout) => silent = true,
                    Err(reason) => failure = failure.max(reason),
                }
                if silent {
                    break;
                }
            }
            if !silent {
                return Err(failure);
            }
        }
        Err(Failure::Timeout)
    }

    /// All name servers at once. The worst that one of them says counts where none has records.
    async fn round(&self, question: &Question) -> Result<Found, Failure> {
        let deadline = Instant::now() + self.patience;
        let mut running = JoinSet::new();
        for asked in self.servers.iter().cloned() {
            let (question, payload_bytes) = (question.clone(), self.payload_bytes);
            running.spawn(async move {
                let reply = timeout_at(deadline, asked.exchange(&question, payload_bytes)).await;
                let reply = reply.unwrap_or_else(|late| {
                    asked.counts.add(Event::Timeout);
                    Err(late.into())
                });
                (asked.server, reply)
            });
        }
        let (mut failure, mut silent) = (Failure::Timeout, self.servers.is_empty());
        while let Some(ended) = running.join_next().await {
            match ended {
                Ok((server, Ok(Reply::Records(records)))) => {
                    return Ok(Found { records, server: server.name.clone() });
                }
                Ok((_, Ok(Reply::Failed(lack)))) => failure = failure.max(lack.into()),
                Ok((_, Ok(Reply::Truncated))) => failure = failure.max(Failure::Other),
                Ok((server, Err(error))) => {
                    tracing::debug!("name server {} ({}): {error}", server.name, server.address);
                    silent = true;
                }
                Err(_) => silent = true,
            }
        }
        // A name server that cannot be reached is one that does not answer: it is not asked again at once.
        if failure == Failure::Timeout && silent {
            sleep_until(deadline).await;
        }
        Err(failure)
    }

    /// Fills in the addresses of hosts that the answer does not have itself.
    async fn hosts(self: &Arc<Self>, mut found: Found, family: Want) -> Found {
        let target = |record: &Record| match (&record.key, record.ip) {
            (Key::Service { target, .. }, None) => Some(target.clone()),
            _ => None,
        };
        let mut left: Vec<Box<str>> = found.records.iter().filter_map(target).collect();
        left.sort_unstable();
        left.dedup();
        let mut known: HashMap<Box<str>, IpAddr> = HashMap::new();
        let mut running = JoinSet::new();
        loop {
            while running.len() < MAX_HOSTS
                && let Some(host) = left.pop()
            {
                let asker = Arc::clone(self);
                running.spawn(async move {
                    let question = Question::new(&host, family).ok()?;
                    let found = asker.ask(&question).await.ok()?;
                    Some((host, found.records.first()?.ip?))
                });
            }
            match running.join_next().await {
                Some(Ok(resolved)) => known.extend(resolved),
                Some(Err(_)) => {}
                None => break,
            }
        }
        for record in &mut found.records {
            if let Some(target) = target(record) {
                record.ip = known.get(&target).copied();
            }
        }
        found
    }
}

/// What `/etc/resolv.conf` names (resolv.conf(5)); each goes by its address, as in HAProxy.
fn system_servers(text: &str) -> Vec<NameServer> {
    let address = |line: &str| {
        let mut words = line.split_whitespace();
        (words.next() == Some("nameserver")).then_some(())?;
        words.next()?.parse::<IpAddr>().ok()
    };
    text.lines()
        .filter_map(address)
        .map(|ip| NameServer { name: ip.to_string().into(), address: SocketAddr::new(ip, PORT), tcp: false })
        .collect()
}

impl Asked {
    /// One query and its answer. What is no answer to it is passed over.
    async fn exchange(&self, question: &Question, payload_bytes: u16) -> io::Result<Reply> {
        if !self.server.tcp {
            let reply = self.over_udp(question, payload_bytes).await?;
            self.counts.add((&reply).into());
            if reply != Reply::Truncated {
                return Ok(reply);
            }
        }
        let reply = self.over_tcp(question, payload_bytes).await?;
        self.counts.add((&reply).into());
        Ok(reply)
    }

    /// A socket of its own, and so a port that nobody can guess, for each query; connected, so that others are not heard.
    async fn over_udp(&self, question: &Question, payload_bytes: u16) -> io::Result<Reply> {
        let address = self.server.address;
        let local: IpAddr =
            if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let id = fresh_id();
        let query = question.write(id, payload_bytes).map_err(io::Error::other)?;
        let socket = self.sent(async {
            let socket = UdpSocket::bind((local, 0)).await?;
            socket.connect(address).await?;
            socket.send(&query).await?;
            Ok(socket)
        });
        let socket = socket.await?;
        // One byte more shows what is too long.
        let mut answer = vec![0; usize::from(payload_bytes) + 1];
        for _ in 0..MAX_STRANGE {
            // The host says here that it refused the query.
            let length = socket.recv(&mut answer).await.inspect_err(|_| self.counts.add(Event::SendError))?;
            if length == answer.len() {
                self.counts.add(Event::TooBig);
                continue;
            }
            match question.read(id, &answer[..length]) {
                Ok(reply) => return Ok(reply),
                Err(not_ours) => self.counts.add(not_ours.into()),
            }
        }
        Err(strange())
    }

    async fn over_tcp(&self, question: &Question, payload_bytes: u16) -> io::Result<Reply> {
        let id = fresh_id();
        let query = question.write(id, payload_bytes).map_err(io::Error::other)?;
        let length = u16::try_from(query.len()).map_err(io::Error::other)?;
        let stream = self.sent(async {
            let mut stream = TcpStream::connect(self.server.address).await?;
            stream.write_all(&[&length.to_be_bytes()[..], &query].concat()).await?;
            Ok(stream)
        });
        let mut stream = stream.await?;
        for _ in 0..MAX_STRANGE {
            let mut answer = vec![0; stream.read_u16().await?.into()];
            stream.read_exact(&mut answer).await?;
            match question.read(id, &answer) {
                Ok(reply) => return Ok(reply),
                Err(not_ours) => self.counts.add(not_ours.into()),
            }
        }
        Err(strange())
    }

    /// Counts whether a query could be sent.
    async fn sent<T>(&self, sending: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        let sent = sending.await;
        self.counts.add(if sent.is_ok() { Event::Sent } else { Event::SendError });
        sent
    }
}

fn strange() -> io::Error {
    io::Error::other(format!("{MAX_STRANGE} messages, and none is an answer"))
}

/// A number that others cannot foresee: the keys of [`RandomState`] are random.
fn fresh_id() -> u16 {
    let [first, second, ..] = RandomState::new().build_hasher().finish().to_ne_bytes();
    u16::from_ne_bytes([first, second])
}

#[cfg(test)]
mod tests;
