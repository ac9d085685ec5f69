//! Conditions put together from others, and what can be told of them without a message.

use sluicegate_proto::v1::{self, Operator, op::Op};

/// `a and b`; nothing stands for what is always true.
pub fn both(a: Option<v1::Condition>, b: Option<v1::Condition>) -> Option<v1::Condition> {
    match (a, b) {
        (Some(a), Some(b)) => Some(joined(a, b, Operator::And)),
        (one, other) => one.or(other),
    }
}

/// `a or b`
pub(super) fn either(a: v1::Condition, b: v1::Condition) -> v1::Condition {
    joined(a, b, Operator::Or)
}

/// `not a`
pub(super) fn not(mut a: v1::Condition) -> v1::Condition {
    a.ops.push(operator(Operator::Not));
    a
}

fn joined(mut a: v1::Condition, b: v1::Condition, with: Operator) -> v1::Condition {
    let shift = u32::try_from(a.tests.len()).unwrap_or(u32::MAX);
    a.tests.extend(b.tests);
    a.ops.extend(b.ops.into_iter().map(|op| match op.op {
        Some(Op::Test(index)) => v1::Op { op: Some(Op::Test(index.saturating_add(shift))) },
        _ => op,
    }));
    a.ops.push(operator(with));
    a
}

fn operator(operator: Operator) -> v1::Op {
    v1::Op { op: Some(Op::Operator(operator.into())) }
}

/// Whether it is false whatever the message is: it hangs on tests that find nothing.
pub(super) fn is_never(condition: &v1::Condition) -> bool {
    let mut stack: Vec<Option<bool>> = Vec::new();
    for op in &condition.ops {
        let value = match op.op {
            Some(Op::Test(index)) => {
                condition.tests.get(index as usize).filter(|test| finds_nothing(test)).map(|_| false)
            }
            Some(Op::Operator(with)) => match (Operator::try_from(with), stack.pop().flatten()) {
                (Ok(Operator::Not), value) => value.map(|value| !value),
                (Ok(Operator::And), value) => match (value, stack.pop().flatten()) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), other) | (other, Some(true)) => other,
                    (None, None) => None,
                },
                (Ok(Operator::Or), value) => match (value, stack.pop().flatten()) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), other) | (other, Some(false)) => other,
                    (None, None) => None,
                },
                _ => None,
            },
            None => None,
        };
        stack.push(value);
    }
    stack.pop().flatten() == Some(false)
}

fn finds_nothing(test: &v1::Test) -> bool {
    let fetch = test.sample.as_ref().and_then(|sample| sample.fetch.as_ref());
    fetch.is_some_and(|fetch| fetch.name == "always_false")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::{Acls, NoFiles, Reader, Scope};

    fn condition(text: &str) -> v1::Condition {
        let words: Vec<&str> = text.split(' ').collect();
        Reader::new(&NoFiles)
            .condition(&words, 0, &Acls::default(), Scope::REQUEST)
            .unwrap()
            .possibly()
            .clone()
    }

    #[test]
    fn what_hangs_on_nothing_is_never() {
        for never in [
            "if { ssl_fc_session_id a }",
            "if { src 10.0.0.1 } { ssl_fc_session_id a }",
            "if { ssl_fc_session_id a } or FALSE",
            "unless !{ ssl_fc_session_id a }",
            "unless TRUE or !FALSE",
        ] {
            assert!(is_never(&condition(never)), "{never}");
        }
        for maybe in [
            "if { src 10.0.0.1 }",
            "if { src 10.0.0.1 } or { ssl_fc_session_id a }",
            "unless { ssl_fc_session_id a }",
            "if !{ ssl_fc_session_id a } { src 10.0.0.1 }",
        ] {
            assert!(!is_never(&condition(maybe)), "{maybe}");
        }
    }

    #[test]
    fn conditions_are_joined_in_postfix() {
        let a = || condition("if { src 10.0.0.1 }");
        let b = || condition("if { path /a } { path /b }");
        let joined = both(Some(a()), Some(not(either(b(), a())))).unwrap();
        let shown: Vec<String> = joined
            .ops
            .iter()
            .map(|op| match op.op.as_ref().unwrap() {
                Op::Test(index) => index.to_string(),
                Op::Operator(with) => Operator::try_from(*with).unwrap().as_str_name()[9..].to_lowercase(),
            })
            .collect();
        assert_eq!((joined.tests.len(), shown.join(" ").as_str()), (4, "0 1 2 and 3 or not and"));
    }
}
