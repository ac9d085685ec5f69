//! The parser proper: one pass over the head, line by line, resumable at the start of a line.

use super::fault::{Fault, InvalidHead};
use super::head::{Field, Head, Kind, Method, Parsed, Span, Version};
use super::{Known, Limits, TargetForm, scan, target};

/// A line of up to this many bytes is looked at again with every piece of it that arrives, so that its faults are
/// answered at once. A longer one only when a line feed has come, which keeps the cost of a head that arrives bytewise
/// linear.
const EAGER_LINE_BYTES: usize = 2_048;

/// How far the parser came. Everything before `line` is understood and not looked at again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Offset of the first line that is not complete yet.
    line: u32,
    /// Bytes that were there at the last call.
    seen: u32,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    StartLine,
    Fields,
    Done,
}

impl Head {
    /// Parses the request head at the start of `buf`, or resumes. RFC 9112 sections 2, 3 and 5.
    ///
    /// # Errors
    /// [`InvalidHead`] with the first fault from the left; the head must then be cleared before it is used again.
    pub fn parse_request(&mut self, buf: &[u8], limits: &Limits) -> Result<Parsed, InvalidHead> {
        self.parse(Kind::Request, buf, limits)
    }

    /// Parses the response head at the start of `buf`, or resumes. Interim responses (1xx) are parsed like others;
    /// the caller clears the head and parses the next one. RFC 9112 sections 2, 4 and 5.
    ///
    /// # Errors
    /// As [`Head::parse_request`].
    pub fn parse_response(&mut self, buf: &[u8], limits: &Limits) -> Result<Parsed, InvalidHead> {
        self.parse(Kind::Response, buf, limits)
    }

    fn parse(&mut self, kind: Kind, buf: &[u8], limits: &Limits) -> Result<Parsed, InvalidHead> {
        if self.progress.stage == Stage::Done {
            return Ok(Parsed::Complete { head_len: self.progress.line as usize });
        }
        self.kind = kind;
        let limit = limits.head_bytes.min(Limits::MAX_HEAD_BYTES) as usize;
        let window = buf.get(..limit).unwrap_or(buf);
        let exhausted = window.len() == limit;
        let seen = self.progress.seen as usize;
        let long = seen.saturating_sub(self.progress.line as usize) > EAGER_LINE_BYTES;
        if long && !exhausted && memchr::memchr(b'\n', window.get(seen..).unwrap_or_default()).is_none() {
            self.progress.seen = Span::new(0, window.len()).end;
            return Ok(Parsed::Partial);
        }
        if self.advance(window, limits)? {
            return Ok(Parsed::Complete { head_len: self.progress.line as usize });
        }
        if exhausted {
            let in_request_line = self.progress.stage == Stage::StartLine && kind == Kind::Request;
            let fault = if in_request_line { Fault::TargetTooLong } else { Fault::HeadTooLarge };
            return Err(fault.at(window.len()));
        }
        self.progress.seen = Span::new(0, window.len()).end;
        Ok(Parsed::Partial)
    }

    /// Takes in every complete line. True at the end of the head.
    fn advance(&mut self, buf: &[u8], limits: &Limits) -> Result<bool, InvalidHead> {
        let mut line = self.progress.line as usize;
        if self.progress.stage == Stage::StartLine {
            let next = match self.kind {
                Kind::Request => self.request_line(buf, limits)?,
                Kind::Response => self.status_line(buf)?,
            };
            let Some(next) = next else { return Ok(false) };
            line = next;
            self.progress.stage = Stage::Fields;
        }
        loop {
            self.progress.line = Span::new(0, line).end;
            match buf.get(line) {
                None => return Ok(false),
                Some(b'\r' | b'\n') => {
                    let Some(end) = line_end(buf, line, Fault::InvalidName)? else { return Ok(false) };
                    self.finish(buf, line)?;
                    self.progress = Progress { line: Span::new(0, end).end, seen: 0, stage: Stage::Done };
                    return Ok(true);
                }
                Some(_) if self.fields.len() >= usize::from(limits.fields) => {
                    return Err(Fault::TooManyFields.at(line));
                }
                Some(_) => {}
            }
            let Some(next) = self.field(buf, line)? else { return Ok(false) };
            line = next;
        }
    }

    /// Takes in the field line that starts at `line`: where the next line starts, `None` when bytes are missing.
    fn field(&mut self, buf: &[u8], line: usize) -> Result<Option<usize>, InvalidHead> {
        let colon = scan::token_end(buf, line);
        if buf.get(colon) != Some(&b':') || colon == line {
            return self.no_colon(buf, line, colon);
        }
        // Neither a blank nor a control byte: where a value begins and ends, nearly always.
        let is_visible = |at: usize| buf.get(at).is_some_and(|&byte| byte > b' ');
        let is_blank = |at: usize| matches!(buf.get(at), Some(b' ' | b'\t'));
        let mut start = colon + 1;
        if buf.get(start) == Some(&b' ') && is_visible(start + 1) {
            start += 1;
        } else {
            while is_blank(start) {
                start += 1;
            }
        }
        let stop = scan::value_end(buf, start);
        let Some(next) = line_end(buf, stop, Fault::InvalidValue)? else { return Ok(None) };
        let mut end = stop;
        while end > start && is_blank(end - 1) {
            end -= 1;
        }
        let name = buf.get(line..colon).unwrap_or_default();
        let known = Known::of(name);
        let canonical = start == colon + 2 && end == stop && buf.get(colon + 1) == Some(&b' ');
        let field = Field { name: Span::new(line, colon), value: Span::new(start, end), known, canonical };
        if let Some(name) = known {
            self.facts.note(name, &field, buf, self.known.has(name))?;
            self.known.insert(name);
        }
        self.irregular |= !canonical;
        self.fields.push(field);
        Ok(Some(next))
    }

    /// A line whose name, up to `end`, is not followed by a colon: incomplete, or at fault.
    #[cold]
    fn no_colon(&self, buf: &[u8], line: usize, end: usize) -> Result<Option<usize>, InvalidHead> {
        Err(match buf.get(end) {
            None => return Ok(None),
            Some(b' ' | b'\t') if end == line && self.fields.is_empty() => {
                Fault::BlankBeforeFirstField.at(line)
            }
            Some(b' ' | b'\t') if end == line => Fault::ObsoleteFold.at(line),
            Some(b' ' | b'\t') => Fault::BlankInName.at(end),
            Some(_) => Fault::InvalidName.at(end),
        })
    }

    /// What can only be judged when all fields are known. `at` is the offset of the empty line.
    fn finish(&self, buf: &[u8], at: usize) -> Result<(), InvalidHead> {
        let facts = &self.facts;
        if facts.chunked {
            let offset = self.offset_of(Known::TransferEncoding, at);
            if facts.content_length.is_some() {
                return Err(Fault::LengthAndTransferEncoding.at(offset));
            }
            if self.version == Version::Http10 {
                return Err(Fault::TransferEncodingInHttp10.at(offset));
            }
        }
        if self.kind == Kind::Response {
            return Ok(());
        }
        let has_body = facts.chunked || facts.content_length.is_some_and(|length| length > 0);
        let bodyless = match self.version {
            Version::Http11 => self.method == Method::Connect,
            Version::Http10 => {
                matches!(self.method, Method::Get | Method::Head | Method::Delete | Method::Connect)
            }
        };
        if has_body && bodyless {
            return Err(Fault::UnexpectedBody.at(at));
        }
        self.check_host(buf, at)
    }

    fn check_host(&self, buf: &[u8], at: usize) -> Result<(), InvalidHead> {
        if !self.known.has(Known::Host) {
            return if self.version == Version::Http11 { Err(Fault::MissingHost.at(at)) } else { Ok(()) };
        }
        let host = self.facts.host.of(buf);
        // Most are a plain name or an IPv4 address, without a port.
        let plain = scan::plain_name_end(buf, self.facts.host.start as usize) == self.facts.host.end as usize;
        if !plain && !host.is_empty() && !target::is_authority(host) {
            return Err(Fault::InvalidHost.at(self.offset_of(Known::Host, at)));
        }
        let agrees = match self.form {
            TargetForm::Origin | TargetForm::Asterisk => return Ok(()),
            TargetForm::Absolute { authority, .. } => {
                target::agree(authority.of(buf), host, target::default_port(self.target.of(buf)))
            }
            TargetForm::Authority => target::agree(self.target.of(buf), host, None),
        };
        if agrees { Ok(()) } else { Err(Fault::HostMismatch.at(self.offset_of(Known::Host, at))) }
    }

    fn offset_of(&self, name: Known, otherwise: usize) -> usize {
        let field = self.fields.iter().find(|field| field.known == Some(name));
        field.map_or(otherwise, |field| field.name.start as usize)
    }

    pub(super) fn line_start(&self) -> usize {
        self.progress.line as usize
    }
}

/// Expects CRLF at `at`: where the next line starts, or `None` when bytes are missing. Any other byte is `fault`.
pub(super) fn line_end(buf: &[u8], at: usize, fault: Fault) -> Result<Option<usize>, InvalidHead> {
    match buf.get(at..).and_then(<[u8]>::first_chunk) {
        Some(b"\r\n") => Ok(Some(at + 2)),
        _ => no_line_end(buf, at, fault),
    }
}

#[cold]
fn no_line_end(buf: &[u8], at: usize, fault: Fault) -> Result<Option<usize>, InvalidHead> {
    match (buf.get(at), buf.get(at + 1)) {
        (None, _) | (Some(b'\r'), None) => Ok(None),
        (Some(b'\r'), Some(_)) => Err(Fault::BareCarriageReturn.at(at)),
        (Some(b'\n'), _) => Err(Fault::BareLineFeed.at(at)),
        (Some(_), _) => Err(fault.at(at)),
    }
}
