//! What name servers answer.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, Record as Raw};

use crate::failure::Lack;
use crate::question::{Question, Want};
use crate::record::{Key, Record};

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// At least one record, each once, in the order of the answer.
    Records(Vec<Record>),
    /// None.
    Failed(Lack),
    /// It did not fit: to be asked again over TCP.
    Truncated,
}

/// Bytes that are no answer to the question. They are passed over: an answer may still come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotOurs {
    /// They do not decode.
    #[error("the message does not decode")]
    Garbage,
    /// It is a query, or the answer to another one.
    #[error("the message is no answer to this query")]
    Id,
    /// The question that it repeats is another one.
    #[error("the message answers another question")]
    Question,
}

impl Question {
    /// Reads what came from a name server that was sent the query with this `id`.
    ///
    /// # Errors
    /// Where it is no answer to it.
    pub fn read(&self, id: u16, bytes: &[u8]) -> Result<Reply, NotOurs> {
        // Less than a head is none (RFC 1035, section 4.1.1).
        if bytes.len() < 12 {
            return Err(NotOurs::Garbage);
        }
        // The id is looked at first: what a stranger sends costs nothing.
        if bytes.get(..2) != Some(&id.to_be_bytes()) {
            return Err(NotOurs::Id);
        }
        let message = Message::from_vec(bytes).map_err(|_| NotOurs::Garbage)?;
        let head = &message.metadata;
        if head.message_type != MessageType::Response || head.op_code != OpCode::Query {
            return Err(NotOurs::Id);
        }
        let [asked] = &message.queries[..] else { return Err(NotOurs::Question) };
        let same = asked.name() == &self.name && asked.query_type() == self.record_type();
        if !same || asked.query_class() != DNSClass::IN {
            return Err(NotOurs::Question);
        }
        if head.truncation {
            return Ok(Reply::Truncated);
        }
        Ok(match head.response_code {
            ResponseCode::NoError => self.records(&message),
            ResponseCode::NXDomain => Reply::Failed(Lack::NxDomain),
            ResponseCode::Refused => Reply::Failed(Lack::Refused),
            _ => Reply::Failed(Lack::Other),
        })
    }

    fn records(&self, message: &Message) -> Reply {
        if message.answers.is_empty() {
            return Reply::Failed(Lack::Empty);
        }
        let Some(owner) = last_of_chain(&self.name, &message.answers) else {
            return Reply::Failed(Lack::Alias);
        };
        let hints = hints(message);
        let mut seen = HashSet::new();
        let records: Vec<Record> = message
            .answers
            .iter()
            .filter(|raw| raw.name == *owner)
            .filter_map(|raw| self.record(raw, &hints))
            .filter(|record| seen.insert(record.key.clone()))
            .collect();
        match records.is_empty() {
            true if *owner == self.name => Reply::Failed(Lack::Other),
            true => Reply::Failed(Lack::Alias),
            false => Reply::Records(records),
        }
    }

    fn record(&self, raw: &Raw, hints: &HashMap<String, IpAddr>) -> Option<Record> {
        match (self.want, &raw.data) {
            (Want::V4, RData::A(ip)) => Some(Record::address(ip.0.into())),
            (Want::V6, RData::AAAA(ip)) => Some(Record::address(ip.0.into())),
            (Want::Service, RData::SRV(service)) => {
                let target = host(&service.target);
                // A single dot: the service is not there (RFC 2782).
                if target.is_empty() {
                    return None;
                }
                let ip = hints.get(&target).copied();
                let key = Key::Service { target: target.into(), port: service.port };
                Some(Record { key, ip, weight: service.weight })
            }
            _ => None,
        }
    }
}

/// The name that aliases lead to at last; `None` where they go round in circles.
fn last_of_chain<'a>(name: &'a Name, answers: &'a [Raw]) -> Option<&'a Name> {
    let mut aliases: HashMap<&Name, &Name> = HashMap::new();
    for raw in answers {
        if let RData::CNAME(to) = &raw.data {
            aliases.entry(&raw.name).or_insert(&to.0);
        }
    }
    let mut at = name;
    for _ in 0..=aliases.len() {
        match aliases.get(at) {
            Some(next) => at = next,
            None => return Some(at),
        }
    }
    None
}

/// The addresses of hosts that an answer has beside what was asked for.
fn hints(message: &Message) -> HashMap<String, IpAddr> {
    let mut hints = HashMap::new();
    for raw in &message.additionals {
        let ip: IpAddr = match &raw.data {
            RData::A(ip) => ip.0.into(),
            RData::AAAA(ip) => ip.0.into(),
            _ => continue,
        };
        hints.entry(host(&raw.name)).or_insert(ip);
    }
    hints
}

fn host(name: &Name) -> String {
    let mut text = name.to_lowercase().to_ascii();
    if text.ends_with('.') {
        text.pop();
    }
    text
}

#[cfg(test)]
mod tests;
