use crate::diagnostic::Code;
use crate::environment::Environment;
use crate::parse;
use crate::source::SourceMap;
use crate::word::Word;

/// The names of the frontends that count, and what was found.
fn read(text: &str) -> (String, Vec<Code>) {
    let environment = [("A", "1"), ("EMPTY", "")].into_iter().collect::<Environment>();
    let parsed = parse(&SourceMap::of("a.cfg", text), environment);
    let names: Vec<_> =
        parsed.file.sections.iter().filter_map(|section| section.name.as_ref().map(Word::text)).collect();
    (names.join(" "), parsed.diagnostics.iter().map(|found| found.code).collect())
}

#[track_caller]
fn taken(lines: &[&str], expected: &str) {
    let (names, codes) = read(&lines.join("\n"));
    assert_eq!((names.as_str(), codes), (expected, vec![]), "{lines:?}");
}

#[test]
fn one_branch_of_a_block_counts() {
    let block = |a, b| {
        let (if_, elif) = (format!(".if {a}"), format!(".elif {b}"));
        let lines = ["backend x", &if_, "backend a", &elif, "backend b", ".else", "backend c", ".endif"];
        read(&lines.join("\n")).0
    };
    assert_eq!(block("1", "1"), "x a");
    assert_eq!(block("0", "1"), "x b");
    assert_eq!(block("0", "0"), "x c");
    assert_eq!(block("defined(A) && streq(\"$A\",1)", "0"), "x a");
    assert_eq!(block("\"$EMPTY\"", "streq(\"${NOT_SET-z}\",z)"), "x b");
    assert_eq!(block("version_before(2.0) || feature(OPENSSL)", "!defined(A)"), "x c");
}

#[test]
fn blocks_stand_in_one_another() {
    taken(
        &[
            ".if 0",
            ".if 1",
            "backend a",
            ".else",
            "backend b",
            ".endif",
            ".elif 1",
            ".if 0",
            "backend c",
            ".else",
            "  .if 1 # a comment",
            "backend d",
            "  .endif",
            ".endif",
            "backend e",
            ".endif",
            "backend f",
        ],
        "d e f",
    );
}

#[test]
fn what_does_not_count_is_not_judged() {
    taken(&[".if 0", "backend \"open", "nonsense", ".if what(ever", ".endif", ".bogus", ".endif"], "");
    taken(&[".if 1", ".elif what(ever", "backend a", ".endif", "backend b"], "b");
}

#[test]
fn a_section_goes_on_after_a_block() {
    let text = "frontend web\n.if 1\n bind :80\n.endif\n.if 0\nfrontend other\n.endif\n bind :81\n";
    let parsed = parse(&SourceMap::of("a.cfg", text), Environment::default());
    assert!(parsed.diagnostics.is_empty());
    assert_eq!(parsed.file.sections[0].directives.len(), 2);
}

#[test]
fn variables_set_above_are_seen() {
    taken(&["global", "setenv B 2", ".if streq(\"$B\",2) && defined(B)", "backend a", ".endif"], "a");
}

#[test]
fn a_block_ends_in_its_file() {
    let mut sources = SourceMap::default();
    sources.add("one.cfg", b".if 1\n");
    sources.add("two.cfg", b".endif\n");
    let parsed = parse(&sources, Environment::default());
    let found: Vec<_> = parsed.diagnostics.iter().map(|found| found.one_line(&sources)).collect();
    assert_eq!(
        found,
        [
            "one.cfg:1:1: error[conditional-block]: this `.if` has no `.endif` in its file",
            "two.cfg:1:1: error[conditional-block]: `.endif` without an `.if` before it in this file",
        ]
    );
}

#[test]
fn nesting_is_bounded_as_in_haproxy() {
    let nested =
        |depth: usize| read(&format!("{}backend a\n{}", ".if 1\n".repeat(depth), ".endif\n".repeat(depth)));
    assert_eq!(nested(99), ("a".to_owned(), vec![]));
    assert_eq!(nested(101), (String::new(), vec![Code::ConditionalBlock; 2]));
}

#[test]
fn messages_are_told_as_loudly_as_they_ask() {
    let text = ".notice a\n.warning 'b c'\n.diag d\n.alert e\n";
    let sources = SourceMap::of("a.cfg", text);
    let parsed = parse(&sources, Environment::default());
    let found: Vec<_> = parsed
        .diagnostics
        .iter()
        .map(|found| format!("{} {}", found.severity.as_str(), found.message))
        .collect();
    assert_eq!(found, ["notice a", "warning b c", "error e"]);
}
