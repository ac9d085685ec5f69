use proptest::collection::vec;
use proptest::prelude::*;
use sluicegate_proto::v1::{self, Operator, op::Op};

use super::{Bounds, unknown};
use crate::expr::sample::constant;

/// Tests of a condition: the first of them have an answer.
const KNOWN: u32 = 3;
const TESTS: u32 = 6;

fn test(index: u32) -> v1::Test {
    let name = index.to_string();
    if index < KNOWN { constant(true, &name) } else { unknown(&name) }
}

fn operator(with: Operator) -> v1::Op {
    v1::Op { op: Some(Op::Operator(with.into())) }
}

/// Postfix, of any shape, in which tests come again.
fn postfix() -> impl Strategy<Value = Vec<v1::Op>> {
    let leaf = (0..TESTS).prop_map(|index| vec![v1::Op { op: Some(Op::Test(index)) }]);
    leaf.prop_recursive(6, 48, 2, |inner| {
        let with = prop_oneof![Just(Operator::And), Just(Operator::Or)];
        prop_oneof![
            inner.clone().prop_map(|mut ops| {
                ops.push(operator(Operator::Not));
                ops
            }),
            (inner.clone(), inner, with).prop_map(|(mut ops, other, with)| {
                ops.extend(other);
                ops.push(operator(with));
                ops
            }),
        ]
    })
}

/// The truth of a condition, where a test's name is the place of its answer.
fn truth(condition: &v1::Condition, answers: &[bool]) -> bool {
    let mut stack: Vec<bool> = Vec::new();
    for op in &condition.ops {
        let value = match op.op.unwrap() {
            Op::Test(index) => match condition.tests[index as usize].name.parse::<usize>() {
                Ok(place) => answers[place],
                Err(_) => {
                    let sample = condition.tests[index as usize].sample.as_ref().unwrap();
                    sample.fetch.as_ref().unwrap().name == "always_true"
                }
            },
            Op::Operator(with) => match Operator::try_from(with).unwrap() {
                Operator::Not => !stack.pop().unwrap(),
                Operator::And => stack.pop().unwrap() & stack.pop().unwrap(),
                _ => stack.pop().unwrap() | stack.pop().unwrap(),
            },
        };
        stack.push(value);
    }
    assert_eq!(stack.len(), 1);
    stack[0]
}

proptest! {
    /// Whatever the answers are: what is sure is true, and what is true is possible.
    #[test]
    fn the_truth_lies_between(ops in postfix(), answers in vec(any::<bool>(), TESTS as usize)) {
        let condition = v1::Condition { tests: (0..TESTS).map(test).collect(), ops };
        let bounds = Bounds::of(condition.clone());
        for bound in [bounds.surely(), bounds.possibly()] {
            prop_assert!(bound.tests.iter().all(|test| test.sample.is_some()), "every test has an answer");
        }
        let real = truth(&condition, &answers);
        prop_assert!(!truth(bounds.surely(), &answers) || real);
        prop_assert!(!real || truth(bounds.possibly(), &answers));
        // They ask nothing but what has an answer, and leave no more room than that.
        let other: Vec<bool> =
            answers.iter().enumerate().map(|(at, answer)| *answer ^ (at >= KNOWN as usize)).collect();
        prop_assert_eq!(truth(bounds.possibly(), &answers), truth(bounds.possibly(), &other));
        prop_assert_eq!(truth(bounds.surely(), &answers), truth(bounds.surely(), &other));
    }

    /// What can be told stays as it was written.
    #[test]
    fn what_is_known_has_no_room(ops in postfix()) {
        let tests = (0..TESTS).map(|index| constant(true, &index.to_string())).collect();
        let condition = v1::Condition { tests, ops };
        let bounds = Bounds::of(condition.clone());
        prop_assert!(!bounds.is_doubtful());
        prop_assert_eq!(bounds.possibly(), &condition);
    }
}

#[test]
fn the_bound_is_as_simple_as_it_can_be() {
    // bad !unknown
    let ops = vec![
        v1::Op { op: Some(Op::Test(0)) },
        v1::Op { op: Some(Op::Test(KNOWN)) },
        operator(Operator::Not),
        operator(Operator::And),
    ];
    let bounds = Bounds::of(v1::Condition { tests: (0..TESTS).map(test).collect(), ops });
    assert_eq!(bounds.possibly().tests, [test(0)]);
    assert_eq!(bounds.possibly().ops, [v1::Op { op: Some(Op::Test(0)) }]);
    assert_eq!(bounds.surely().tests, [constant(false, "")]);
}
