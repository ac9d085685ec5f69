use proptest::prelude::*;
use sluicegate_proto::v1::Operator;

use super::conditions::acls;
use super::formats::LOG;
use super::*;

/// A condition as a tree, for the naive evaluator.
#[derive(Clone, Debug)]
struct Term {
    name: usize,
    negated: bool,
}

/// Names `n0` to `n3`; name `i` has `i % 2 + 1` tests, whose patterns are `i.0`, `i.1`.
fn truth(bits: u16, name: usize, test: usize) -> bool {
    bits >> (name * 2 + test) & 1 == 1
}

fn naive(groups: &[Vec<Term>], unless: bool, bits: u16) -> bool {
    let term = |t: &Term| (0..=t.name % 2).any(|test| truth(bits, t.name, test)) != t.negated;
    groups.iter().any(|group| group.iter().all(term)) != unless
}

fn evaluated(condition: &v1::Condition, bits: u16) -> bool {
    let mut stack = Vec::new();
    for op in &condition.ops {
        match op.op.as_ref().unwrap() {
            op::Op::Test(index) => {
                let pattern = patterns(&condition.tests[*index as usize]).remove(0);
                let (name, test) = pattern.split_once('.').unwrap();
                stack.push(truth(bits, name.parse().unwrap(), test.parse().unwrap()));
            }
            op::Op::Operator(operator) => {
                let last: bool = stack.pop().unwrap();
                let value = match Operator::try_from(*operator).unwrap() {
                    Operator::Not => !last,
                    Operator::And => stack.pop().unwrap() & last,
                    _ => stack.pop().unwrap() | last,
                };
                stack.push(value);
            }
        }
        assert!(stack.len() <= 4, "depth stays small however long the condition");
    }
    assert_eq!(stack.len(), 1);
    stack[0]
}

fn groups() -> impl Strategy<Value = Vec<Vec<Term>>> {
    let term = (0..4usize, any::<bool>()).prop_map(|(name, negated)| Term { name, negated });
    prop::collection::vec(prop::collection::vec(term, 1..5), 1..5)
}

proptest! {
    #[test]
    fn conditions_mean_what_they_say(groups in groups(), unless: bool, bits: u16, anonymous: bool) {
        let mut lines = Vec::new();
        for name in 0..4 {
            for test in 0..=name % 2 {
                lines.push(format!("n{name} str(x) {name}.{test}"));
            }
        }
        let (acls, _) = acls(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let mut words = vec![if unless { "unless" } else { "if" }.to_owned()];
        for (index, group) in groups.iter().enumerate() {
            if index > 0 {
                words.push(if anonymous { "or" } else { "||" }.to_owned());
            }
            for term in group {
                let not = if term.negated { "!" } else { "" };
                if anonymous && term.name % 2 == 0 {
                    let line = format!("{not}{{ str(x) {}.0 }}", term.name);
                    words.extend(split(&line).into_iter().map(str::to_owned));
                } else {
                    words.push(format!("{not}n{}", term.name));
                }
            }
        }
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let mut reader = Reader::new(&NoFiles);
        let condition = reader.condition(&words, 0, &acls, Scope::REQUEST).unwrap();
        prop_assert_eq!(evaluated(condition.possibly(), bits), naive(&groups, unless, bits));
    }

    #[test]
    fn no_text_makes_it_panic(
        text in "[a-z.,()\"'\\\\ %{}\\[\\]+!|-]{0,40}|\\PC{0,40}",
        at in 0..2usize,
    ) {
        let words: Vec<_> = text.split(' ').collect();
        for scope in [Scope::REQUEST, Scope::RESPONSE, LOG] {
            let mut reader = Reader::new(&NoFiles);
            let mut acls = Acls::default();
            reader.acl(&words, &mut acls);
            let _ = reader.condition(&words, at, &acls, scope);
            let _ = reader.terms(&words, at, &acls, scope);
            let _ = reader.sample(&words, at, scope);
            let _ = reader.format(&[&text], 0, scope);
            for finding in reader.take_findings() {
                prop_assert!(finding.place.start <= finding.place.end);
                prop_assert!(finding.place.word <= words.len());
                let _ = (finding.problem.to_string(), finding.problem.help());
            }
        }
    }

    #[test]
    fn quoted_arguments_come_back(text in "[^'\\r\\n\\t]{0,30}") {
        let quoted = format!("str('{text}')");
        let bytes = crate::raw::bytes(&text);
        let expected = format!("str[{}]", String::from_utf8_lossy(&bytes));
        prop_assert_eq!(shown(&sample(&quoted, Scope::REQUEST).unwrap()), expected);
    }
}
