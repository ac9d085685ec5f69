//! All rules, and which one a line is for.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::rule::Rule;
use super::{bind, checks, deny, global, proxy, rewrite, stick};
use crate::word::Word;

/// Every rule, by subject, as the documentation lists them.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    [proxy::RULES, rewrite::RULES, deny::RULES, stick::RULES, checks::RULES, bind::RULES, global::RULES]
        .into_iter()
        .flatten()
}

/// The rules by the first word of their names.
static BY_FIRST_WORD: LazyLock<HashMap<&'static str, Vec<(&'static str, &'static Rule)>>> =
    LazyLock::new(|| {
        let mut index: HashMap<_, Vec<_>> = HashMap::new();
        for rule in all() {
            for name in rule.names {
                let first = name.split(' ').next().unwrap_or(name);
                index.entry(first).or_default().push((*name, rule));
            }
        }
        index
    });

/// The rules that a line may be for.
pub(super) fn of(words: &[Word]) -> impl Iterator<Item = &'static Rule> {
    let fits = |name: &str| name.split(' ').eq(words.iter().map(Word::text).take(name.split(' ').count()));
    let found = words.first().and_then(|first| BY_FIRST_WORD.get(first.text()));
    found.into_iter().flatten().filter(move |(name, _)| fits(name)).map(|(_, rule)| *rule)
}

/// The rule of a keyword, for the page of keywords: what its lines become, and what is different then.
pub(crate) fn named(name: &str) -> Option<(&'static str, &'static str)> {
    all().find(|rule| rule.names.contains(&name)).map(|rule| (rule.becomes, rule.differs))
}
