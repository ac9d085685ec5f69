//! Conditions of which a part cannot be told here: a test has no answer, so the truth lies between two conditions that
//! have one.
//!
//! What has no answer is a test without a sample. It never leaves this module's users: whoever asks for a condition says
//! which of the two he means, by what hangs on it.

use sluicegate_proto::v1::{self, Operator, op::Op};

use super::sample::constant;

/// A condition as far as it can be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Bounds {
    possibly: v1::Condition,
    /// `None`: the same, as all of it can be told.
    surely: Option<v1::Condition>,
}

impl Bounds {
    /// True wherever the condition could be.
    pub fn possibly(&self) -> &v1::Condition {
        &self.possibly
    }

    /// True only where the condition is, whatever the answers would be.
    pub fn surely(&self) -> &v1::Condition {
        self.surely.as_ref().unwrap_or(&self.possibly)
    }

    /// Whether there is room between the two.
    pub fn is_doubtful(&self) -> bool {
        self.surely.is_some()
    }

    /// Of a condition in postfix, some of whose tests may be [`unknown`].
    pub(super) fn of(condition: v1::Condition) -> Self {
        if !condition.tests.iter().any(is_unknown) {
            return Self { possibly: condition, surely: None };
        }
        let mut stack: Vec<[Term; 2]> = Vec::new();
        for op in &condition.ops {
            let [surely, possibly] = match op.op {
                Some(Op::Test(index)) => match condition.tests.get(index as usize) {
                    Some(test) if !is_unknown(test) => [Term::Test(*op), Term::Test(*op)],
                    _ => [Term::Constant(false), Term::Constant(true)],
                },
                Some(Op::Operator(with)) => {
                    let last = stack.pop().unwrap_or([Term::Constant(false), Term::Constant(true)]);
                    match Operator::try_from(with) {
                        Ok(with @ (Operator::And | Operator::Or)) => {
                            let [least, most] =
                                stack.pop().unwrap_or([Term::Constant(false), Term::Constant(true)]);
                            let [surely, possibly] = last;
                            [least.joined(surely, with), most.joined(possibly, with)]
                        }
                        // What may be is what its opposite is not for sure.
                        _ => {
                            let [surely, possibly] = last;
                            [possibly.negated(), surely.negated()]
                        }
                    }
                }
                None => [Term::Constant(false), Term::Constant(true)],
            };
            stack.push([surely, possibly]);
        }
        let [surely, possibly] = stack.pop().unwrap_or([Term::Constant(false), Term::Constant(true)]);
        let (surely, possibly) = (surely.condition(&condition.tests), possibly.condition(&condition.tests));
        Self { surely: (surely != possibly).then_some(surely), possibly }
    }
}

/// A test that has no answer here.
pub(super) fn unknown(name: &str) -> v1::Test {
    v1::Test { name: name.to_owned(), ..v1::Test::default() }
}

/// Whether a test has no answer here.
pub(super) fn is_unknown(test: &v1::Test) -> bool {
    test.sample.is_none()
}

/// A part of a condition, as simple as constants make it.
enum Term {
    Constant(bool),
    Test(v1::Op),
    /// In postfix.
    Ops(Vec<v1::Op>),
}

impl Term {
    fn negated(self) -> Self {
        match self {
            Self::Constant(truth) => Self::Constant(!truth),
            other => other.followed(Vec::new(), Operator::Not),
        }
    }

    fn joined(self, other: Self, with: Operator) -> Self {
        // What the whole is as soon as one side is it.
        let decides = with == Operator::Or;
        match (self, other) {
            (Self::Constant(truth), other) | (other, Self::Constant(truth)) => {
                if truth == decides {
                    Self::Constant(decides)
                } else {
                    other
                }
            }
            (one, other) => one.followed(other.ops(), with),
        }
    }

    fn followed(self, by: Vec<v1::Op>, with: Operator) -> Self {
        let mut ops = self.ops();
        ops.extend(by);
        ops.push(v1::Op { op: Some(Op::Operator(with.into())) });
        Self::Ops(ops)
    }

    fn ops(self) -> Vec<v1::Op> {
        match self {
            Self::Constant(_) => Vec::new(),
            Self::Test(op) => vec![op],
            Self::Ops(ops) => ops,
        }
    }

    /// With those of `tests` that it asks.
    fn condition(self, tests: &[v1::Test]) -> v1::Condition {
        let mut condition = v1::Condition::default();
        if let Self::Constant(truth) = self {
            condition.tests.push(constant(truth, ""));
            condition.ops.push(v1::Op { op: Some(Op::Test(0)) });
            return condition;
        }
        let mut moved: Vec<Option<u32>> = vec![None; tests.len()];
        for op in self.ops() {
            let Some(Op::Test(old)) = op.op else {
                condition.ops.push(op);
                continue;
            };
            let Some((test, new)) = tests.get(old as usize).zip(moved.get_mut(old as usize)) else {
                continue;
            };
            let new = *new.get_or_insert_with(|| {
                condition.tests.push(test.clone());
                u32::try_from(condition.tests.len() - 1).unwrap_or(u32::MAX)
            });
            condition.ops.push(v1::Op { op: Some(Op::Test(new)) });
        }
        condition
    }
}

#[cfg(test)]
mod tests;
