//! A word of a line: what it says once quotes, escapes and variables are gone, and where each byte of it was written.

#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;

use crate::source::Span;

/// One word. Equal words may have been written differently: compare [`Word::text`].
#[derive(Clone, PartialEq, Eq)]
pub struct Word {
    text: Box<str>,
    span: Span,
    /// Where decoded and written text part ways; empty when the word is written as it reads.
    segments: Box<[Segment]>,
    /// Nobody wrote it: it stands for what is at its place.
    made: bool,
}

/// A stretch of the decoded text and the stretch of the source that it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// First byte in the decoded text; the segment reaches to the next one's first byte.
    pub(crate) decoded: u32,
    /// First byte in the source.
    pub(crate) source: u32,
    /// How many bytes of the source stand for the whole segment, where they are not byte for byte the same.
    pub(crate) folded: Option<u32>,
}

impl Word {
    /// A word written as it reads.
    pub(crate) fn plain(text: &str, span: Span) -> Self {
        Self { text: text.into(), span, segments: Box::default(), made: false }
    }

    /// A word with quotes, escapes or variables in it.
    pub(crate) fn decoded(text: String, span: Span, segments: Vec<Segment>) -> Self {
        Self { text: text.into(), span, segments: segments.into(), made: false }
    }

    /// The same place with another text.
    pub(crate) fn renamed(&self, text: String) -> Self {
        Self { text: text.into(), span: self.span, segments: Box::default(), made: false }
    }

    /// The decoded text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A word that stands for what was written at `span`.
    pub(crate) fn made(text: &str, span: Span) -> Self {
        let whole = Segment { decoded: 0, source: span.start, folded: Some(span.end - span.start) };
        Self { text: text.into(), span, segments: Box::new([whole]), made: true }
    }

    /// Whether it stands for what was written at its place.
    pub(crate) fn is_made(&self) -> bool {
        self.made
    }

    /// Where the whole word was written, quotes included.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Where the bytes `range` of the decoded text were written. An empty range gives the place before its byte;
    /// an escape or a variable is pointed at as a whole.
    pub fn span_of(&self, range: Range<usize>) -> Span {
        let start = self.origin(range.start).start;
        let end = if range.end > range.start { self.origin(range.end - 1).end } else { start };
        Span { source: self.span.source, start, end: end.max(start) }
    }

    /// The source bytes of the decoded byte at `at`.
    fn origin(&self, at: usize) -> Range<u32> {
        let at = u32::try_from(at.min(self.text.len())).unwrap_or(u32::MAX);
        let next = self.segments.partition_point(|segment| segment.decoded <= at);
        let (start, len) = match next.checked_sub(1).map(|index| self.segments[index]) {
            None => (self.span.start + at, 1),
            Some(Segment { source, folded: Some(len), .. }) => (source, len),
            Some(Segment { decoded, source, folded: None }) => (source + (at - decoded), 1),
        };
        let start = start.min(self.span.end);
        start..(start + len).min(self.span.end)
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}@{}..{}", self.text, self.span.start, self.span.end)
    }
}
