//! A file as it would be written today.

use std::collections::BTreeMap;

use super::quote::quoted;
use super::section::{Edit, How};
use super::twins::Renames;
use crate::diagnostic::Diagnostics;
use crate::environment::Environment;
use crate::load::Input;
use crate::parser::{Parsed, parse};
use crate::raw;
use crate::source::{Source, SourceMap, Span};
use crate::word::Word;

/// What a file came to.
#[derive(Debug)]
pub struct Modernized {
    /// The whole file in today's syntax; bytes that were no text stay what they were.
    pub text: Vec<u8>,
    /// What there is to say about the file as it was.
    pub diagnostics: Diagnostics,
    /// The text, to draw the findings on.
    pub sources: SourceMap,
}

/// Prints a file in today's syntax: lines that are not old come out byte for byte. A line that cannot be carried
/// becomes a comment that says why; where the modern form differs, a comment above it says how. Lines of conditional
/// blocks that are not taken stay as they are. What is printed stands for the same Fragment, and printing it again
/// changes nothing.
pub fn modernize(input: Input<'_>, environment: Environment) -> Modernized {
    let mut sources = SourceMap::default();
    sources.add(input.path, input.text);
    let mut parsed = parse(&sources, environment);
    let renames = Renames::of(&mut parsed.file);
    let text = sources.sources().first().map_or_else(String::new, |source| print(source, &parsed, &renames));
    let text = raw::bytes(&text).into_owned();
    Modernized { text, diagnostics: parsed.diagnostics, sources }
}

fn print(source: &Source, parsed: &Parsed, renames: &Renames) -> String {
    let mut edits: BTreeMap<usize, Vec<&Edit>> = BTreeMap::new();
    for edit in parsed.edits.iter().filter(|edit| edit.at.source == source.id()) {
        edits.entry(edit.at.range().start).or_default().push(edit);
    }
    let mut printer = Printer { source, old_quotes: parsed.old_quotes, renames, out: String::new() };
    let mut start = 0;
    for line in source.text().split_inclusive('\n') {
        let end = start + line.len();
        let found = edits.range(start..end).next().map(|(_, edits)| edits);
        match found {
            None => printer.raw(line, start),
            Some(edits) => printer.line(line, start, edits),
        }
        start = end;
    }
    // HAProxy refuses a last line without an end since 2.3.
    if !printer.out.is_empty() && !printer.out.ends_with('\n') {
        printer.out.push('\n');
    }
    printer.out
}

struct Printer<'a> {
    source: &'a Source,
    /// The file is read by the rules of HAProxy up to 1.5.
    old_quotes: bool,
    renames: &'a Renames,
    out: String,
}

impl Printer<'_> {
    /// A line with changes: `line` begins at `start` of the text.
    fn line(&mut self, line: &str, start: usize, edits: &[&Edit]) {
        let indent = &line[..line.len() - line.trim_start().len()];
        for edit in edits.iter().filter(|edit| edit.how == How::Before) {
            self.lines(indent, edit);
        }
        let own = edits.iter().find(|edit| matches!(edit.how, How::Replace | How::Silence));
        match own.or_else(|| edits.iter().find(|edit| edit.how == How::Requote)) {
            None => {
                self.raw(line, start);
                self.whole("");
            }
            Some(edit) if edit.how == How::Silence => self.silence(indent, line, edit),
            Some(edit) => self.replace(indent, line, start, edit),
        }
        for edit in edits.iter().filter(|edit| edit.how == How::After) {
            let indent =
                if indent.is_empty() { self.indent_after(start + line.len()) } else { indent.to_owned() };
            self.lines(&indent, edit);
        }
    }

    /// A line that is not old, which begins at `start`.
    fn raw(&mut self, line: &str, start: usize) {
        let place = Span::new(self.source.id(), start..start + line.len());
        let mut at = start;
        for (span, new) in self.renames.within(place) {
            let text = self.source.text();
            self.out.push_str(text.get(at..span.range().start).unwrap_or_default());
            self.out.push_str(&quoted(new));
            at = span.range().end;
        }
        self.out.push_str(line.get(at - start..).unwrap_or_default());
    }

    /// A line as it is; its end is added where the file has none.
    fn whole(&mut self, line: &str) {
        self.out.push_str(line);
        if !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn comment(&mut self, indent: &str, text: &str) {
        self.out.push_str(&format!("{indent}# sluicegate: {text}\n"));
    }

    fn lines(&mut self, indent: &str, edit: &Edit) {
        if let Some(comment) = &edit.comment {
            self.comment(indent, comment);
        }
        for words in &edit.lines {
            let text = self.words(words);
            self.out.push_str(&format!("{indent}{text}\n"));
        }
    }

    fn silence(&mut self, indent: &str, line: &str, edit: &Edit) {
        if let Some(comment) = &edit.comment {
            self.comment(indent, comment);
        }
        self.out.push_str(&format!("{indent}# {}\n", line.trim()));
    }

    fn replace(&mut self, indent: &str, line: &str, start: usize, edit: &Edit) {
        if let Some(comment) = &edit.comment {
            self.comment(indent, comment);
        }
        let tail = line.get(edit.at.range().end - start..).unwrap_or_default();
        let Some((first, rest)) = edit.lines.split_first() else {
            if tail.trim_start().starts_with('#') {
                self.whole(&format!("{indent}{}", tail.trim_start()));
            }
            return;
        };
        let text = self.words(first);
        self.whole(&format!("{indent}{text}{tail}"));
        for words in rest {
            let text = self.words(words);
            self.out.push_str(&format!("{indent}{text}\n"));
        }
    }

    /// How the first line that is not empty after `at` is indented.
    fn indent_after(&self, at: usize) -> String {
        let rest = self.source.text().get(at..).unwrap_or_default();
        let next = rest.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let indent = &next[..next.len() - next.trim_start().len()];
        if indent.is_empty() { "    ".to_owned() } else { indent.to_owned() }
    }

    fn words(&self, words: &[Word]) -> String {
        words.iter().map(|word| self.word(word)).collect::<Vec<_>>().join(" ")
    }

    /// A word as it was written, where that is today's way to write it.
    fn word(&self, word: &Word) -> String {
        if let Some(new) = self.renames.word(word) {
            return quoted(new);
        }
        let raw = self.source.text().get(word.span().range()).unwrap_or_default();
        let as_written = !word.is_made() || raw == word.text();
        let quotes = self.old_quotes && raw.contains(['"', '\'']);
        if as_written && !quotes { raw.to_owned() } else { quoted(word.text()) }
    }
}
