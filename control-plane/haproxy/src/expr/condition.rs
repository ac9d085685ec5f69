//! Conditions: `if` or `unless`, terms that all must hold, and `or` between groups of them.

use sluicegate_proto::limits::{MAX_CONDITION_OPS, MAX_CONDITION_TESTS};
use sluicegate_proto::v1::{self, Operator, op::Op};

use super::sample::constant;
use super::{Acls, Bounds, Place, Problem, Reader, Scope, nth};

/// A condition that is being written in postfix.
#[derive(Default)]
struct Postfix {
    tests: Vec<v1::Test>,
    ops: Vec<v1::Op>,
    /// Whether the group between two `or`s has a term.
    in_group: bool,
    /// Whether a group is complete.
    groups: bool,
}

impl Reader<'_> {
    /// Reads `words[from..]`: `if` or `unless`, and a condition to the end of the words.
    pub fn condition(&mut self, words: &[&str], from: usize, acls: &Acls, scope: Scope) -> Option<Bounds> {
        let opening = nth(words, from);
        let negated = match opening.text {
            "if" => false,
            "unless" => true,
            other => {
                self.report(opening.whole(), Problem::NotACondition { text: other.to_owned() });
                return None;
            }
        };
        // HAProxy takes a condition without a term for one that does not hold.
        let mut condition = if words.len() == from + 1 {
            self.report(opening.whole(), Problem::ConditionEmpty { negated });
            v1::Condition { tests: vec![constant(false, "")], ops: vec![v1::Op { op: Some(Op::Test(0)) }] }
        } else {
            self.postfix(words, from + 1, acls, scope)?
        };
        if negated {
            condition.ops.push(operator(Operator::Not));
        }
        Some(Bounds::of(condition))
    }

    /// Reads `words[from..]`, a condition without `if`.
    pub fn terms(&mut self, words: &[&str], from: usize, acls: &Acls, scope: Scope) -> Option<Bounds> {
        self.postfix(words, from, acls, scope).map(Bounds::of)
    }

    fn postfix(&mut self, words: &[&str], from: usize, acls: &Acls, scope: Scope) -> Option<v1::Condition> {
        let mut postfix = Postfix::default();
        let mut at = from;
        let mut good = true;
        let mut pending_or: Option<usize> = None;
        while at < words.len() {
            if matches!(words[at], "or" | "||") {
                if !postfix.in_group {
                    self.missing_term("before", words, at);
                    good = false;
                }
                postfix.close_group();
                pending_or = Some(at);
                at += 1;
                continue;
            }
            pending_or = None;
            let (next, term) = self.term(words, at, acls, scope);
            match term {
                Some((tests, negated)) => postfix.term(tests, negated),
                None => {
                    good = false;
                    postfix.in_group = true;
                }
            }
            at = next;
        }
        if let Some(at) = pending_or {
            self.missing_term("after", words, at);
            return None;
        }
        if at == from {
            let last = nth(words, from.saturating_sub(1));
            self.report(last.whole(), Problem::ConditionMissing);
            return None;
        }
        if !good {
            return None;
        }
        postfix.close_group();
        for (got, limit) in
            [(postfix.tests.len(), MAX_CONDITION_TESTS), (postfix.ops.len() + 1, MAX_CONDITION_OPS)]
        {
            if got > limit {
                self.report(nth(words, from).whole(), Problem::TooLong { got, limit });
                return None;
            }
        }
        Some(v1::Condition { tests: postfix.tests, ops: postfix.ops })
    }

    fn missing_term(&mut self, side: &'static str, words: &[&str], at: usize) {
        let text = nth(words, at);
        self.report(text.whole(), Problem::TermMissing { side, operator: text.text.to_owned() });
    }

    /// One term at `words[at]`: a name or `{ … }`, after any number of `!`. Gives the index behind it.
    fn term(
        &mut self,
        words: &[&str],
        mut at: usize,
        acls: &Acls,
        scope: Scope,
    ) -> (usize, Option<(Vec<v1::Test>, bool)>) {
        let mut negated = false;
        let mut start = 0;
        while words[at][start..].starts_with('!') {
            negated = !negated;
            start += 1;
            if start == words[at].len() {
                if at + 1 == words.len() {
                    self.report(
                        Place::word(at, words[at]),
                        Problem::TermMissing { side: "after", operator: "!".to_owned() },
                    );
                    return (at + 1, None);
                }
                (at, start) = (at + 1, 0);
            }
        }
        let text = nth(words, at);
        let name = &text.text[start..];
        let place = text.place(start, text.text.len());
        let (next, tests) = if name == "{" {
            match words[at..].iter().position(|word| *word == "}") {
                Some(length) => (at + length + 1, self.anonymous(words, at + 1, at + length)),
                None => {
                    self.report(place, Problem::UnclosedBrace);
                    (words.len(), None)
                }
            }
        } else {
            (at + 1, self.named_tests(name, place, acls))
        };
        let Some(mut tests) = tests else { return (next, None) };
        let place = if name == "{" { nth(words, at + 1).whole() } else { place };
        for test in &mut tests {
            self.settle_test(test, scope, place);
        }
        (next, Some((tests, negated)))
    }

    fn anonymous(&mut self, words: &[&str], from: usize, to: usize) -> Option<Vec<v1::Test>> {
        if from >= to {
            self.report(nth(words, to).whole(), Problem::ExpressionMissing);
            return None;
        }
        self.tests(words, from, to, "")
    }
}

impl Postfix {
    /// Any of `tests`, or none of them, and what was there.
    fn term(&mut self, tests: Vec<v1::Test>, negated: bool) {
        for (index, test) in tests.into_iter().enumerate() {
            let known = self.tests.iter().position(|known| *known == test);
            let test = known.unwrap_or_else(|| {
                self.tests.push(test);
                self.tests.len() - 1
            });
            self.ops.push(v1::Op { op: Some(Op::Test(u32::try_from(test).unwrap_or(u32::MAX))) });
            if index > 0 {
                self.ops.push(operator(Operator::Or));
            }
        }
        if negated {
            self.ops.push(operator(Operator::Not));
        }
        if self.in_group {
            self.ops.push(operator(Operator::And));
        }
        self.in_group = true;
    }

    fn close_group(&mut self) {
        if self.in_group && self.groups {
            self.ops.push(operator(Operator::Or));
        }
        self.groups |= self.in_group;
        self.in_group = false;
    }
}

fn operator(operator: Operator) -> v1::Op {
    v1::Op { op: Some(Op::Operator(operator.into())) }
}
