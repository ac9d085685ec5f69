//! Statements of a rule list, and the answers that they give.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use regex::bytes::Regex;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::Origin;

use crate::expr::{Condition, Format, Matcher, Sample};
use crate::service::Service;

/// One statement; lists are sequential.
#[derive(Debug)]
pub struct Rule {
    /// `None`: always.
    pub when: Option<Condition>,
    /// Where a person wrote it, when it was compiled; what has moved since is the same and is not compiled again.
    pub origin: Origin,
    /// What it does.
    pub action: Action,
}

/// What a rule does.
#[derive(Debug)]
pub enum Action {
    /// Answer, ending the exchange.
    Return(Reply),
    /// Refuse, ending the exchange; counted as denied.
    Deny(Reply),
    /// Send the client elsewhere, ending the exchange.
    Redirect(Redirect),
    /// Replace all headers of that name by one.
    SetHeader(HeaderValue),
    /// Append a header.
    AddHeader(HeaderValue),
    /// Remove headers.
    DeleteHeader(HeaderPattern),
    /// End the list, going on with the request.
    Allow,
    /// Give a part of the message another value.
    Rewrite(Rewrite),
    /// Give the request target its usual form.
    Normalize(Normalizer),
    /// Give the response another status.
    SetStatus(StatusLine),
    /// Let the proxy tell of itself, ending the exchange.
    Serve(Arc<Service>),
    /// Go before others, or behind, where exchanges wait.
    SetPriority(Priority),
    /// Pass on what else would make the request go out once more.
    DisableRetries,
    /// Try this exchange again so often at most.
    SetRetries(Sample),
    /// Go on as a connection in HTTP mode (HAProxy: switch-mode http).
    SwitchToHttp,
    /// Close the connection to the endpoint, and give the client what came over it (HAProxy: tcp-response content close).
    CloseEndpoint,
    /// Look for the response in this cache (HAProxy: cache-use); of requests alone.
    UseCache(ObjectKey),
    /// Have this cache keep the response (HAProxy: cache-store); of responses alone.
    StoreInCache(ObjectKey),
}

/// A part of the place in queues (HAProxy: set-priority-class, set-priority-offset).
#[derive(Debug)]
pub enum Priority {
    /// Lower ones go before; -2047 to 2047.
    Class(Sample),
    /// Within a class, milliseconds by which it would have come later; -524287 to 524287.
    Offset(Sample),
}

/// A usual form of request targets (HAProxy: normalize-uri).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Normalizer {
    /// One slash in place of several, in the path.
    MergeSlashes,
    /// Without `.` segments in the path.
    StripDot,
    /// Without `..` segments, and what each takes back, in the path.
    StripDotDot {
        /// What leads above the root goes too.
        full: bool,
    },
    /// Percent-encoded bytes with capital letters.
    PercentToUppercase,
    /// Percent-encoded bytes that need not be so as themselves (RFC 3986 2.3).
    DecodeUnreserved,
    /// Without what follows a number sign.
    StripFragment,
    /// Number signs percent-encoded.
    EncodeFragment,
    /// The parameters of the query by their names.
    SortQuery,
}

/// HAProxy: set-path, replace-path, replace-header and their like.
#[derive(Debug)]
pub struct Rewrite {
    /// What is given another value.
    pub part: Part,
    /// Where it does not match, nothing happens; `None`: the part is replaced whatever it is.
    pub pattern: Option<Regex>,
    /// Evaluated for each message. With a pattern, `\0` to `\9` are what its groups matched.
    pub value: Format,
}

/// A part of a message.
#[derive(Debug)]
pub enum Part {
    /// Of the request.
    Method,
    /// A part of the request's target.
    Target(TargetPart),
    /// Every line of a header.
    HeaderLines(HeaderName),
    /// Every value of a header: what stands between the commas of its lines.
    HeaderValues(HeaderName),
}

/// A part of a request target (RFC 9112 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetPart {
    /// Up to the question mark.
    Path,
    /// All but scheme and authority.
    PathAndQuery,
    /// Behind the question mark.
    Query,
    /// All of it.
    Uri,
}

/// HAProxy: set-status.
#[derive(Debug)]
pub struct StatusLine {
    /// 100 to 999.
    pub status: u16,
    /// `None`: the usual one.
    pub reason: Option<Box<str>>,
}

/// A header to write.
#[derive(Debug)]
pub struct HeaderValue {
    /// As it is sent.
    pub name: HeaderName,
    /// Evaluated for each message.
    pub value: Format,
}

/// Which headers to remove.
#[derive(Debug)]
pub enum HeaderPattern {
    /// Of this name, without regard to case.
    Name(HeaderName),
    /// Those whose name matches without regard to case: beg, end, sub or reg.
    Matching(Matcher),
}

impl HeaderPattern {
    /// Whether a header of this name is to go.
    pub fn matches(&self, name: &[u8]) -> bool {
        match self {
            Self::Name(wanted) => wanted.as_bytes().eq_ignore_ascii_case(name),
            Self::Matching(Matcher::Bytes(patterns)) => patterns.matches(name),
            Self::Matching(_) => false,
        }
    }
}

/// An answer made by the proxy itself.
#[derive(Debug)]
pub struct Reply {
    /// 200 to 599.
    pub status: u16,
    /// `None`: no Content-Type.
    pub content_type: Option<Box<str>>,
    /// Its body.
    pub content: Content,
    /// Further headers.
    pub headers: Vec<HeaderValue>,
}

/// Body of an answer.
#[derive(Debug)]
pub enum Content {
    /// None.
    Empty,
    /// Sent as it is.
    Bytes(Bytes),
    /// Evaluated for each message.
    Formatted(Format),
    /// The status's error page, the built-in one where nothing else was given.
    ErrorPage,
}

/// HAProxy: redirect.
#[derive(Debug)]
pub struct Redirect {
    /// How `target` becomes a Location.
    pub kind: RedirectKind,
    /// Evaluated for each request.
    pub target: Format,
    /// 301, 302, 303, 307 or 308.
    pub status: u16,
    /// Prefix and scheme: leave the query out.
    pub drop_query: bool,
    /// Prefix: add a slash to a path that does not end in one.
    pub append_slash: bool,
    /// Do nothing where `target` comes out empty.
    pub ignore_empty: bool,
    /// A whole Set-Cookie value.
    pub set_cookie: Option<Box<str>>,
}

/// How a redirect's target becomes a Location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectKind {
    /// It is the Location.
    Location,
    /// The path and query of the request follow.
    Prefix,
    /// It is the scheme; the host, path and query of the request follow.
    Scheme,
}

/// A header's name: a token (RFC 9110 5.1), in the case that it is sent in.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct HeaderName(Box<str>);

/// Text that is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no header name: letters, digits and !#$%&'*+-.^_`|~ are allowed")]
pub struct InvalidHeaderName(pub String);

impl HeaderName {
    /// Checks a name.
    ///
    /// # Errors
    /// Where `name` is no token.
    pub fn new(name: &str) -> Result<Self, InvalidHeaderName> {
        if is_token(name) { Ok(Self(name.into())) } else { Err(InvalidHeaderName(name.to_owned())) }
    }

    /// As it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is sent.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// RFC 9110 5.6.2.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// What is sent for statuses that the proxy answers itself.
#[derive(Debug, Clone, Default)]
pub struct ErrorPages(pub(crate) Vec<(u16, ErrorPage)>);

/// HAProxy: errorfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorPage {
    /// A whole HTTP/1 response, sent as it is.
    Response(Bytes),
    /// Close without an answer.
    Silence,
}

impl ErrorPages {
    /// The page of a status; `None`: the next in line, the built-in one at last.
    pub fn page(&self, status: u16) -> Option<&ErrorPage> {
        self.0.iter().find(|(of, _)| *of == status).map(|(_, page)| page)
    }
}
