//! Formats to text.

use std::io::Write;
use std::net::IpAddr;
use std::ops::ControlFlow;

use sluicegate_model::expr::{Alias, Format, Piece, Sample, Value as Source};

use crate::convert::convert;
use crate::fetch::{Extent, visit};
use crate::message::{Message, Scratch, Variables};
use crate::value::Value;

/// What the text is for: how what clients wrote is made harmless, and what stands for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A log line: [`escape_log`] applies, nothing is a dash (or, in quotes, nothing).
    Log,
    /// A body: as it is.
    Body,
    /// A header's value: CR, LF and NUL become spaces (RFC 9110 5.5).
    Header,
    /// A Location: what may not stand in a URI is percent-encoded.
    Location,
}

/// Appends the text of `format` to `out`.
pub fn render<M: Message + Variables>(
    format: &Format,
    message: &M,
    style: Style,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) {
    match style {
        Style::Log => pieces::<M, true>(format, message, style, scratch, out),
        _ => pieces::<M, false>(format, message, style, scratch, out),
    }
}

/// Logs have code of their own (`LOG`), without the other styles' questions: each request has a line.
fn pieces<M: Message + Variables, const LOG: bool>(
    format: &Format,
    message: &M,
    style: Style,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) {
    let style = if LOG { Style::Log } else { style };
    for piece in format.pieces() {
        match &piece.value {
            // Most are that short: spaces, slashes, brackets.
            Source::Literal(text) => match **text {
                [one] => out.push(one),
                [one, two] => out.extend_from_slice(&[one, two]),
                _ => out.extend_from_slice(text),
            },
            Source::Alias(alias) => {
                if piece.quote {
                    out.push(b'"');
                }
                // Where it comes to stand: only what must be changed is written twice.
                let start = out.len();
                message.alias(*alias, piece.hexadecimal, out);
                if out.len() == start && style == Style::Log && !piece.quote {
                    show_nothing(*alias, out);
                } else if !stays(*alias, style) && !fits(&out[start..], style) {
                    escape_from(start, style, &mut scratch.value, out);
                }
                if piece.quote {
                    out.push(b'"');
                }
            }
            Source::Sample(sample) => {
                let out = &mut *out;
                // By value: a borrowed style would not be known to the compiler in all that is above.
                text(sample, message, piece.hexadecimal, &mut scratch.value, move |text| {
                    finish(piece, text, style, out);
                });
            }
        }
    }
}

/// What a log line has in the place of an alias without a text.
fn show_nothing(alias: Alias, out: &mut Vec<u8>) {
    if plain(alias) {
        // As with HAProxy a frontend that captures nothing has no such fields, not empty ones.
        out.pop_if(|last| *last == b' ');
    } else {
        out.push(b'-');
    }
}

/// Whether an alias stays as it is, whatever the client does.
fn stays(alias: Alias, style: Style) -> bool {
    plain(alias) || style == Style::Log && printable(alias)
}

/// Changes what stands from `start` on into the form of its place.
fn escape_from(start: usize, style: Style, buffer: &mut Vec<u8>, out: &mut Vec<u8>) {
    buffer.clear();
    buffer.extend_from_slice(&out[start..]);
    out.truncate(start);
    escape(buffer, style, out);
}

/// Aliases of digits, letters, spaces, `+`, `-`, `/`, `:` and `.` alone.
fn printable(alias: Alias) -> bool {
    matches!(
        alias,
        Alias::BytesToClient
            | Alias::BytesFromClient
            | Alias::ProcessConnections
            | Alias::FrontendConnections
            | Alias::BackendConnections
            | Alias::EndpointConnections
            | Alias::BackendQueue
            | Alias::EndpointQueue
            | Alias::Retries
            | Alias::RequestTime
            | Alias::WaitTime
            | Alias::ConnectTime
            | Alias::ResponseTime
            | Alias::ActiveTime
            | Alias::DataTime
            | Alias::TotalTime
            | Alias::Status
            | Alias::Termination
            | Alias::TerminationCookies
            | Alias::ClientIp
            | Alias::ClientPort
            | Alias::AcceptDate
            | Alias::RequestDate
    )
}

/// Aliases that escape what they are made of themselves: the braces and bars of captures are not the client's.
fn plain(alias: Alias) -> bool {
    matches!(
        alias,
        Alias::RequestHeaders | Alias::RequestHeaderList | Alias::ResponseHeaders | Alias::ResponseHeaderList
    )
}

/// Calls `then` once with the text of a sample, empty where it has none.
fn text<M: Message>(
    sample: &Sample,
    message: &M,
    hexadecimal: bool,
    buffer: &mut Vec<u8>,
    mut then: impl FnMut(&[u8]),
) {
    let mut one = |value: Value<'_>, buffer: &mut Vec<u8>| {
        let Some(value) = convert(&sample.converters, value, buffer) else {
            return ControlFlow::Continue(());
        };
        let value = if hexadecimal { in_hexadecimal(value, buffer) } else { value.into_text(buffer) };
        then(value.bytes(buffer).unwrap_or_default());
        ControlFlow::Break(())
    };
    if visit(&sample.fetch, message, Extent::One, buffer, &mut one).is_continue() {
        then(b"");
    }
}

fn in_hexadecimal<'a>(value: Value<'a>, buffer: &mut Vec<u8>) -> Value<'a> {
    let start = buffer.len();
    // Writing to a Vec cannot fail.
    let _infallible = match value {
        Value::Int(number) => write!(buffer, "{number:X}"),
        Value::Ip(IpAddr::V4(ip)) => write!(buffer, "{:08X}", u32::from(ip)),
        Value::Ip(IpAddr::V6(ip)) => write!(buffer, "{:032X}", u128::from(ip)),
        Value::Bool(_) | Value::Text(_) | Value::Buffered(_) => return value.into_text(buffer),
    };
    Value::Buffered(start..buffer.len())
}

fn finish(piece: &Piece, text: &[u8], style: Style, out: &mut Vec<u8>) {
    if piece.quote {
        out.push(b'"');
    } else if text.is_empty() && style == Style::Log {
        out.push(b'-');
    }
    escape(text, style, out);
    if piece.quote {
        out.push(b'"');
    }
}

/// Appends text in the form of its place.
fn escape(text: &[u8], style: Style, out: &mut Vec<u8>) {
    if fits(text, style) {
        return out.extend_from_slice(text);
    }
    match style {
        Style::Log => escape_log(text, out),
        Style::Body => out.extend_from_slice(text),
        Style::Header => out.extend(text.iter().map(|&byte| if splits(byte) { b' ' } else { byte })),
        Style::Location => percent_encode(text, out),
    }
}

/// Whether text may stand as it is.
fn fits(text: &[u8], style: Style) -> bool {
    match style {
        Style::Log => none(text, is_coded),
        Style::Body => true,
        Style::Header => none(text, splits),
        Style::Location => none(text, is_encoded),
    }
}

/// Many bytes at one step, without a branch for each; the last blocks overlap.
#[inline(always)]
fn none(text: &[u8], test: impl Fn(u8) -> bool + Copy) -> bool {
    let strange = match text.len() {
        0..4 => any(text, test),
        4..8 => ends::<4>(text, test),
        8..16 => ends::<8>(text, test),
        16..=32 => ends::<16>(text, test),
        _ => text.as_chunks::<16>().0.iter().any(|block| any(block, test)) || ends::<16>(text, test),
    };
    !strange
}

/// Of the first `N` bytes and the last.
#[inline(always)]
fn ends<const N: usize>(text: &[u8], test: impl Fn(u8) -> bool + Copy) -> bool {
    let (first, last) = (text.first_chunk::<N>(), text.last_chunk::<N>());
    first.is_none_or(|first| any(first, test)) | last.is_none_or(|last| any(last, test))
}

#[inline(always)]
fn any(text: &[u8], test: impl Fn(u8) -> bool) -> bool {
    text.iter().fold(false, |any, &byte| any | test(byte))
}

fn splits(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | 0)
}

fn is_coded(byte: u8) -> bool {
    matches!(byte, b'"' | b'#' | 0..=0x1f | 0x7f..)
}

fn is_encoded(byte: u8) -> bool {
    matches!(byte, 0..=b' ' | 0x7f.. | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

fn coded(mark: u8, byte: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(&[mark, DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
}

/// Appends text with every byte that is not printable ASCII, every quote and every number sign as `#XX`, so that a line
/// stays a line and can be read back.
pub fn escape_log(text: &[u8], out: &mut Vec<u8>) {
    encode(text, b'#', is_coded, out);
}

/// RFC 3986 2: what may stand nowhere in a URI becomes `%XX`; percent signs stay, the text may be encoded already.
fn percent_encode(text: &[u8], out: &mut Vec<u8>) {
    encode(text, b'%', is_encoded, out);
}

fn encode(text: &[u8], mark: u8, test: impl Fn(u8) -> bool, out: &mut Vec<u8>) {
    for &byte in text {
        if test(byte) {
            coded(mark, byte, out);
        } else {
            out.push(byte);
        }
    }
}

#[cfg(test)]
mod tests;
