//! Postfix conditions to steps with skips.

use std::sync::{Arc, Weak};

use sluicegate_proto::limits::{MAX_CONDITION_DEPTH, MAX_CONDITION_OPS, MAX_CONDITION_TESTS};
use sluicegate_proto::v1::{self, Operator, op};

use super::reason::Fault;
use super::scope::Scope;
use super::{call, map, matcher};
use crate::expr::{Condition, Step, Test};

pub(super) fn condition(wire: &v1::Condition, scope: &mut Scope<'_>) -> Option<Condition> {
    scope.at("condition", |scope| {
        scope.count("tests", wire.tests.len(), MAX_CONDITION_TESTS)?;
        scope.count("ops", wire.ops.len(), MAX_CONDITION_OPS)?;
        let tests = scope.each("test", &wire.tests, |scope, wire| test(wire, scope));
        let steps = steps(wire, scope);
        Some(Condition { tests: tests?.into_boxed_slice(), steps: steps?.into_boxed_slice() })
    })
}

/// Each value on the stack is the steps that make it; an operator joins the two on top.
fn steps(wire: &v1::Condition, scope: &mut Scope<'_>) -> Option<Vec<Step>> {
    let mut stack: Vec<Vec<Step>> = Vec::new();
    for (index, wire_op) in wire.ops.iter().enumerate() {
        let at = index + 1;
        match &wire_op.op {
            None => return scope.fault(Fault::Unset("op")),
            Some(op::Op::Test(test)) => {
                let tests = wire.tests.len();
                let in_range = u16::try_from(*test).ok().filter(|&test| usize::from(test) < tests);
                let Some(known) = in_range else {
                    return scope.fault(Fault::TestIndex { at, test: *test, tests });
                };
                if stack.len() == MAX_CONDITION_DEPTH {
                    return scope.fault(Fault::Depth { at, limit: MAX_CONDITION_DEPTH });
                }
                stack.push(vec![Step::Test(known)]);
            }
            Some(op::Op::Operator(operator)) => {
                let operator = scope.known::<Operator>("operator", *operator)?;
                if !apply(operator, &mut stack) {
                    return scope.fault(Fault::Underflow { at });
                }
            }
        }
    }
    match (stack.pop(), stack.len()) {
        (None, _) => scope.fault(Fault::NoOperations),
        (Some(steps), 0) => Some(steps),
        (Some(_), below) => scope.fault(Fault::Leftover(below + 1)),
    }
}

/// `false` where the stack has too little.
fn apply(operator: Operator, stack: &mut Vec<Vec<Step>>) -> bool {
    let Some(mut right) = stack.pop() else { return false };
    if operator == Operator::Not {
        right.push(Step::Not);
        stack.push(right);
        return true;
    }
    let Some(left) = stack.last_mut() else { return false };
    // At most 4096 operations and one skip each: the length fits.
    let length = u16::try_from(right.len()).unwrap_or(u16::MAX);
    left.push(if operator == Operator::And { Step::SkipUnless(length) } else { Step::SkipIf(length) });
    left.append(&mut right);
    true
}

/// Tests that say the same of the same lists are one, over all conditions of a Runtime and from one Runtime to the next.
fn test(wire: &v1::Test, scope: &mut Scope<'_>) -> Option<Arc<Test>> {
    let calls = wire.sample.iter().flat_map(|sample| &sample.converters);
    let maps = calls.filter_map(|call| Some((call::map_of(call)?, map::used(call)?)));
    let used = matcher::used(wire);
    let lists: Vec<_> = wire.pattern_lists.iter().map(|id| (id, used)).chain(maps).collect();
    let lists = scope.each("list", &lists, |scope, (id, used)| scope.list(Some(id), *used));
    let said = map::said(wire, lists?.iter().map(|(hash, _)| hash));
    if let Some(test) = scope.pools.tests.get(&said).and_then(Weak::upgrade) {
        return Some(test);
    }
    let name = scope.text("name", &wire.name);
    let sample = call::sample(wire.sample.as_ref(), scope);
    let yields = sample.as_ref().map(crate::expr::Sample::yields);
    let matcher = matcher::matcher(wire, yields, scope);
    let test = Arc::new(Test { name: name?, sample: sample?, matcher: matcher? });
    scope.pools.tests.insert(said, Arc::downgrade(&test));
    Some(test)
}
