use crate::source::SourceMap;

/// For each character of the decoded text of the last word, the source text that it is traced to.
fn traced(line: &str) -> Vec<(char, String)> {
    let map = SourceMap::of("a.cfg", &format!("global\n  description {line}"));
    let environment = [("NAME", "val")].into_iter().collect();
    let parsed = crate::parse(&map, environment);
    let word = parsed.file.sections[0].directives[0].words.last().unwrap().clone();
    let place = |(at, c): (usize, char)| (c, map.text(word.span_of(at..at + c.len_utf8())).to_owned());
    word.text().char_indices().map(place).collect()
}

fn pairs(expected: &[(char, &str)]) -> Vec<(char, String)> {
    expected.iter().map(|(c, source)| (*c, (*source).to_owned())).collect()
}

#[test]
fn a_plain_word_is_its_own_source() {
    assert_eq!(traced("aéb"), pairs(&[('a', "a"), ('é', "é"), ('b', "b")]));
}

#[test]
fn quotes_and_escapes_are_traced() {
    let expected = [('a', "a"), ('b', "b"), (' ', r"\ "), ('A', r"\x41"), ('c', "c")];
    assert_eq!(traced(r#""a"'b'\ \x41c"#), pairs(&expected));
}

#[test]
fn a_variable_is_one_place() {
    let expected = [('x', "x"), ('v', "$NAME"), ('a', "$NAME"), ('l', "$NAME"), ('y', "y")];
    assert_eq!(traced(r#""x$NAME"y"#), pairs(&expected));
}

#[test]
fn ranges_span_what_lies_between() {
    let map = SourceMap::of(
        "a.cfg",
        r#"global
description "one\ two $NAME four""#,
    );
    let parsed = crate::parse(&map, [("NAME", "three")].into_iter().collect());
    let word = &parsed.file.sections[0].directives[0].words[1];
    assert_eq!(word.text(), "one two three four");
    assert_eq!(map.text(word.span_of(2..9)), r"e\ two $NAME");
    assert_eq!(map.text(word.span()), r#""one\ two $NAME four""#);
    let end = word.span_of(18..18);
    assert_eq!((map.text(end), map.locate(end).unwrap().1.column), ("", 33));
}
