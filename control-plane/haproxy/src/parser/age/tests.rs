use crate::diagnostic::Code;
use crate::environment::Environment;
use crate::parse;
use crate::source::SourceMap;
use crate::word::Word;

/// The words of the last line, and whether old rules were told to be in use.
fn read(text: &str) -> (Vec<String>, bool) {
    let parsed = parse(&SourceMap::of("a.cfg", text), Environment::default());
    let last = parsed.file.sections.last().and_then(|section| section.directives.last());
    let words = last.map(|line| line.args().iter().map(|word| word.text().to_owned()).collect());
    (words.unwrap_or_default(), parsed.diagnostics.iter().any(|found| found.code == Code::OldQuoting))
}

#[test]
fn a_lone_quote_in_an_old_file_is_a_letter() {
    let (words, old) = read("listen a\n bind :1\n clitimeout 5s\n acl x hdr(ua) \"a b\" it's");
    assert_eq!(words, ["x", "hdr(ua)", "\"a", "b\"", "it's"]);
    assert!(old);
}

#[test]
fn quotes_that_match_stay_quotes_unless_the_file_must_be_older() {
    let line = "acl x hdr(ua) \"a b\"";
    let (words, old) = read(&format!("listen a\n bind :1\n clitimeout 5s\n {line}"));
    assert_eq!((words.len(), old), (3, false));
    let (words, old) = read(&format!("listen a :1\n {line}"));
    assert_eq!((words.len(), old), (4, true));
    let (words, old) = read("listen a :1\n acl x hdr(ua) \"ab\"");
    assert_eq!((words.len(), old), (3, false));
    let (words, old) = read(&format!("listen a :1\n acl y hdr(ua) \"${{Y-z}}\"\n {line}"));
    assert_eq!((words.len(), old), (3, false));
}

#[test]
fn a_file_without_marks_is_a_modern_one() {
    let parsed =
        parse(&SourceMap::of("a.cfg", "listen a\n bind :1\n description it's"), Environment::default());
    let codes: Vec<_> = parsed.diagnostics.iter().map(|found| found.code).collect();
    assert_eq!(codes, [Code::UnmatchedQuote]);
}

#[test]
fn each_file_has_its_own_age() {
    let mut sources = SourceMap::default();
    sources.add("old.cfg", b"listen a :1\n acl x hdr(ua) \"a b\"\n");
    sources.add("new.cfg", b"listen b\n bind :2\n acl x hdr(ua) \"a b\"\n");
    let parsed = parse(&sources, Environment::default());
    let last = |index: usize| {
        let section: &crate::ast::Section = &parsed.file.sections[index];
        section.directives.last().map(|line| line.words.iter().map(Word::text).count())
    };
    assert_eq!((last(0), last(1)), (Some(5), Some(4)));
}
