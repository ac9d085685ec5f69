//! How large a head may be.

/// Bounds of one message head. Reaching one is an answer (414, 431), never growth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a whole head, from the first byte to the empty line's end, leading empty lines included.
    pub head_bytes: u32,
    /// Bytes of the request-target.
    pub target_bytes: u32,
    /// Number of header fields (HAProxy: `tune.http.maxhdr`).
    pub fields: u16,
}

impl Limits {
    /// Greatest number of header fields that can be configured, as in HAProxy.
    pub const MAX_FIELDS: u16 = 32_767;
    /// Greatest head that can be configured, in bytes.
    pub const MAX_HEAD_BYTES: u32 = 1 << 20;
    /// Empty lines tolerated before a request line (RFC 9112 section 2.2 asks for at least one).
    pub const LEADING_EMPTY_LINES: u32 = 4;

    /// For heads that were written here: an answer may have grown by what rules added to it.
    #[must_use]
    pub fn ours() -> Self {
        Self {
            head_bytes: Self::MAX_HEAD_BYTES,
            target_bytes: Self::MAX_HEAD_BYTES,
            fields: Self::MAX_FIELDS,
        }
    }

    /// Brings every bound into the range that the parser supports.
    #[must_use]
    pub fn clamped(self) -> Self {
        let head_bytes = self.head_bytes.clamp(64, Self::MAX_HEAD_BYTES);
        Self {
            head_bytes,
            target_bytes: self.target_bytes.clamp(1, head_bytes),
            fields: self.fields.clamp(1, Self::MAX_FIELDS),
        }
    }
}

impl Default for Limits {
    /// HAProxy's usable buffer (16 KiB less its 1 KiB reserve) and its 101 fields.
    fn default() -> Self {
        Self { head_bytes: 15_360, target_bytes: 8_192, fields: 101 }
    }
}
