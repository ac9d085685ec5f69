//! How a body ends (RFC 9112 section 6.3).

use super::fault::{Fault, InvalidHead};
use super::{Head, Kind, Method};

/// How the bytes behind a head are delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// No body, whatever the fields say.
    Empty,
    /// So many bytes; never 0, which is `Empty`.
    Length(u64),
    /// Chunked coding.
    Chunked,
    /// All bytes until the sender closes. Responses only.
    UntilClose,
    /// No longer HTTP: bytes both ways until both sides closed.
    Tunnel,
}

/// What must be remembered of a request to read the response to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The method.
    pub method: Method,
    /// The request as forwarded asks for another protocol.
    pub upgrade: bool,
}

impl Asked {
    /// What to remember of the request `head`, forwarded with its Upgrade header if it has an acceptable one.
    #[must_use]
    pub fn of(head: &Head) -> Self {
        Self { method: head.method(), upgrade: head.asks_upgrade() }
    }
}

impl Framing {
    /// Body of a request. The parser has refused every head that could be read in two ways.
    #[must_use]
    pub fn of_request(head: &Head) -> Self {
        if head.is_chunked() { Self::Chunked } else { Self::of_length(head.content_length().unwrap_or(0)) }
    }

    /// Body of a response to what was `asked`. Interim responses have none.
    ///
    /// # Errors
    /// [`Fault::UnaskedUpgrade`] for a 101 that no request asked for.
    pub fn of_response(head: &Head, asked: Asked) -> Result<Self, InvalidHead> {
        debug_assert_eq!(head.kind(), Kind::Response);
        let status = head.status();
        if status == 101 {
            return if asked.upgrade { Ok(Self::Tunnel) } else { Err(Fault::UnaskedUpgrade.at(0)) };
        }
        if asked.method == Method::Connect && (200..300).contains(&status) {
            return Ok(Self::Tunnel);
        }
        if asked.method == Method::Head || status < 200 || matches!(status, 204 | 304) {
            return Ok(Self::Empty);
        }
        Ok(match head.content_length() {
            _ if head.is_chunked() => Self::Chunked,
            Some(length) => Self::of_length(length),
            None => Self::UntilClose,
        })
    }

    /// Whether the sender's connection can carry another message after a body of this kind.
    #[must_use]
    pub fn is_delimited(self) -> bool {
        !matches!(self, Self::UntilClose | Self::Tunnel)
    }

    fn of_length(length: u64) -> Self {
        if length == 0 { Self::Empty } else { Self::Length(length) }
    }
}
