//! Any text as the condition of an `.if`: read without panic, a mistake has its place within the text, and `!(…)` is the
//! opposite. The same text as the argument of `-cc`, where quotes and variables count.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_haproxy::environment::Environment;
use sluicegate_haproxy::predicate::{self, InvalidPredicate};

fuzz_target!(|text: &str| {
    let environment: Environment = [("A", "b c"), ("E", "")].into_iter().collect();
    let defined = |name: &str| environment.get(name).map(str::to_owned);
    let value = predicate::evaluate(text, &defined);
    if let Ok(value) = value
        && !text.trim_matches([' ', '\t']).is_empty()
    {
        match predicate::evaluate(&format!("!({text})"), &defined) {
            Err(InvalidPredicate::TooDeep { .. } | InvalidPredicate::TooLong) => {}
            opposite => assert_eq!(opposite, Ok(!value), "{text:?}"),
        }
    }
    if let Err(error) = value {
        assert!(text.is_char_boundary(error.at()), "{error:?} in {text:?}");
    }
    let _ = predicate::evaluate_line(text, &environment);
});
