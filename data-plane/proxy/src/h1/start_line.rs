//! Request lines and status lines.

use super::fault::{Fault, InvalidHead};
use super::head::{Head, Method, Span, Version};
use super::parse::line_end;
use super::{Limits, scan, target};

impl Head {
    /// The request line, behind tolerated empty lines: where the next line starts, `None` when bytes are missing.
    pub(super) fn request_line(&mut self, buf: &[u8], limits: &Limits) -> Result<Option<usize>, InvalidHead> {
        let Some(line) = skip_empty_lines(buf, self.line_start())? else { return Ok(None) };
        let method_end = scan::token_end(buf, line);
        match buf.get(method_end) {
            None => return Ok(None),
            Some(b' ') if method_end > line => {}
            Some(_) => return Err(Fault::InvalidMethod.at(method_end)),
        }
        let target = method_end + 1;
        // One byte more than allowed is looked at, so that the verdict does not depend on what has arrived.
        let too_long = target + limits.target_bytes as usize + 1;
        let target_end = scan::target_end(buf.get(..too_long).unwrap_or(buf), target);
        if target_end == too_long {
            return Err(Fault::TargetTooLong.at(too_long - 1));
        }
        match buf.get(target_end) {
            None => return Ok(None),
            Some(b' ') if target_end > target => {}
            Some(b' ') => return Err(Fault::InvalidTarget.at(target)),
            Some(b'\r' | b'\n') => return Err(Fault::MissingVersion.at(target_end)),
            Some(_) => return Err(Fault::InvalidTargetByte.at(target_end)),
        }
        let Some(version) = version(buf, target_end + 1, Fault::UnsupportedVersion)? else { return Ok(None) };
        let Some(next) = line_end(buf, target_end + 9, Fault::InvalidVersion)? else { return Ok(None) };
        self.version = version;
        self.method_text = Span::new(line, method_end);
        self.method = Method::of(self.method_text.of(buf));
        self.target = Span::new(target, target_end);
        // A minor version above 1 is not ours to claim (RFC 9110 section 2.5): such a line is made anew.
        if version.text().as_bytes() == Span::new(target_end + 1, target_end + 9).of(buf) {
            self.start_line = Span::new(line, next);
        }
        self.form = target::classify(self.method, self.target, buf).map_err(|fault| fault.at(target))?;
        Ok(Some(next))
    }

    /// The status line: where the next line starts, `None` when bytes are missing.
    pub(super) fn status_line(&mut self, buf: &[u8]) -> Result<Option<usize>, InvalidHead> {
        let line = self.line_start();
        let Some(version) = version(buf, line, Fault::InvalidVersion)? else { return Ok(None) };
        match buf.get(line + 8) {
            None => return Ok(None),
            Some(b' ') => {}
            Some(_) => return Err(Fault::InvalidVersion.at(line + 8)),
        }
        let mut status = 0;
        for at in line + 9..line + 12 {
            let Some(&digit) = buf.get(at) else { return Ok(None) };
            if !digit.is_ascii_digit() || (status == 0 && digit == b'0') {
                return Err(Fault::InvalidStatus.at(at));
            }
            status = status * 10 + u16::from(digit - b'0');
        }
        // The space is required even before an empty phrase, but many servers leave it out, and nothing else can
        // be meant.
        let reason = match buf.get(line + 12) {
            None => return Ok(None),
            Some(b' ') => line + 13,
            Some(b'\r' | b'\n') => line + 12,
            Some(_) => return Err(Fault::InvalidStatus.at(line + 12)),
        };
        let reason_end = scan::value_end(buf, reason);
        let Some(next) = line_end(buf, reason_end, Fault::InvalidReason)? else { return Ok(None) };
        self.version = version;
        self.status = status;
        self.reason = Span::new(reason, reason_end);
        if reason == line + 13 && buf.starts_with(version.text().as_bytes()) {
            self.start_line = Span::new(line, next);
        }
        Ok(Some(next))
    }
}

fn skip_empty_lines(buf: &[u8], from: usize) -> Result<Option<usize>, InvalidHead> {
    let mut line = from;
    for _ in 0..=Limits::LEADING_EMPTY_LINES {
        if !matches!(buf.get(line), Some(b'\r' | b'\n')) {
            return Ok(Some(line));
        }
        let Some(next) = line_end(buf, line, Fault::InvalidMethod)? else { return Ok(None) };
        line = next;
    }
    Err(Fault::TooManyEmptyLines.at(line - 2))
}

/// `HTTP/` DIGIT `.` DIGIT at `at`; `None` when what is there so far fits but is short.
fn version(buf: &[u8], at: usize, newer: Fault) -> Result<Option<Version>, InvalidHead> {
    let found = buf.get(at..).unwrap_or_default();
    if found.starts_with(b"HTTP/1.1") {
        return Ok(Some(Version::Http11));
    }
    for (offset, &expected) in b"HTTP/0.0".iter().enumerate() {
        let Some(&byte) = found.get(offset) else { return Ok(None) };
        let fits = if expected == b'0' { byte.is_ascii_digit() } else { byte == expected };
        if !fits {
            return Err(Fault::InvalidVersion.at(at + offset));
        }
    }
    match (found.get(5), found.get(7)) {
        (Some(b'1'), Some(b'0')) => Ok(Some(Version::Http10)),
        (Some(b'1'), _) => Ok(Some(Version::Http11)),
        (Some(b'0'), _) => Err(Fault::InvalidVersion.at(at)),
        _ => Err(newer.at(at)),
    }
}
