//! HTTP probes: the request to send, and what an answer's first line says.

use std::ops::RangeInclusive;

use crate::evidence::Status;

/// The request of a probe (HAProxy: option httpchk, http-check send). Its parts are valid HTTP already.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// OPTIONS, GET ...
    pub method: &'a str,
    /// The request target.
    pub uri: &'a str,
    /// `HTTP/1.0` or `HTTP/1.1`.
    pub version: &'a str,
    /// After the body, if any.
    pub body: &'a [u8],
}

impl Request<'_> {
    /// Appends the whole request. Content-Length and `Connection: close` are added, and left out of `headers`.
    pub fn render<'h>(&self, headers: impl Iterator<Item = (&'h str, &'h [u8])>, out: &mut Vec<u8>) {
        for part in [self.method, " ", self.uri, " ", self.version, "\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
        for (name, value) in headers {
            let own = ["connection", "content-length"];
            if own.iter().any(|own| name.eq_ignore_ascii_case(own)) {
                continue;
            }
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value);
            out.extend_from_slice(b"\r\n");
        }
        if !self.body.is_empty() {
            out.extend_from_slice(format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
        }
        out.extend_from_slice(b"Connection: close\r\n\r\n");
        out.extend_from_slice(self.body);
    }
}

/// What an answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// Whether it is as wanted.
    pub status: Status,
    /// Its status, where it has one.
    pub code: Option<u16>,
    /// Its reason phrase, or what is wrong with it.
    pub info: &'a str,
}

/// Longest first line; what is over is no HTTP.
pub const MAX_STATUS_LINE_BYTES: usize = 1_024;

/// Judges what has come of an answer. `None`: the first line is not whole yet, and more may come.
///
/// `closed`: nothing more comes. `expected`: the statuses that are a success.
pub fn verdict<'a>(
    received: &'a [u8],
    closed: bool,
    expected: &[RangeInclusive<u16>],
) -> Option<Verdict<'a>> {
    let bad = |info| Some(Verdict { status: Status::L7Response, code: None, info });
    let line = match received.iter().position(|&byte| byte == b'\n') {
        Some(end) => &received[..end],
        None if !could_be_http(received) => return bad("no HTTP/1 status line"),
        None if received.len() > MAX_STATUS_LINE_BYTES => return bad("status line too long"),
        None if closed && received.is_empty() => return bad("closed without an answer"),
        None if closed => return bad("closed within the status line"),
        None => return None,
    };
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let Some((code, info)) = parse(line) else { return bad("no HTTP/1 status line") };
    let wanted = expected.iter().any(|range| range.contains(&code));
    let status = if wanted { Status::L7Ok } else { Status::L7Status };
    Some(Verdict { status, code: Some(code), info })
}

fn could_be_http(received: &[u8]) -> bool {
    let start = b"HTTP/1.";
    received.iter().zip(start).all(|(byte, wanted)| byte == wanted)
}

/// RFC 9112 4; the space before an empty reason may be missing.
fn parse(line: &[u8]) -> Option<(u16, &str)> {
    let rest = line.strip_prefix(b"HTTP/1.")?;
    let [minor, b' ', hundreds @ b'1'..=b'9', tens, ones, rest @ ..] = rest else { return None };
    let digits = [hundreds, tens, ones];
    if !minor.is_ascii_digit() || !digits.iter().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let code = digits.iter().fold(0, |sum, &digit| sum * 10 + u16::from(digit - b'0'));
    let reason = match rest {
        [] => "",
        [b' ', reason @ ..] => std::str::from_utf8(reason).unwrap_or(""),
        _ => return None,
    };
    Some((code, reason))
}

#[cfg(test)]
mod tests;
