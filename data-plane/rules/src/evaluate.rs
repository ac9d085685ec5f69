//! Tests and conditions.

use std::ops::ControlFlow;

use sluicegate_model::expr::{Condition, Matcher, Step, Test};

use crate::content;
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

/// What is known of a condition while more bytes may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It does not hold, whatever comes.
    Fails,
    /// That hangs on bytes which have not come.
    Open,
    /// It holds.
    Holds,
}

impl Verdict {
    fn not(self) -> Self {
        match self {
            Self::Fails => Self::Holds,
            Self::Open => Self::Open,
            Self::Holds => Self::Fails,
        }
    }
}

/// What is known of a condition. As in HAProxy nothing behind an open test is asked that stands with it in an `and`, so
/// that a rule waits though what follows would decide it.
pub fn judge<M: Message>(condition: &Condition, message: &M, scratch: &mut Scratch) -> Verdict {
    let (tests, steps) = (condition.tests(), condition.steps());
    // Where alternatives to something open end.
    let mut open = std::mem::take(&mut scratch.open);
    open.clear();
    let (mut verdict, mut at) = (Verdict::Fails, 0);
    loop {
        while open.last() == Some(&at) {
            open.pop();
            if verdict == Verdict::Fails {
                verdict = Verdict::Open;
            }
        }
        let Some(step) = steps.get(at) else { break };
        at += 1;
        match *step {
            Step::Test(index) => {
                let test = tests.get(usize::from(index));
                verdict = test.map_or(Verdict::Fails, |test| judge_test(test, message, scratch));
            }
            Step::Not => verdict = verdict.not(),
            Step::SkipUnless(count) if verdict != Verdict::Holds => at += usize::from(count),
            Step::SkipIf(count) => match verdict {
                Verdict::Holds => at += usize::from(count),
                Verdict::Open => open.push(at + usize::from(count)),
                Verdict::Fails => {}
            },
            Step::SkipUnless(_) => {}
        }
    }
    scratch.open = open;
    verdict
}

fn judge_test<M: Message>(test: &Test, message: &M, scratch: &mut Scratch) -> Verdict {
    if passes(test, message, scratch) {
        Verdict::Holds
    } else if content::is_open(&test.sample.fetch, message, &mut scratch.value) {
        Verdict::Open
    } else {
        Verdict::Fails
    }
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
