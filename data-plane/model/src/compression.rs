//! What bodies are compressed.

/// HAProxy: compression. What one side of an exchange leaves open the other decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compression {
    /// In the order in which they are preferred; empty: left open.
    pub algorithms: Box<[Algorithm]>,
    /// Beginnings of Content-Type, in any case; empty: left open.
    pub types: Box<[Box<str>]>,
    /// Servers do not see what clients accept.
    pub offload: bool,
    /// Shorter bodies stay as they are, where their length is known before; 0: left open.
    pub min_bytes: u64,
    /// `None`: this side has no requests compressed.
    pub requests: Option<RequestCompression>,
}

/// Which requests are compressed on their way to servers (HAProxy: compression direction, algo-req).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestCompression {
    /// `None`: left open.
    pub algorithm: Option<Algorithm>,
    /// As those of responses.
    pub types: Box<[Box<str>]>,
    /// As that of responses.
    pub min_bytes: u64,
}

/// An algorithm and how hard it tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Algorithm {
    /// What comes out.
    pub coding: ContentCoding,
    /// One that the algorithm has.
    pub level: u32,
}

/// A content coding (RFC 9110 section 8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContentCoding {
    /// The response as it is.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 1950.
    Deflate,
    /// RFC 1951, under the name of the one before.
    RawDeflate,
    /// RFC 7932.
    Brotli,
    /// RFC 8878.
    Zstd,
}

impl ContentCoding {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Identity, Self::Gzip, Self::Deflate, Self::RawDeflate, Self::Brotli, Self::Zstd];

    /// In Accept-Encoding and Content-Encoding.
    pub fn token(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Deflate | Self::RawDeflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    /// In configurations and logs (HAProxy: compression algo, res.comp_algo).
    pub fn name(self) -> &'static str {
        if self == Self::RawDeflate { "raw-deflate" } else { self.token() }
    }

    /// The lowest level and the highest, and the one where none is said: that of HAProxy for the deflate family, for the
    /// others what is as small as time allows. Above the highest a compressor takes ten times the memory and more.
    pub fn levels(self) -> (u32, u32, u32) {
        match self {
            Self::Identity => (0, 0, 0),
            Self::Gzip | Self::Deflate | Self::RawDeflate => (0, 9, 1),
            Self::Brotli => (0, 6, 4),
            Self::Zstd => (1, 6, 3),
        }
    }
}
