//! Converters: steps that change a value.

mod map;

use std::ops::Range;

use sluicegate_model::expr::{Converter, Selection};

use crate::value::{MAX_VALUE_BYTES, Value};

/// Passes `value` through `converters`; `None` where one of them has no result.
pub(crate) fn convert<'a>(
    converters: &'a [Converter],
    mut value: Value<'a>,
    buffer: &mut Vec<u8>,
) -> Option<Value<'a>> {
    for converter in converters {
        value = step(converter, value, buffer)?;
    }
    Some(value)
}

fn step<'a>(converter: &'a Converter, value: Value<'a>, buffer: &mut Vec<u8>) -> Option<Value<'a>> {
    match converter {
        Converter::Bool => return value.truth(buffer).map(Value::Bool),
        Converter::Not => return value.truth(buffer).map(|truth| Value::Bool(!truth)),
        Converter::Map(map) => return map::look_up(map, value, buffer),
        _ => {}
    }
    let value = value.into_text(buffer);
    let text = value.bytes(buffer)?;
    let kept = match converter {
        Converter::Bool | Converter::Not | Converter::Map(_) => return None,
        Converter::Length => return i64::try_from(text.len()).ok().map(Value::Int),
        Converter::PortOnly => return Some(Value::Int(port(text))),
        Converter::Lower => return Some(rewrite(&value, buffer, <[u8]>::make_ascii_lowercase)),
        Converter::Upper => return Some(rewrite(&value, buffer, <[u8]>::make_ascii_uppercase)),
        Converter::Hex => return Some(hex(&value, buffer)),
        Converter::UrlDecode { plus } => return url_decode(&value, *plus, buffer),
        Converter::HostOnly => 0..host_length(text),
        Converter::Bytes { offset, length } => {
            let start = *offset.min(&text.len());
            start..length.map_or(text.len(), |length| start.saturating_add(length).min(text.len()))
        }
        Converter::TrimStart(bytes) => {
            text.iter().position(|byte| !bytes.contains(byte)).unwrap_or(text.len())..text.len()
        }
        Converter::TrimEnd(bytes) => {
            0..text.iter().rposition(|byte| !bytes.contains(byte)).map_or(0, |at| at + 1)
        }
        Converter::Field(selection) => field(text, selection)?,
        Converter::Word(selection) => word(text, selection)?,
    };
    Some(part(value, kept))
}

/// A part of a text.
fn part(value: Value<'_>, kept: Range<usize>) -> Value<'_> {
    match value {
        Value::Text(text) => Value::Text(&text[kept]),
        Value::Buffered(range) => Value::Buffered(range.start + kept.start..range.start + kept.end),
        other => other,
    }
}

/// The range of a text in the buffer, copied there where it was not.
fn own(value: &Value<'_>, buffer: &mut Vec<u8>) -> Range<usize> {
    match value {
        Value::Buffered(range) => range.clone(),
        Value::Text(text) => {
            let start = buffer.len();
            buffer.extend_from_slice(&text[..text.len().min(MAX_VALUE_BYTES)]);
            start..buffer.len()
        }
        Value::Bool(_) | Value::Int(_) | Value::Ip(_) => 0..0,
    }
}

fn rewrite<'a>(value: &Value<'_>, buffer: &mut Vec<u8>, change: impl Fn(&mut [u8])) -> Value<'a> {
    let range = own(value, buffer);
    change(&mut buffer[range.clone()]);
    Value::Buffered(range)
}

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

fn hex<'a>(value: &Value<'_>, buffer: &mut Vec<u8>) -> Value<'a> {
    let range = own(value, buffer);
    // The digits take the place of what they are made from: the buffer does not grow with each converter.
    let bytes = range.len().min(MAX_VALUE_BYTES / 2);
    buffer.resize((range.start + bytes * 2).max(range.end), 0);
    for at in (0..bytes).rev() {
        let byte = buffer[range.start + at];
        buffer[range.start + 2 * at] = DIGITS[usize::from(byte >> 4)];
        buffer[range.start + 2 * at + 1] = DIGITS[usize::from(byte & 15)];
    }
    Value::Buffered(range.start..range.start + bytes * 2)
}

/// `None` where a percent sign is not followed by two hexadecimal digits. A plus sign is a space in forms, and behind a
/// question mark everywhere.
fn url_decode<'a>(value: &Value<'_>, in_form: bool, buffer: &mut Vec<u8>) -> Option<Value<'a>> {
    let range = own(value, buffer);
    let (mut from, mut to, mut plus) = (range.start, range.start, in_form);
    while from < range.end {
        let mut byte = buffer[from];
        from += 1;
        match byte {
            b'+' if plus => byte = b' ',
            b'?' => plus = true,
            b'%' => {
                let digits = buffer.get(from..from + 2).filter(|_| from + 2 <= range.end)?;
                byte = nibble(digits[0])? << 4 | nibble(digits[1])?;
                from += 2;
            }
            _ => {}
        }
        buffer[to] = byte;
        to += 1;
    }
    Some(Value::Buffered(range.start..to))
}

/// The value of a hexadecimal digit.
pub(crate) fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Length of the host in `host`, `host:port`, `[v6]`, `[v6]:port`.
fn host_length(text: &[u8]) -> usize {
    if text.first() == Some(&b'[')
        && let Some(end) = memchr::memchr(b']', text)
    {
        return end + 1;
    }
    let port = text.iter().rposition(|&byte| byte == b':');
    port.filter(|&colon| text[colon + 1..].iter().all(u8::is_ascii_digit)).unwrap_or(text.len())
}

fn port(text: &[u8]) -> i64 {
    let port = text[host_length(text)..].strip_prefix(b":").unwrap_or_default();
    std::str::from_utf8(port).ok().and_then(|port| port.parse::<u16>().ok()).map_or(0, i64::from)
}

/// Fields are what stands between delimiters, empty ones too.
fn field(text: &[u8], selection: &Selection) -> Option<Range<usize>> {
    let is_delimiter = |byte: &u8| selection.delimiters.contains(byte);
    let skip = usize::try_from(selection.index.get().unsigned_abs()).ok()? - 1;
    let more = selection.count.map(|count| count - 1);
    if selection.index.get() > 0 {
        let mut delimiters = (0..text.len()).filter(|&at| is_delimiter(&text[at]));
        let start = match skip.checked_sub(1) {
            None => 0,
            Some(before) => delimiters.nth(before)? + 1,
        };
        let end = more.and_then(|more| delimiters.nth(more)).unwrap_or(text.len());
        return Some(start..end);
    }
    let mut delimiters = (0..text.len()).rev().filter(|&at| is_delimiter(&text[at]));
    let end = match skip.checked_sub(1) {
        None => text.len(),
        Some(before) => delimiters.nth(before)?,
    };
    let start = more.and_then(|more| delimiters.nth(more)).map_or(0, |at| at + 1);
    Some(start..end)
}

/// Words are what stands between runs of delimiters.
fn word(text: &[u8], selection: &Selection) -> Option<Range<usize>> {
    let is_delimiter = |byte: u8| selection.delimiters.contains(&byte);
    let starts = |&at: &usize| !is_delimiter(text[at]) && (at == 0 || is_delimiter(text[at - 1]));
    let end_of =
        |start: usize| text[start..].iter().position(|&b| is_delimiter(b)).map_or(text.len(), |n| start + n);
    let skip = usize::try_from(selection.index.get().unsigned_abs()).ok()? - 1;
    let more = selection.count.map(|count| count - 1);
    if selection.index.get() > 0 {
        let mut words = (0..text.len()).filter(starts).skip(skip);
        let first = words.next()?;
        let last = match more {
            Some(0) => Some(first),
            Some(more) => words.clone().nth(more - 1).or_else(|| words.last()),
            None => words.last(),
        };
        return Some(first..end_of(last.unwrap_or(first)));
    }
    let mut words = (0..text.len()).rev().filter(starts).skip(skip);
    let last = words.next()?;
    let first = match more {
        Some(0) => Some(last),
        Some(more) => words.clone().nth(more - 1).or_else(|| words.last()),
        None => words.last(),
    };
    Some(first.unwrap_or(last)..end_of(last))
}

#[cfg(test)]
mod tests;
