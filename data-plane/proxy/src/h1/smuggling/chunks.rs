//! Chunked bodies that must not be followed.

use crate::h1::InvalidChunk;

/// One chunked body that is refused. It goes behind a sound head with `Transfer-Encoding: chunked`.
#[derive(Clone, Copy, Debug)]
pub struct ChunkCase {
    /// What is wrong with it, unique in the table.
    pub name: &'static str,
    /// The raw body.
    pub bytes: &'static [u8],
    /// What the decoder says.
    pub fault: InvalidChunk,
}

/// All chunked bodies that are refused.
pub const CHUNKS: &[ChunkCase] = &[
    chunk("size empty", b"\r\nabc\r\n0\r\n\r\n", InvalidChunk::Size),
    chunk("size not hexadecimal", b"g\r\n", InvalidChunk::Size),
    chunk("size with 0x", b"0x3\r\nabc\r\n0\r\n\r\n", InvalidChunk::Size),
    chunk("size with a plus sign", b"+3\r\nabc\r\n0\r\n\r\n", InvalidChunk::Size),
    chunk("size with a minus sign", b"-3\r\nabc\r\n0\r\n\r\n", InvalidChunk::Size),
    chunk("size with a blank before", b" 3\r\nabc\r\n0\r\n\r\n", InvalidChunk::Size),
    chunk("size with a blank behind", b"3 \r\nabc\r\n0\r\n\r\n", InvalidChunk::Size),
    chunk("size with a tab behind", b"3\t\r\nabc\r\n0\r\n\r\n", InvalidChunk::Size),
    chunk("size with an underscore", b"1_0\r\n", InvalidChunk::Size),
    chunk("size with a NUL", b"3\0\r\nabc\r\n0\r\n\r\n", InvalidChunk::Size),
    chunk("size over 64 bits", b"10000000000000003\r\nabc\r\n0\r\n\r\n", InvalidChunk::SizeTooLong),
    chunk("size with too many zeros", b"00000000000000003\r\nabc\r\n0\r\n\r\n", InvalidChunk::SizeTooLong),
    chunk("size line ends in a bare line feed", b"3\nabc\r\n0\r\n\r\n", InvalidChunk::Size),
    chunk("size line ends in a bare carriage return", b"3\rabc\r\n0\r\n\r\n", InvalidChunk::LineEnd),
    chunk("size line ends in two carriage returns", b"3\r\r\nabc\r\n0\r\n\r\n", InvalidChunk::LineEnd),
    chunk("extension ends in a bare line feed", b"3;a\nabc\r\n0\r\n\r\n", InvalidChunk::Extension),
    chunk("extension ends in a bare carriage return", b"3;a\rabc\r\n0\r\n\r\n", InvalidChunk::LineEnd),
    chunk(
        "extension with a line end in quotes",
        b"3;a=\"\r\n\"\r\nabc\r\n0\r\n\r\n",
        InvalidChunk::Extension,
    ),
    chunk("extension with a NUL", b"3;a\0\r\nabc\r\n0\r\n\r\n", InvalidChunk::Extension),
    chunk("extension with a blank", b"3; a\r\nabc\r\n0\r\n\r\n", InvalidChunk::Extension),
    chunk("extension without a name", b"3;\r\nabc\r\n0\r\n\r\n", InvalidChunk::Extension),
    chunk("extension of semicolons", b"3;;a\r\nabc\r\n0\r\n\r\n", InvalidChunk::Extension),
    chunk("extension with a value alone", b"3;=a\r\nabc\r\n0\r\n\r\n", InvalidChunk::Extension),
    chunk("extension with two values", b"3;a=b=c\r\nabc\r\n0\r\n\r\n", InvalidChunk::Extension),
    chunk("extension with bytes behind a quote", b"3;a=\"b\"c\r\nabc\r\n0\r\n\r\n", InvalidChunk::Extension),
    chunk("extension with a quoted name", b"3;\"a\"\r\nabc\r\n0\r\n\r\n", InvalidChunk::Extension),
    chunk("data longer than the size", b"3\r\nabcd\r\n0\r\n\r\n", InvalidChunk::LineEnd),
    chunk("data shorter than the size", b"5\r\nabc\r\n0\r\n\r\n", InvalidChunk::LineEnd),
    chunk("data ends in a bare line feed", b"3\r\nabc\n0\r\n\r\n", InvalidChunk::LineEnd),
    chunk("data ends in a bare carriage return", b"3\r\nabc\r0\r\n\r\n", InvalidChunk::LineEnd),
    chunk("data ends in two other bytes", b"3\r\nabcXX0\r\n\r\n", InvalidChunk::LineEnd),
    chunk("body ends in a bare line feed", b"0\r\n\n", InvalidChunk::Trailer),
    chunk("body ends in a bare carriage return", b"0\r\n\rX", InvalidChunk::LineEnd),
    chunk("a request where the trailers are", b"0\r\nGET / HTTP/1.1\r\n", InvalidChunk::Trailer),
    chunk("trailer without a colon", b"0\r\nabc\r\n\r\n", InvalidChunk::Trailer),
    chunk("trailer with an empty name", b"0\r\n: a\r\n\r\n", InvalidChunk::Trailer),
    chunk("trailer with a blank before the colon", b"0\r\na : b\r\n\r\n", InvalidChunk::Trailer),
    chunk("trailer folded", b"0\r\na: b\r\n c\r\n\r\n", InvalidChunk::Trailer),
    chunk("trailer with a NUL", b"0\r\na: \0\r\n\r\n", InvalidChunk::Trailer),
    chunk("trailer ends in a bare line feed", b"0\r\na: b\n\r\n", InvalidChunk::Trailer),
    chunk("trailer ends in a bare carriage return", b"0\r\na: b\rc\r\n\r\n", InvalidChunk::LineEnd),
    chunk("trailer content-length", b"0\r\nContent-Length: 3\r\n\r\n", InvalidChunk::ForbiddenTrailer),
    chunk("trailer transfer-encoding", b"0\r\ntransfer-encoding: x\r\n\r\n", InvalidChunk::ForbiddenTrailer),
    chunk("trailer host", b"0\r\nHOST: a\r\n\r\n", InvalidChunk::ForbiddenTrailer),
    chunk("trailer connection", b"0\r\nConnection: close\r\n\r\n", InvalidChunk::ForbiddenTrailer),
];

const fn chunk(name: &'static str, bytes: &'static [u8], fault: InvalidChunk) -> ChunkCase {
    ChunkCase { name, bytes, fault }
}
