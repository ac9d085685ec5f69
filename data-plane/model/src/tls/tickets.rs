//! Session tickets under keys of a file, which several processes may share (HAProxy: tls-ticket-keys).

use std::fmt;
use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::server::ProducesTickets;

/// Bytes of a ticket in front, which tell its key.
const NAME_BYTES: usize = 16;
/// Bytes of a line: a name, and two keys of 16 or of 32 bytes.
const LINE_BYTES: [usize; 2] = [48, 80];
/// Keys that open tickets: the last lines of a file.
const OPENING: usize = 3;
/// Of those the one that seals: who has the newer one already can open what it seals, who has not yet too.
const SEALING: usize = 1;
/// How long a ticket is good for, as with keys of this process's own.
const LIFETIME: Duration = Duration::from_secs(12 * 3600);
/// Bytes that a ticket seals at most: a session with the certificates of a client.
const MAX_BYTES: usize = 64 * 1024;

/// Why a file holds no keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadKeys {
    #[error(
        "line {0} is no key: it takes 48 or 80 bytes in base64 (openssl rand -base64 80), as many as the first"
    )]
    Line(usize),
    #[error("it holds {0} keys: it takes three at least")]
    TooFew(usize),
}

/// The keys of one file.
pub(crate) struct TicketKeys([Key; OPENING]);

struct Key {
    name: [u8; NAME_BYTES],
    key: LessSafeKey,
}

impl TicketKeys {
    /// Reads lines of base64; the last three count.
    pub(crate) fn read(text: &[u8]) -> Result<Self, BadKeys> {
        let mut keys: Vec<Vec<u8>> = Vec::new();
        for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            let bytes = STANDARD.decode(line).map_err(|_| BadKeys::Line(number))?;
            let wanted = keys.first().map_or(bytes.len(), Vec::len);
            if bytes.len() != wanted || !LINE_BYTES.contains(&wanted) {
                return Err(BadKeys::Line(number));
            }
            keys.push(bytes);
        }
        let last =
            keys.iter().rev().take(OPENING).rev().map(|bytes| Key::new(bytes)).collect::<Option<Vec<_>>>();
        let last = last.and_then(|last| <[Key; OPENING]>::try_from(last).ok());
        last.map(Self).ok_or(BadKeys::TooFew(keys.len()))
    }
}

impl Key {
    fn new(bytes: &[u8]) -> Option<Self> {
        let (name, secret) = bytes.split_first_chunk()?;
        let key = UnboundKey::new(&AES_256_GCM, digest(&SHA256, secret).as_ref()).ok()?;
        Some(Self { name: *name, key: LessSafeKey::new(key) })
    }
}

impl ProducesTickets for TicketKeys {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        LIFETIME.as_secs().try_into().unwrap_or(u32::MAX)
    }

    /// `name nonce sealed tag`
    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let Key { name, key } = self.0.get(SEALING)?;
        if plain.len() > MAX_BYTES {
            return None;
        }
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).ok()?;
        let mut sealed = plain.to_vec();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(name), &mut sealed)
            .ok()?;
        Some([&name[..], &nonce, &sealed].concat())
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let (name, rest) = ticket.split_first_chunk::<NAME_BYTES>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
        if sealed.len() > MAX_BYTES + AES_256_GCM.tag_len() {
            return None;
        }
        let Key { name, key } = self.0.iter().find(|key| key.name == *name)?;
        let mut opened = sealed.to_vec();
        let plain =
            key.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(name), &mut opened).ok()?.len();
        opened.truncate(plain);
        Some(opened)
    }
}

/// No key of it is printed.
impl fmt::Debug for TicketKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketKeys").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of so many bytes, each of another one.
    fn file(bytes: &[u8], length: usize) -> String {
        bytes.iter().map(|byte| STANDARD.encode(vec![*byte; length]) + "\n").collect()
    }

    fn keys(bytes: &[u8]) -> TicketKeys {
        TicketKeys::read(file(bytes, 80).as_bytes()).unwrap()
    }

    #[test]
    fn a_file_rotates_without_a_lost_session() {
        let (old, new, newer) = (keys(&[1, 2, 3]), keys(&[1, 2, 3, 4]), keys(&[3, 4, 5, 6]));
        let ticket = old.encrypt(b"a session").unwrap();
        assert_eq!(new.decrypt(&ticket).as_deref(), Some(&b"a session"[..]));
        assert_eq!(newer.decrypt(&ticket), None, "its key is no longer among the last three");
        let ticket = new.encrypt(b"a session").unwrap();
        assert_eq!(
            old.decrypt(&ticket).as_deref(),
            Some(&b"a session"[..]),
            "sealed with the second last one"
        );
        for at in 0..ticket.len() {
            let mut forged = ticket.clone();
            forged[at] ^= 1;
            assert_eq!(old.decrypt(&forged), None, "{at}");
            assert_eq!(old.decrypt(&ticket[..at]), None, "{at}");
        }
    }

    #[test]
    fn what_is_no_file_of_keys_is_told() {
        let few = file(&[1, 2], 48);
        let table = [
            (few.clone(), BadKeys::TooFew(2)),
            (String::new(), BadKeys::TooFew(0)),
            (format!("{few}no base64\n"), BadKeys::Line(3)),
            (format!("{few}\n{}", file(&[3], 80)), BadKeys::Line(4)),
            (file(&[1, 2, 3], 47), BadKeys::Line(1)),
        ];
        for (text, why) in table {
            assert_eq!(TicketKeys::read(text.as_bytes()).unwrap_err(), why, "{text}");
        }
        assert!(TicketKeys::read(file(&[1, 2, 3], 48).as_bytes()).is_ok());
    }
}
