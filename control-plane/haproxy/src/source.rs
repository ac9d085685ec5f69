//! The files a configuration came from, and places in them.
//!
//! A [`Span`] is three integers; line and column are worked out only for the places that a message names.

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::OnceLock;

use crate::raw;

/// The largest file that is read, in bytes. HAProxy has no limit; ours keeps offsets in 32 bits and memory bounded.
pub const MAX_FILE_BYTES: usize = 32 * 1024 * 1024;

/// How many defects of one file are kept; the first ones say all there is to say.
const MAX_DEFECTS: usize = 20;

/// Which file of a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u32);

/// A place: bytes `start..end` of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub source: SourceId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte; equal to `start` for a place between two bytes.
    pub end: u32,
}

impl Span {
    /// The bytes `range` of `source`.
    pub fn new(source: SourceId, range: Range<usize>) -> Self {
        Self { source, start: offset(range.start), end: offset(range.end) }
    }

    /// From the start of `self` to the end of `other`, which is in the same file.
    pub fn to(self, other: Span) -> Self {
        Self { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The offsets as a range of bytes.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The place just after the last byte.
    pub fn after(self) -> Self {
        Self { start: self.end, ..self }
    }
}

/// Line and column as people count: both from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// What makes the bytes of a file unfit to be read as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Defect {
    /// Larger than [`MAX_FILE_BYTES`]; the text is not kept.
    TooLarge {
        /// The size in bytes.
        bytes: usize,
    },
    /// A NUL byte.
    Nul {
        /// Its offset.
        at: usize,
    },
}

/// One file: its name as messages show it, and its text.
#[derive(Debug)]
pub struct Source {
    id: SourceId,
    name: String,
    text: String,
    defects: Vec<Defect>,
    raw: bool,
    lines: OnceLock<Vec<u32>>,
}

impl Source {
    /// Its identity in the map.
    pub fn id(&self) -> SourceId {
        self.id
    }

    /// The name that messages show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text; bytes that are no UTF-8 stand in it as [`raw`] has them.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it has bytes that are no UTF-8.
    pub(crate) fn is_raw(&self) -> bool {
        self.raw
    }

    /// What is wrong with the bytes, in order; at most a few of them, one a line.
    pub fn defects(&self) -> &[Defect] {
        &self.defects
    }

    /// The line and column of a byte offset. Offsets past the end give the end.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_of(offset);
        let start = self.lines()[line] as usize;
        let end = floor_boundary(&self.text, offset as usize);
        let column = self.text.get(start..end).map_or(0, |before| before.chars().count());
        Position { line: number(line), column: number(column) }
    }

    /// The bytes of the line that holds `offset`, without its line end.
    pub fn line_range(&self, offset: u32) -> Range<usize> {
        let line = self.line_of(offset);
        let start = self.lines()[line] as usize;
        let end = self.lines().get(line + 1).map_or(self.text.len(), |next| *next as usize);
        let text = self.text[start..end].trim_end_matches(['\n', '\r']);
        start..start + text.len()
    }

    fn line_of(&self, offset: u32) -> usize {
        self.lines().partition_point(|start| *start <= offset).saturating_sub(1)
    }

    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let ends = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(ends.map(|(at, _)| self::offset(at + 1))).collect()
        })
    }
}

/// The files of one configuration, in reading order.
#[derive(Debug, Default)]
pub struct SourceMap {
    sources: Vec<Source>,
}

impl SourceMap {
    /// A map of one text, as tests and embedded defaults need it.
    pub fn of(name: &str, text: &str) -> Self {
        let mut map = Self::default();
        map.add(name, text.as_bytes());
        map
    }

    /// Adds a file. Bytes that are no text are remembered as [`Defect`]s, which the parser reports.
    pub fn add(&mut self, name: impl Into<String>, bytes: &[u8]) -> SourceId {
        let id = SourceId(offset(self.sources.len()));
        let (text, defects) = decode(bytes);
        let raw = raw::find(&text).is_some();
        self.sources.push(Source { id, name: name.into(), text, defects, raw, lines: OnceLock::new() });
        id
    }

    /// All files, in reading order.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// One file; `None` for an id of another map.
    pub fn source(&self, id: SourceId) -> Option<&Source> {
        self.sources.get(id.0 as usize)
    }

    /// The text of a place; empty when the place is not in this map.
    pub fn text(&self, span: Span) -> &str {
        self.source(span.source).and_then(|source| source.text.get(span.range())).unwrap_or_default()
    }

    /// File name, line and column of a place: the parts of an origin.
    pub fn locate(&self, span: Span) -> Option<(&str, Position)> {
        let source = self.source(span.source)?;
        Some((source.name(), source.position(span.start)))
    }
}

fn decode(bytes: &[u8]) -> (String, Vec<Defect>) {
    if bytes.len() > MAX_FILE_BYTES {
        return (String::new(), vec![Defect::TooLarge { bytes: bytes.len() }]);
    }
    // An editor's byte order mark is no word of the first line.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = raw::read(bytes).into_owned();
    let mut defects = Vec::new();
    note_nuls(&text, &mut defects);
    (text, defects)
}

fn note_nuls(text: &str, defects: &mut Vec<Defect>) {
    if !text.as_bytes().contains(&0) {
        return;
    }
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if defects.len() >= MAX_DEFECTS {
            return;
        }
        if let Some(at) = line.find('\0') {
            defects.push(Defect::Nul { at: start + at });
        }
        start += line.len();
    }
}

/// The nearest character boundary at or before `at`.
pub(crate) fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn number(index: usize) -> u32 {
    offset(index).saturating_add(1)
}
