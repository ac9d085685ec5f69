//! HTTP/1.0 and 1.1 messages as bytes: heads, framing, chunks, edits, rendering.
//!
//! A pure codec. It owns no socket, clock or runtime, and it neither keeps nor copies the connection's bytes: a
//! [`Head`] is a list of [`Span`]s into the buffer that the caller read into, and the caller hands that buffer to
//! every accessor. All state is made to be pooled (`clear` keeps capacity), so that steady traffic allocates nothing.
//!
//! The way of a message: [`Head::parse_request`] or [`Head::parse_response`] until it is
//! [`Parsed::Complete`]; [`Framing`] says how the body ends and [`Body`] follows it through raw bytes; [`Edits`]
//! collects changes without touching the buffer; [`View`] shows the message with its edits and renders it in one pass,
//! either onto a vector or into the room just before body bytes that were already read.
//!
//! Parsing is strict, with no switch to loosen it: whatever two implementations could read in two ways (RFC 9112
//! section 11.2) is an [`InvalidHead`] or [`InvalidChunk`]. Lines end in CRLF and nothing else.

mod body;
mod chunked;
#[cfg(any(test, feature = "test-data"))]
pub mod differential;
mod edits;
mod facts;
mod fault;
mod framing;
mod head;
mod hop;
mod limits;
#[cfg(any(test, feature = "test-data"))]
pub mod naive;
mod name;
mod parse;
mod render;
mod scan;
#[cfg(any(test, feature = "test-data"))]
pub mod smuggling;
mod start_line;
mod target;
#[cfg(test)]
mod tests;
mod view;

pub use body::{Body, Fed};
pub use chunked::{CHUNK_END, ChunkHeader, Chunked, InvalidChunk, LAST_CHUNK, Step, chunk_header, may_trail};
#[cfg(test)]
pub(crate) use chunked::{EXTENSION_BYTES, EXTENSIONS_BYTES, SIZE_DIGITS, TRAILER_BYTES};
#[cfg(test)]
pub(crate) use edits::{ADDED_FIELDS, ARENA_BYTES};
pub use edits::{Alter, Edits, InvalidEdit};
pub use facts::{Expect, Persistence};
pub use fault::{Fault, InvalidHead};
pub use framing::{Asked, Framing};
pub use head::{Field, Head, Kind, Method, Parsed, Span, Version};
pub use hop::Hop;
pub use limits::Limits;
pub use name::Known;
pub use target::TargetForm;
pub use view::View;
