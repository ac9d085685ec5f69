//! A head of HTTP/1.1 that is written in pieces.

use std::cell::Cell;
use std::io;

use super::unfit;
use crate::h1::{Head, Kind, Limits, Parsed};

thread_local! {
    /// For heads that come at once: its memory is used again.
    static WHOLE: Cell<Head> = Cell::default();
}

/// What has come of one that is not whole yet.
#[derive(Debug, Default)]
pub(super) struct Heading(Option<Box<Piece>>);

#[derive(Debug)]
struct Piece {
    head: Head,
    bytes: Vec<u8>,
}

impl Heading {
    /// Takes bytes of a head: how many of them are its own and, once it is whole, what is made of it and of its bytes.
    pub(super) fn take<T>(
        &mut self,
        bytes: &[u8],
        kind: Kind,
        make: impl FnOnce(&Head, &[u8]) -> io::Result<T>,
    ) -> io::Result<(usize, Option<T>)> {
        let Some(piece) = &mut self.0 else { return self.take_first(bytes, kind, make) };
        let before = piece.bytes.len();
        piece.bytes.extend_from_slice(bytes);
        let Some(whole) = parse(&mut piece.head, &piece.bytes, kind)? else { return Ok((bytes.len(), None)) };
        let made = make(&piece.head, whole)?;
        let used = whole.len() - before;
        self.0 = None;
        Ok((used, Some(made)))
    }

    /// As a rule it comes at once.
    fn take_first<T>(
        &mut self,
        bytes: &[u8],
        kind: Kind,
        make: impl FnOnce(&Head, &[u8]) -> io::Result<T>,
    ) -> io::Result<(usize, Option<T>)> {
        let mut head = WHOLE.take();
        let Some(whole) = parse(&mut head, bytes, kind)? else {
            self.0 = Some(Box::new(Piece { head, bytes: bytes.to_vec() }));
            return Ok((bytes.len(), None));
        };
        let made = make(&head, whole)?;
        head.clear();
        WHOLE.set(head);
        Ok((whole.len(), Some(made)))
    }
}

/// The bytes of a head, if they are there.
fn parse<'a>(head: &mut Head, bytes: &'a [u8], kind: Kind) -> io::Result<Option<&'a [u8]>> {
    let parsed = match kind {
        Kind::Request => head.parse_request(bytes, &Limits::ours()),
        Kind::Response => head.parse_response(bytes, &Limits::ours()),
    };
    match parsed.map_err(|_| unfit())? {
        Parsed::Complete { head_len } => Ok(bytes.get(..head_len)),
        Parsed::Partial => Ok(None),
    }
}
