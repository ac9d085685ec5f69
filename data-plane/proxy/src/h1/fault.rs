//! What is wrong with a head, in the operator's words.

/// A head that was refused: why, and at which byte of the buffer it was parsed from.
///
/// For a request [`InvalidHead::status`] is the answer; a response with a fault is a bad gateway (502). Either way
/// the connection must be closed: where the next message starts is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault} (byte {offset})")]
pub struct InvalidHead {
    /// What was wrong.
    pub fault: Fault,
    /// Offset of the offending byte, or of the field at fault, from the start of the buffer.
    pub offset: u32,
}

impl InvalidHead {
    /// Status of the answer when the head was a request's.
    #[must_use]
    pub fn status(self) -> u16 {
        self.fault.status()
    }
}

/// Reasons to refuse a head. References are to RFC 9112 unless another RFC is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Fault {
    /// Section 2.2.
    #[error("more empty lines before the request line than are tolerated")]
    TooManyEmptyLines,
    /// RFC 9110 section 9.1: a method is a token.
    #[error("the method is empty or has a byte that no method may have")]
    InvalidMethod,
    /// Section 3.2; bytes outside printable US-ASCII, and `#`.
    #[error("the request target has a byte that must be percent-encoded")]
    InvalidTargetByte,
    /// Section 3.2: none of the four forms.
    #[error("the request target is neither a path nor a whole URI nor `*`")]
    InvalidTarget,
    /// RFC 3986 section 3.2, without userinfo (RFC 9110 section 4.2.4).
    #[error("the request target's authority is not a host with an optional port")]
    InvalidAuthority,
    /// Section 3.2.3: authority-form belongs to CONNECT alone, and CONNECT takes no other.
    #[error("CONNECT must name host:port, and only CONNECT may")]
    AuthorityFormMismatch,
    /// Section 3.2.4.
    #[error("the target `*` is for OPTIONS only")]
    AsteriskFormMismatch,
    /// RFC 9110 section 15.5.15.
    #[error("the request target is longer than the limit")]
    TargetTooLong,
    /// A request line without a version, as HTTP/0.9 had it.
    #[error("the request line has no HTTP version")]
    MissingVersion,
    /// Section 2.3.
    #[error("the HTTP version is malformed or older than 1.0")]
    InvalidVersion,
    /// RFC 9110 section 15.6.6.
    #[error("the HTTP version is 2 or newer, which this connection does not speak")]
    UnsupportedVersion,
    /// Section 4: three digits from 100.
    #[error("the status code is not three digits from 100 up")]
    InvalidStatus,
    /// Section 4.
    #[error("the reason phrase has a control byte")]
    InvalidReason,
    /// Section 2.2.
    #[error("a carriage return stands alone, without a line feed")]
    BareCarriageReturn,
    /// Section 2.2 allows a recipient to accept it; we do not, since neighbours disagree.
    #[error("a line feed stands alone, without a carriage return")]
    BareLineFeed,
    /// Section 5.2.
    #[error("a header line is folded (starts with a blank)")]
    ObsoleteFold,
    /// Section 2.2: whitespace between the start line and the first field.
    #[error("a blank precedes the first header")]
    BlankBeforeFirstField,
    /// Section 5.1.
    #[error("a blank stands before a header's colon or inside its name")]
    BlankInName,
    /// Section 5.1: a field name is a token.
    #[error("a header name is empty or has a byte that no name may have")]
    InvalidName,
    /// RFC 9110 section 5.5.
    #[error("a header value has a NUL or another control byte")]
    InvalidValue,
    /// RFC 6585 section 5.
    #[error("there are more headers than the limit")]
    TooManyFields,
    /// RFC 6585 section 5.
    #[error("the head is larger than the limit")]
    HeadTooLarge,
    /// Section 3.2.
    #[error("an HTTP/1.1 request has no Host header")]
    MissingHost,
    /// Section 3.2.
    #[error("there is more than one Host header")]
    RepeatedHost,
    /// Section 3.2.
    #[error("the Host header is not a host with an optional port")]
    InvalidHost,
    /// Section 3.2.2, stricter: the two must agree, as in HAProxy.
    #[error("the Host header and the request target name different hosts")]
    HostMismatch,
    /// Section 6.3.
    #[error("Content-Length is not a plain decimal number below 2^63")]
    InvalidContentLength,
    /// Section 6.3, stricter: also when the values agree.
    #[error("Content-Length is given more than once")]
    RepeatedContentLength,
    /// Section 6.1.
    #[error("Transfer-Encoding does not end in one plain `chunked`")]
    InvalidTransferEncoding,
    /// Section 6.1.
    #[error("Transfer-Encoding is given more than once")]
    RepeatedTransferEncoding,
    /// Section 6.1: 501 for a coding that is not understood.
    #[error("Transfer-Encoding names a coding other than chunked")]
    UnknownTransferCoding,
    /// Section 6.1: faulty framing in a message older than 1.1.
    #[error("Transfer-Encoding in an HTTP/1.0 message")]
    TransferEncodingInHttp10,
    /// Section 6.3.
    #[error("Transfer-Encoding and Content-Length in one message")]
    LengthAndTransferEncoding,
    /// RFC 9110 section 9.3.6; and HTTP/1.0 has no body with GET, HEAD and DELETE, so servers disagree (as HAProxy).
    #[error("a body with a request that cannot have one")]
    UnexpectedBody,
    /// RFC 9110 section 15.2.2: 101 without a request for it.
    #[error("the server switches protocols without being asked to")]
    UnaskedUpgrade,
}

impl Fault {
    /// Status of the answer to a request with this fault.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::TargetTooLong => 414,
            Self::TooManyFields | Self::HeadTooLarge => 431,
            Self::UnknownTransferCoding => 501,
            Self::UnsupportedVersion => 505,
            _ => 400,
        }
    }

    /// The error at `offset`. Offsets beyond `u32` cannot occur: heads are bounded by `Limits::MAX_HEAD_BYTES`.
    #[cold]
    #[inline(never)]
    pub(super) fn at(self, offset: usize) -> InvalidHead {
        InvalidHead { fault: self, offset: u32::try_from(offset).unwrap_or(u32::MAX) }
    }
}
