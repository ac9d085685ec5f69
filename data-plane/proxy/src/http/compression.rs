//! Which bodies are compressed, and what becomes of their heads (HAProxy: compression); of requests see `requests`.
//!
//! The client is asked when the request goes out, as rules left it; the response is judged when its head has come, before
//! rules see that, and labelled behind them, all as with HAProxy. What is over the limit of compressors passes as it is, and is counted.

mod requests;

use sluicegate_model::compression::{Algorithm, Compression, ContentCoding};

use super::run::Run;
use super::turn::{Message, Turn};
use crate::compression::{Choice, Compressor};
use crate::h1::{Framing, InvalidEdit, Method, Version, View};

/// What both sides of an exchange say of it; what the backend leaves open the frontend decides.
struct Sides<'a>([Option<&'a Compression>; 2]);

impl<'a> Sides<'a> {
    fn said<T: ?Sized>(&self, what: impl Fn(&'a Compression) -> Option<&'a T>) -> Option<&'a T> {
        self.0.into_iter().flatten().find_map(what)
    }

    fn algorithms(&self) -> &'a [Algorithm] {
        self.said(|side| Some(&*side.algorithms).filter(|list| !list.is_empty())).unwrap_or_default()
    }

    /// HAProxy: compression type. Without a list every content will do, even one of no type.
    fn takes(&self, content_type: Option<&[u8]>) -> bool {
        let types = self.said(|side| Some(&side.types).filter(|list| !list.is_empty()));
        !is_multipart(content_type) && types.is_none_or(|types| begins_with_one(content_type, types))
    }

    fn offloads(&self) -> bool {
        self.0.into_iter().flatten().any(|side| side.offload)
    }

    fn least(&self) -> u64 {
        self.said(|side| Some(&side.min_bytes).filter(|bytes| **bytes > 0)).copied().unwrap_or_default()
    }
}

impl Run<'_, '_> {
    fn sides(&self) -> Sides<'_> {
        let back = self.turn.backend().and_then(|backend| backend.settings().compression.as_deref());
        Sides([back, self.frontend.settings().compression.as_deref()])
    }

    /// Finds what the client would have the response compressed with; where servers are not to do it themselves, they are
    /// not told of that.
    #[inline]
    pub(super) fn ask_compression(&mut self) -> Result<(), InvalidEdit> {
        let of_backend = self.turn.backend().and_then(|backend| backend.settings().compression.as_ref());
        if self.frontend.settings().compression.is_none() && of_backend.is_none() {
            return Ok(());
        }
        self.choose_compression()
    }

    #[inline(never)]
    fn choose_compression(&mut self) -> Result<(), InvalidEdit> {
        let sides = self.sides();
        let request = &self.turn.request;
        let wanted = wanted(&sides, View::new(&request.head, &request.bytes, &request.edits));
        let offloads = sides.offloads();
        let Turn { request, extras, .. } = &mut *self.turn;
        let with = wanted.filter(|algorithm| algorithm.coding != ContentCoding::Identity);
        if with.is_some() {
            extras.get_or_insert_default().compress_with = with;
        }
        if wanted.is_some() && offloads {
            request.edits.delete(&request.head, &request.bytes, b"Accept-Encoding")?;
        }
        self.compress_request()
    }

    /// Finds out what rules may have to know of a response whose head has come: whether it is compressed.
    #[inline]
    pub(super) fn judge_response(&mut self, framing: Framing) {
        if let Some(extras) = &self.turn.extras
            && let Some(algorithm) = extras.compress_with
        {
            self.judge_compression(algorithm, framing);
        }
    }

    /// Finds a compressor for the response that has come, if it is to be compressed.
    #[inline(never)]
    fn judge_compression(&mut self, algorithm: Algorithm, framing: Framing) {
        let response = &self.turn.response;
        let versions = [self.turn.request.head.version(), response.head.version()];
        let view = View::new(&response.head, &response.bytes, &response.edits);
        let fits = versions == [Version::Http11; 2]
            && self.turn.asked.method != Method::Head
            && may_be_compressed(&self.sides(), view, framing);
        if !fits {
            return;
        }
        match self.worker.coders.take(algorithm) {
            Some(compressor) => {
                self.turn.down.compress_with(compressor);
                self.turn.exchange.compressed_with = Some(algorithm.coding);
            }
            None => self.turn.facts.bypasses_compression = true,
        }
    }

    /// Another answer takes the response's place.
    #[cold]
    pub(super) fn forgo_response(&mut self) {
        self.turn.exchange.compressed_with = None;
        self.turn.facts.bypasses_compression = false;
        // A cache has nothing to do with it any more.
        self.turn.extras = None;
        self.turn.exchange.cache = None;
    }

    /// Counts a response that was compressed, or would have been.
    #[cold]
    pub(super) fn count_compression(&self) {
        let Turn { exchange, down, facts, .. } = &*self.turn;
        let (content, coded) = down.compressor().map_or((0, 0), Compressor::bytes);
        let compressed = u64::from(down.compressor().is_some());
        let bypassed = if facts.bypasses_compression { down.received() } else { 0 };
        let frontend = &self.frontend.state.counters.shard(self.worker.index).compression;
        let backend =
            exchange.backend.as_ref().map(|backend| backend.state.counters.shard(self.worker.index));
        for counters in [Some(frontend), backend.map(|counters| &counters.compression)].into_iter().flatten()
        {
            counters.content.add(content);
            counters.coded.add(coded);
            counters.bypassed.add(bypassed);
            counters.responses.add(compressed);
        }
    }
}

/// Its parts have types of their own.
fn is_multipart(content_type: Option<&[u8]>) -> bool {
    content_type.is_some_and(|content_type| begins(content_type, b"multipart"))
}

/// HAProxy: compression type.
fn begins_with_one(content_type: Option<&[u8]>, types: &[Box<str>]) -> bool {
    content_type.is_some_and(|content_type| types.iter().any(|of| begins(content_type, of.as_bytes())))
}

fn begins(text: &[u8], with: &[u8]) -> bool {
    text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
}

/// What the client likes best of what there is.
fn wanted(sides: &Sides<'_>, request: View<'_>) -> Option<Algorithm> {
    if request.value(b"User-Agent").is_some_and(cannot_read) {
        return None;
    }
    let mut choice = Choice::among(sides.algorithms());
    request.values(b"Accept-Encoding").for_each(|line| choice.hear(line));
    choice.best()
}

/// Browsers that say they take what they cannot read: all of Mozilla/4 but Internet Explorer from 7 on and 6 with its second
/// service pack. The same as HAProxy's.
fn cannot_read(agent: &[u8]) -> bool {
    let at = |from: usize, text: &[u8]| agent.get(from..).is_some_and(|rest| rest.starts_with(text));
    let explorer = at(25, b"MSIE ");
    let version = agent.get(30).copied().unwrap_or_default();
    at(0, b"Mozilla/4") && !(explorer && (version > b'6' || version == b'6' && at(51, b"SV1")))
}

/// All that HAProxy asks of a response, beside the versions.
fn may_be_compressed(sides: &Sides<'_>, response: View<'_>, framing: Framing) -> bool {
    let long_enough = match framing {
        Framing::Chunked => true,
        Framing::Length(bytes) => bytes >= sides.least(),
        // Where the body ends is told by nothing but its connection: a reader could not tell a whole one from a part.
        Framing::Empty | Framing::UntilClose | Framing::Tunnel => false,
    };
    let tags = || {
        let mut tags = response.values(b"ETag");
        tags.next().is_none_or(|tag| is_tag(tag) && tags.next().is_none())
    };
    long_enough
        && matches!(response.status(), 200..=203)
        && response.value(b"Content-Encoding").is_none()
        && sides.takes(response.value(b"Content-Type"))
        && !lists(response, b"Cache-Control", b"no-transform")
        && tags()
}

/// Whether a header has `member` among its values, in any case.
fn lists(message: View<'_>, name: &[u8], member: &[u8]) -> bool {
    let mut members = message.values(name).flat_map(|line| line.split(|byte| *byte == b','));
    members.any(|value| value.trim_ascii().eq_ignore_ascii_case(member))
}

/// RFC 9110 section 8.8.3.
fn is_tag(tag: &[u8]) -> bool {
    let opaque = tag.strip_prefix(b"W/").unwrap_or(tag);
    opaque.len() >= 2 && opaque.starts_with(b"\"") && opaque.ends_with(b"\"")
}

/// Makes the head that of the compressed response. Its length goes with the policy of all responses.
pub(super) fn relabel(response: &mut Message, coding: ContentCoding) -> Result<(), InvalidEdit> {
    let Message { head, bytes, edits, .. } = response;
    edits.add(b"Content-Encoding", coding.token().as_bytes())?;
    // Caches must not give it to clients that asked for something else (RFC 9110 section 12.5.5).
    let view = View::new(head, bytes, edits);
    let told = lists(view, b"Vary", b"*") || lists(view, b"Vary", b"Accept-Encoding");
    if !told {
        edits.add(b"Vary", b"Accept-Encoding")?;
    }
    // The bytes are others than those that the server tagged (RFC 9110 section 8.8.3.3).
    edits.replace_each(head, bytes, b"ETag", &mut |tag, weak| {
        let strong = tag.starts_with(b"\"") && is_tag(tag);
        if strong {
            weak.extend_from_slice(b"W/");
            weak.extend_from_slice(tag);
        }
        strong
    })
}

#[cfg(test)]
mod tests;
