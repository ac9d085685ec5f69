//! The crate chooses the server that HAProxy 2.6 does.
//!
//! `golden/NAME.golden` has for each key of a case the server that Debian's haproxy 2.6 sent it to, a letter each.
//! `UPDATE=1` asks `$SLUICEGATE_DEBIAN_DIR/bin/haproxy` anew.

mod case;
mod dice;
mod fleet;
mod peer;

use std::path::{Path, PathBuf};

use case::{Case, cases};
use peer::Peer;

/// Letters in a line of a file.
const WIDTH: usize = 100;

#[test]
fn the_same_server_as_haproxy() {
    let cases = cases();
    if std::env::var_os("UPDATE").is_some() {
        let peer = Peer::start(&cases);
        for case in &cases {
            let answers = peer.answers(case, &case.asks());
            std::fs::write(path(case), lines(&answers)).unwrap();
        }
    }
    let wrong: Vec<String> = cases.iter().filter_map(difference).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn difference(case: &Case) -> Option<String> {
    let golden = std::fs::read_to_string(path(case)).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    let golden: Vec<char> = golden.chars().filter(|letter| *letter != '\n').collect();
    let asks = case.asks();
    let choices = case.choices(&asks);
    assert_eq!(golden.len(), choices.len(), "{}: keys", case.name);
    let wrong: Vec<usize> = (0..golden.len()).filter(|&at| golden[at] != choices[at]).collect();
    let &at = wrong.first()?;
    let key = asks[at].key.as_deref().map(String::from_utf8_lossy);
    Some(format!(
        "{}: {} of {}, first {:?} {key:?}: {} instead of {}",
        case.name,
        wrong.len(),
        golden.len(),
        asks[at].target,
        choices[at],
        golden[at],
    ))
}

fn path(case: &Case) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/haproxy/golden")
        .join(&case.name)
        .with_extension("golden")
}

fn lines(letters: &[char]) -> String {
    letters.chunks(WIDTH).map(|line| line.iter().collect::<String>() + "\n").collect()
}
