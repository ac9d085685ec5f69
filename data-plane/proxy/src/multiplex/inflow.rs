//! A body that comes in frames, read as one of HTTP/1.1.

use std::io;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use h2::RecvStream;

use super::{broken, fields};
use crate::h1::{CHUNK_END, chunk_header};

/// What is to be read of a message: its head, which is written here, and its body.
#[derive(Debug, Default)]
pub(super) struct Inflow {
    /// Bytes that are made here; those before `at` were read.
    text: Vec<u8>,
    at: usize,
    /// The present frame's.
    data: Bytes,
    body: Option<RecvStream>,
    /// Its length was not told.
    chunked: bool,
}

impl Inflow {
    /// What was written to `head` is read first.
    pub(super) fn begin(&mut self, head: impl FnOnce(&mut Vec<u8>)) {
        head(&mut self.text);
    }

    /// Whether something that was written here is to be read.
    pub(super) fn has_text(&self) -> bool {
        self.at < self.text.len()
    }

    /// A body follows.
    pub(super) fn follow(&mut self, body: RecvStream, chunked: bool) {
        (self.body, self.chunked) = (Some(body), chunked);
    }

    /// Reads what is there; 0: it has ended.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut read = 0;
        while read < buffer.len() {
            match self.poll_some(cx) {
                Poll::Ready(Ok(true)) => read += self.take(&mut buffer[read..]),
                Poll::Ready(Ok(false)) => break,
                Poll::Ready(Err(_)) | Poll::Pending if read > 0 => break,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(read))
    }

    /// Waits until there is something to read; `false`: it has ended.
    pub(super) fn poll_some(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        while self.at == self.text.len() && self.data.is_empty() {
            let Some(body) = &mut self.body else { return Poll::Ready(Ok(false)) };
            self.text.clear();
            self.at = 0;
            match ready!(body.poll_data(cx)) {
                // A chunk of nothing would be the last one.
                Some(Ok(data)) if data.is_empty() => {}
                Some(Ok(data)) => {
                    if self.chunked {
                        self.text.extend_from_slice(chunk_header(data.len() as u64).as_ref());
                    }
                    self.data = data;
                }
                Some(Err(error)) => return Poll::Ready(Err(broken(error))),
                None => {
                    if self.chunked {
                        let trailers = ready!(body.poll_trailers(cx)).map_err(broken)?;
                        fields::write_last_chunk(trailers.as_ref(), &mut self.text);
                    }
                    self.body = None;
                }
            }
        }
        Poll::Ready(Ok(true))
    }

    fn take(&mut self, buffer: &mut [u8]) -> usize {
        let text = &self.text[self.at..];
        if !text.is_empty() {
            let count = text.len().min(buffer.len());
            buffer[..count].copy_from_slice(&text[..count]);
            self.at += count;
            return count;
        }
        let count = self.data.len().min(buffer.len());
        self.data.copy_to_slice(&mut buffer[..count]);
        if let Some(body) = &mut self.body {
            // A stream that is gone tells at the next read.
            let _ = body.flow_control().release_capacity(count);
        }
        if self.data.is_empty() {
            self.data = Bytes::new();
            if self.chunked {
                self.text.clear();
                self.at = 0;
                self.text.extend_from_slice(CHUNK_END);
            }
        }
        count
    }
}
