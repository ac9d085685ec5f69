//! `server-template`: several servers of one line.

use std::ops::RangeInclusive;

use super::Lowering;
use crate::ast::Directive;
use crate::diagnostic::{Code, Diagnostic};
use crate::word::Word;

/// The most servers of one line. HAProxy has no limit; more are a typing error.
const MAX_SERVERS: u32 = 10_000;

/// The names of a template's servers; none where its numbers are wrong, which is told elsewhere.
pub(super) fn template_names(line: &Directive) -> Vec<String> {
    let [prefix, numbers, ..] = line.args() else { return Vec::new() };
    let numbers = numbers_of(numbers.text()).filter(|numbers| numbers.end() - numbers.start() < MAX_SERVERS);
    numbers.into_iter().flatten().map(|number| format!("{}{number}", prefix.text())).collect()
}

/// `3`, which is 1 to 3, or `2-5`.
fn numbers_of(text: &str) -> Option<RangeInclusive<u32>> {
    let (first, last) = text.split_once('-').unwrap_or(("1", text));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some(first..=last)
}

impl Lowering<'_> {
    /// The numbers of a template's servers.
    pub(super) fn template_numbers(&mut self, word: &Word) -> Option<RangeInclusive<u32>> {
        let text = word.text();
        let Some(numbers) = numbers_of(text) else {
            let message = format!("`{text}` is neither a number of servers nor a range");
            self.report(
                Diagnostic::error(Code::BadValue, word.span(), message)
                    .help("write, for example, `3` or `1-3`"),
            );
            return None;
        };
        if numbers.end() - numbers.start() >= MAX_SERVERS {
            let message = format!("`{text}` are more than {MAX_SERVERS} servers");
            self.report(Diagnostic::error(Code::BadValue, word.span(), message));
            return None;
        }
        Some(numbers)
    }
}
