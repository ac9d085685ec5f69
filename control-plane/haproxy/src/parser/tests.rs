use proptest::prelude::*;

use super::*;
use crate::ast::SectionKind;
use crate::diagnostic::{MAX_DIAGNOSTICS, Severity, render};
use crate::keywords::{Place, allowed_in};

fn read(text: &str) -> Parsed {
    parse(&SourceMap::of("a.cfg", text), Environment::default())
}

/// Without findings.
#[track_caller]
fn clean(text: &str) -> File {
    let parsed = read(text);
    let found: Vec<_> = parsed.diagnostics.iter().map(|found| &found.message).collect();
    assert!(found.is_empty(), "{found:?}");
    parsed.file
}

fn codes(parsed: &Parsed) -> Vec<Code> {
    parsed.diagnostics.iter().map(|found| found.code).collect()
}

/// A section as one line a directive: keyword, then arguments.
fn outline(section: &Section) -> Vec<String> {
    let line = |directive: &crate::ast::Directive| {
        let args: Vec<_> = directive.args().iter().map(Word::text).collect();
        format!("{} | {}", directive.name(), args.join(" "))
    };
    section.directives.iter().map(line).collect()
}

#[test]
fn the_distribution_example_is_read_with_few_words_said() {
    let parsed = read(include_str!("tests/distribution.cfg"));
    assert!(!parsed.diagnostics.has_errors());
    let names: Vec<_> = parsed.diagnostics.iter().map(|found| (found.code, found.severity)).collect();
    let expected = [
        (Code::InertKeyword, Severity::Notice), // chroot
        (Code::AddressOnSection, Severity::Warning),
    ];
    assert_eq!(names, expected);
    let sections: Vec<_> = parsed.file.sections.iter().map(|section| section.kind.as_str()).collect();
    assert_eq!(sections, ["global", "defaults", "frontend", "backend", "backend"]);
    let main = &parsed.file.sections[2];
    assert_eq!(
        outline(main),
        [
            "bind | *:80",
            "acl | url_static path_beg -i /static /images /javascript /stylesheets",
            "acl | url_static path_end -i .jpg .gif .png .css .js",
            "use_backend | static if url_static",
            "default_backend | app",
        ]
    );
    assert_eq!(outline(&parsed.file.sections[1])[10], "timeout http-request | 10s");
}

#[test]
fn options_of_servers_are_taken_apart() {
    let file = clean("backend app\n  server s1 192.0.2.1:80 check inter 2s weight 5 backup");
    let server = &file.sections[0].directives[0];
    let fixed: Vec<_> = server.fixed().iter().map(Word::text).collect();
    assert_eq!(fixed, ["s1", "192.0.2.1:80"]);
    let options: Vec<_> = server.options().map(|option| (option.keyword.name, option.args.len())).collect();
    assert_eq!(options, [("check", 0), ("inter", 1), ("weight", 1), ("backup", 0)]);
    assert_eq!(server.option("inter").unwrap().args[0].text(), "2s");
    assert!(server.option("rise").is_none());
}

#[test]
fn the_last_use_of_an_option_wins() {
    let parsed = read("backend app\n  server s1 192.0.2.1:80 weight 1 check weight 2");
    assert_eq!(codes(&parsed), [Code::Duplicate]);
    let server = &parsed.file.sections[0].directives[0];
    assert_eq!(server.option("weight").unwrap().args[0].text(), "2");
}

#[test]
fn actions_are_known_by_name() {
    let file =
        clean("frontend web\n  http-request deny status 429 if { path /a }\n  http-request set-header if if");
    let actions: Vec<_> = file.sections[0].directives.iter().map(|d| d.action.unwrap().name).collect();
    assert_eq!(actions, ["deny", "set-header"]);
}

#[test]
fn old_spellings_are_read_as_modern() {
    let parsed =
        read("defaults\n  clitimeout 1000\n  redispatch\n  option forceclose\n  no option forceclose");
    assert_eq!(codes(&parsed), [Code::OldSpelling; 4]);
    let expected =
        ["timeout client | 1000", "option redispatch | ", "option httpclose | ", "option httpclose | "];
    assert_eq!(outline(&parsed.file.sections[0]), expected);
    assert_eq!(parsed.file.sections[0].directives[3].prefix, Prefix::No);
}

#[test]
fn environment_keywords_act_on_the_lines_below() {
    let text =
        "global\n setenv A 1\n presetenv A 2\n presetenv B 3\n node \"$A$B\"\n unsetenv A\n resetenv B";
    let file = clean(text);
    assert_eq!(file.sections[0].directives[3].args()[0].text(), "13");
    assert_eq!(file.environment, [("B", "3")].into_iter().collect());
}

#[test]
fn localpeer_is_known_to_the_lines_below() {
    let file = clean("global\n localpeer lb-1\n node \"at-${HAPROXY_LOCALPEER}\"\n");
    assert_eq!(file.sections[0].directives[1].args()[0].text(), "at-lb-1");
}

#[test]
fn doubling_a_variable_ends() {
    let text = format!("global\n setenv A aaaaaaaa\n{}", " setenv A \"$A$A\"\n".repeat(100));
    assert!(codes(&read(&text)).contains(&Code::BadVariable));
}

#[test]
fn a_section_goes_on_in_the_next_file() {
    let mut sources = SourceMap::default();
    sources.add("one.cfg", b"frontend web\n  bind *:80");
    sources.add("two.cfg", b"  bind *:81\nbackend app");
    let parsed = parse(&sources, Environment::default());
    assert!(parsed.diagnostics.is_empty());
    assert_eq!(outline(&parsed.file.sections[0]), ["bind | *:80", "bind | *:81"]);
    assert_eq!(parsed.file.sections.len(), 2);
}

#[test]
fn a_line_with_a_broken_word_opens_its_section_all_the_same() {
    let parsed = read("frontend web\n  bind *:80\nbackend it's\n  server s1 192.0.2.1:80");
    assert_eq!(codes(&parsed), [Code::UnmatchedQuote]);
    assert_eq!(parsed.file.sections[1].kind, SectionKind::Backend);
    assert_eq!(outline(&parsed.file.sections[1]), ["server | s1 192.0.2.1:80"]);
}

#[test]
fn a_section_without_a_name_is_read_for_its_mistakes() {
    let parsed = read("backend\n  serverr s1 192.0.2.1:80\nfrontend");
    assert_eq!(codes(&parsed), [Code::MissingName, Code::UnknownKeyword, Code::MissingName]);
    assert!(parsed.file.sections.is_empty());
}

#[test]
fn defaults_have_names_and_parents() {
    let file =
        clean("defaults\ndefaults base\ndefaults tls from base\nfrontend web from tls\ndefaults from tls");
    let names = |section: &Section| {
        let text = |word: &Option<Word>| word.as_ref().map_or("", Word::text).to_owned();
        (text(&section.name), text(&section.from))
    };
    let expected = [("", ""), ("base", ""), ("tls", "base"), ("web", "tls"), ("", "tls")]
        .map(|(a, b)| (a.into(), b.into()));
    assert_eq!(file.sections.iter().map(names).collect::<Vec<(String, String)>>(), expected);
}

#[test]
fn all_mistakes_are_counted_and_as_many_kept_as_are_told() {
    let parsed = read(&format!("global\n{}", "  maxcon\n".repeat(MAX_DIAGNOSTICS + 500)));
    assert_eq!(parsed.diagnostics.errors(), MAX_DIAGNOSTICS + 500);
    assert_eq!(parsed.diagnostics.iter().count(), MAX_DIAGNOSTICS);
    assert_eq!(parsed.diagnostics.dropped(), 500);
    // What was meant is looked for a thousand times: the search takes time.
    assert_eq!(parsed.diagnostics.iter().filter(|found| !found.help.is_empty()).count(), 1000);
}

#[test]
fn an_empty_configuration_is_one() {
    for text in ["", "\n", "# only\n\t# comments"] {
        assert!(clean(text).sections.is_empty());
    }
}

#[test]
fn a_file_that_is_too_large_is_one_error() {
    let mut sources = SourceMap::default();
    sources.add("a.cfg", &vec![b'a'; crate::source::MAX_FILE_BYTES + 1]);
    let parsed = parse(&sources, Environment::default());
    assert_eq!(codes(&parsed), [Code::FileTooLarge]);
    let text = render::all(&parsed.diagnostics, &sources, render::Style::Plain);
    assert!(text.contains("a.cfg"), "{text}");
}

/// Lines that are nearly right: that is where the paths of the parser are.
fn line() -> impl Strategy<Value = String> {
    let names: Vec<&'static str> =
        Place::ALL.into_iter().flat_map(allowed_in).map(|entry| entry.name).collect();
    let word = prop_oneof![
        4 => proptest::sample::select(names),
        1 => proptest::sample::select(crate::sections::names().collect::<Vec<_>>()),
        2 => proptest::sample::select(vec![
            "no", "default", "if", "unless", "from", "*:80", "s1", "192.0.2.1:80", "1s", "check", "\"$A\"", "\"${A[*]}\"",
            "\"", "'", "\\x4", "\\", "#", "é", "\t", "\r", "\0", "{", "}", "set-var(a", "\"\"", "${", "\u{7f}",
        ]),
    ];
    proptest::collection::vec(word, 0..8).prop_map(|words| words.join(" "))
}

fn check_invariants(text: &str) -> Result<(), TestCaseError> {
    let sources = SourceMap::of("a.cfg", text);
    let parsed = parse(&sources, [("A", "b c"), ("E", "")].into_iter().collect());
    let inside =
        |span: Span| span.start <= span.end && sources.sources()[0].text().get(span.range()).is_some();
    for found in parsed.diagnostics.iter() {
        let places = found.span.into_iter().chain(found.related.iter().map(|related| related.span));
        for span in places {
            prop_assert!(inside(span), "{span:?} of {found:?}");
        }
        let drawn = render::one(found, &sources, render::Style::Plain);
        prop_assert!(drawn.contains("a.cfg") || text.is_empty());
    }
    for section in &parsed.file.sections {
        prop_assert!(section.name.is_some() || !section.kind.is_proxy());
        for directive in &section.directives {
            prop_assert!(directive.words.len() <= 64 && directive.args().len() < 64);
            for word in &directive.words {
                prop_assert!(inside(word.span()));
                for (at, c) in word.text().char_indices() {
                    prop_assert!(inside(word.span_of(at..at + c.len_utf8())), "{at} of {word:?}");
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn any_text_is_read_without_panic(text in "\\PC*") {
        check_invariants(&text)?;
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut sources = SourceMap::default();
        sources.add("a.cfg", &bytes);
        let parsed = parse(&sources, Environment::default());
        render::all(&parsed.diagnostics, &sources, render::Style::Colour);
    }

    #[test]
    fn nearly_right_lines_are_read_without_panic(lines in proptest::collection::vec(line(), 0..20)) {
        check_invariants(&lines.join("\n"))?;
    }

    #[test]
    fn quoted_words_come_back(words in proptest::collection::vec("[^\\x00\\r\\n]{1,12}", 1..10)) {
        let quoted: Vec<_> = words.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
        let file = read(&format!("global\n description {}", quoted.join(" "))).file;
        let args = file.sections[0].directives[0].args();
        let read: Vec<_> = args.iter().map(|word| crate::raw::bytes(word.text()).into_owned()).collect();
        prop_assert_eq!(read, words.into_iter().map(String::into_bytes).collect::<Vec<_>>());
    }
}
