//! What the first bytes of a connection say, and whether more of them could say something else.

use sluicegate_balance::{RdpCookie, find_rdp_cookie};
use sluicegate_model::expr::{Content, Direction, Fetch, Start, TlsPart};

use crate::client_hello::{self, ClientHello, First, first_message};
use crate::message::Message;
use crate::value::Value;

/// The longest value that is waited for: what a fetch asks for beyond it never comes (HAProxy: tune.bufsize).
pub const MAX_FIRST_BYTES: usize = 16 << 10;

/// The value of a question about the first bytes.
pub(crate) fn value<'a, M: Message>(
    (direction, content): (Direction, &Content),
    message: &'a M,
    buffer: &mut Vec<u8>,
) -> Option<Value<'a>> {
    match content {
        Content::End => (!message.expects_more()).then_some(Value::Bool(true)),
        content => look(content, message.first_bytes(direction).unwrap_or_default(), buffer).value(),
    }
}

/// Whether more bytes could give a fetch another value (HAProxy: its samples that may change).
pub(crate) fn is_open<M: Message>(fetch: &Fetch, message: &M, buffer: &mut Vec<u8>) -> bool {
    if !message.expects_more() {
        return false;
    }
    let Fetch::Content(direction, content) = fetch else {
        return fetch.is_of_request() && message.may_become_http();
    };
    match (content, message.first_bytes(*direction)) {
        (Content::End, _) => true,
        // They are those of the other side.
        (_, None) => false,
        (Content::Length | Content::Payload { length: None, .. }, Some(_)) => true,
        (content, Some(bytes)) => {
            buffer.clear();
            matches!(look(content, bytes, buffer), Look::Partial)
        }
    }
}

/// What a look at bytes shows.
#[derive(Debug, PartialEq)]
enum Look<'a> {
    /// There may be a value when more bytes come.
    Partial,
    /// There is none, whatever comes.
    Nothing,
    Shown(Value<'a>),
}

impl<'a> Look<'a> {
    fn value(self) -> Option<Value<'a>> {
        match self {
            Self::Shown(value) => Some(value),
            Self::Partial | Self::Nothing => None,
        }
    }

    fn of(value: Option<Value<'a>>) -> Self {
        value.map_or(Self::Nothing, Self::Shown)
    }
}

fn look<'a>(content: &Content, bytes: &'a [u8], buffer: &mut Vec<u8>) -> Look<'a> {
    match content {
        Content::Length => Look::Shown(count(bytes.len())),
        Content::Payload { offset, length: None } => match bytes.get(*offset..) {
            Some(rest) if !rest.is_empty() => Look::Shown(Value::Text(rest)),
            _ => Look::Partial,
        },
        Content::Payload { offset, length: Some(length) } => part(bytes, *offset, *length),
        Content::Counted { offset, size, start } => counted(bytes, (*offset, *size), *start),
        Content::RdpCookie(name) => match find_rdp_cookie(bytes, name.as_deref()) {
            RdpCookie::Partial => Look::Partial,
            RdpCookie::Absent => Look::Nothing,
            RdpCookie::Whole(value) => Look::Shown(Value::Text(value)),
        },
        Content::RdpCookieCount(name) => match find_rdp_cookie(bytes, name.as_deref()) {
            RdpCookie::Partial => Look::Partial,
            RdpCookie::Absent => Look::Shown(Value::Int(0)),
            RdpCookie::Whole(_) => Look::Shown(Value::Int(1)),
        },
        Content::Tls(part) => tls(*part, bytes, buffer),
        // It is not the bytes that tell.
        Content::End => Look::Nothing,
    }
}

fn part(bytes: &[u8], offset: usize, length: usize) -> Look<'_> {
    match offset.checked_add(length) {
        Some(end) if end <= MAX_FIRST_BYTES => match bytes.get(offset..end) {
            Some(part) => Look::Shown(Value::Text(part)),
            None => Look::Partial,
        },
        _ => Look::Nothing,
    }
}

/// As many bytes as a number among them says (HAProxy: req.payload_lv).
fn counted(bytes: &[u8], (offset, size): (usize, usize), start: Start) -> Look<'_> {
    let number = match part(bytes, offset, size) {
        Look::Shown(Value::Text(number)) => number,
        other => return other,
    };
    let length = number.iter().try_fold(0_usize, |length, &byte| {
        Some(length.checked_mul(256)? + usize::from(byte)).filter(|&length| length <= MAX_FIRST_BYTES)
    });
    let start = match start {
        Start::At(start) => Some(start),
        Start::Behind(distance) => (offset + size).checked_add_signed(distance),
    };
    match (length, start) {
        (None | Some(0), _) | (_, None) => Look::Nothing,
        (Some(length), Some(start)) => part(bytes, start, length),
    }
}

fn tls<'a>(part: TlsPart, bytes: &'a [u8], buffer: &mut Vec<u8>) -> Look<'a> {
    // Most hellos stand in one record; of the others a copy is made.
    let mut joined = Vec::new();
    match first_message(bytes, &mut joined) {
        First::Partial => Look::Partial,
        First::Foreign => Look::Nothing,
        First::Here(range) => Look::of(bytes.get(range).and_then(|message| said(part, message, buffer))),
        First::Joined => Look::of(said(part, &joined, buffer).map(|value| kept(value, buffer))),
    }
}

/// A value that stands by itself, in the buffer where it is text.
fn kept(value: Value<'_>, buffer: &mut Vec<u8>) -> Value<'static> {
    match value {
        Value::Bool(truth) => Value::Bool(truth),
        Value::Int(number) => Value::Int(number),
        Value::Ip(ip) => Value::Ip(ip),
        Value::Buffered(range) => Value::Buffered(range),
        Value::Text(text) => {
            let start = buffer.len();
            buffer.extend_from_slice(text);
            Value::Buffered(start..buffer.len())
        }
    }
}

/// What a whole message says.
fn said<'m>(part: TlsPart, message: &'m [u8], buffer: &mut Vec<u8>) -> Option<Value<'m>> {
    if part == TlsPart::Type {
        return client_hello::kind(message).map(|kind| Value::Int(kind.into()));
    }
    let hello = ClientHello::read(message)?;
    match part {
        TlsPart::Type => None,
        TlsPart::Version => Some(Value::Int(hello.version())),
        TlsPart::ServerName => hello.server_name().map(Value::Text),
        TlsPart::Protocols => gathered(hello.protocols(), b",", buffer),
        TlsPart::CipherSuites => Some(Value::Text(hello.cipher_suites())),
        TlsPart::NamesGroups => Some(Value::Bool(hello.groups().is_some())),
        TlsPart::Groups => hello.groups().map(Value::Text),
        TlsPart::KeyShares => gathered(hello.key_shares()?, b"", buffer),
        TlsPart::Signatures => hello.signatures().map(Value::Text),
        TlsPart::Tickets => {
            Some(Value::Int(hello.ticket().map_or(0, |ticket| 1 + i64::from(!ticket.is_empty()))))
        }
    }
}

/// Pieces one behind the other; `None` where there are none.
fn gathered<'a>(
    mut pieces: impl Iterator<Item = &'a [u8]>,
    between: &[u8],
    buffer: &mut Vec<u8>,
) -> Option<Value<'static>> {
    let start = buffer.len();
    buffer.extend_from_slice(pieces.next()?);
    for piece in pieces {
        buffer.extend_from_slice(between);
        buffer.extend_from_slice(piece);
    }
    Some(Value::Buffered(start..buffer.len()))
}

fn count(length: usize) -> Value<'static> {
    Value::Int(i64::try_from(length).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
