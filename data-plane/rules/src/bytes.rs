//! What an expression gives, as bytes.

use std::ops::ControlFlow;

use sluicegate_model::expr::Sample;

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
