//! Bodies that are compressed on their way: content goes into a compressor, chunks come out.

use std::task::{Context, Poll, ready};

use super::{Broken, Scratch, Transfer};
use crate::compression::{CoderFault, Compressor};
use crate::h1::{Body, CHUNK_END, chunk_header};
use crate::stream::Stream;

/// Most bytes of one read that can be compressed.
pub(crate) const MOST_READ: usize = 40 * 1024;
/// Where in the scratch area compressed bytes stand: behind those that were read, with room for a chunk's size between.
const OUT: usize = Scratch::START + MOST_READ + SIZE_LINE;
/// Longest size line of a chunk.
const SIZE_LINE: usize = 18;
/// What ends the last chunk's size line.
const NO_MORE: &[u8] = b"0\r\n";

impl Transfer {
    /// Compresses what lies at `start..end` of the scratch area: where in it the result is. Bytes behind the body go to
    /// `next`, where the sender may send another message.
    pub(super) fn compress_at(
        &mut self,
        scratch: &mut Scratch,
        (start, end): (usize, usize),
        next: Option<&mut Vec<u8>>,
    ) -> Result<(usize, usize), Broken> {
        let Self { body, aside, received, surplus, .. } = self;
        let compressor = aside.as_mut().and_then(|aside| aside.compressor.as_mut()).ok_or(CoderFault)?;
        let (read, mut out) = Out::in_area(scratch.whole());
        let read = read.get(start..end).ok_or(CoderFault)?;
        let mut at = 0;
        match body {
            Body::Chunked(chunked) => {
                while at < read.len() && !chunked.is_past_content() {
                    let rest = read.get(at..).unwrap_or_default();
                    let step = chunked.step(rest)?;
                    out.fill(|room| compressor.add(rest.get(step.data).unwrap_or_default(), room))?;
                    at += step.used;
                }
                if chunked.is_past_content() {
                    out.finish(compressor)?;
                    // The trailers, and the line that ends them, go as they are.
                    let rest = read.get(at..).unwrap_or_default();
                    let fed = chunked.feed(rest)?;
                    out.put(rest.get(..fed.used).unwrap_or_default())?;
                    at += fed.used;
                }
            }
            body => {
                at = body.feed(read)?.used;
                out.fill(|room| compressor.add(read.get(..at).unwrap_or_default(), room))?;
                if body.is_done() && !compressor.is_finished() {
                    out.finish(compressor)?;
                    out.put(CHUNK_END)?;
                }
            }
        }
        *received += at as u64;
        let rest = read.get(at..).unwrap_or_default();
        match next {
            Some(next) => next.extend_from_slice(rest),
            None => *surplus |= !rest.is_empty(),
        }
        out.place()
    }

    /// The sender pauses: the receiver gets what the compressor has kept back.
    #[cold]
    pub(super) fn pause(
        &mut self,
        cx: &mut Context<'_>,
        to: &mut Stream,
        scratch: &mut Scratch,
    ) -> Poll<Result<(), Broken>> {
        let compressor = self.aside.as_mut().and_then(|aside| aside.compressor.as_mut());
        let Some(compressor) = compressor else { return Poll::Pending };
        if compressor.is_finished() {
            return Poll::Pending;
        }
        let (_, mut out) = Out::in_area(scratch.whole());
        out.fill(|room| compressor.flush(room))?;
        let (start, end) = out.place()?;
        if start < end {
            self.put(cx, to, scratch, (start, end))?;
            ready!(self.poll_flush(cx, to))?;
        }
        Poll::Pending
    }
}

/// The end of the scratch area, where what goes out is put together: one chunk of content, and what ends the body.
struct Out<'a> {
    /// From the room for a size line on.
    area: &'a mut [u8],
    /// What of it is filled.
    start: usize,
    end: usize,
    /// The content is in its chunk; what follows is none.
    closed: bool,
}

impl<'a> Out<'a> {
    /// Parts the area into what was read and what is written.
    fn in_area(whole: &'a mut [u8]) -> (&'a [u8], Self) {
        let (read, area) = whole.split_at_mut(OUT - SIZE_LINE);
        (read, Self { area, start: SIZE_LINE, end: SIZE_LINE, closed: false })
    }

    /// Lets content be filled in.
    fn fill(&mut self, fill: impl FnOnce(&mut [u8]) -> Result<usize, CoderFault>) -> Result<(), CoderFault> {
        let room = self.area.get_mut(self.end..).unwrap_or_default();
        self.end += fill(room)?;
        Ok(())
    }

    /// Appends bytes.
    fn put(&mut self, bytes: &[u8]) -> Result<(), CoderFault> {
        let end = self.end + bytes.len();
        self.area.get_mut(self.end..end).ok_or(CoderFault)?.copy_from_slice(bytes);
        self.end = end;
        Ok(())
    }

    /// The content has come to its end; trailers follow, or the line that stands behind them.
    fn finish(&mut self, compressor: &mut Compressor) -> Result<(), CoderFault> {
        if compressor.is_finished() {
            self.closed = true;
            return Ok(());
        }
        self.fill(|room| compressor.finish(room))?;
        self.close()?;
        self.put(NO_MORE)
    }

    /// Puts the content into a chunk. Without any there is none: it would be the last.
    fn close(&mut self) -> Result<(), CoderFault> {
        if std::mem::replace(&mut self.closed, true) || self.start == self.end {
            return Ok(());
        }
        let header = chunk_header((self.end - self.start) as u64);
        let header = header.as_ref();
        let from = self.start.checked_sub(header.len()).ok_or(CoderFault)?;
        self.area.get_mut(from..self.start).ok_or(CoderFault)?.copy_from_slice(header);
        self.start = from;
        self.put(CHUNK_END)
    }

    /// Where in the whole area it is.
    fn place(mut self) -> Result<(usize, usize), Broken> {
        self.close()?;
        let before = OUT - SIZE_LINE;
        Ok((before + self.start, before + self.end))
    }
}
