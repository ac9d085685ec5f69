//! The frames in the bytes of one direction, however those are cut (RFC 9113 section 4.1).

/// Kinds of frames that are told apart (RFC 9113 section 6).
pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const GOAWAY: u8 = 7;

/// Bytes before a frame's payload.
const HEAD: usize = 9;
/// The most of a payload that is looked at: a GOAWAY says why behind the last stream.
const CODE: usize = 8;

/// One frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) kind: u8,
    /// Of a reset and of a GOAWAY: why (RFC 9113 section 7).
    pub(super) code: u32,
}

/// Where the bytes have come to.
#[derive(Debug)]
pub(super) struct Frames {
    /// The beginning of a frame that is not whole.
    head: [u8; HEAD + CODE],
    held: usize,
    /// Bytes until the next frame begins.
    skip: usize,
}

impl Frames {
    /// Of what begins with so many bytes that are no frame.
    pub(super) fn after(skip: usize) -> Self {
        Self { head: [0; HEAD + CODE], held: 0, skip }
    }

    /// Goes over the next bytes.
    pub(super) fn pass(&mut self, mut bytes: &[u8], mut found: impl FnMut(Frame)) {
        loop {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            if bytes.is_empty() {
                return;
            }
            let wanted = HEAD + self.looked_at();
            let taken = (wanted - self.held).min(bytes.len());
            self.head[self.held..self.held + taken].copy_from_slice(&bytes[..taken]);
            self.held += taken;
            bytes = &bytes[taken..];
            if self.held < HEAD || self.held < HEAD + self.looked_at() {
                continue;
            }
            let looked_at = self.looked_at();
            let code = match looked_at {
                0 => 0,
                length => {
                    let end = HEAD + length;
                    self.head[end - 4..end].iter().fold(0, |code, byte| code << 8 | u32::from(*byte))
                }
            };
            found(Frame { kind: self.head[3], code });
            (self.skip, self.held) = (self.length() - looked_at, 0);
        }
    }

    /// Of the frame whose head is held.
    fn length(&self) -> usize {
        self.head[..3].iter().fold(0, |length, byte| length << 8 | usize::from(*byte))
    }

    /// Bytes of its payload that are looked at; 0 as long as its head is not whole.
    fn looked_at(&self) -> usize {
        let most = match self.head[3] {
            RST_STREAM => 4,
            GOAWAY => CODE,
            _ => 0,
        };
        // One of another length is an error, and says nothing.
        if self.held >= HEAD && self.length() >= most { most } else { 0 }
    }
}
