//! Parts of messages that rules give other values.

use regex::bytes::{Captures, Regex};
use sluicegate_model::rule::{HeaderName, Part, Rewrite, TargetPart};

use crate::convert::nibble;
use crate::format::{Style, render};
use crate::header;
use crate::message::{Edit, Message, Scratch, Variables};
use crate::target;

/// Does what one rule says.
pub(crate) fn rewrite<M: Message + Variables + Edit>(
    rewrite: &Rewrite,
    message: &mut M,
    scratch: &mut Scratch,
) {
    let mut text = std::mem::take(&mut scratch.text);
    text.clear();
    render(&rewrite.value, message, Style::Header, scratch, &mut text);
    let (pattern, part) = (rewrite.pattern.as_ref(), &rewrite.part);
    match part {
        Part::Method => message.set_method(&text),
        Part::Target(part) => replace_target(*part, pattern, &text, message, &mut scratch.value),
        Part::HeaderLines(name) => {
            if let Some(pattern) = pattern {
                message.replace(name, &mut |line, out| replaced(pattern, line, &text, out));
            }
        }
        Part::HeaderValues(name) => {
            if let Some(pattern) = pattern {
                replace_values(name, pattern, &text, message);
            }
        }
    }
    scratch.text = text;
}

fn replace_target<M: Message + Edit>(
    part: TargetPart,
    pattern: Option<&Regex>,
    text: &[u8],
    message: &mut M,
    out: &mut Vec<u8>,
) {
    let Some(whole) = message.target() else { return };
    let (before, old, after) = split(part, whole);
    out.clear();
    out.extend_from_slice(before);
    match pattern {
        Some(pattern) => {
            if !replaced(pattern, old, text, out) {
                return;
            }
        }
        None => {
            // A query that comes anew brings its question mark; one that goes leaves it, as HAProxy's does.
            if part == TargetPart::Query && !before.ends_with(b"?") && !text.is_empty() {
                out.push(b'?');
            }
            out.extend_from_slice(text);
        }
    }
    out.extend_from_slice(after);
    message.set_target(out);
}

/// A target around one of its parts. One without a path, `*` or an authority, is its own path (HAProxy).
fn split(part: TargetPart, whole: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let start = |rest: &[u8]| whole.len() - rest.len();
    match part {
        TargetPart::Uri => (b"", whole, b""),
        TargetPart::PathAndQuery => {
            let (before, old) = whole.split_at(target::path_and_query(whole).map_or(0, start));
            (before, old, b"")
        }
        TargetPart::Path => {
            let (before, rest) = whole.split_at(target::path_and_query(whole).map_or(0, start));
            let (old, after) = rest.split_at(memchr::memchr(b'?', rest).unwrap_or(rest.len()));
            (before, old, after)
        }
        TargetPart::Query => {
            let (before, old) = whole.split_at(target::query(whole).map_or(whole.len(), start));
            (before, old, b"")
        }
    }
}

/// Appends what a matching text becomes; whether it matches.
pub(crate) fn replaced(pattern: &Regex, old: &[u8], text: &[u8], out: &mut Vec<u8>) -> bool {
    let Some(groups) = pattern.captures(old) else { return false };
    expand(text, &groups, out);
    true
}

/// The values of all lines of a header, each for itself; commas and the space around values stay.
fn replace_values<M: Edit>(name: &HeaderName, pattern: &Regex, text: &[u8], message: &mut M) {
    message.replace(name, &mut |line, out| {
        let (mut from, mut any) = (0, false);
        for value in header::value_ranges(line) {
            out.extend_from_slice(&line[from..value.start]);
            from = value.end;
            if replaced(pattern, &line[value.clone()], text, out) {
                any = true;
            } else {
                out.extend_from_slice(&line[value]);
            }
        }
        out.extend_from_slice(&line[from..]);
        any
    });
}

/// Appends `text` with its references replaced, as HAProxy does it: `\\N` is what group N matched, nothing where it took
/// no part; `\\xHH` is a byte; a backslash before anything else stands for that.
fn expand(text: &[u8], groups: &Captures<'_>, out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = match &rest[at + 1..] {
            [digit @ b'0'..=b'9', rest @ ..] => {
                let group = groups.get(usize::from(digit - b'0'));
                out.extend_from_slice(group.map_or(b"", |group| group.as_bytes()));
                rest
            }
            [b'x', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.extend(nibble(*high).zip(nibble(*low)).map(|(high, low)| high << 4 | low));
                rest
            }
            [byte, rest @ ..] => {
                out.push(*byte);
                rest
            }
            [] => &[],
        };
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests;
