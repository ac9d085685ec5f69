//! Test support: a second opinion on where HTTP/1 messages begin and end.
//!
//! RFC 9112's grammar written down to be read beside it: no resuming, no ranges, no speed, and not a line shared with
//! the engine, so that a mistake in one of the two shows as a difference (see [`super::differential`]). It reads the
//! message at the start of a byte string that has all there is.
//!
//! Three verdicts. [`Invalid`] is what the RFC forbids, or lets a recipient refuse because recipients disagree: the
//! engine must refuse it. A message with a [`Delicate`] mark is legal, and the engine may refuse it for the reason
//! marked. Any other message the engine must take, up to its limits. In two places the grammar is followed loosely,
//! because clients and servers do and nothing else can be meant: a request-target may have any visible byte but `#`,
//! and the space before an empty reason phrase may be missing.

mod body;
mod framing;
mod host;
mod lines;
mod target;

pub use framing::{Asked, Framing};

/// Why a message is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Invalid {
    /// Section 2.2: a line feed without a carriage return.
    BareLineFeed,
    /// Section 2.2: a carriage return without a line feed.
    BareCarriageReturn,
    /// Section 3: not `method SP request-target SP HTTP-version`.
    RequestLine,
    /// Section 4: not `HTTP-version SP 3DIGIT SP reason`.
    StatusLine,
    /// Section 2.3: not `HTTP/` and two digits, or not version 1.
    Version,
    /// Section 3.2: none of the forms, or one that the method does not have.
    Target,
    /// Section 5: not `token ":" OWS value OWS`; so also folded lines and blanks before the colon.
    FieldLine,
    /// Section 3.2: none in 1.1, more than one, or no host.
    Host,
    /// Section 6.3: no decimal number, or several.
    ContentLength,
    /// Section 6.1: with Content-Length, in HTTP/1.0, several times, or not ending in `chunked`.
    TransferEncoding,
    /// RFC 9110 section 15.2.2: 101 to who did not ask.
    UnaskedUpgrade,
    /// Section 7.1: no size, a size line or data without its end.
    Chunk,
    /// Section 7.1.1.
    ChunkExtension,
    /// Section 7.1.2: no field line.
    Trailer,
}

/// What is legal and yet read differently by different recipients, so that the engine may refuse it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Delicate {
    /// An absolute URI without a plain authority: no `//`, user information, an empty host.
    Uri,
    /// A port over 65535, or an IP literal of a future version.
    Authority,
    /// Target and Host header are not the same text. (A proxy has to believe the target.)
    TwoHosts,
    /// A body with CONNECT, or with GET, HEAD or DELETE in HTTP/1.0.
    UnexpectedBody,
    /// A length that does not fit 63 bits.
    GreatLength,
    /// A coding before `chunked`, or empty members in the list.
    Codings,
    /// A response with a Host header: it means nothing.
    HostInResponse,
    /// A chunk size of more than 16 digits.
    GreatChunk,
    /// A blank in a chunk extension.
    BlankInExtension,
    /// A trailer with a name that is for heads.
    TrailerName,
}

/// What stands at the start of the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// A head, and what could be told of its body.
    Message(Box<Message>),
    /// The head does not end.
    Incomplete,
    /// No message.
    Invalid(Invalid),
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// Method and request-target.
    Request(Vec<u8>, Vec<u8>),
    /// Status and reason phrase.
    Response(u16, Vec<u8>),
}

/// Which first line is expected; for a response, with what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A request.
    Request,
    /// The response to what was asked.
    Response(Asked),
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The first line.
    pub start: Start,
    /// The digit behind `HTTP/1.`.
    pub minor: u8,
    /// Names and values, blanks around the value removed.
    pub fields: Vec<(Vec<u8>, Vec<u8>)>,
    /// How the body ends.
    pub framing: Framing,
    /// Bytes of the head.
    pub head_len: usize,
    /// The content that is there.
    pub content: Vec<u8>,
    /// Where the message ends.
    pub end: End,
    /// What may be refused.
    pub delicate: Vec<Delicate>,
}

/// Where a message ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Behind so many bytes.
    At(usize),
    /// Behind what is there, or with the connection.
    Later,
    /// Its body is malformed.
    Never(Invalid),
}

/// Reads the message at the start of `bytes`.
pub fn read(bytes: &[u8], role: Role) -> Reading {
    match message(bytes, role) {
        Ok(Some(message)) => Reading::Message(Box::new(message)),
        Ok(None) => Reading::Incomplete,
        Err(invalid) => Reading::Invalid(invalid),
    }
}

fn message(bytes: &[u8], role: Role) -> Result<Option<Message>, Invalid> {
    let mut at = 0;
    // Section 2.2: a server ignores empty lines before a request line.
    while role == Role::Request && bytes[at..].starts_with(b"\r\n") {
        at += 2;
    }
    let Some((line, next)) = lines::line(bytes, at)? else { return Ok(None) };
    let (start, minor) = match role {
        Role::Request => request_line(line)?,
        Role::Response(_) => status_line(line)?,
    };
    let Some((fields, head_len)) = lines::fields(bytes, next)? else { return Ok(None) };
    let mut delicate = Vec::new();
    match &start {
        Start::Request(method, target) => {
            let authority = target::authority(method, target, &mut delicate)?;
            host::check(&fields, minor, authority, &mut delicate)?;
        }
        Start::Response(..) if values(&fields, "host").next().is_some() => {
            delicate.push(Delicate::HostInResponse);
        }
        Start::Response(..) => {}
    }
    let framing = framing::of(&start, minor, &fields, role, &mut delicate)?;
    let (content, end) = body::read(&bytes[head_len..], framing, &mut delicate);
    let end = if let End::At(length) = end { End::At(head_len + length) } else { end };
    Ok(Some(Message { start, minor, fields, framing, head_len, content, end, delicate }))
}

fn request_line(line: &[u8]) -> Result<(Start, u8), Invalid> {
    let parts: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    let [method, target, version] = parts[..] else { return Err(Invalid::RequestLine) };
    if !lines::is_token(method) {
        return Err(Invalid::RequestLine);
    }
    let visible = target.iter().all(|byte| (0x21..=0x7e).contains(byte) && *byte != b'#');
    if target.is_empty() || !visible {
        return Err(Invalid::Target);
    }
    Ok((Start::Request(method.to_vec(), target.to_vec()), minor_of(version)?))
}

fn status_line(line: &[u8]) -> Result<(Start, u8), Invalid> {
    if line.len() < 12 {
        return Err(Invalid::StatusLine);
    }
    let minor = minor_of(&line[..8])?;
    let status = std::str::from_utf8(&line[9..12]).map_err(|_| Invalid::StatusLine)?;
    let digits = status.bytes().all(|byte| byte.is_ascii_digit());
    let status: u16 = status.parse().map_err(|_| Invalid::StatusLine)?;
    let reason = match line[12..].split_first() {
        None => &[],
        Some((b' ', reason)) => reason,
        Some(_) => return Err(Invalid::StatusLine),
    };
    if line[8] != b' ' || !digits || status < 100 || !reason.iter().all(|byte| lines::is_text(*byte)) {
        return Err(Invalid::StatusLine);
    }
    Ok((Start::Response(status, reason.to_vec()), minor))
}

/// Section 2.3: `HTTP/1.` and a digit.
fn minor_of(version: &[u8]) -> Result<u8, Invalid> {
    match version {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor @ b'0'..=b'9'] => Ok(minor - b'0'),
        _ => Err(Invalid::Version),
    }
}

/// Values of the fields with this name.
fn values<'a>(fields: &'a [(Vec<u8>, Vec<u8>)], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    let named = fields.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name.as_bytes()));
    named.map(|(_, value)| value.as_slice())
}
