//! Which requests are compressed on their way to servers (HAProxy: compression direction, algo-req).

use sluicegate_model::compression::{Algorithm, RequestCompression};

use super::{begins_with_one, is_multipart, lists};
use crate::failure::Failure;
use crate::h1::{Framing, InvalidEdit, Method, Version, View};
use crate::http::run::{Run, Step};
use crate::http::turn::{Message, Turn};
use crate::transfer::{Coding, Scratch};

/// Bytes that are compressed at once, of those that came with the head.
const PIECE: usize = 16 * 1024;

/// What the backend says of it, then what the frontend does.
struct Sides<'a>([Option<&'a RequestCompression>; 2]);

impl<'a> Sides<'a> {
    fn said<T: ?Sized>(&self, what: impl Fn(&'a RequestCompression) -> Option<&'a T>) -> Option<&'a T> {
        self.0.into_iter().flatten().find_map(what)
    }

    /// What a request goes out compressed with; `None`: as it came.
    fn algorithm(&self, request: View<'_>, framing: Framing) -> Option<Algorithm> {
        let algorithm = *self.said(|side| side.algorithm.as_ref())?;
        let least = self.said(|side| Some(&side.min_bytes).filter(|bytes| **bytes > 0));
        let long_enough = match framing {
            Framing::Chunked => true,
            Framing::Length(bytes) => bytes >= least.copied().unwrap_or_default(),
            Framing::Empty | Framing::UntilClose | Framing::Tunnel => false,
        };
        let content_type = request.value(b"Content-Type");
        let types = self.said(|side| Some(&side.types).filter(|list| !list.is_empty()));
        let fits = !is_multipart(content_type)
            && types.is_none_or(|types| begins_with_one(content_type, types))
            && request.head.version() == Version::Http11
            && !matches!(request.head.method(), Method::Head | Method::Connect)
            && !request.head.asks_upgrade()
            && request.value(b"Content-Encoding").is_none()
            && !lists(request, b"Cache-Control", b"no-transform");
        (long_enough && fits).then_some(algorithm)
    }
}

impl Run<'_, '_> {
    /// Finds a compressor for the request, as rules left it, if it is to be compressed, and says in its head that it is.
    pub(super) fn compress_request(&mut self) -> Result<(), InvalidEdit> {
        let sides = Sides(self.sides().0.map(|side| side?.requests.as_ref()));
        let request = &self.turn.request;
        let framing = Framing::of_request(&request.head);
        let view = View::new(&request.head, &request.bytes, &request.edits);
        let Some(algorithm) = sides.algorithm(view, framing) else { return Ok(()) };
        let Some(compressor) = self.worker.coders.take(algorithm) else { return Ok(()) };
        let Turn { request, extras, .. } = &mut *self.turn;
        let extras = extras.get_or_insert_default();
        extras.request_with = Some(algorithm);
        extras.request_compressor = Some(compressor);
        let Message { head, edits, .. } = request;
        edits.set_framing(head, Framing::Chunked)?;
        edits.add(b"Content-Encoding", algorithm.coding.token().as_bytes())
    }

    /// Puts down `head`, with what stands before it, and what is there of the body, compressed.
    #[cold]
    pub(in crate::http) fn load_compressed(
        &mut self,
        algorithm: Algorithm,
        mut head: Vec<u8>,
    ) -> Option<Step> {
        let extras = self.turn.extras.as_mut();
        let compressor = extras.and_then(|extras| extras.request_compressor.take());
        // Another attempt needs another one. The head says already that the body is compressed.
        let Some(compressor) = compressor.or_else(|| self.worker.coders.take(algorithm)) else {
            return Some(self.fail(Failure::Internal));
        };
        let Turn { request, up, .. } = &mut *self.turn;
        up.begin(Framing::of_request(&request.head), Coding::Compress);
        up.compress_with(compressor);
        up.queue(|out| out.append(&mut head));
        for piece in request.first_body().chunks(PIECE) {
            let end = Scratch::START + piece.len();
            if let Some(room) = self.scratch.whole().get_mut(Scratch::START..end) {
                room.copy_from_slice(piece);
            }
            let Ok((start, end)) = up.recode_at(self.scratch, (Scratch::START, end), None) else {
                return Some(self.fail(Failure::Internal));
            };
            up.queue(|out| out.extend_from_slice(self.scratch.slice(start, end)));
        }
        None
    }
}
