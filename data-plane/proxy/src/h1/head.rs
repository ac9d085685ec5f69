//! A message head as ranges into the buffer it was read into.

use std::ops::Range;

use super::facts::Facts;
use super::name::KnownSet;
use super::{Expect, Known, Persistence, TargetForm, view};

/// A range of bytes in the buffer that a head was parsed from (or, inside [`super::Edits`], in its arena).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// The empty range.
    pub const EMPTY: Self = Self { start: 0, end: 0 };

    /// From buffer offsets, which fit: heads and arenas are bounded far below 4 GiB.
    pub(super) const fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// The bytes meant. Empty, instead of a panic, when `buf` is not the buffer that the span belongs to.
    #[must_use]
    pub fn of(self, buf: &[u8]) -> &[u8] {
        buf.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// The same as a range.
    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Number of bytes.
    #[must_use]
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// Whether it has no bytes.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }
}

/// One header field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name as received, case kept.
    pub name: Span,
    /// The value without the blanks around it.
    pub value: Span,
    /// What the name is, if the engine knows it.
    pub known: Option<Known>,
    /// The line is `name: value` CRLF with exactly one space, so its bytes can be sent as they are.
    pub(super) canonical: bool,
}

impl Field {
    /// Whether the field has this name, in any case.
    #[must_use]
    pub fn is(&self, buf: &[u8], name: &[u8]) -> bool {
        self.name.len() == name.len() && self.name.of(buf).eq_ignore_ascii_case(name)
    }
}

/// Which start line a head has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A request line.
    #[default]
    Request,
    /// A status line.
    Response,
}

/// What [`Head::parse_request`] and [`Head::parse_response`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// The head ends after `head_len` bytes of the buffer; what follows is body.
    Complete {
        /// Bytes from the buffer's start to the first body byte, tolerated leading empty lines included.
        head_len: usize,
    },
    /// More bytes are needed. Call again with the same bytes and more behind them.
    Partial,
}

/// Protocol version of a message. A higher minor version than 1 counts as 1.1 (RFC 9110 section 2.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    #[default]
    Http11,
}

impl Version {
    /// As it stands on the wire.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
        }
    }
}

/// A request method (RFC 9110 section 9, RFC 5789). Names are case-sensitive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`
    #[default]
    Get,
    /// `HEAD`
    Head,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `DELETE`
    Delete,
    /// `CONNECT`
    Connect,
    /// `OPTIONS`
    Options,
    /// `TRACE`
    Trace,
    /// `PATCH`
    Patch,
    /// Any other token; its text is [`Head::method_text`].
    Other,
}

impl Method {
    /// The method that `text` names.
    #[must_use]
    pub fn of(text: &[u8]) -> Self {
        match text {
            b"GET" => Self::Get,
            b"HEAD" => Self::Head,
            b"POST" => Self::Post,
            b"PUT" => Self::Put,
            b"DELETE" => Self::Delete,
            b"CONNECT" => Self::Connect,
            b"OPTIONS" => Self::Options,
            b"TRACE" => Self::Trace,
            b"PATCH" => Self::Patch,
            _ => Self::Other,
        }
    }

    /// Whether a repetition does no more than one request does (RFC 9110 section 9.2.2).
    #[must_use]
    pub fn is_idempotent(self) -> bool {
        !matches!(self, Self::Post | Self::Patch | Self::Connect | Self::Other)
    }
}

/// The head of one request or response, as ranges into the buffer that it was parsed from.
///
/// Made to be pooled: [`Head::clear`] keeps the field list's capacity. Every accessor that yields bytes takes the
/// buffer that was parsed; the caller may move those bytes elsewhere as long as offsets stay the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub(super) kind: Kind,
    pub(super) version: Version,
    pub(super) method: Method,
    pub(super) method_text: Span,
    pub(super) target: Span,
    pub(super) form: TargetForm,
    pub(super) status: u16,
    pub(super) reason: Span,
    /// The start line with its CRLF when its bytes can be sent as they are, else empty.
    pub(super) start_line: Span,
    pub(super) fields: Vec<Field>,
    /// Some field's line cannot be sent as its bytes are.
    pub(super) irregular: bool,
    pub(super) known: KnownSet,
    pub(super) facts: Facts,
    pub(super) progress: super::parse::Progress,
}

impl Head {
    /// An empty head, ready to parse.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A head without fields, for a message that is made here: its start line comes from [`super::Edits`].
    #[must_use]
    pub fn bare(kind: Kind) -> Self {
        Self { kind, ..Self::default() }
    }

    /// Forgets the message and keeps the memory. Needed before the next message is parsed.
    pub fn clear(&mut self) {
        self.fields.clear();
        (self.kind, self.version, self.method) = (Kind::default(), Version::default(), Method::default());
        (self.method_text, self.target, self.form) = (Span::EMPTY, Span::EMPTY, TargetForm::default());
        (self.status, self.reason, self.start_line) = (0, Span::EMPTY, Span::EMPTY);
        (self.irregular, self.known) = (false, KnownSet::default());
        (self.facts, self.progress) = (Facts::default(), super::parse::Progress::default());
    }

    /// Request or response.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Version of the sender.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Method of a request.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// Method of a request, as received.
    #[must_use]
    pub fn method_text<'a>(&self, buf: &'a [u8]) -> &'a [u8] {
        self.method_text.of(buf)
    }

    /// Request-target, as received.
    #[must_use]
    pub fn target<'a>(&self, buf: &'a [u8]) -> &'a [u8] {
        self.target.of(buf)
    }

    /// Which of the four forms the request-target has.
    #[must_use]
    pub fn target_form(&self) -> TargetForm {
        self.form
    }

    /// The path without the query; `/` where an absolute URI has none, `*` for the asterisk-form, empty for CONNECT.
    #[must_use]
    pub fn path<'a>(&self, buf: &'a [u8]) -> &'a [u8] {
        self.form.path(self.target, buf)
    }

    /// The query without its `?`, if there is a `?`.
    #[must_use]
    pub fn query<'a>(&self, buf: &'a [u8]) -> Option<&'a [u8]> {
        self.form.query(self.target, buf)
    }

    /// Host and optional port that the request is for: the target's, else the Host header's (RFC 9112 section 3.3).
    #[must_use]
    pub fn authority<'a>(&self, buf: &'a [u8]) -> Option<&'a [u8]> {
        match self.form {
            TargetForm::Absolute { authority, .. } => Some(authority.of(buf)),
            TargetForm::Authority => Some(self.target.of(buf)),
            TargetForm::Origin | TargetForm::Asterisk => self.known(buf, Known::Host),
        }
    }

    /// Status of a response; 0 for a request.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether this is an interim response (1xx) that another response follows. 101 is final (RFC 9110 section 15.2).
    #[must_use]
    pub fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }

    /// Reason phrase of a response.
    #[must_use]
    pub fn reason<'a>(&self, buf: &'a [u8]) -> &'a [u8] {
        self.reason.of(buf)
    }

    /// The header fields in order, duplicates included.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Whether a field of that name is there. Costs one test of a bit.
    #[must_use]
    pub fn has(&self, name: Known) -> bool {
        self.known.has(name)
    }

    /// Value of the first field of that name.
    #[must_use]
    pub fn known<'a>(&self, buf: &'a [u8], name: Known) -> Option<&'a [u8]> {
        if !self.known.has(name) {
            return None;
        }
        self.fields.iter().find(|field| field.known == Some(name)).map(|field| field.value.of(buf))
    }

    /// Values of the fields called `name` (in any case), in order.
    pub fn values<'a>(&'a self, buf: &'a [u8], name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let known = Known::of(name);
        // A known name that is absent needs no pass over the fields.
        let fields =
            if known.is_some_and(|name| !self.known.has(name)) { &[] } else { self.fields.as_slice() };
        fields
            .iter()
            .filter(move |field| view::matches(field, buf, name, known))
            .map(|field| field.value.of(buf))
    }

    /// Value of the first field called `name`, in any case.
    #[must_use]
    pub fn value<'a>(&'a self, buf: &'a [u8], name: &'a [u8]) -> Option<&'a [u8]> {
        self.values(buf, name).next()
    }

    /// Value of Content-Length. [`super::Framing`] says what it means for the body.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        self.facts.content_length
    }

    /// Whether Transfer-Encoding is `chunked`, the only value that is let through.
    #[must_use]
    pub fn is_chunked(&self) -> bool {
        self.facts.chunked
    }

    /// Whether the sender keeps the connection after this message (RFC 9112 section 9.3).
    #[must_use]
    pub fn persistence(&self) -> Persistence {
        self.facts.persistence(self.version)
    }

    /// What the request expects before it sends its body (RFC 9110 section 10.1.1).
    #[must_use]
    pub fn expect(&self) -> Expect {
        self.facts.expect(self.version)
    }

    /// Protocols that the sender offers or (in a 101) switches to: the Upgrade header, if `Connection: upgrade`
    /// stands with it and the version is 1.1 (RFC 9110 section 7.8). An offer of `h2c` is never taken up: behind it
    /// a server would read frames that nobody here has checked.
    #[must_use]
    pub fn upgrade<'a>(&self, buf: &'a [u8]) -> Option<&'a [u8]> {
        if self.asks_upgrade() { self.known(buf, Known::Upgrade) } else { None }
    }

    /// Whether [`Head::upgrade`] is something.
    #[must_use]
    pub fn asks_upgrade(&self) -> bool {
        self.facts.upgrades(self.version)
    }
}
