//! The first message of a TLS client, as it stands in the first bytes of a connection (RFC 8446, sections 4.1.2 and 5.1).
//!
//! A reader of bytes that are there: it keeps nothing from one look to the next. A message may be spread over several
//! records. What it says is taken as it is said; what no question is about is not checked.

use std::ops::Range;

/// Longest message that is read, its header included; what says that it is longer is taken for none.
pub const MAX_MESSAGE_BYTES: usize = 16 << 10;
/// Most records that a message may be spread over: each look goes over them anew.
const MAX_RECORDS: usize = 64;
/// Type, version and length of a record.
const RECORD_HEADER: usize = 5;
/// Type and length of a message.
const MESSAGE_HEADER: usize = 4;
/// Longest record without encryption (RFC 8446, section 5.1).
const MAX_RECORD_BYTES: usize = 1 << 14;
/// The type of the records that carry handshakes.
const HANDSHAKE: u8 = 22;
/// Versions of SSL 3.0 and all of TLS.
const MAJOR_VERSION: u8 = 3;
/// The type of a client's hello.
const CLIENT_HELLO: u8 = 1;

// Extensions (IANA: TLS ExtensionType Values).
const SERVER_NAME: u16 = 0;
const SUPPORTED_GROUPS: u16 = 10;
const SIGNATURE_ALGORITHMS: u16 = 13;
const PROTOCOLS: u16 = 16;
const SESSION_TICKET: u16 = 35;
const KEY_SHARE: u16 = 51;

/// Where the first message of a handshake is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum First {
    /// More bytes are needed to tell.
    Partial,
    /// The bytes begin with no such message, or with one that is too long.
    Foreign,
    /// It is whole, in these of the bytes.
    Here(Range<usize>),
    /// It is whole, and was put together.
    Joined,
}

/// Finds the first message of a handshake, its header included. One that is spread over several records is put together
/// in `joined`.
pub fn first_message(bytes: &[u8], joined: &mut Vec<u8>) -> First {
    let mut records = Records(bytes);
    let (mut header, mut gathered) = ([0; MESSAGE_HEADER], 0);
    for number in 0..MAX_RECORDS {
        let (piece, whole) = match records.take() {
            Record::Foreign => return First::Foreign,
            Record::Cut(piece) => (piece, false),
            Record::Whole(piece) => (piece, true),
        };
        for (place, byte) in header.iter_mut().skip(gathered).zip(piece) {
            *place = *byte;
        }
        gathered += piece.len();
        if gathered >= MESSAGE_HEADER {
            let [_, length @ ..] = header;
            let length = MESSAGE_HEADER + number_of(&length);
            if length > MAX_MESSAGE_BYTES {
                return First::Foreign;
            }
            if gathered >= length && number == 0 {
                return First::Here(RECORD_HEADER..RECORD_HEADER + length);
            }
            if gathered >= length {
                join(bytes, length, joined);
                return First::Joined;
            }
        }
        if !whole {
            return First::Partial;
        }
    }
    First::Foreign
}

/// Puts a message of that length together that is known to be whole.
fn join(bytes: &[u8], length: usize, joined: &mut Vec<u8>) {
    joined.clear();
    let mut records = Records(bytes);
    while joined.len() < length {
        let (Record::Cut(piece) | Record::Whole(piece)) = records.take() else { return };
        joined.extend_from_slice(piece);
    }
    joined.truncate(length);
}

/// The bytes of records that are left.
struct Records<'a>(&'a [u8]);

enum Record<'a> {
    /// No record of a handshake.
    Foreign,
    /// What there is of it.
    Cut(&'a [u8]),
    /// Its content.
    Whole(&'a [u8]),
}

impl<'a> Records<'a> {
    fn take(&mut self) -> Record<'a> {
        let at = |index: usize| self.0.get(index).copied();
        if at(0).is_some_and(|kind| kind != HANDSHAKE) || at(1).is_some_and(|major| major != MAJOR_VERSION) {
            return Record::Foreign;
        }
        let Some((header, rest)) = self.0.split_at_checked(RECORD_HEADER) else { return Record::Cut(&[]) };
        let length = number_of(&header[3..]);
        // An empty one carries nothing of a message (RFC 8446, section 5.1).
        if length == 0 || length > MAX_RECORD_BYTES {
            return Record::Foreign;
        }
        let Some((content, rest)) = rest.split_at_checked(length) else { return Record::Cut(rest) };
        self.0 = rest;
        Record::Whole(content)
    }
}

/// The type of a message (RFC 8446, section 4).
pub fn kind(message: &[u8]) -> Option<u8> {
    message.first().copied()
}

/// The hello of a client, as far as it is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientHello<'a> {
    version: (u8, u8),
    cipher_suites: &'a [u8],
    extensions: &'a [u8],
}

impl<'a> ClientHello<'a> {
    /// Reads a whole message. `None`: it is no hello of a client, or not well formed.
    pub fn read(message: &'a [u8]) -> Option<Self> {
        let mut rest = Cursor(message);
        if rest.number(1)? != usize::from(CLIENT_HELLO) {
            return None;
        }
        let mut rest = Cursor(rest.sized(3)?);
        let &[major, minor] = rest.take(2)? else { return None };
        let _random = rest.take(32)?;
        let _session = rest.sized(1)?;
        let cipher_suites = rest.sized(2)?;
        let _compression = rest.sized(1)?;
        // Before TLS 1.3 there need not be any.
        let extensions = if rest.0.is_empty() { &[] } else { rest.sized(2)? };
        Some(Self { version: (major, minor), cipher_suites, extensions })
    }

    /// The version that it says it speaks, 3.3 for TLS 1.2 and all that came after: the major one times 65536, and the
    /// minor one.
    pub fn version(&self) -> i64 {
        let (major, minor) = self.version;
        i64::from(major) << 16 | i64::from(minor)
    }

    /// Two bytes each, in the order of the client's preference.
    pub fn cipher_suites(&self) -> &'a [u8] {
        self.cipher_suites
    }

    /// The host that the client wants to talk to (RFC 6066, section 3), in the case that it wrote.
    pub fn server_name(&self) -> Option<&'a [u8]> {
        let mut names = Cursor(Cursor(self.extension(SERVER_NAME)?).sized(2)?);
        loop {
            let host = names.number(1)? == 0;
            let name = names.sized(2)?;
            if host {
                return Some(name).filter(|name| !name.is_empty());
            }
        }
    }

    /// Names of the protocols that the client would speak inside (RFC 7301), in the order of its preference.
    pub fn protocols(&self) -> impl Iterator<Item = &'a [u8]> {
        let mut names = Cursor(self.list(PROTOCOLS).unwrap_or_default());
        std::iter::from_fn(move || names.sized(1))
    }

    /// Groups of key exchanges that it can do, two bytes each (RFC 8446, section 4.2.7).
    pub fn groups(&self) -> Option<&'a [u8]> {
        self.list(SUPPORTED_GROUPS)
    }

    /// Signatures that it can check, two bytes each (RFC 8446, section 4.2.3).
    pub fn signatures(&self) -> Option<&'a [u8]> {
        self.list(SIGNATURE_ALGORITHMS)
    }

    /// The groups that it sends keys of, two bytes each; `None`: it sends none (RFC 8446, section 4.2.8).
    pub fn key_shares(&self) -> Option<impl Iterator<Item = &'a [u8]>> {
        let mut shares = Cursor(self.list(KEY_SHARE)?);
        Some(std::iter::from_fn(move || {
            let group = shares.take(2)?;
            shares.sized(2)?;
            Some(group)
        }))
    }

    /// The ticket that it would go on with, an empty one where it would take one (RFC 5077, section 3.2).
    pub fn ticket(&self) -> Option<&'a [u8]> {
        self.extension(SESSION_TICKET)
    }

    fn list(&self, kind: u16) -> Option<&'a [u8]> {
        Cursor(self.extension(kind)?).sized(2)
    }

    fn extension(&self, wanted: u16) -> Option<&'a [u8]> {
        let mut extensions = Cursor(self.extensions);
        loop {
            let kind = extensions.number(2)?;
            let content = extensions.sized(2)?;
            if kind == usize::from(wanted) {
                return Some(content);
            }
        }
    }
}

/// Bytes that are taken one after the other.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number of that many bytes.
    fn number(&mut self, bytes: usize) -> Option<usize> {
        self.take(bytes).map(number_of)
    }

    /// As many bytes as a number in front of them says, which has that many.
    fn sized(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let length = self.number(bytes)?;
        self.take(length)
    }
}

/// Big-endian, of at most three bytes.
fn number_of(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, &byte| number << 8 | usize::from(byte))
}

#[cfg(test)]
mod tests;
