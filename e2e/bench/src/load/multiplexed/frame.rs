//! Frames (RFC 9113, section 4), and as much of header blocks as the bench needs (RFC 7541).

use std::io;

use crate::certificate::NAME;

/// Kinds of frames (section 6).
pub(super) mod kind {
    pub(in super::super) const DATA: u8 = 0;
    pub(in super::super) const HEADERS: u8 = 1;
    pub(in super::super) const RST_STREAM: u8 = 3;
    pub(in super::super) const SETTINGS: u8 = 4;
    pub(in super::super) const PING: u8 = 6;
    pub(in super::super) const GOAWAY: u8 = 7;
    pub(in super::super) const WINDOW_UPDATE: u8 = 8;
}

pub(super) const END_STREAM: u8 = 0x1;
pub(super) const ACK: u8 = 0x1;
pub(super) const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

/// Bytes before the payload.
const HEAD: usize = 9;

/// The longest payload of a peer that was told nothing else.
const LONGEST: usize = 16 * 1024;

/// The largest window (section 6.9.1), and the one that a connection starts with.
const WINDOW: u32 = (1 << 31) - 1;
const FIRST_WINDOW: u32 = 65_535;

/// A frame that came.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) stream: u32,
    pub(super) payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The frame at the start of `bytes`; `None` until its last byte is there.
    pub(super) fn first(bytes: &'a [u8]) -> io::Result<Option<Self>> {
        let Some((&[a, b, c, kind, flags, d, e, f, g], rest)) = bytes.split_first_chunk::<HEAD>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        if length > LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let stream = u32::from_be_bytes([d & 0x7f, e, f, g]);
        Ok(rest.get(..length).map(|payload| Self { kind, flags, stream, payload }))
    }

    /// Bytes that it takes.
    pub(super) fn length(&self) -> usize {
        HEAD + self.payload.len()
    }

    pub(super) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Of DATA and HEADERS: the payload without padding and priority.
    pub(super) fn content(&self) -> io::Result<&'a [u8]> {
        let mut content = self.payload;
        if self.has(PADDED) {
            let (&padding, rest) = content.split_first().ok_or(io::ErrorKind::InvalidData)?;
            let end = rest.len().checked_sub(usize::from(padding)).ok_or(io::ErrorKind::InvalidData)?;
            content = &rest[..end];
        }
        if self.kind == kind::HEADERS && self.has(PRIORITY) {
            content = content.get(5..).ok_or(io::ErrorKind::InvalidData)?;
        }
        Ok(content)
    }

    /// Of HEADERS: the status is 200, which comes first and is an entry of the static table.
    pub(super) fn is_success(&self) -> io::Result<bool> {
        let mut block = self.content()?;
        // Changes of the dynamic table's size; those that take more bytes end in one below 128.
        while let Some((first @ 0x20..=0x3f, rest)) = block.split_first() {
            let more =
                if *first == 0x3f { rest.iter().take_while(|&&byte| byte >= 0x80).count() + 1 } else { 0 };
            block = rest.get(more..).unwrap_or_default();
        }
        Ok(block.first() == Some(&0x88))
    }
}

/// Appends a frame.
pub(super) fn put(output: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    output.extend_from_slice(&length[1..]);
    output.extend_from_slice(&[kind, flags]);
    output.extend_from_slice(&stream.to_be_bytes());
    output.extend_from_slice(payload);
}

/// What a client says first (section 3.4): nothing is pushed to it, and no window of its own stops a server.
pub(super) fn preface(output: &mut Vec<u8>) {
    output.extend_from_slice(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    // SETTINGS_ENABLE_PUSH, SETTINGS_INITIAL_WINDOW_SIZE.
    let settings = [[0, 2].as_slice(), &0_u32.to_be_bytes(), &[0, 4], &WINDOW.to_be_bytes()].concat();
    put(output, kind::SETTINGS, 0, 0, &settings);
    widen(output, WINDOW - FIRST_WINDOW);
}

/// Gives the window of the connection so many bytes.
pub(super) fn widen(output: &mut Vec<u8>, bytes: u32) {
    put(output, kind::WINDOW_UPDATE, 0, 0, &bytes.to_be_bytes());
}

/// The header block of a GET: from the static table where that has it, and literal without indexing.
pub(super) fn request(path: &str, tls: bool) -> Vec<u8> {
    // `:method: GET`, `:scheme: https` or `http`.
    let mut block = vec![0x82, if tls { 0x87 } else { 0x86 }];
    // `:path`, `:authority`.
    for (name, value) in [(4, path), (1, NAME)] {
        block.push(name);
        // Shorter than 127, and not coded by Huffman.
        block.push(u8::try_from(value.len()).unwrap_or(u8::MAX) & 0x7f);
        block.extend_from_slice(value.as_bytes());
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_read_when_its_last_byte_is_there() {
        let mut bytes = Vec::new();
        put(&mut bytes, kind::DATA, END_STREAM, 5, b"body");
        for end in 0..bytes.len() {
            assert_eq!(Frame::first(&bytes[..end]).unwrap(), None, "{end}");
        }
        bytes.push(9);
        let frame = Frame::first(&bytes).unwrap().unwrap();
        assert_eq!(frame, Frame { kind: kind::DATA, flags: END_STREAM, stream: 5, payload: b"body" });
        assert_eq!(frame.length(), bytes.len() - 1);
        assert!(Frame::first(&[1, 0, 0, 0, 0, 0, 0, 0, 0]).is_err(), "64 KiB were not agreed upon");
    }

    #[test]
    fn padding_and_priority_are_no_content() {
        let frame = |kind, flags, payload| Frame { kind, flags, stream: 1, payload };
        assert_eq!(frame(kind::DATA, PADDED, b"\x02body\0\0").content().unwrap(), b"body");
        assert!(frame(kind::DATA, PADDED, b"\x03ab").content().is_err());
        let both = frame(kind::HEADERS, PADDED | PRIORITY, b"\x01\0\0\0\0\x10\x88\0");
        assert_eq!(both.content().unwrap(), b"\x88");
    }

    #[test]
    fn success_comes_first_behind_changes_of_the_table() {
        let success = |payload| {
            Frame { kind: kind::HEADERS, flags: END_HEADERS, stream: 1, payload }.is_success().unwrap()
        };
        assert!(success(b"\x88\x0f"));
        assert!(success(b"\x20\x3f\xe1\x1f\x88"));
        assert!(!success(b"\x8d") && !success(b"") && !success(b"\x3f"));
    }
}
