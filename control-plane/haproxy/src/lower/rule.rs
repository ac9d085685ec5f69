//! The words of a rule: parameters, and the condition after them.

use crate::source::Span;
use crate::word::Word;

/// Words that are taken one after the other.
#[derive(Clone, Copy)]
pub(super) struct Args<'a> {
    words: &'a [Word],
    at: usize,
    end: Span,
}

impl<'a> Args<'a> {
    /// The words, of a line that ends at `end`.
    pub(super) fn new(words: &'a [Word], end: Span) -> Self {
        Self { words, at: 0, end }
    }

    /// The next parameter; `None` at the condition and at the end.
    pub(super) fn parameter(&mut self) -> Option<&'a Word> {
        let word = self.words.get(self.at)?;
        if matches!(word.text(), "if" | "unless") {
            return None;
        }
        self.at += 1;
        Some(word)
    }

    /// The next word, whatever it is: the value of a parameter.
    pub(super) fn value(&mut self) -> Option<&'a Word> {
        let word = self.words.get(self.at)?;
        self.at += 1;
        Some(word)
    }

    /// Passes over the parameters, to the condition.
    pub(super) fn skip(&mut self) {
        while self.parameter().is_some() {}
    }

    /// Passes over the parameters, to the condition; gives what follows one of these.
    pub(super) fn named(&mut self, names: &[&str]) -> Option<&'a Word> {
        let mut found = None;
        while let Some(word) = self.parameter() {
            if names.contains(&word.text()) {
                found = self.parameter().or(found);
            }
        }
        found
    }

    /// Where the condition starts; `None` if there is none.
    pub(super) fn condition(&self) -> Option<usize> {
        (self.at < self.words.len()).then_some(self.at)
    }

    /// All words.
    pub(super) fn words(&self) -> &'a [Word] {
        self.words
    }

    /// The index of the word that was taken last.
    pub(super) fn last(&self) -> usize {
        self.at.saturating_sub(1)
    }

    /// The place after the last word.
    pub(super) fn end(&self) -> Span {
        self.end
    }
}
