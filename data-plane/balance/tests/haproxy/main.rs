//! The crate chooses the server that HAProxy 2.6 does.
//!
//! `golden/NAME.golden` has for each key of a case the server that Debian's haproxy 2.6 sent it to, a letter each.
//! `UPDATE=1` asks `$SLUICEGATE_DEBIAN_DIR/bin/haproxy` anew.

#![allow(clippy::unwrap_used)] // also outside of test functions: what HAProxy does not answer ends the test

mod case;
mod dice;
mod fleet;
mod held;
mod peer;

use std::fmt::{Display, Formatter};
use std::path::{Path, PathBuf};

use case::{Case, cases};
use held::{HELD, Held};
use peer::Peer;

/// Letters in a line of a file.
const WIDTH: usize = 100;

#[test]
fn the_same_server_as_haproxy() {
    let cases = cases();
    if std::env::var_os("UPDATE").is_some() {
        let peer = Peer::start(cases.iter().map(Case::text).chain(HELD.iter().map(Held::text)));
        cases.iter().for_each(|case| keep(&case.name, &peer.answers(case, &case.asks())));
        HELD.iter().for_each(|held| keep(held.name, &peer.held(held, &held.steps())));
    }
    let keys = cases.iter().filter_map(|case| {
        let asks = case.asks();
        let at = difference(&case.name, &case.choices(&asks))?;
        let key = asks[at.place].key.as_deref().map(String::from_utf8_lossy);
        Some(format!("{at}: {} {key:?}", asks[at.place].target))
    });
    let held =
        HELD.iter().filter_map(|held| Some(difference(held.name, &held.choices(&held.steps()))?.to_string()));
    let wrong: Vec<String> = keys.chain(held).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

struct Difference {
    name: String,
    many: usize,
    place: usize,
    chosen: char,
    golden: char,
}

impl Display for Difference {
    fn fmt(&self, f: &mut Formatter) -> std::fmt::Result {
        let Self { name, many, place, chosen, golden } = self;
        write!(f, "{name}: {many} differ, the first at {place}: {chosen} instead of {golden}")
    }
}

fn difference(name: &str, choices: &[char]) -> Option<Difference> {
    let golden = std::fs::read_to_string(golden(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let golden: Vec<char> = golden.chars().filter(|letter| *letter != '\n').collect();
    assert_eq!(golden.len(), choices.len(), "{name}: keys");
    let wrong: Vec<usize> = (0..golden.len()).filter(|&at| golden[at] != choices[at]).collect();
    let &place = wrong.first()?;
    let (chosen, golden) = (choices[place], golden[place]);
    Some(Difference { name: name.into(), many: wrong.len(), place, chosen, golden })
}

#[test]
fn docs_list_what_is_compared() {
    let row = |name: &str, lines: &str, choices: &[char]| {
        let lines: Vec<&str> = lines.lines().map(str::trim).collect();
        format!("| {name} | `{}` | {} |\n", lines.join("`, `"), choices.len())
    };
    let cases = cases().into_iter().map(|case| row(&case.name, &case.lines, &case.choices(&case.asks())));
    let held = HELD.iter().map(|held| row(held.name, held.lines, &held.choices(&held.steps())));
    let rows: String = cases.chain(held).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/balancing.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let head = text.split_inclusive("| case | lines | choices |\n|---|---|---|\n").next().unwrap();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{head}{rows}")).unwrap();
    } else {
        assert_eq!(text, format!("{head}{rows}"));
    }
}

fn keep(name: &str, answers: &[char]) {
    let lines = answers.chunks(WIDTH).map(|line| line.iter().collect::<String>() + "\n");
    std::fs::write(golden(name), lines.collect::<String>()).unwrap();
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/haproxy/golden").join(name).with_extension("golden")
}
