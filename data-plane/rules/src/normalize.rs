//! Request targets in their usual form (HAProxy: http-request normalize-uri).

use std::ops::Range;

use sluicegate_model::rule::Normalizer;

use crate::convert::nibble;
use crate::message::{Edit, Message, Scratch};
use crate::target;

/// Does what one rule says. A target without a path, `*` or an authority, stays.
pub(crate) fn normalize<M: Message + Edit>(how: Normalizer, message: &mut M, scratch: &mut Scratch) {
    let Some(whole) = message.target() else { return };
    let Some(found) = target::path_and_query(whole) else { return };
    let (before, rest) = whole.split_at(whole.len() - found.len());
    let (path, query) = rest.split_at(memchr::memchr(b'?', rest).unwrap_or(rest.len()));
    let out = &mut scratch.value;
    out.clear();
    out.extend_from_slice(before);
    match how {
        Normalizer::MergeSlashes => merge_slashes(path, out),
        Normalizer::StripDot => strip_dot(path, out),
        Normalizer::StripDotDot { full } => strip_dot_dot(path, full, out),
        Normalizer::PercentToUppercase => uppercase(rest, out),
        Normalizer::DecodeUnreserved => decode_unreserved(rest, out),
        Normalizer::StripFragment => out.extend_from_slice(&rest[..fragment(rest).unwrap_or(rest.len())]),
        Normalizer::EncodeFragment => encode_fragment(rest, out),
        Normalizer::SortQuery => {
            out.extend_from_slice(path);
            sort(query, &mut scratch.ranges, out);
        }
    }
    if matches!(how, Normalizer::MergeSlashes | Normalizer::StripDot | Normalizer::StripDotDot { .. }) {
        out.extend_from_slice(query);
    }
    if *out != whole {
        message.set_target(out);
    }
}

fn merge_slashes(path: &[u8], out: &mut Vec<u8>) {
    let mut last = 0;
    for &byte in path {
        if (byte, last) != (b'/', b'/') {
            out.push(byte);
        }
        last = byte;
    }
}

/// What stands between the slashes, and whether it is the last.
fn segments(path: &[u8]) -> impl Iterator<Item = (&[u8], bool)> {
    let mut segments = path.strip_prefix(b"/").unwrap_or(path).split(|&byte| byte == b'/').peekable();
    std::iter::from_fn(move || segments.next().map(|segment| (segment, segments.peek().is_none())))
}

/// RFC 3986 5.2.4, for `.` alone.
fn strip_dot(path: &[u8], out: &mut Vec<u8>) {
    for (segment, last) in segments(path) {
        if segment != b"." {
            out.push(b'/');
            out.extend_from_slice(segment);
        } else if last {
            out.push(b'/');
        }
    }
}

/// RFC 3986 5.2.4, for `..` alone. What leads above the root stays where not `full`.
fn strip_dot_dot(path: &[u8], full: bool, out: &mut Vec<u8>) {
    let mut floor = out.len();
    for (segment, last) in segments(path) {
        if segment != b".." {
            out.push(b'/');
            out.extend_from_slice(segment);
            continue;
        }
        match memchr::memrchr(b'/', &out[floor..]) {
            Some(slash) => out.truncate(floor + slash),
            None if full => {}
            None => {
                out.extend_from_slice(b"/..");
                floor = out.len();
                continue;
            }
        }
        if last {
            out.push(b'/');
        }
    }
}

fn uppercase(text: &[u8], out: &mut Vec<u8>) {
    encoded(text, out, |[high, low], out| {
        out.extend_from_slice(&[b'%', high.to_ascii_uppercase(), low.to_ascii_uppercase()]);
    });
}

/// RFC 3986 2.3
fn decode_unreserved(text: &[u8], out: &mut Vec<u8>) {
    encoded(text, out, |[high, low], out| {
        match nibble(high).zip(nibble(low)).map(|(high, low)| high << 4 | low) {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => out.push(byte),
            _ => out.extend_from_slice(&[b'%', high, low]),
        }
    });
}

/// Has each `%` with its two digits replaced; one without them stays.
fn encoded(text: &[u8], out: &mut Vec<u8>, replace: impl Fn([u8; 2], &mut Vec<u8>)) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'%', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = match &rest[at + 1..] {
            [high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                replace([*high, *low], out);
                rest
            }
            rest => {
                out.push(b'%');
                rest
            }
        };
    }
    out.extend_from_slice(rest);
}

fn fragment(text: &[u8]) -> Option<usize> {
    memchr::memchr(b'#', text)
}

fn encode_fragment(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        match byte {
            b'#' => out.extend_from_slice(b"%23"),
            byte => out.push(byte),
        }
    }
}

/// Sorts what stands between the `&` of a query by its names; equal names stay in their order.
fn sort(query: &[u8], ranges: &mut Vec<Range<usize>>, out: &mut Vec<u8>) {
    let Some(parameters) = query.strip_prefix(b"?") else { return out.extend_from_slice(query) };
    let name = |range: &Range<usize>| {
        let text = &parameters[range.clone()];
        &text[..memchr::memchr(b'=', text).unwrap_or(text.len())]
    };
    ranges.clear();
    let mut start = 0;
    for parameter in parameters.split(|&byte| byte == b'&') {
        ranges.push(start..start + parameter.len());
        start += parameter.len() + 1;
    }
    ranges.sort_unstable_by(|a, b| name(a).cmp(name(b)).then(a.start.cmp(&b.start)));
    let mut mark = b'?';
    for range in &*ranges {
        out.push(mark);
        out.extend_from_slice(&parameters[range.clone()]);
        mark = b'&';
    }
}

#[cfg(test)]
mod tests;
