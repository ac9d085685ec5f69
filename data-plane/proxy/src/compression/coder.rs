//! The algorithms, each behind the same few words.

use brotli::enc::StandardAlloc;
use brotli::enc::encode::{BrotliEncoderOperation, BrotliEncoderParameter, BrotliEncoderStateStruct};
use flate2::{Compress, FlushCompress, Status};
use sluicegate_model::compression::{Algorithm, ContentCoding};
use zstd::stream::raw::{CParameter, Encoder, InBuffer, Operation as _, OutBuffer};

/// Window of deflate (RFC 1951): all that the format has.
const DEFLATE_WINDOW_BITS: u8 = 15;
/// Windows of the others. Larger ones find little more in pages, and cost memory for each response.
const WINDOW_BITS: u32 = 18;

/// What the output is to contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// What the coder gives; it may keep the rest for later.
    Free,
    /// All of the input so far, so that the client can read it.
    Flush,
    /// The end.
    Finish,
}

/// A coder refused, or its output did not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the compressor failed")]
pub(crate) struct CoderFault;

/// The state of one compressed body.
pub(super) struct Coder {
    algorithm: Algorithm,
    state: State,
}

enum State {
    /// Gzip, deflate and raw deflate.
    Deflate(Compress),
    Brotli(Box<BrotliEncoderStateStruct<StandardAlloc>>),
    Zstd(Encoder<'static>),
}

impl std::fmt::Debug for Coder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Coder").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl Coder {
    /// A fresh one; `None`: there is no memory for it, or nothing to do (identity).
    pub(super) fn new(algorithm: Algorithm) -> Option<Self> {
        let level = algorithm.level;
        let deflate = flate2::Compression::new(level);
        let state = match algorithm.coding {
            ContentCoding::Identity => return None,
            ContentCoding::Gzip => State::Deflate(Compress::new_gzip(deflate, DEFLATE_WINDOW_BITS)),
            ContentCoding::Deflate => State::Deflate(Compress::new(deflate, true)),
            ContentCoding::RawDeflate => State::Deflate(Compress::new(deflate, false)),
            ContentCoding::Brotli => State::Brotli(Box::new(brotli(level))),
            ContentCoding::Zstd => {
                let mut encoder = Encoder::new(i32::try_from(level).ok()?).ok()?;
                encoder.set_parameter(CParameter::WindowLog(WINDOW_BITS)).ok()?;
                State::Zstd(encoder)
            }
        };
        Some(Self { algorithm, state })
    }

    /// What it was made for.
    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Bytes that one of them takes, as measured and rounded up.
    pub(super) fn bytes(algorithm: Algorithm) -> usize {
        match algorithm {
            Algorithm { coding: ContentCoding::Identity, .. } => 0,
            Algorithm { coding: ContentCoding::Brotli, level: ..5 } => 2560 << 10,
            Algorithm { coding: ContentCoding::Zstd, level: ..4 } => 1536 << 10,
            Algorithm { coding: ContentCoding::Brotli | ContentCoding::Zstd, .. } => 4 << 20,
            _ => 384 << 10,
        }
    }

    /// Makes it fit for another body. `false`: it cannot be used again.
    pub(super) fn restart(&mut self) -> bool {
        match &mut self.state {
            State::Deflate(deflate) => deflate.reset(),
            State::Brotli(_) => return false,
            State::Zstd(encoder) => return encoder.reinit().is_ok(),
        }
        true
    }

    /// Takes all of `input`; how much of `out` it has filled.
    pub(super) fn run(&mut self, input: &[u8], until: Until, out: &mut [u8]) -> Result<usize, CoderFault> {
        match &mut self.state {
            State::Deflate(deflate) => run_deflate(deflate, input, until, out),
            State::Brotli(encoder) => run_brotli(encoder, input, until, out),
            State::Zstd(encoder) => run_zstd(encoder, input, until, out),
        }
    }
}

fn run_deflate(
    deflate: &mut Compress,
    input: &[u8],
    until: Until,
    out: &mut [u8],
) -> Result<usize, CoderFault> {
    let how = match until {
        Until::Free => FlushCompress::None,
        Until::Flush => FlushCompress::Sync,
        Until::Finish => FlushCompress::Finish,
    };
    let (mut used, mut filled) = (0, 0);
    loop {
        let (rest, room) = (input.get(used..).unwrap_or_default(), out.get_mut(filled..).unwrap_or_default());
        let (before_in, before_out) = (deflate.total_in(), deflate.total_out());
        let status = deflate.compress(rest, room, how).map_err(|_| CoderFault)?;
        used += usize::try_from(deflate.total_in() - before_in).map_err(|_| CoderFault)?;
        filled += usize::try_from(deflate.total_out() - before_out).map_err(|_| CoderFault)?;
        let done = match until {
            Until::Finish => status == Status::StreamEnd,
            // With room left nothing is held back.
            Until::Free | Until::Flush => used == input.len() && filled < out.len(),
        };
        if done {
            return Ok(filled);
        }
        if filled == out.len() || deflate.total_out() == before_out && deflate.total_in() == before_in {
            return Err(CoderFault);
        }
    }
}

fn brotli(level: u32) -> BrotliEncoderStateStruct<StandardAlloc> {
    let mut encoder = BrotliEncoderStateStruct::new(StandardAlloc::default());
    encoder.set_parameter(BrotliEncoderParameter::BROTLI_PARAM_QUALITY, level);
    encoder.set_parameter(BrotliEncoderParameter::BROTLI_PARAM_LGWIN, WINDOW_BITS);
    encoder
}

fn run_brotli(
    encoder: &mut BrotliEncoderStateStruct<StandardAlloc>,
    input: &[u8],
    until: Until,
    out: &mut [u8],
) -> Result<usize, CoderFault> {
    let operation = match until {
        Until::Free => BrotliEncoderOperation::BROTLI_OPERATION_PROCESS,
        Until::Flush => BrotliEncoderOperation::BROTLI_OPERATION_FLUSH,
        Until::Finish => BrotliEncoderOperation::BROTLI_OPERATION_FINISH,
    };
    let (mut left, mut used, mut filled) = (input.len(), 0, 0);
    loop {
        let (mut room, before) = (out.len() - filled, (used, filled));
        let went = encoder.compress_stream(
            operation,
            &mut left,
            input,
            &mut used,
            &mut room,
            out,
            &mut filled,
            &mut None,
            &mut |_, _, _, _| (),
        );
        if !went {
            return Err(CoderFault);
        }
        let done = left == 0 && !encoder.has_more_output();
        if done && (until != Until::Finish || encoder.is_finished()) {
            return Ok(filled);
        }
        if filled == out.len() || (used, filled) == before {
            return Err(CoderFault);
        }
    }
}

fn run_zstd(
    encoder: &mut Encoder<'static>,
    input: &[u8],
    until: Until,
    out: &mut [u8],
) -> Result<usize, CoderFault> {
    let mut from = InBuffer::around(input);
    let mut to = OutBuffer::around(out);
    while from.pos() < input.len() {
        encoder.run(&mut from, &mut to).map_err(|_| CoderFault)?;
        if to.pos() == to.capacity() {
            return Err(CoderFault);
        }
    }
    loop {
        let left = match until {
            Until::Free => 0,
            Until::Flush => encoder.flush(&mut to).map_err(|_| CoderFault)?,
            Until::Finish => encoder.finish(&mut to, true).map_err(|_| CoderFault)?,
        };
        if left == 0 {
            return Ok(to.pos());
        }
        if to.pos() == to.capacity() {
            return Err(CoderFault);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
