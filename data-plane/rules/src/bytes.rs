//! What an expression gives.

use std::net::IpAddr;
use std::ops::ControlFlow;

use sluicegate_model::expr::{Converter, Sample};

use crate::convert::convert;
use crate::fetch::{Extent, visit};
use crate::message::{Message, Scratch};
use crate::value::Value;

/// Shows the value of an expression to `look` as HAProxy's binary type has it: an address is its 4 or 16 bytes, a number
/// or truth value 8, the highest first. `None`: there is no value.
pub fn bytes<M: Message, T>(
    sample: &Sample,
    message: &M,
    scratch: &mut Scratch,
    look: impl FnOnce(&[u8]) -> T,
) -> Option<T> {
    let mut look = Some(look);
    one(sample, message, scratch, |value, buffer| show(&value, buffer, look.take()?))
}

/// The value of an expression as a number. `None`: there is none, or it is no number.
pub fn integer<M: Message>(sample: &Sample, message: &M, scratch: &mut Scratch) -> Option<i64> {
    one(sample, message, scratch, |value, buffer| value.integer(buffer))
}

/// The value of an expression, shown to `look`. `None`: there is none.
pub fn given<M: Message, T>(
    sample: &Sample,
    message: &M,
    scratch: &mut Scratch,
    look: impl FnOnce(Given<'_>) -> T,
) -> Option<T> {
    let mut look = Some(look);
    one(sample, message, scratch, |value, buffer| Some(look.take()?(Given::of(&value, buffer)?)))
}

/// What converters make of a value, shown to `look`. `None`: nothing.
pub fn converted<T>(
    converters: &[Converter],
    value: Given<'_>,
    scratch: &mut Scratch,
    look: impl FnOnce(Given<'_>) -> T,
) -> Option<T> {
    let buffer = &mut scratch.value;
    buffer.clear();
    let value = convert(converters, value.into(), buffer)?;
    Given::of(&value, buffer).map(look)
}

/// A value as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given<'a> {
    /// True or false.
    Bool(bool),
    /// A number.
    Int(i64),
    /// An address.
    Ip(IpAddr),
    /// Bytes.
    Text(&'a [u8]),
}

impl<'a> Given<'a> {
    fn of(value: &Value<'a>, buffer: &'a [u8]) -> Option<Self> {
        Some(match value {
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Int(number) => Self::Int(*number),
            Value::Ip(ip) => Self::Ip(*ip),
            text => Self::Text(text.bytes(buffer)?),
        })
    }
}

impl<'a> From<Given<'a>> for Value<'a> {
    fn from(given: Given<'a>) -> Self {
        match given {
            Given::Bool(truth) => Self::Bool(truth),
            Given::Int(number) => Self::Int(number),
            Given::Ip(ip) => Self::Ip(ip),
            Given::Text(text) => Self::Text(text),
        }
    }
}

/// What `look` makes of the one value of an expression.
fn one<M: Message, T>(
    sample: &Sample,
    message: &M,
    scratch: &mut Scratch,
    mut look: impl FnMut(Value<'_>, &[u8]) -> Option<T>,
) -> Option<T> {
    let mut seen = None;
    let mut one = |value: Value<'_>, buffer: &mut Vec<u8>| {
        let converters = &sample.converters;
        let value = if converters.is_empty() { Some(value) } else { convert(converters, value, buffer) };
        seen = value.and_then(|value| look(value, buffer));
        ControlFlow::Break(())
    };
    let _ = visit(&sample.fetch, message, Extent::One, &mut scratch.value, &mut one);
    seen
}

fn show<T>(value: &Value<'_>, buffer: &[u8], look: impl FnOnce(&[u8]) -> T) -> Option<T> {
    match value {
        Value::Bool(truth) => Some(look(&i64::from(*truth).to_be_bytes())),
        Value::Int(number) => Some(look(&number.to_be_bytes())),
        Value::Ip(std::net::IpAddr::V4(ip)) => Some(look(&ip.octets())),
        Value::Ip(std::net::IpAddr::V6(ip)) => Some(look(&ip.octets())),
        Value::Text(_) | Value::Buffered(_) => value.bytes(buffer).map(look),
    }
}
