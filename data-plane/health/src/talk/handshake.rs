//! Judging the messages of protocols that have to be taken apart.

use super::{Judged, Talk};
use crate::evidence::Status;
use crate::script::{Expect, Handshake, Step};

const NOT_LDAP: &[u8] = b"Not LDAPv3 protocol";

/// A message that is no success.
enum Fault {
    /// It is not whole.
    Short,
    /// It is none of the protocol.
    Foreign,
    /// It says no, with this code and these words.
    Refusal(u16, Vec<u8>),
}

impl Talk {
    pub(super) fn judge_handshake(&mut self, step: &Step, expect: &Expect, which: Handshake) -> Judged {
        let found = match which {
            Handshake::MysqlGreeting => mysql(&self.input, 0),
            Handshake::MysqlLogin => match length(&self.input) {
                Some(greeting) => mysql(&self.input, 4 + greeting),
                None => Err(Fault::Short),
            },
            Handshake::LdapBind => ldap(&self.input),
        };
        match found {
            Ok(()) => Judged::Passed,
            Err(Fault::Short) if !self.is_last() => Judged::Waits,
            Err(Fault::Short) => self.failure(step, expect, (Status::L7Response, false), b""),
            Err(Fault::Foreign) => self.failure(step, expect, (Status::L7Response, false), NOT_LDAP),
            Err(Fault::Refusal(code, words)) => {
                self.code = Some(code.into());
                self.failure(step, expect, (Status::L7Status, false), &words)
            }
        }
    }
}

/// Length of the body of a MySQL packet: three bytes, the least first; a sequence number follows.
fn length(packet: &[u8]) -> Option<usize> {
    let [low, middle, high, _, ..] = packet else { return None };
    Some(usize::from(*low) | usize::from(*middle) << 8 | usize::from(*high) << 16)
}

/// The packet at an offset: whole, and no error.
fn mysql(input: &[u8], offset: usize) -> Result<(), Fault> {
    let packet = input.get(offset..).unwrap_or_default();
    let length = length(packet).ok_or(Fault::Short)?;
    // Not what is behind it: that is another packet, and may not have come.
    match packet.get(4..4 + length).ok_or(Fault::Short)? {
        [0xff, low, high, words @ ..] => {
            Err(Fault::Refusal(u16::from(*low) | u16::from(*high) << 8, words.to_vec()))
        }
        [0xff, ..] => Err(Fault::Refusal(0, Vec::new())),
        _ => Ok(()),
    }
}

/// A bind response (RFC 4511 4.2.2) with the message number 1. Lengths have one byte, or two or four that are announced.
fn ldap(input: &[u8]) -> Result<(), Fault> {
    let (announced, rest) = match input.get(1).ok_or(Fault::Short)? {
        0x82 => {
            let bytes: [u8; 2] = part(input, 2)?;
            (usize::from(u16::from_be_bytes(bytes)), &input[4..])
        }
        0x84 => {
            let bytes: [u8; 4] = part(input, 2)?;
            let length = u32::from_be_bytes(bytes);
            (usize::try_from(length).unwrap_or(usize::MAX), &input[6..])
        }
        length @ 0..0x80 => (usize::from(*length), &input[2..]),
        _ => return Err(Fault::Foreign),
    };
    if rest.len() < announced {
        return Err(Fault::Short);
    }
    let rest = rest.strip_prefix(b"\x02\x01\x01\x61").ok_or(Fault::Foreign)?;
    let length = *rest.first().ok_or(Fault::Foreign)?;
    let skipped = if length & 0x80 == 0 { 1 } else { 1 + usize::from(length & 0x7f) };
    let result = rest.get(skipped..).ok_or(Fault::Foreign)?;
    match result.strip_prefix(b"\x0a\x01").ok_or(Fault::Foreign)? {
        [0, ..] => Ok(()),
        [code, ..] => {
            let words = b"See RFC: http://tools.ietf.org/html/rfc4511#section-4.1.9";
            Err(Fault::Refusal(u16::from(*code), words.to_vec()))
        }
        [] => Err(Fault::Foreign),
    }
}

fn part<const N: usize>(input: &[u8], at: usize) -> Result<[u8; N], Fault> {
    input.get(at..at + N).and_then(|bytes| bytes.try_into().ok()).ok_or(Fault::Short)
}
