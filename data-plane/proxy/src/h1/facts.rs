//! What the parser learns on its way about framing and the connection, so that no second pass is needed.

use super::fault::{Fault, InvalidHead};
use super::head::Span;
use super::{Field, Known, Version, scan};

/// Whether a connection outlives the message (RFC 9112 section 9.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// Another message may follow.
    KeepAlive,
    /// This message is the last.
    Close,
}

/// The Expect header (RFC 9110 section 10.1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expect {
    /// None, or in HTTP/1.0, where it has no meaning.
    #[default]
    Nothing,
    /// `100-continue`.
    Continue,
    /// Anything else: 417.
    Unknown,
}

/// Facts of one head. Flags speak of tokens in the Connection header unless their name says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Value of the Host header, if the head has one.
    pub(super) host: Span,
    pub(super) content_length: Option<u64>,
    pub(super) chunked: bool,
    pub(super) te_trailers_listed: bool,
    /// Connection names fields other than the ones that have a flag here.
    pub(super) nominates: bool,
    close: bool,
    keep_alive: bool,
    upgrade: bool,
    upgrade_to_h2c: bool,
    upgrade_named: bool,
    expect: Expect,
}

impl Facts {
    pub(super) fn persistence(&self, version: Version) -> Persistence {
        let keeps = !self.close && (version == Version::Http11 || self.keep_alive);
        if keeps { Persistence::KeepAlive } else { Persistence::Close }
    }

    pub(super) fn expect(&self, version: Version) -> Expect {
        if version == Version::Http11 { self.expect } else { Expect::Nothing }
    }

    pub(super) fn upgrades(&self, version: Version) -> bool {
        version == Version::Http11 && self.upgrade && self.upgrade_named && !self.upgrade_to_h2c
    }

    /// Takes in one field with a known name. `repeated` tells that the name was there before.
    pub(super) fn note(
        &mut self,
        name: Known,
        field: &Field,
        buf: &[u8],
        repeated: bool,
    ) -> Result<(), InvalidHead> {
        let value = field.value.of(buf);
        let at = |fault: Fault| fault.at(field.name.start as usize);
        match name {
            Known::Host if repeated => return Err(at(Fault::RepeatedHost)),
            Known::Host => self.host = field.value,
            Known::ContentLength if repeated => return Err(at(Fault::RepeatedContentLength)),
            Known::ContentLength => self.content_length = Some(content_length(value).map_err(at)?),
            Known::TransferEncoding if repeated => return Err(at(Fault::RepeatedTransferEncoding)),
            Known::TransferEncoding => {
                transfer_encoding(value).map_err(at)?;
                self.chunked = true;
            }
            Known::Connection => self.connection(value),
            Known::Upgrade => {
                self.upgrade_named = true;
                self.upgrade_to_h2c |= scan::list(value).any(|name| name.eq_ignore_ascii_case(b"h2c"));
            }
            Known::Expect => {
                let known = !repeated && value.eq_ignore_ascii_case(b"100-continue");
                self.expect = if known { Expect::Continue } else { Expect::Unknown };
            }
            Known::Te => {
                self.te_trailers_listed |=
                    scan::list(value).any(|coding| coding.eq_ignore_ascii_case(b"trailers"));
            }
            _ => {}
        }
        Ok(())
    }

    fn connection(&mut self, value: &[u8]) {
        for token in scan::list(value) {
            if token.eq_ignore_ascii_case(b"close") {
                self.close = true;
            } else if token.eq_ignore_ascii_case(b"keep-alive") {
                self.keep_alive = true;
            } else if token.eq_ignore_ascii_case(b"upgrade") {
                self.upgrade = true;
            } else {
                self.nominates = true;
            }
        }
    }
}

/// A plain decimal number below 2^63, so that no signed reader behind us wraps around.
fn content_length(value: &[u8]) -> Result<u64, Fault> {
    // 19 digits cannot overflow 64 bits.
    if value.is_empty() || value.len() > 19 || !value.iter().all(u8::is_ascii_digit) {
        return Err(Fault::InvalidContentLength);
    }
    let length = value.iter().fold(0, |sum: u64, digit| sum * 10 + u64::from(digit - b'0'));
    if length > i64::MAX as u64 { Err(Fault::InvalidContentLength) } else { Ok(length) }
}

fn transfer_encoding(value: &[u8]) -> Result<(), Fault> {
    if value.eq_ignore_ascii_case(b"chunked") {
        return Ok(());
    }
    // Not the plain word: find out whether to say "unknown coding" or "malformed".
    let mut members = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).rev();
    let chunked_last = members.next().is_some_and(|last| last.eq_ignore_ascii_case(b"chunked"));
    let others_are_codings =
        members.all(|coding| scan::is_field_name(coding) && !coding.eq_ignore_ascii_case(b"chunked"));
    if chunked_last && others_are_codings {
        Err(Fault::UnknownTransferCoding)
    } else {
        Err(Fault::InvalidTransferEncoding)
    }
}
