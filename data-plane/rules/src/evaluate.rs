//! Tests and conditions.

use std::ops::ControlFlow;

use sluicegate_model::expr::{Condition, Matcher, Step, Test};

use crate::convert::convert;
use crate::fetch::{Extent, visit};
use crate::message::{Message, Scratch};
use crate::value::Value;

/// Whether a condition holds. Tests whose outcome cannot change it are not asked.
pub fn matches<M: Message>(condition: &Condition, message: &M, scratch: &mut Scratch) -> bool {
    let (tests, steps) = (condition.tests(), condition.steps());
    let (mut truth, mut at) = (false, 0);
    while let Some(step) = steps.get(at) {
        at += 1;
        match *step {
            Step::Test(index) => {
                truth = tests.get(usize::from(index)).is_some_and(|test| passes(test, message, scratch));
            }
            Step::Not => truth = !truth,
            Step::SkipUnless(count) if !truth => at += usize::from(count),
            Step::SkipIf(count) if truth => at += usize::from(count),
            Step::SkipUnless(_) | Step::SkipIf(_) => {}
        }
    }
    truth
}

/// Whether a test passes: one of the values of its sample matches one of its patterns. Without a value it does not.
pub fn passes<M: Message>(test: &Test, message: &M, scratch: &mut Scratch) -> bool {
    let mut one = |value: Value<'_>, buffer: &mut Vec<u8>| {
        let converters = &test.sample.converters;
        let value = if converters.is_empty() { Some(value) } else { convert(converters, value, buffer) };
        match value.is_some_and(|value| compare(&test.matcher, value, buffer)) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    };
    visit(&test.sample.fetch, message, Extent::Every, &mut scratch.value, &mut one).is_break()
}

fn compare(matcher: &Matcher, value: Value<'_>, buffer: &mut Vec<u8>) -> bool {
    // Most samples are a part of the message, as it stands.
    if let (Matcher::Bytes(patterns), Value::Text(text)) = (matcher, &value) {
        return patterns.matches(text);
    }
    match matcher {
        Matcher::Found => true,
        Matcher::Bool => value.truth(buffer) == Some(true),
        Matcher::Int(set) => value.integer(buffer).is_some_and(|number| set.contains(number)),
        Matcher::Ip(set) => value.address(buffer).is_some_and(|ip| set.contains(ip)),
        Matcher::Len(set) => {
            let length = value.into_text(buffer).bytes(buffer).map(<[u8]>::len);
            length.and_then(|length| i64::try_from(length).ok()).is_some_and(|length| set.contains(length))
        }
        Matcher::Bytes(patterns) => {
            value.into_text(buffer).bytes(buffer).is_some_and(|text| patterns.matches(text))
        }
    }
}

#[cfg(test)]
mod tests;
