//! Any bytes as a haproxy.cfg: read and lowered without panic, every place within its file, every finding can be drawn,
//! and what is taken compiles.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_haproxy::diagnostic::render;
use sluicegate_haproxy::expr::{NoFiles, Reader};
use sluicegate_haproxy::lower::lower;
use sluicegate_haproxy::parse;
use sluicegate_haproxy::source::{SourceMap, Span};

fuzz_target!(|bytes: &[u8]| {
    let mut sources = SourceMap::default();
    // Two files, so that a section goes on from one to the next.
    let (one, two) = bytes.split_at(bytes.len() / 2);
    sources.add("one.cfg", one);
    sources.add("two.cfg", two);
    let mut parsed = parse(&sources, [("A", "b c"), ("E", "")].into_iter().collect());
    let lowered = lower(&parsed.file, &sources, Reader::new(&NoFiles));
    parsed.diagnostics.append(lowered.diagnostics);
    if !parsed.diagnostics.has_errors() {
        sluicegate_model::compile(None, sluicegate_model::Change::Full(&lowered.resources))
            .expect("what is taken compiles");
    }
    for found in parsed.diagnostics.iter() {
        found.span.into_iter().for_each(|span| inside(&sources, span));
        found.related.iter().for_each(|related| inside(&sources, related.span));
    }
    // Drawing costs far more than finding; a few of each input are enough.
    for found in parsed.diagnostics.sorted().into_iter().take(8) {
        render::one(found, &sources, render::Style::Plain);
    }
    for word in
        parsed.file.sections.iter().flat_map(|section| &section.directives).flat_map(|line| &line.words)
    {
        inside(&sources, word.span());
        for (at, c) in word.text().char_indices() {
            inside(&sources, word.span_of(at..at + c.len_utf8()));
        }
    }
});

fn inside(sources: &SourceMap, span: Span) {
    let source = sources.source(span.source).expect("the source of a place exists");
    assert!(source.text().get(span.range()).is_some(), "{span:?} lies in its file");
}
