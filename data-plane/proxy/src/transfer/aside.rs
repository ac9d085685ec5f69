//! What is done with a body beside passing it on: it is compressed, or a cache keeps it, or both.

use super::{Broken, Coding, Scratch, Transfer};
use crate::cache::Filling;
use crate::compression::{CoderFault, Compressor};
use crate::h1::Body;

/// What few bodies need.
#[derive(Debug, Default)]
pub(super) struct Aside {
    pub(super) compressor: Option<Compressor>,
    filling: Option<Filling>,
    /// How the bytes differ, with [`Coding::Keep`].
    coding: Coding,
}

impl Transfer {
    /// What compresses the body, where that begins with [`Coding::Compress`].
    pub(crate) fn compress_with(&mut self, compressor: Compressor) {
        self.aside.get_or_insert_default().compressor = Some(compressor);
    }

    /// The compressor of a body that was, or is, compressed.
    pub(crate) fn compressor(&self) -> Option<&Compressor> {
        self.aside.as_ref()?.compressor.as_ref()
    }

    /// Has the content of the body that has just begun kept too.
    pub(crate) fn keep_in(&mut self, filling: Filling) {
        let aside = self.aside.get_or_insert_default();
        aside.filling = Some(filling);
        aside.coding = std::mem::replace(&mut self.coding, Coding::Keep);
    }

    /// How the bytes differ between the two sides.
    pub(super) fn coding(&self) -> Coding {
        match (self.coding, &self.aside) {
            (Coding::Keep, Some(aside)) => aside.coding,
            (coding, _) => coding,
        }
    }

    /// Keeps the content of what lies at `start..end`, and goes on as if it were not kept. What the cache has no room for
    /// passes all the same.
    #[inline(never)]
    pub(super) fn keep_at(
        &mut self,
        scratch: &mut Scratch,
        (start, end): (usize, usize),
        next: Option<&mut Vec<u8>>,
    ) -> Result<(usize, usize), Broken> {
        let aside = self.aside.as_mut().ok_or(CoderFault)?;
        if let Some(filling) = &mut aside.filling
            && !content(&self.body, scratch.slice(start, end), |content| filling.add(content))
        {
            aside.filling = None;
        }
        self.coding = aside.coding;
        let place = self.recode_at(scratch, (start, end), next)?;
        if self.is_received() {
            self.kept();
        } else if self.aside.as_ref().is_some_and(|aside| aside.filling.is_some()) {
            self.coding = Coding::Keep;
        }
        Ok(place)
    }

    /// The body has come to its end: what was kept of it is all of it.
    pub(super) fn kept(&mut self) {
        if let Some(filling) = self.aside.as_mut().and_then(|aside| aside.filling.take()) {
            filling.finish();
        }
    }
}

/// The pieces of content in the next raw bytes of a body. `false`: `take` wants no more, or they are not what they have
/// to be, which those who pass them on find out too.
fn content(body: &Body, raw: &[u8], mut take: impl FnMut(&[u8]) -> bool) -> bool {
    let Body::Chunked(chunked) = body else {
        let fed = body.clone().feed(raw);
        return fed.is_ok_and(|fed| take(raw.get(..fed.used).unwrap_or_default()));
    };
    let (mut chunked, mut at) = (chunked.clone(), 0);
    while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty() && !chunked.is_done()) {
        let Ok(step) = chunked.step(rest) else { return false };
        let data = rest.get(step.data).unwrap_or_default();
        if !data.is_empty() && !take(data) {
            return false;
        }
        at += step.used;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::h1::Framing;

    /// What is taken of a body that comes in two pieces.
    fn taken(framing: Framing, raw: &[u8], at: usize) -> Vec<u8> {
        let (mut body, mut out) = (Body::new(framing), Vec::new());
        for piece in [&raw[..at], &raw[at..]] {
            assert!(content(&body, piece, |content| {
                out.extend_from_slice(content);
                true
            }));
            body.feed(piece).unwrap();
        }
        assert!(body.is_done());
        out
    }

    #[test]
    fn content_is_found_in_whatever_pieces_it_comes() {
        let chunked = b"2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 1\r\n\r\nHTTP/1.1 200 OK";
        for at in 0..chunked.len() {
            assert_eq!(taken(Framing::Chunked, chunked, at), b"hello", "{at}");
        }
        for at in 0..8 {
            assert_eq!(taken(Framing::Length(5), b"hello, x", at), b"hello", "{at}");
        }
    }

    #[test]
    fn what_is_no_chunk_or_not_wanted_ends_it() {
        let body = Body::new(Framing::Chunked);
        assert!(!content(&body, b"x\r\n", |_| true));
        assert!(!content(&body, b"1\r\na\r\n1\r\nb\r\n", |content| content == b"a"));
        assert!(!content(&Body::new(Framing::Length(1)), b"a", |_| false));
    }
}
