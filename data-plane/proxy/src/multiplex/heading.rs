//! A head of HTTP/1.1 that is written in pieces.

use std::io;

use super::unfit;
use crate::h1::{Head, Kind, Limits, Parsed};

/// What has come of it.
#[derive(Debug, Default)]
pub(super) struct Heading {
    head: Head,
    bytes: Vec<u8>,
}

impl Heading {
    /// Takes bytes of a head: how many of them are its own and, once it is whole, what is made of it.
    pub(super) fn take<T>(
        &mut self,
        bytes: &[u8],
        kind: Kind,
        make: impl FnOnce(&Head, &[u8]) -> io::Result<T>,
    ) -> io::Result<(usize, Option<T>)> {
        let before = self.bytes.len();
        // As a rule it comes at once.
        let whole = if before == 0 {
            bytes
        } else {
            self.bytes.extend_from_slice(bytes);
            &self.bytes
        };
        let parsed = match kind {
            Kind::Request => self.head.parse_request(whole, &Limits::ours()),
            Kind::Response => self.head.parse_response(whole, &Limits::ours()),
        };
        let Parsed::Complete { head_len } = parsed.map_err(|_| unfit())? else {
            if before == 0 {
                self.bytes.extend_from_slice(bytes);
            }
            return Ok((bytes.len(), None));
        };
        let made = make(&self.head, whole)?;
        self.head.clear();
        self.bytes = Vec::new();
        Ok((head_len - before, Some(made)))
    }
}
