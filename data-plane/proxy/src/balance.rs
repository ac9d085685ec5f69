//! The number that a message is balanced by.

use sluicegate_balance::{Function, Hashing, Uri, domain_only, parameter, rdp_cookie, url_param};
use sluicegate_model::backend::{Hash, HashFunction, HashKey};
use sluicegate_model::expr::Direction;
use sluicegate_rules::{Message, Scratch, bytes};

/// `None`: it has no key, and takes a turn.
pub(crate) fn hash_of<M: Message>(hash: &Hash, message: &M, scratch: &mut Scratch) -> Option<u32> {
    let hashing = hashing(hash);
    match &hash.key {
        HashKey::Source => message.source().map(|address| hashing.of_source(address.ip())),
        HashKey::Uri { length, depth, whole, path_only } => {
            let uri = Uri { len: *length, depth: *depth, whole: *whole, path_only: *path_only };
            message.target().map(|target| hashing.of(uri.of(target)))
        }
        HashKey::UrlParameter { name, .. } => {
            message.target().and_then(|target| url_param(target, name)).map(|value| hashing.of(value))
        }
        HashKey::Header { name, domain_only: domain } => {
            let line = message.header(Direction::Request, name.as_bytes()).next()?;
            let value = line.split(|byte| *byte == b',').next().unwrap_or(line).trim_ascii();
            Some(hashing.of(if *domain { domain_only(value) } else { value }))
        }
        HashKey::RdpCookie(name) => {
            rdp_cookie(message.first_bytes(Direction::Request)?, name).map(|value| hashing.of(value))
        }
        HashKey::Sample(sample) => bytes(sample, message, scratch, |key| hashing.of(key)),
    }
}

/// The same of what a form has, for a request whose target has no key.
pub(crate) fn hash_of_form(hash: &Hash, form: &[u8]) -> Option<u32> {
    let HashKey::UrlParameter { name, in_body: true } = &hash.key else { return None };
    parameter(form, name).map(|value| hashing(hash).of(value))
}

fn hashing(hash: &Hash) -> Hashing {
    let function = match hash.function {
        HashFunction::Sdbm => Function::Sdbm,
        HashFunction::Djb2 => Function::Djb2,
        HashFunction::Wt6 => Function::Wt6,
        HashFunction::Crc32 => Function::Crc32,
        HashFunction::None => Function::Number,
    };
    Hashing { function, avalanche: hash.avalanche }
}
