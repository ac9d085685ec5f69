//! Answers that the proxy makes itself.

use std::io::Write;
use std::time::Duration;

use super::grpc;
use super::status::{explanation, reason};
use crate::h1::{
    Edits, Framing, Head, Hop, InvalidEdit, InvalidHead, Kind, Limits, Parsed, Persistence, View,
};

/// Whom an answer is for, as far as its form depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Audience {
    /// The request was HEAD: no body follows.
    pub(super) head_only: bool,
    /// What the Connection header says.
    pub(super) say: Option<Persistence>,
    /// The request was a call of gRPC.
    pub(super) grpc: bool,
}

impl Audience {
    /// Whether the built-in page of this status would say nothing to whom it is for.
    pub(super) fn hears_grpc(self, status: u16) -> bool {
        self.grpc && status >= 400
    }
}

/// An error page that is not one whole HTTP/1 response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidPage {
    #[error("the head ends too early")]
    Short,
    #[error(transparent)]
    Head(#[from] InvalidHead),
    #[error(transparent)]
    Edit(#[from] InvalidEdit),
}

/// What a worker needs to make answers.
#[derive(Debug)]
pub(super) struct Desk {
    /// A response head without fields.
    bare: Head,
    /// Error pages are parsed here.
    page: Head,
    edits: Edits,
    body: Vec<u8>,
}

impl Default for Desk {
    fn default() -> Self {
        Self { bare: Head::bare(Kind::Response), page: Head::new(), edits: Edits::new(), body: Vec::new() }
    }
}

impl Desk {
    /// Starts an answer with this status.
    pub(super) fn draft(&mut self, status: u16) -> Result<Draft<'_>, InvalidEdit> {
        self.edits.clear();
        self.body.clear();
        self.edits.set_status(status, reason(status).as_bytes())?;
        Ok(Draft { status, desk: self })
    }

    /// Appends the built-in page of a status.
    pub(super) fn built_in(
        &mut self,
        status: u16,
        retry_after: Option<Duration>,
        audience: Audience,
        out: &mut Vec<u8>,
    ) -> Result<(), InvalidEdit> {
        let mut draft = self.draft(status)?;
        if let Some(wait) = retry_after {
            let seconds = wait.as_millis().div_ceil(1_000);
            draft.header(b"Retry-After", seconds.to_string().as_bytes())?;
        }
        draft.header(b"Cache-Control", b"no-cache")?;
        if audience.hears_grpc(status) {
            draft.grpc()?;
        } else {
            draft.header(b"Content-Type", b"text/html")?;
            draft.page();
        }
        draft.finish(audience, out)
    }

    /// Appends a page that is a whole response, framed and said goodbye to as the connection needs it.
    ///
    /// # Errors
    /// [`InvalidPage`], with nothing appended.
    pub(super) fn page(
        &mut self,
        page: &[u8],
        audience: Audience,
        out: &mut Vec<u8>,
    ) -> Result<(), InvalidPage> {
        self.page.clear();
        self.edits.clear();
        let limits =
            Limits { head_bytes: Limits::MAX_HEAD_BYTES, fields: Limits::MAX_FIELDS, ..Limits::default() };
        let Parsed::Complete { head_len } = self.page.parse_response(page, &limits)? else {
            return Err(InvalidPage::Short);
        };
        let body = page.get(head_len..).unwrap_or_default();
        self.edits.set_version(crate::h1::Version::Http11);
        self.edits.strip_hop_by_hop(&self.page, page, false)?;
        let bodyless = is_bodyless(self.page.status());
        let framing = if bodyless { Framing::Empty } else { Framing::Length(body.len() as u64) };
        self.edits.set_framing(&self.page, framing)?;
        self.edits.set_connection(Hop::default(), audience.say)?;
        View::new(&self.page, page, &self.edits).render(out);
        if !audience.head_only && !bodyless {
            out.extend_from_slice(body);
        }
        Ok(())
    }
}

/// An answer in the making.
pub(super) struct Draft<'a> {
    status: u16,
    desk: &'a mut Desk,
}

impl Draft<'_> {
    /// Adds a header.
    pub(super) fn header(&mut self, name: &[u8], value: &[u8]) -> Result<(), InvalidEdit> {
        self.desk.edits.add(name, value)
    }

    /// Adds a header whose value `write` appends.
    pub(super) fn header_with(
        &mut self,
        name: &[u8],
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), InvalidEdit> {
        self.desk.edits.add_with(name, write)
    }

    /// Appends to the body.
    pub(super) fn body(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.desk.body);
    }

    /// Appends the built-in page of its status to the body.
    pub(super) fn page(&mut self) {
        let status = self.status;
        self.body(|body| write_page(status, body));
    }

    /// Makes it an answer of gRPC that has nothing but its trailers (gRPC over HTTP2: Trailers-Only).
    #[cold]
    #[inline(never)]
    pub(super) fn grpc(&mut self) -> Result<(), InvalidEdit> {
        let status = std::mem::replace(&mut self.status, 200);
        self.desk.edits.set_status(200, reason(200).as_bytes())?;
        self.header(b"Content-Type", b"application/grpc")?;
        self.header(b"grpc-status", grpc::status(status))?;
        self.header_with(b"grpc-message", |out| {
            // Writing to a vector cannot fail; nothing in these words has to be escaped.
            let _infallible = write!(out, "{status} {}: {}", reason(status), explanation(status));
        })
    }

    /// Frames the answer and appends it.
    pub(super) fn finish(self, audience: Audience, out: &mut Vec<u8>) -> Result<(), InvalidEdit> {
        let body = std::mem::take(&mut self.desk.body);
        let desk = &mut *self.desk;
        let made = Draft { status: self.status, desk: &mut *desk }.finish_with(&body, audience, out);
        desk.body = body;
        made
    }

    /// Frames an answer with this body and appends it.
    pub(super) fn finish_with(
        self,
        body: &[u8],
        audience: Audience,
        out: &mut Vec<u8>,
    ) -> Result<(), InvalidEdit> {
        let Desk { bare, edits, .. } = self.desk;
        let bodyless = is_bodyless(self.status);
        if !bodyless {
            edits.set_framing(bare, Framing::Length(body.len() as u64))?;
        }
        edits.set_connection(Hop::default(), audience.say)?;
        View::new(bare, b"", edits).render(out);
        if !audience.head_only && !bodyless {
            out.extend_from_slice(body);
        }
        Ok(())
    }
}

/// Appends the body of the built-in page of a status.
fn write_page(status: u16, body: &mut Vec<u8>) {
    let (title, text) = (reason(status), explanation(status));
    // Writing to a vector cannot fail.
    let _infallible = write!(body, "<html><body><h1>{status} {title}</h1>\n{text}\n</body></html>\n");
}

/// Statuses that never have a body (RFC 9110 section 6.4.1).
fn is_bodyless(status: u16) -> bool {
    status < 200 || matches!(status, 204 | 304)
}

#[cfg(test)]
mod tests;
