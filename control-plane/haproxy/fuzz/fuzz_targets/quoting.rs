//! Any text, quoted in each way that the language has, is read back as it was.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_haproxy::environment::Environment;
use sluicegate_haproxy::parse;
use sluicegate_haproxy::source::SourceMap;

fuzz_target!(|text: &str| {
    // These stand for bytes that are no UTF-8; where a file has them itself, each of their bytes does.
    if text.contains(|c| ('\u{f780}'..='\u{f7ff}').contains(&c)) {
        return;
    }
    if text.is_empty() || text.contains('\0') || text.len() > 4096 {
        return;
    }
    read_back(&bare(text), text);
    read_back(&weak(text), text);
    if !text.contains(['\'', '\n', '\r']) {
        read_back(&format!("'{text}'"), text);
    }
    // In pieces: what is quoted in another way goes on in the same word.
    let (middle, _) = text.char_indices().nth(text.chars().count() / 2).unwrap_or_default();
    let (one, two) = text.split_at(middle);
    read_back(&format!("{}{}", bare(one), weak(two)), text);
});

fn read_back(written: &str, text: &str) {
    let sources = SourceMap::of("a.cfg", &format!("global\n    setenv NAME {written} # the end\n"));
    let parsed = parse(&sources, Environment::default());
    assert_eq!(parsed.file.environment.get("NAME"), Some(text), "{written:?}");
    let words = &parsed.file.sections[0].directives[0].words;
    assert_eq!(sources.text(words[2].span()), written);
}

/// Without quotes.
fn bare(text: &str) -> String {
    text.chars().map(|c| escaped(c, " \\#\"'\t\x0b\x0c")).collect()
}

/// In double quotes.
fn weak(text: &str) -> String {
    format!("\"{}\"", text.chars().map(|c| escaped(c, "\\\"$")).collect::<String>())
}

fn escaped(c: char, special: &str) -> String {
    match c {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' | '\x0b' | '\x0c' if special.contains(c) => format!("\\x{:02x}", c as u32),
        c if special.contains(c) => format!("\\{c}"),
        c => c.to_string(),
    }
}
