use proptest::prelude::*;
use sluicegate_model::compression::ContentCoding;

use super::*;

fn algorithms(names: &str) -> Vec<Algorithm> {
    let coding = |name: &str| ContentCoding::ALL.into_iter().find(|coding| coding.name() == name).unwrap();
    names.split(' ').map(|name| Algorithm { coding: coding(name), level: 1 }).collect()
}

fn chosen(names: &str, lines: &[&str]) -> &'static str {
    let algorithms = algorithms(names);
    let mut choice = Choice::among(&algorithms);
    lines.iter().for_each(|line| choice.hear(line.as_bytes()));
    choice.best().map_or("-", |algorithm| algorithm.coding.name())
}

#[test]
fn the_client_weighs_and_the_configuration_breaks_ties() {
    for (names, line, expected) in [
        ("gzip", "gzip", "gzip"),
        ("gzip", "GZip", "gzip"),
        ("gzip", "deflate", "-"),
        ("gzip", "", "-"),
        ("gzip", "gzipped", "-"),
        ("gzip", "x-gzip", "-"),
        ("gzip deflate", "deflate, gzip", "gzip"),
        ("deflate gzip", "deflate, gzip", "deflate"),
        ("gzip deflate", "gzip;q=0.5, deflate", "deflate"),
        ("gzip deflate", "gzip ; q=0.5 , deflate ; q=0.501", "deflate"),
        ("gzip deflate", "gzip;Q=0.1, deflate;q=0.05", "gzip"),
        ("br zstd gzip", "gzip, deflate, br, zstd", "br"),
        ("zstd br gzip", "gzip, deflate, br, zstd", "zstd"),
        ("gzip", "gzip;q=0", "-"),
        ("gzip", "gzip;q=0.000", "-"),
        ("gzip", "gzip;q=0.001", "gzip"),
        ("gzip", "*", "gzip"),
        ("gzip", "*;q=0", "-"),
        ("gzip br", "*, gzip;q=0", "br"),
        ("gzip", "gzip;q=0, *", "-"),
        ("gzip br", "*;q=0.1, br", "br"),
        ("raw-deflate", "deflate", "raw-deflate"),
        ("gzip identity", "identity, gzip;q=0.5", "identity"),
        ("gzip identity", "identity, gzip", "gzip"),
        // What no weight can be counts as one.
        ("gzip", "gzip;q=", "gzip"),
        ("gzip", "gzip;q=high", "gzip"),
        ("gzip deflate", "gzip;q=7, deflate;q=1", "gzip"),
        ("gzip", "gzip;level=9;q=0", "-"),
        ("gzip", ",,;q=1, ,gzip", "gzip"),
    ] {
        assert_eq!(chosen(names, &[line]), expected, "{names} for {line:?}");
    }
}

#[test]
fn lines_count_together() {
    assert_eq!(chosen("gzip br", &["gzip;q=0.2", "br;q=0.3"]), "br");
    assert_eq!(chosen("gzip br", &["gzip;q=0.2", "gzip", "br;q=0.3"]), "gzip");
    assert_eq!(chosen("gzip", &[]), "-");
}

proptest! {
    #[test]
    fn any_bytes_are_read(line: Vec<u8>) {
        for member in members(&line) {
            prop_assert!(!member.coding.is_empty() && member.weight <= 1_000);
        }
    }

    #[test]
    fn a_weight_comes_back(weight in 0..=1_000_u16) {
        let line = format!("a;q={}.{:03}", weight / 1_000, weight % 1_000);
        let found: Vec<_> = members(line.as_bytes()).map(|member| member.weight).collect();
        prop_assert_eq!(found, [weight]);
    }
}
