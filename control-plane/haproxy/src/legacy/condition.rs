//! Conditions of old lines, put together: HAProxy writes them as alternatives of terms that all hold.

use super::rule::join;
use crate::word::Word;

/// A name or `{ ... }`, perhaps with a `!` in front.
type Term = Vec<Word>;

/// One of these holds, which is where all its terms hold.
#[derive(Clone, Debug)]
pub(super) struct Alternatives(Vec<Vec<Term>>);

/// The most words of a joined condition.
const MAX_CONDITION: usize = 48;

/// The most alternatives of one.
const MAX_ALTERNATIVES: usize = 16;

impl Alternatives {
    /// Reads what stands after `if` or `unless`; nothing is what always holds. `None` where it cannot be read.
    pub(super) fn read(condition: &[Word]) -> Option<Self> {
        let Some((word, rest)) = condition.split_first() else { return Some(Self(vec![Vec::new()])) };
        // One without a term does not hold.
        let read = if rest.is_empty() {
            Self(Vec::new())
        } else {
            let groups = rest.split(|word| matches!(word.text(), "or" | "||"));
            let full = |group| terms(group).filter(|terms| !terms.is_empty());
            Self(groups.map(full).collect::<Option<_>>()?)
        };
        if word.text() == "unless" { read.negated() } else { Some(read) }
    }

    /// Those that hold where these do and `terms` hold.
    pub(super) fn with(mut self, words: &[Word]) -> Option<Self> {
        let more = terms(words)?;
        for all in &mut self.0 {
            all.splice(0..0, more.iter().cloned());
        }
        Some(self)
    }

    /// Those that hold where none of these does.
    pub(super) fn negated(&self) -> Option<Self> {
        let mut none = Self(vec![Vec::new()]);
        for all in &self.0 {
            let other =
                Self(all.iter().map(|term| negated(term).map(|term| vec![term])).collect::<Option<_>>()?);
            none = none.and(&other)?;
        }
        Some(none)
    }

    /// Those that hold where both do.
    pub(super) fn and(&self, other: &Self) -> Option<Self> {
        if self.0.len() * other.0.len() > MAX_ALTERNATIVES {
            return None;
        }
        let both = |left: &Vec<Term>| {
            let left = left.clone();
            other.0.iter().map(move |right| left.iter().chain(right).cloned().collect::<Vec<_>>())
        };
        Some(Self(self.0.iter().flat_map(both).collect()))
    }

    /// Whether it always holds, whatever the message is.
    pub(super) fn always(&self) -> bool {
        self.0.iter().any(Vec::is_empty)
    }

    /// Whether it never does.
    pub(super) fn never(&self) -> bool {
        self.0.is_empty()
    }

    /// As a condition, where `at` stands; nothing for what always holds, `None` where it is too long.
    pub(super) fn written(&self, at: &Word) -> Option<Vec<Word>> {
        if self.always() {
            return Some(Vec::new());
        }
        let mut words = vec![Word::made("if", at.span())];
        for (index, all) in self.0.iter().enumerate() {
            if index > 0 {
                words.push(Word::made("||", at.span()));
            }
            words.extend(all.iter().flatten().cloned());
        }
        (words.len() <= MAX_CONDITION).then_some(words)
    }
}

/// Terms that stand behind each other; `None` where a brace is not closed or nothing is there.
fn terms(mut words: &[Word]) -> Option<Vec<Term>> {
    let mut terms = Vec::new();
    while let Some(first) = words.first() {
        let len = match first.text() {
            "{" | "!{" => 1 + words.iter().position(|word| word.text() == "}")?,
            "!" => return None,
            _ => 1,
        };
        let (term, rest) = words.split_at(len);
        terms.push(term.to_vec());
        words = rest;
    }
    Some(terms)
}

fn negated(term: &[Word]) -> Option<Term> {
    let (first, rest) = term.split_first()?;
    let text = first.text().strip_prefix('!').map_or_else(|| format!("!{}", first.text()), str::to_owned);
    Some(join(vec![Word::made(&text, first.span())], rest))
}

/// `if` all of `terms` and the condition hold; `None` where that cannot be written.
pub(super) fn and(terms: &[Word], condition: &[Word]) -> Option<Vec<Word>> {
    if terms.is_empty() {
        return Some(condition.to_vec());
    }
    let Some(at) = condition.first().or(terms.first()) else { return Some(Vec::new()) };
    Alternatives::read(condition)?.with(terms)?.written(at)
}
