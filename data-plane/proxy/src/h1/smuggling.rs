//! Test data: every shape of request that must never reach a server, with the answer that it gets.
//!
//! Heads that a neighbour may read in another way than we do (RFC 9112 section 11.2, DESIGN's list), malformed
//! chunks, and the plainly malformed. Each is answered, the connection closed, and nothing forwarded. Used by the
//! parser's tests and, with the feature `test-data`, by process tests.

mod chunks;
mod hosts;
mod length;
mod lines;
mod request_lines;

pub use chunks::{CHUNKS, ChunkCase};

use super::Fault;

/// One request that is refused by its head.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What is wrong with it, unique in the table.
    pub name: &'static str,
    /// The whole request as sent.
    pub bytes: &'static [u8],
    /// What the parser says.
    pub fault: Fault,
    /// What the client is answered.
    pub status: u16,
}

/// All requests that are refused by their head.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    [length::CASES, lines::CASES, hosts::CASES, request_lines::CASES].into_iter().flatten()
}

const fn refused(name: &'static str, bytes: &'static [u8], fault: Fault) -> Case {
    case(name, bytes, fault, 400)
}

const fn case(name: &'static str, bytes: &'static [u8], fault: Fault, status: u16) -> Case {
    Case { name, bytes, fault, status }
}
