use super::*;
use crate::source::SourceMap;

fn sources() -> SourceMap {
    SourceMap::of("a.cfg", "global\n  maxcon 1\n")
}

fn at(start: usize, end: usize) -> Span {
    Span::new(sources().sources()[0].id(), start..end)
}

#[test]
fn one_line_has_place_severity_and_code() {
    let found = Diagnostic::error(Code::UnknownKeyword, at(9, 15), "unknown keyword `maxcon`");
    assert_eq!(found.one_line(&sources()), "a.cfg:2:3: error[unknown-keyword]: unknown keyword `maxcon`");
    let found = Diagnostic::global(Severity::Warning, Code::Duplicate, "twice");
    assert_eq!(found.one_line(&sources()), "warning[duplicate]: twice");
}

#[test]
fn a_finding_without_a_place_is_drawn() {
    let found =
        Diagnostic::global(Severity::Notice, Code::InertKeyword, "nothing listens").help("add a `bind` line");
    let drawn = render::one(&found, &sources(), render::Style::Plain);
    assert_eq!(drawn, "notice[inert-keyword]: nothing listens\n |\n = help: add a `bind` line");
}

#[test]
fn places_in_other_files_are_drawn_too() {
    let mut sources = sources();
    let other = sources.add("b.cfg", b"\n\nmaxconn 5");
    let found = Diagnostic::warning(Code::Duplicate, at(9, 15), "twice")
        .label("here")
        .related(Span::new(other, 2..9), "and there");
    let drawn = render::one(&found, &sources, render::Style::Plain);
    assert!(
        drawn.contains("a.cfg:2:3") && drawn.contains("b.cfg:3:1") && drawn.contains("and there"),
        "{drawn}"
    );
}

#[test]
fn a_place_out_of_range_does_no_harm() {
    for (start, end) in [(0, 1000), (17, 18), (1000, 1000), (12, 9)] {
        let found = Diagnostic::error(Code::BadName, at(start, end), "odd").related(at(500, 600), "odd too");
        assert!(render::one(&found, &sources(), render::Style::Plain).contains("odd"));
    }
}

#[test]
fn the_text_is_drawn_in_its_order() {
    let mut all = Diagnostics::default();
    all.push(Diagnostic::warning(Code::Duplicate, at(9, 10), "second"));
    all.push(Diagnostic::global(Severity::Error, Code::BadName, "last"));
    all.push(Diagnostic::error(Code::BadName, at(0, 1), "first"));
    let order: Vec<_> = all.sorted().iter().map(|found| found.message.as_str()).collect();
    assert_eq!(order, ["first", "second", "last"]);
}

#[test]
fn the_error_that_refuses_is_kept_among_many_warnings() {
    let mut all = Diagnostics::default();
    for _ in 0..MAX_DIAGNOSTICS {
        all.push(Diagnostic::warning(Code::Duplicate, at(0, 1), "a warning"));
    }
    assert!(!all.has_errors());
    all.push_error(|_| Diagnostic::error(Code::BadName, at(0, 1), "the error"));
    all.push_error(|_| panic!("not made"));
    assert_eq!((all.errors(), all.dropped(), all.count(Severity::Error)), (2, 2, 1));
    assert!(render::all(&all, &sources(), render::Style::Plain).ends_with("and 2 more\n"));
}

#[test]
fn appending_keeps_count() {
    let mut first = Diagnostics::default();
    for _ in 0..MAX_DIAGNOSTICS + 10 {
        first.push(Diagnostic::error(Code::BadName, at(0, 1), "x"));
    }
    let mut all = Diagnostics::default();
    all.push(Diagnostic::warning(Code::Duplicate, at(0, 1), "y"));
    all.append(first);
    assert_eq!((all.errors(), all.dropped()), (MAX_DIAGNOSTICS + 10, 11));
    assert_eq!(all.iter().count(), MAX_DIAGNOSTICS);
}

#[test]
fn codes_have_names_of_their_own() {
    let mut names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn what_comes_again_is_drawn_once_with_all_its_places() {
    let mut sources = sources();
    let other = sources.add("b.cfg", b"x\ny\n");
    let mut all = Diagnostics::default();
    for span in [at(0, 6), at(9, 15), Span::new(other, 0..1), Span::new(other, 2..3)] {
        all.push(Diagnostic::warning(Code::DegradedKeyword, span, "not done"));
    }
    all.push(Diagnostic::error(Code::DegradedKeyword, at(9, 15), "not done"));
    let drawn = render::all(&all, &sources, render::Style::Plain);
    assert_eq!(drawn.matches("not done").count(), 2, "{drawn}");
    assert!(drawn.contains("  = again at a.cfg:2:3, b.cfg:1:1, :2:1\n"), "{drawn}");
}

#[test]
fn strictness_refuses_what_is_not_done_and_nothing_else() {
    let mut all = Diagnostics::default();
    all.push(Diagnostic::warning(Code::DegradedKeyword, at(0, 1), "degraded"));
    all.push(Diagnostic::notice(Code::InertKeyword, at(0, 1), "inert"));
    all.push(Diagnostic::warning(Code::OldSpelling, at(0, 1), "old"));
    let counts = |all: &Diagnostics| Verdict::ALL.map(|verdict| all.count_of(verdict));
    assert_eq!((counts(&all), all.has_errors()), ([0, 1, 1, 1], false));
    all.be_strict();
    assert_eq!((counts(&all), all.errors()), ([1, 0, 1, 1], 1));
}
