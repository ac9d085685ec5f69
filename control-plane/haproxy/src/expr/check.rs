//! What arguments may be beyond their type, and which values fit where.

use sluicegate_proto::catalog::{self, ValueType};
use sluicegate_proto::v1::{Argument, argument::Value};

use super::list::value_words;

/// What is wrong with the arguments of a call: the index of the argument, and what it should be.
pub(super) fn arguments(canonical: &str, arguments: &[Argument]) -> Option<(usize, &'static str)> {
    let text = |at: usize| match arguments.get(at).and_then(|argument| argument.value.as_ref()) {
        Some(Value::Text(text)) => Some(&text[..]),
        _ => None,
    };
    let integer = |at: usize| match arguments.get(at).and_then(|argument| argument.value.as_ref()) {
        Some(Value::Integer(integer)) => Some(*integer),
        _ => None,
    };
    let empty = |at: usize| text(at).is_some_and(<[u8]>::is_empty);
    let negative = |at: usize| integer(at).is_some_and(|integer| integer < 0);
    let name = canonical.trim_start_matches("req.").trim_start_matches("res.");
    match name {
        "hdr" | "hdr_cnt" | "hdr_ip" | "hdr_val" | "fhdr" | "fhdr_cnt" => {
            (!text(0).is_some_and(is_token)).then_some((0, "the name of a header"))
        }
        "cook" | "cook_cnt" if empty(0) => Some((0, "the name of a cookie")),
        "var" if !text(0).is_some_and(is_variable) => Some((0, "a name like `check.mine`")),
        "payload_lv" if negative(0) => Some((0, "a number from 0")),
        "payload_lv" if !integer(1).is_none_or(|bytes| (1..=8).contains(&bytes)) => {
            Some((1, "a number from 1 to 8"))
        }
        "payload_lv" if text(2).is_some_and(|start| !is_number(start)) => {
            Some((2, "a number, with a sign or without"))
        }
        "payload" if negative(0) => Some((0, "a number from 0")),
        "payload" if negative(1) => Some((1, "a number from 0")),
        "url_param" if empty(0) => Some((0, "the name of a parameter")),
        "url_param" if text(1).is_some_and(|delimiter| delimiter.len() > 1) => Some((1, "one character")),
        "bool" if text(0).is_some_and(|text| !matches!(text, b"true" | b"false" | b"0" | b"1")) => {
            Some((0, "`true`, `false`, `0` or `1`"))
        }
        "word" | "field" if integer(0) == Some(0) => Some((0, "a number other than 0")),
        "word" | "field" if empty(1) => Some((1, "one or more delimiters")),
        "word" | "field" if negative(2) => Some((2, "a number from 0")),
        "bin" if text(0).is_some_and(|text| super::constant::bytes(text).is_none()) => {
            Some((0, "pairs of hexadecimal digits"))
        }
        "bytes" if negative(0) => Some((0, "a number from 0")),
        "bytes" if negative(1) => Some((1, "a number from 0")),
        name if name.starts_with("map") => {
            let yields = catalog::converter(name).map_or(ValueType::Str, |spec| spec.yields);
            let default = String::from_utf8_lossy(text(1)?);
            value_words(yields, &default).map(|expected| (1, expected))
        }
        "ltrim" | "rtrim" if empty(0) => Some((0, "one or more characters")),
        _ => None,
    }
}

/// Whether a value of one type can be taken for another (manual 7.1): anything for text and back, truth values for
/// numbers and back.
pub(super) fn castable(from: ValueType, to: ValueType) -> bool {
    use ValueType::{Ip, Str};
    from == to || to == Str || from == Str || (from != Ip && to != Ip)
}

/// Nothing stands for 0.
fn is_number(text: &[u8]) -> bool {
    let text = std::str::from_utf8(text).unwrap_or("?");
    text.is_empty() || text.parse::<i32>().is_ok()
}

/// A scope, and a name in it.
fn is_variable(text: &[u8]) -> bool {
    let dot = text.iter().position(|&byte| byte == b'.');
    let named = dot.is_some_and(|dot| dot > 0 && dot + 1 < text.len());
    named && text.len() <= 64 && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(byte))
}

/// A type in words.
pub(super) fn type_words(value: ValueType) -> &'static str {
    match value {
        ValueType::Bool => "a boolean",
        ValueType::Int => "an integer",
        ValueType::Ip => "an address",
        ValueType::Str => "a string",
    }
}

/// RFC 9110 5.6.2
pub(crate) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b))
}
