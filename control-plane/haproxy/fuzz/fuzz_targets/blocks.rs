//! Lines of conditional blocks in any order: the sections that count are those of a reference that knows nothing but
//! the rules of blocks.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_haproxy::environment::Environment;
use sluicegate_haproxy::parse;
use sluicegate_haproxy::source::SourceMap;

/// The most lines: below the limit of blocks in one another.
const MAX_LINES: usize = 90;

fuzz_target!(|bytes: &[u8]| {
    let mut text = String::new();
    let mut reference = Reference::default();
    for (number, byte) in bytes.iter().take(MAX_LINES).enumerate() {
        let line = match byte % 8 {
            0 => ".if 1".to_owned(),
            1 => ".if 0".to_owned(),
            2 => ".elif 1".to_owned(),
            3 => ".elif streq(a,b)".to_owned(),
            4 => ".else".to_owned(),
            5 => ".endif".to_owned(),
            _ => format!("backend b{number}"),
        };
        reference.line(&line);
        text.push_str(&line);
        text.push('\n');
    }
    let sources = SourceMap::of("a.cfg", &text);
    let parsed = parse(&sources, Environment::default());
    let wrong = reference.wrong || !reference.open.is_empty();
    assert_eq!(parsed.diagnostics.has_errors(), wrong, "{text}");
    if !wrong {
        let names = parsed.file.sections.iter().filter_map(|section| section.name.as_ref());
        let names: Vec<_> = names.map(|name| name.text().to_owned()).collect();
        assert_eq!(names, reference.names, "{text}");
    }
});

#[derive(Default)]
struct Reference {
    /// Of each open block: whether this branch counts, whether one has counted, whether `.else` has come.
    open: Vec<(bool, bool, bool)>,
    names: Vec<String>,
    wrong: bool,
}

impl Reference {
    fn counts(&self) -> bool {
        self.open.iter().all(|(counts, ..)| *counts)
    }

    fn line(&mut self, line: &str) {
        let within = self.counts();
        match (line.split(' ').next().unwrap_or_default(), self.open.last_mut()) {
            (".if", _) => {
                let holds = line.ends_with('1');
                // Within what does not count no branch does.
                self.open.push((within && holds, !within || holds, false));
            }
            (".elif", Some((counts, done, false))) => {
                let holds = !*done && line.ends_with('1');
                (*counts, *done) = (holds, *done || holds);
            }
            (".else", Some((counts, done, last @ false))) => {
                (*counts, *done, *last) = (!*done, true, true);
            }
            (".endif", Some(_)) => drop(self.open.pop()),
            (".elif" | ".else" | ".endif", _) => self.wrong = true,
            _ if within => self.names.extend(line.split(' ').nth(1).map(str::to_owned)),
            _ => {}
        }
    }
}
