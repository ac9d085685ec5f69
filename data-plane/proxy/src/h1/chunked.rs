//! Chunked transfer coding (RFC 9112 section 7.1), followed without copying, and made.

use std::ops::Range;

use super::scan;
use super::{Fed, Known};

/// Bytes of one chunk's extensions. They are forwarded unread; nobody is known to need any.
pub(crate) const EXTENSION_BYTES: u16 = 256;
/// Bytes of all extensions of one body: otherwise each byte of content could bring 256 of ballast.
pub(crate) const EXTENSIONS_BYTES: u32 = 16 * 1024;
/// Bytes of a trailer section, its line ends included.
pub(crate) const TRAILER_BYTES: u32 = 8 * 1024;
/// Digits of a chunk size: all that 64 bits hold. Leading zeros count.
pub(crate) const SIZE_DIGITS: u8 = 16;

/// What ends a chunk's data.
pub const CHUNK_END: &[u8] = b"\r\n";
/// The last chunk of a body without trailers.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// A fault in chunked coding. There is no answer to give, since the head has been forwarded: both connections must
/// be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidChunk {
    /// Something other than hex digits, or none, where a size must stand.
    #[error("a chunk size is not a hexadecimal number")]
    Size,
    /// More digits than 64 bits hold.
    #[error("a chunk size has more than 16 digits")]
    SizeTooLong,
    /// Not `;name`, `;name=token` or `;name="quoted"`; blanks, which the RFC lets stand there, are refused too.
    #[error("a chunk extension is malformed")]
    Extension,
    /// Over the bound of one chunk or of the body.
    #[error("chunk extensions are larger than the limit")]
    ExtensionTooLong,
    /// No CRLF where there must be one.
    #[error("a chunk's line or data does not end in CRLF")]
    LineEnd,
    /// Not a header line.
    #[error("a trailer is not a well-formed header line")]
    Trailer,
    /// RFC 9110 section 6.5.1.
    #[error("a trailer field that would change framing, routing or the connection")]
    ForbiddenTrailer,
    /// Over the bound.
    #[error("the trailers are larger than the limit")]
    TrailersTooLarge,
}

/// Names that must not stand in a trailer section.
const FORBIDDEN: [&[u8]; 14] = [
    b"content-length",
    b"transfer-encoding",
    b"host",
    b"connection",
    b"keep-alive",
    b"proxy-connection",
    b"upgrade",
    b"te",
    b"trailer",
    b"expect",
    b"content-encoding",
    b"content-type",
    b"content-range",
    b"authorization",
];

/// Whether a field may stand in a trailer section, whose name is in lower case.
#[must_use]
pub fn may_trail(name: &[u8]) -> bool {
    !FORBIDDEN.contains(&name)
}

/// Room for the longest forbidden name and one byte more.
const NAME_BYTES: usize = 18;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    SizeStart,
    Size,
    ExtensionStart,
    ExtensionName,
    ValueStart,
    Value,
    Quoted,
    QuotedPair,
    QuotedEnd,
    SizeLineFeed,
    Data,
    DataReturn,
    DataLineFeed,
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLineFeed,
    LastLineFeed,
    Done,
}

/// Follows one chunked body through raw bytes that arrive in pieces of any size.
#[derive(Clone, Debug, Default)]
pub struct Chunked {
    state: State,
    /// Size read so far; in `Data`, the bytes still to come.
    left: u64,
    digits: u8,
    extension: u16,
    extensions: u32,
    trailers: u32,
    name: [u8; NAME_BYTES],
    name_len: u8,
}

/// What [`Chunked::step`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Bytes taken from the start of the input.
    pub used: usize,
    /// Where among them the content is; empty when they are framing only.
    pub data: Range<usize>,
}

impl Chunked {
    /// Takes in the next raw bytes, all of them unless the body ends before.
    ///
    /// # Errors
    /// [`InvalidChunk`]; none of `bytes` may be forwarded.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Fed, InvalidChunk> {
        let mut fed = Fed::default();
        while let Some(rest) = bytes.get(fed.used..).filter(|rest| !rest.is_empty() && !self.is_done()) {
            let step = self.step(rest)?;
            fed.used += step.used;
            fed.data += step.data.len() as u64;
        }
        Ok(fed)
    }

    /// Takes in bytes up to and including the next piece of content, for a receiver that wants the content without
    /// the coding. Takes something whenever there is input and the body is not done.
    ///
    /// # Errors
    /// [`InvalidChunk`].
    pub fn step(&mut self, bytes: &[u8]) -> Result<Step, InvalidChunk> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match self.state {
                State::Data => {
                    let rest = bytes.len() - at;
                    let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(rest);
                    self.pass(length as u64);
                    return Ok(Step { used: at + length, data: at..at + length });
                }
                State::TrailerValue => at = self.trailer_value(bytes, at)?,
                // Who takes the content out of its chunks has to know where it ends.
                State::SizeLineFeed if self.left == 0 => {
                    self.state = self.next(byte)?;
                    return Ok(Step { used: at + 1, data: at + 1..at + 1 });
                }
                State::Done => break,
                _ => {
                    self.state = self.next(byte)?;
                    at += 1;
                }
            }
        }
        Ok(Step { used: at, data: at..at })
    }

    /// Whether the body is complete, trailers included.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Whether all content has come: what follows are trailers and the empty line.
    #[must_use]
    pub fn is_past_content(&self) -> bool {
        use State::{Done, LastLineFeed, TrailerLineFeed, TrailerName, TrailerStart, TrailerValue};
        matches!(
            self.state,
            TrailerStart | TrailerName | TrailerValue | TrailerLineFeed | LastLineFeed | Done
        )
    }

    /// Takes in `length` bytes of the current chunk's data, no more than are still to come.
    pub(super) fn pass(&mut self, length: u64) {
        self.left = self.left.saturating_sub(length);
        if self.state == State::Data && self.left == 0 {
            self.state = State::DataReturn;
        }
    }

    /// Bytes of the current chunk's data that are still to come.
    pub(super) fn left_in_chunk(&self) -> u64 {
        if self.state == State::Data { self.left } else { 0 }
    }

    fn next(&mut self, byte: u8) -> Result<State, InvalidChunk> {
        match (self.state, byte) {
            (State::SizeStart | State::Size, _) => self.size(byte),
            (
                State::ExtensionStart
                | State::ExtensionName
                | State::ValueStart
                | State::Value
                | State::Quoted
                | State::QuotedPair
                | State::QuotedEnd,
                _,
            ) => self.extension(byte),
            (State::SizeLineFeed, b'\n') if self.left == 0 => Ok(State::TrailerStart),
            (State::SizeLineFeed, b'\n') => Ok(State::Data),
            (State::DataReturn, b'\r') => Ok(State::DataLineFeed),
            (State::DataLineFeed, b'\n') => {
                (self.left, self.digits) = (0, 0);
                Ok(State::SizeStart)
            }
            (State::TrailerStart, b'\r') => Ok(State::LastLineFeed),
            (State::TrailerStart | State::TrailerName, _) => self.trailer_name(byte),
            (State::TrailerLineFeed, b'\n') => Ok(State::TrailerStart),
            (State::LastLineFeed, b'\n') => Ok(State::Done),
            // The rest are the states that one byte alone fits; `Data`, `TrailerValue`, `Done` are `step`'s.
            _ => Err(InvalidChunk::LineEnd),
        }
    }

    fn size(&mut self, byte: u8) -> Result<State, InvalidChunk> {
        if let Some(digit) = char::from(byte).to_digit(16) {
            if self.digits == SIZE_DIGITS {
                return Err(InvalidChunk::SizeTooLong);
            }
            self.digits += 1;
            self.left = self.left << 4 | u64::from(digit);
            return Ok(State::Size);
        }
        match byte {
            _ if self.state == State::SizeStart => Err(InvalidChunk::Size),
            b'\r' => Ok(State::SizeLineFeed),
            b';' => {
                self.extension = 0;
                Ok(State::ExtensionStart)
            }
            _ => Err(InvalidChunk::Size),
        }
    }

    fn extension(&mut self, byte: u8) -> Result<State, InvalidChunk> {
        self.extension += 1;
        self.extensions += 1;
        if self.extension > EXTENSION_BYTES || self.extensions > EXTENSIONS_BYTES {
            return Err(InvalidChunk::ExtensionTooLong);
        }
        match (self.state, byte) {
            (State::ExtensionStart | State::ExtensionName, _) if scan::is_token(byte) => {
                Ok(State::ExtensionName)
            }
            (State::ExtensionName, b'=') => Ok(State::ValueStart),
            (State::ValueStart | State::Value, _) if scan::is_token(byte) => Ok(State::Value),
            (State::ValueStart, b'"') => Ok(State::Quoted),
            (State::Quoted, b'"') => Ok(State::QuotedEnd),
            (State::Quoted, b'\\') => Ok(State::QuotedPair),
            (State::Quoted | State::QuotedPair, _) if scan::is_value(byte) => Ok(State::Quoted),
            (State::ExtensionName | State::Value | State::QuotedEnd, b';') => Ok(State::ExtensionStart),
            (State::ExtensionName | State::Value | State::QuotedEnd, b'\r') => Ok(State::SizeLineFeed),
            _ => Err(InvalidChunk::Extension),
        }
    }

    fn trailer_name(&mut self, byte: u8) -> Result<State, InvalidChunk> {
        self.count_trailer_bytes(1)?;
        if self.state == State::TrailerStart {
            self.name_len = 0;
        }
        if scan::is_token(byte) {
            if let Some(slot) = self.name.get_mut(usize::from(self.name_len)) {
                *slot = byte.to_ascii_lowercase();
                self.name_len += 1;
            }
            return Ok(State::TrailerName);
        }
        if byte != b':' || self.name_len == 0 {
            return Err(InvalidChunk::Trailer);
        }
        let name = self.name.get(..usize::from(self.name_len)).unwrap_or_default();
        if FORBIDDEN.contains(&name) { Err(InvalidChunk::ForbiddenTrailer) } else { Ok(State::TrailerValue) }
    }

    fn trailer_value(&mut self, bytes: &[u8], from: usize) -> Result<usize, InvalidChunk> {
        let end = scan::value_end(bytes, from);
        self.count_trailer_bytes(end - from)?;
        match bytes.get(end) {
            None => Ok(end),
            Some(b'\r') => {
                self.count_trailer_bytes(2)?;
                self.state = State::TrailerLineFeed;
                Ok(end + 1)
            }
            Some(_) => Err(InvalidChunk::Trailer),
        }
    }

    fn count_trailer_bytes(&mut self, count: usize) -> Result<(), InvalidChunk> {
        self.trailers = u32::try_from(count).map_or(u32::MAX, |count| self.trailers.saturating_add(count));
        if self.trailers > TRAILER_BYTES { Err(InvalidChunk::TrailersTooLarge) } else { Ok(()) }
    }
}

// Every framing field that the parser acts on is forbidden in trailers, and no name outgrows its room.
const _: () = {
    assert!(Known::TransferEncoding.text().len() < NAME_BYTES);
    assert!(FORBIDDEN[1].len() == Known::TransferEncoding.text().len());
};

/// A chunk's size line.
#[derive(Clone, Copy, Debug)]
pub struct ChunkHeader {
    bytes: [u8; 18],
    start: u8,
}

impl AsRef<[u8]> for ChunkHeader {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(usize::from(self.start)..).unwrap_or_default()
    }
}

/// The size line of a chunk of `length` bytes. Goes before the data, as [`CHUNK_END`] goes behind; at most 18 bytes.
/// A length of 0 is the body's end, for which [`LAST_CHUNK`] is meant.
#[must_use]
pub fn chunk_header(length: u64) -> ChunkHeader {
    let mut bytes = *b"0000000000000000\r\n";
    let mut left = length;
    let mut start = 16;
    for (at, slot) in bytes.iter_mut().enumerate().take(16).rev() {
        *slot = b"0123456789abcdef"[(left & 0xf) as usize];
        start = at;
        left >>= 4;
        if left == 0 {
            break;
        }
    }
    ChunkHeader { bytes, start: start as u8 }
}
