//! An Update on its way: encoded once, cut into pieces that share its bytes, put together again under a limit.

use bytes::{Buf, Bytes, BytesMut};
use prost::Message;
use prost::encoding::{WireType, decode_key, decode_varint};

use crate::limits::{MAX_CHUNK_BYTES, MAX_RESOURCES, MAX_UPDATE_BYTES};
use crate::v1::{Chunk, Update};

/// Why pieces do not make an Update.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidChunk {
    /// Told by the first piece.
    #[error("the update is {bytes} bytes long, the limit is {limit}")]
    UpdateTooLong {
        /// Length announced.
        bytes: u64,
        /// Length allowed.
        limit: usize,
    },
    /// A piece over its limit.
    #[error("a piece of the update is {bytes} bytes long, the limit is {MAX_CHUNK_BYTES}")]
    ChunkTooLong {
        /// Length found.
        bytes: usize,
    },
    /// A piece that brings nothing and ends nothing.
    #[error("an empty piece of an update that is not complete")]
    Empty,
    /// Pieces of one Update that announce different lengths.
    #[error("the update was announced with {first} bytes, now with {now}")]
    TotalChanged {
        /// In the first piece.
        first: u64,
        /// In this one.
        now: u64,
    },
    /// More or less than announced.
    #[error("the update was announced with {total} bytes, its pieces have {bytes}")]
    Length {
        /// Length announced.
        total: u64,
        /// Length found.
        bytes: usize,
    },
    /// More resources than a snapshot may have.
    #[error("the update changes {count} objects, the limit is {MAX_RESOURCES}")]
    TooManyResources {
        /// Changed and removed together.
        count: usize,
    },
    /// Bytes that are no Update.
    #[error("the update is not readable: {0}")]
    Decode(#[from] prost::DecodeError),
}

/// An Update is over the limit before it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the update would be {bytes} bytes long, the limit is {MAX_UPDATE_BYTES}")]
pub struct UpdateTooLong {
    /// Its length.
    pub bytes: usize,
}

/// Encodes an Update; all of its receivers share the bytes.
///
/// # Errors
/// Where it is longer than a receiver takes.
pub fn encode(update: &Update) -> Result<Bytes, UpdateTooLong> {
    let bytes = update.encoded_len();
    if bytes > MAX_UPDATE_BYTES {
        return Err(UpdateTooLong { bytes });
    }
    let mut buffer = BytesMut::with_capacity(bytes);
    update.encode_raw(&mut buffer);
    Ok(buffer.freeze())
}

/// Cuts an encoded Update into its pieces, without copying. At least one, the last one is marked.
pub fn pieces(encoded: Bytes) -> impl ExactSizeIterator<Item = Chunk> + Send {
    let total = encoded.len();
    let count = total.div_ceil(MAX_CHUNK_BYTES).max(1);
    (0..count).map(move |at| {
        let end = total.min((at + 1) * MAX_CHUNK_BYTES);
        Chunk {
            data: encoded.slice(at * MAX_CHUNK_BYTES..end),
            last: at + 1 == count,
            total_bytes: total as u64,
        }
    })
}

/// Decodes an Update. More objects than a snapshot may have are refused before memory is taken for them.
///
/// # Errors
/// Where the bytes are no Update, or one over the limit.
pub fn decode(encoded: Bytes) -> Result<Update, InvalidChunk> {
    let count = count_objects(encoded.clone())?;
    if count > MAX_RESOURCES {
        return Err(InvalidChunk::TooManyResources { count });
    }
    Ok(Update::decode(encoded)?)
}

/// Fields `changed` and `removed` of [`Update`].
const OBJECT_FIELDS: [u32; 2] = [4, 5];

fn count_objects(mut encoded: Bytes) -> Result<usize, InvalidChunk> {
    let mut count = 0;
    while encoded.has_remaining() {
        let (field, wire) = decode_key(&mut encoded)?;
        if wire == WireType::LengthDelimited {
            let length = decode_varint(&mut encoded)?;
            match usize::try_from(length) {
                Ok(length) if length <= encoded.remaining() => encoded.advance(length),
                _ => return Err(InvalidChunk::Length { total: length, bytes: encoded.remaining() }),
            }
            count += usize::from(OBJECT_FIELDS.contains(&field));
        } else {
            prost::encoding::skip_field(
                wire,
                field,
                &mut encoded,
                prost::encoding::DecodeContext::default(),
            )?;
        }
    }
    Ok(count)
}

/// Puts the pieces of one Update after the other together, in memory that never exceeds the limit.
#[derive(Debug)]
pub struct Reassembler {
    limit: usize,
    /// Length announced and bytes so far, while an Update is under way.
    under_way: Option<(u64, BytesMut)>,
}

impl Reassembler {
    /// Takes Updates up to [`MAX_UPDATE_BYTES`].
    pub fn new() -> Self {
        Self::with_limit(MAX_UPDATE_BYTES)
    }

    /// Takes Updates up to `limit` bytes.
    pub fn with_limit(limit: usize) -> Self {
        Self { limit, under_way: None }
    }

    /// Takes the next piece; the bytes of the whole Update with the last one.
    ///
    /// # Errors
    /// Where the piece does not continue what came before, or the Update is over the limit (told by its first piece).
    /// The pieces so far are forgotten.
    pub fn push(&mut self, piece: Chunk) -> Result<Option<Bytes>, InvalidChunk> {
        let (total, mut data) = self.under_way.take().unwrap_or((piece.total_bytes, BytesMut::new()));
        if total > self.limit as u64 {
            return Err(InvalidChunk::UpdateTooLong { bytes: total, limit: self.limit });
        }
        if piece.data.len() > MAX_CHUNK_BYTES {
            return Err(InvalidChunk::ChunkTooLong { bytes: piece.data.len() });
        }
        if piece.total_bytes != total {
            return Err(InvalidChunk::TotalChanged { first: total, now: piece.total_bytes });
        }
        if piece.data.is_empty() && !piece.last {
            return Err(InvalidChunk::Empty);
        }
        let bytes = data.len() + piece.data.len();
        if bytes as u64 > total || (piece.last && bytes as u64 != total) {
            return Err(InvalidChunk::Length { total, bytes });
        }
        if piece.last && data.is_empty() {
            return Ok(Some(piece.data));
        }
        data.extend_from_slice(&piece.data);
        if piece.last {
            return Ok(Some(data.freeze()));
        }
        self.under_way = Some((total, data));
        Ok(None)
    }
}

impl Default for Reassembler {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
