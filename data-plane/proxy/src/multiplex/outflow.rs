//! A body of HTTP/1.1, sent in frames.

use std::io;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::SendStream;

use super::{broken, fields, unfit};
use crate::h1::{Chunked, Framing};

/// Bytes that are taken in one write. The library keeps what the other end has not allowed yet: this much at most.
const AT_ONCE: usize = 64 * 1024;

/// The body of a message whose head is on its way.
#[derive(Debug)]
pub(super) struct Outflow {
    stream: SendStream<Bytes>,
    form: Form,
}

#[derive(Debug)]
enum Form {
    /// So many bytes are to come.
    Length(u64),
    Chunks(Box<Chunks>),
    /// All until it is told that nothing follows.
    Open,
    /// All of it is sent.
    Ended,
}

#[derive(Debug, Default)]
struct Chunks {
    chunked: Chunked,
    /// Their lines, as they came.
    trailers: Vec<u8>,
}

impl Outflow {
    /// Of a body that is no empty one.
    pub(super) fn new(stream: SendStream<Bytes>, framing: Framing) -> Self {
        let form = match framing {
            Framing::Empty => Form::Ended,
            Framing::Length(length) => Form::Length(length),
            Framing::Chunked => Form::Chunks(Box::default()),
            Framing::UntilClose | Framing::Tunnel => Form::Open,
        };
        Self { stream, form }
    }

    /// Whether all of it is sent.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.form, Form::Ended)
    }

    /// The stream that it goes by.
    pub(super) fn stream(&mut self) -> &mut SendStream<Bytes> {
        &mut self.stream
    }

    /// Sends some of the body's bytes, as they are in HTTP/1.1: how many were taken.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let bytes = &bytes[..bytes.len().min(AT_ONCE)];
        let mut used = 0;
        // The last content goes with the word that it is the last.
        let mut held = None;
        while let Some(rest) = bytes.get(used..).filter(|rest| !rest.is_empty()) {
            let (count, data) = match &mut self.form {
                // What follows the end of a message is for nobody.
                Form::Ended | Form::Length(0) => (rest.len(), None),
                Form::Chunks(chunks) if chunks.chunked.is_done() => (rest.len(), None),
                Form::Length(_) | Form::Open => match self.poll_room(cx, rest.len()) {
                    Poll::Ready(room) => {
                        room?;
                        let count = self.pass(rest.len());
                        (count, Some(0..count))
                    }
                    Poll::Pending if used > 0 => break,
                    Poll::Pending => return Poll::Pending,
                },
                Form::Chunks(chunks) => {
                    let mut chunked = chunks.chunked.clone();
                    let in_trailers = chunked.is_past_content();
                    let step = chunked.step(rest).map_err(|_| unfit())?;
                    if !step.data.is_empty() {
                        match self.poll_room(cx, step.data.len()) {
                            Poll::Ready(room) => room?,
                            Poll::Pending if used > 0 => break,
                            Poll::Pending => return Poll::Pending,
                        }
                    }
                    let Form::Chunks(chunks) = &mut self.form else { break };
                    if in_trailers {
                        chunks.trailers.extend_from_slice(&rest[..step.used]);
                    }
                    chunks.chunked = chunked;
                    (step.used, Some(step.data).filter(|data| !data.is_empty()))
                }
            };
            if let Some(data) = data.and_then(|data| rest.get(data)) {
                self.send(held.replace(Bytes::copy_from_slice(data)))?;
            }
            used += count;
        }
        self.settle(held)?;
        Poll::Ready(Ok(used))
    }

    /// Nothing follows: the end of a body that ends so.
    pub(super) fn shut(&mut self) -> io::Result<()> {
        if let Form::Open = self.form {
            self.form = Form::Ended;
            self.stream.send_data(Bytes::new(), true).map_err(broken)?;
        }
        Ok(())
    }

    /// Waits until the other end takes something.
    fn poll_room(&mut self, cx: &mut Context<'_>, wanted: usize) -> Poll<io::Result<()>> {
        self.stream.reserve_capacity(wanted);
        while self.stream.capacity() == 0 {
            match ready!(self.stream.poll_capacity(cx)) {
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(broken(error))),
                None => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Takes so many bytes into account: how many of them are the body's.
    fn pass(&mut self, there: usize) -> usize {
        let Form::Length(left) = &mut self.form else { return there };
        let count = usize::try_from(*left).unwrap_or(usize::MAX).min(there);
        *left -= count as u64;
        count
    }

    fn send(&mut self, data: Option<Bytes>) -> io::Result<()> {
        data.map_or(Ok(()), |data| self.stream.send_data(data, false).map_err(broken))
    }

    /// Sends the last of what came, and the end where that is it.
    fn settle(&mut self, held: Option<Bytes>) -> io::Result<()> {
        let trailers = match &self.form {
            Form::Length(0) => None,
            Form::Chunks(chunks) if chunks.chunked.is_done() => fields::of_trailers(&chunks.trailers)?,
            Form::Length(_) | Form::Chunks(_) | Form::Open | Form::Ended => return self.send(held),
        };
        self.form = Form::Ended;
        match trailers {
            None => self.stream.send_data(held.unwrap_or_default(), true).map_err(broken),
            Some(trailers) => {
                self.send(held)?;
                self.stream.send_trailers(trailers).map_err(broken)
            }
        }
    }
}
