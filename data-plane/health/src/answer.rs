//! An HTTP/1 answer, as far as it has come.

use std::borrow::Cow;

/// What the bytes are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer<'a> {
    /// The head is not whole yet.
    Partial,
    /// They are no HTTP/1.
    Bad,
    /// The head is there, the body as far as it has come.
    Read(Read<'a>),
}

/// Head and body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Read<'a> {
    /// `1.0`, `1.1`
    pub(crate) version: &'a [u8],
    pub(crate) code: u16,
    /// The code as it came.
    pub(crate) digits: &'a [u8],
    pub(crate) reason: &'a [u8],
    /// Names and values, without the white space around them.
    pub(crate) headers: Vec<(&'a [u8], Cow<'a, [u8]>)>,
    /// Without the framing of chunks.
    pub(crate) body: Cow<'a, [u8]>,
    /// Behind the last chunk of the body; names and values, without the white space around them.
    pub(crate) trailers: Vec<(&'a [u8], &'a [u8])>,
    /// Nothing more belongs to it.
    pub(crate) whole: bool,
}

/// Reads what has come. `closed`: nothing more comes. `bodiless`: it answers a request whose answer has no body.
pub(crate) fn read(input: &[u8], closed: bool, bodiless: bool) -> Answer<'_> {
    if !could_begin(input) {
        return Answer::Bad;
    }
    let mut lines = Lines { rest: input };
    let Some(first) = lines.next() else { return Answer::Partial };
    let Some((digits, reason)) = status_line(first) else { return Answer::Bad };
    let Some(code) = number(digits) else { return Answer::Bad };
    let version = first.get(b"HTTP/".len()..b"HTTP/0.0".len()).unwrap_or_default();
    let mut headers: Vec<(&[u8], Cow<'_, [u8]>)> = Vec::new();
    loop {
        let Some(line) = lines.next() else { return Answer::Partial };
        if line.is_empty() {
            break;
        }
        if line.contains(&b'\r') || line.contains(&0) {
            return Answer::Bad;
        }
        if let [b' ' | b'\t', ..] = line {
            // Line folding (RFC 9112 5.2): the end of the line counts as white space.
            let Some((_, value)) = headers.last_mut() else { return Answer::Bad };
            value.to_mut().extend([b"  ", line.trim_ascii_end()].concat());
            continue;
        }
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { return Answer::Bad };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.is_empty() || !name.iter().all(|&byte| is_token(byte)) {
            return Answer::Bad;
        }
        headers.push((name, value.into()));
    }
    let bodiless = bodiless || code < 200 || code == 204 || code == 304;
    match framing(&headers) {
        None => Answer::Bad,
        Some(_) if bodiless => Answer::Read(Read {
            version,
            code,
            digits,
            reason,
            headers,
            body: Cow::Borrowed(b""),
            trailers: Vec::new(),
            whole: true,
        }),
        Some(framing) => {
            let Some(Body { content, trailers, whole }) = framing.body(lines.rest, closed) else {
                return Answer::Bad;
            };
            Answer::Read(Read { version, code, digits, reason, headers, body: content, trailers, whole })
        }
    }
}

/// Whether more bytes could make a status line of it.
fn could_begin(input: &[u8]) -> bool {
    let start = b"HTTP/0.0 ";
    input.iter().zip(start).all(|(&byte, &wanted)| match wanted {
        b'0' => byte.is_ascii_digit(),
        // The reason, and the space before it, may be missing; the code may not.
        _ => byte == wanted,
    })
}

/// The code and the reason (RFC 9112 4).
fn status_line(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = line.get(b"HTTP/0.0 ".len()..)?.trim_ascii_start();
    let end = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, reason) = rest.split_at(end);
    let good = !digits.is_empty() && (reason.is_empty() || reason[0] == b' ');
    good.then(|| (digits, reason.trim_ascii_start()))
}

fn number(digits: &[u8]) -> Option<u16> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Where a body ends.
enum Framing {
    Chunks,
    Length(usize),
    Close,
}

/// `None`: it cannot be told.
fn framing(headers: &[(&[u8], Cow<'_, [u8]>)]) -> Option<Framing> {
    let named = |wanted: &'static str| {
        headers.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(wanted.as_bytes()))
    };
    if let Some((_, value)) = named("transfer-encoding").next_back() {
        let last = value.rsplit(|&byte| byte == b',').next().unwrap_or_default();
        let chunked = last.trim_ascii().eq_ignore_ascii_case(b"chunked");
        return Some(if chunked { Framing::Chunks } else { Framing::Close });
    }
    let mut length = None;
    for (_, value) in named("content-length") {
        if !value.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let said: usize = std::str::from_utf8(value).ok()?.parse().ok()?;
        if length.is_some_and(|length| length != said) {
            return None;
        }
        length = Some(said);
    }
    Some(length.map_or(Framing::Close, Framing::Length))
}

/// A body as far as it has come.
struct Body<'a> {
    content: Cow<'a, [u8]>,
    trailers: Vec<(&'a [u8], &'a [u8])>,
    whole: bool,
}

impl<'a> Body<'a> {
    fn new(content: impl Into<Cow<'a, [u8]>>, whole: bool) -> Self {
        Self { content: content.into(), trailers: Vec::new(), whole }
    }
}

impl Framing {
    /// `None`: it is broken.
    fn body<'a>(&self, rest: &'a [u8], closed: bool) -> Option<Body<'a>> {
        match self {
            Self::Close => Some(Body::new(rest, closed)),
            Self::Length(length) => {
                let end = rest.len().min(*length);
                Some(Body::new(&rest[..end], end == *length))
            }
            Self::Chunks => chunks(rest),
        }
    }
}

fn chunks(rest: &[u8]) -> Option<Body<'_>> {
    let mut body = Vec::new();
    let mut lines = Lines { rest };
    loop {
        let Some(line) = lines.next() else {
            // A size of more digits than this is none, whether its line ends or not.
            let good =
                lines.rest.len() <= 16 || lines.rest[..16].iter().any(|byte| !byte.is_ascii_hexdigit());
            return good.then(|| Body::new(body, false));
        };
        let size = line.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
        if size.is_empty() || size.len() > 8 || !size.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let size = usize::from_str_radix(std::str::from_utf8(size).ok()?, 16).ok()?;
        if size == 0 {
            // The trailer ends with an empty line; a line that is none of a field says nothing.
            let mut trailers = Vec::new();
            for line in lines {
                if line.is_empty() {
                    return Some(Body { trailers, ..Body::new(body, true) });
                }
                trailers.extend(field(line));
            }
            return Some(Body::new(body, false));
        }
        let end = lines.rest.len().min(size);
        body.extend_from_slice(&lines.rest[..end]);
        lines.rest = &lines.rest[end..];
        if lines.rest.is_empty() || end < size {
            return Some(Body::new(body, false));
        }
        match lines.next() {
            Some([]) => {}
            Some(_) => return None,
            None => return (lines.rest == b"\r").then(|| Body::new(body, false)),
        }
    }
}

/// The name and the value of a field.
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    Some((&line[..colon], line[colon + 1..].trim_ascii()))
}

/// Lines, without their ends; a last one without an end is none.
struct Lines<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let end = self.rest.iter().position(|&byte| byte == b'\n')?;
        let line = &self.rest[..end];
        self.rest = &self.rest[end + 1..];
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

#[cfg(test)]
mod tests;
