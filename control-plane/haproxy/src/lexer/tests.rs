use super::*;
use crate::source::SourceMap;

/// The words of one line, and the codes of what was found.
fn words_in(text: &str, environment: &Environment) -> (Vec<String>, Vec<Code>) {
    let map = SourceMap::of("a.cfg", text);
    let mut diagnostics = Diagnostics::default();
    let scope = Scope { environment, section: "web" };
    let line = Lexer::new(&map.sources()[0], Quoting::Modern, 0).next_line(scope, &mut diagnostics);
    let words = line.map(|line| line.words).unwrap_or_default();
    (
        words.iter().map(|word| word.text().to_owned()).collect(),
        diagnostics.iter().map(|found| found.code).collect(),
    )
}

#[track_caller]
fn words(text: &str) -> Vec<String> {
    let environment = [("NAME", "value"), ("LIST", " one  two three "), ("EMPTY", "")].into_iter().collect();
    let (words, codes) = words_in(text, &environment);
    assert_eq!(codes, [], "{text}");
    words
}

#[test]
fn words_are_apart_by_white_space() {
    assert_eq!(words("  bind\t*:80 \x0b ssl\x0c"), ["bind", "*:80", "ssl"]);
    assert_eq!(words(" \t\n\n  next line"), ["next", "line"], "empty lines are skipped");
    assert_eq!(words("crlf here\r\nnext"), ["crlf", "here"]);
    assert_eq!(words("# nothing"), [""; 0]);
}

#[test]
fn a_comment_starts_anywhere_outside_quotes() {
    assert_eq!(words("color#1 rest"), ["color"]);
    assert_eq!(words(r"color\#1 rest"), ["color#1", "rest"]);
    assert_eq!(words(r##"a "b#c"'#d' #e"##), ["a", "b#c#d"]);
}

#[test]
fn escapes_outside_quotes() {
    assert_eq!(words(r"a\ b \\ \r\n\t \x41\x7e"), ["a b", "\\", "\r\n\t", "A~"]);
    assert_eq!(words(r#"\"a\" it\'s"#), ["\"a\"", "it's"]);
    assert_eq!(words(r"^/a\.b\d(\1)\$ $HOME"), [r"^/a\.b\d(\1)\$", "$HOME"], "a regex survives");
    assert_eq!(crate::raw::text(&words(r"\xc3\xa9")[0]), "é");
}

#[test]
fn weak_quotes() {
    assert_eq!(words(r#""a b" c"d e"f"#), ["a b", "cd ef"]);
    assert_eq!(words(r#""a\"b\\ \$NAME \'\#\ \t\x41""#), ["a\"b\\ $NAME '# \tA"]);
    assert_eq!(words(r#""\.\1""#), [r"\.\1"]);
    assert_eq!(words(r#""it's""#), ["it's"]);
}

#[test]
fn strong_quotes_keep_all() {
    assert_eq!(words(r#"'a \x41 \" $NAME # "'b"#), [r#"a \x41 \" $NAME # "b"#]);
}

#[test]
fn variables_expand_in_weak_quotes_only() {
    assert_eq!(words(r#""$NAME-${NAME}x" $NAME '${NAME}'"#), ["value-valuex", "$NAME", "${NAME}"]);
    assert_eq!(words(r#""${NONE-a b}" "${NAME-no}" "${EMPTY-no}x""#), ["a b", "value", "x"]);
    assert_eq!(words("\n\"${.LINE}:${.FILE}:${.SECTION}\""), ["2:a.cfg:web"]);
}

#[test]
fn a_list_expands_to_words() {
    assert_eq!(words(r#"a "${LIST[*]}" b"#), ["a", "one", "two", "three", "b"]);
    assert_eq!(words(r#"a"${LIST[*]}"b"#), ["aone", "two", "threeb"]);
    assert_eq!(words(r#"a "${EMPTY[*]}" b"#), ["a", "b"]);
}

#[test]
fn mistakes_are_found() {
    let codes = |text: &str| words_in(text, &Environment::default()).1;
    assert_eq!(codes("it's"), [Code::UnmatchedQuote]);
    assert_eq!(codes("say \"a\nb\""), [Code::UnmatchedQuote], "a quote ends with its line");
    assert_eq!(codes(r"\x4"), [Code::BadEscape]);
    assert_eq!(codes(r"\x4é"), [Code::BadEscape]);
    assert_eq!(codes(r"\x00"), [Code::BadEscape]);
    assert_eq!(codes(r#""^foo$""#), [Code::BadVariable]);
    assert_eq!(codes(r#""${A""#), [Code::BadVariable]);
    assert_eq!(codes(r#""x$A""#), [Code::UnsetVariable]);
    assert_eq!(codes(r#""""#), [Code::EmptyWord]);
    assert_eq!(codes("a\rb"), [Code::StrayCarriageReturn]);
    assert_eq!(codes("'a\rb'"), [Code::StrayCarriageReturn]);
    assert_eq!(codes("a \\"), [Code::NoContinuation]);
}

#[test]
fn a_byte_that_is_no_text_stays_that_byte() {
    let (words, codes) = words_in(r#"\xff "caf\xe9" \xc3\xa9"#, &Environment::default());
    assert_eq!(codes, []);
    let bytes: Vec<_> = words.iter().map(|word| crate::raw::bytes(word).into_owned()).collect();
    assert_eq!(bytes, [&b"\xff"[..], b"caf\xe9", "\u{e9}".as_bytes()]);
}

#[test]
fn a_line_has_64_words() {
    let (full, codes) = words_in(&"w ".repeat(MAX_WORDS), &Environment::default());
    assert_eq!((full.len(), codes), (MAX_WORDS, vec![]));
    let (full, codes) = words_in(&"w ".repeat(MAX_WORDS + 5), &Environment::default());
    assert_eq!((full.len(), codes), (MAX_WORDS, vec![Code::TooManyWords]));
    let many: Environment = [("L", "w ".repeat(MAX_WORDS + 5))].into_iter().collect();
    let (full, codes) = words_in(r#"a "${L[*]}""#, &many);
    assert_eq!((full.len(), codes), (MAX_WORDS, vec![Code::TooManyWords]));
}

#[test]
fn what_variables_expand_to_is_bounded() {
    let large: Environment = [("A", "a".repeat(MAX_EXPANDED_BYTES / 3))].into_iter().collect();
    assert_eq!(words_in(r#""$A$A$A""#, &large).1, []);
    assert_eq!(words_in(r#""$A$A$A$A""#, &large).1, [Code::BadVariable]);
}

#[test]
fn quotes_were_letters_up_to_1_5() {
    let map = SourceMap::of("a.cfg", "realm Bob's \"two words\" \\\"x\\' a\\ b \\\\ $HOME\\x41 c#d\n");
    let (mut diagnostics, environment) = (Diagnostics::default(), Environment::default());
    let scope = Scope { environment: &environment, section: "" };
    let line = Lexer::new(&map.sources()[0], Quoting::Old, 0).next_line(scope, &mut diagnostics).unwrap();
    let words: Vec<_> = line.words.iter().map(Word::text).collect();
    let expected = ["realm", "Bob's", "\"two", "words\"", "\\\"x\\'", "a b", "\\", "$HOMEA", "c"];
    assert_eq!(words, expected);
    assert!(diagnostics.is_empty() && line.quotes == Quotes::default());
    let place = line.words[5].span_of(2..3);
    assert_eq!(map.text(place), "b");
}

#[test]
fn empty_words_are_left_out_at_the_end_alone() {
    let environment = Environment::default();
    let (words, codes) = words_in("acl a src \"\" ''", &environment);
    assert_eq!((words.join(" ").as_str(), codes), ("acl a src", vec![Code::EmptyWord; 2]));
    let (words, _) = words_in("\"\"", &environment);
    assert!(words.is_empty());
    let (words, codes) = words_in("acl a '' src", &environment);
    assert_eq!((words.len(), codes), (4, vec![Code::EmptyWord]));
    assert_eq!(words_in(".if ''", &environment), (vec![".if".to_owned(), String::new()], vec![]));
}
