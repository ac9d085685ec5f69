use super::*;
use std::collections::BTreeSet;

fn here(place: Place, words: &[&str]) -> &'static str {
    match lookup(place, words) {
        Found::Here(keyword) => keyword.name,
        other => panic!("{words:?} in {place}: {other:?}"),
    }
}

#[test]
fn names_of_several_words_are_found() {
    assert_eq!(here(Place::Backend, &["timeout", "server-fin", "1s"]), "timeout server-fin");
    assert_eq!(here(Place::Frontend, &["capture", "request", "header"]), "capture request header");
    assert_eq!(here(Place::Global, &["maxconn", "1"]), "maxconn");
    assert!(matches!(lookup(Place::Backend, &["timeout", "client"]), Found::Elsewhere(_)));
    assert!(matches!(lookup(Place::Backend, &["timeout", "clent"]), Found::Unfinished));
    assert!(matches!(lookup(Place::Backend, &["timeout"]), Found::Unfinished));
    assert!(matches!(lookup(Place::Backend, &["tmeout"]), Found::Unknown));
}

#[test]
fn each_name_has_one_entry_in_a_place() {
    for place in Place::ALL {
        let mut names = BTreeSet::new();
        for entry in allowed_in(place) {
            assert!(names.insert(entry.name), "`{}` is there twice in `{place}`", entry.name);
        }
    }
}

#[test]
fn old_spellings_lead_to_entries_in_the_same_places() {
    for place in Place::ALL {
        for old in allowed_in(place) {
            let Some(modern) = old.modern else { continue };
            let entry =
                named(place, modern).unwrap_or_else(|| panic!("`{}` leads nowhere in `{place}`", old.name));
            assert!(entry.modern.is_none(), "`{}` leads to an old spelling", old.name);
        }
    }
}

#[test]
fn entries_say_what_they_must() {
    for place in Place::ALL {
        for entry in allowed_in(place) {
            let name = entry.name;
            // What expressions take is in the catalog.
            let args_told = !place.is_of_lines() || entry.args.max == 0 || !entry.usage.is_empty();
            assert!(entry.args.min <= entry.args.max, "{name}");
            assert!(entry.words() <= 3, "the parser looks at three words: {name}");
            match entry.support {
                Support::Works { .. } if entry.modern.is_none() => {
                    assert!(!entry.summary.is_empty(), "{name} has no summary");
                    assert!(args_told, "{name} does not say what it takes");
                }
                Support::Works { .. } => {}
                Support::Degraded { why } | Support::Inert { why } | Support::NotSupported { why } => {
                    assert!(!why.is_empty(), "{name} does not say why");
                }
            }
        }
    }
}

#[test]
fn an_action_may_have_an_argument_in_its_name() {
    assert_eq!(here(Place::HttpRequest, &["set-var(txn.a)"]), "set-var");
    assert_eq!(here(Place::ServerOption, &["set-proxy-v2-tlv-fmt(0x20)"]), "set-proxy-v2-tlv-fmt");
}

#[test]
fn near_names_are_found() {
    assert_eq!(nearest("maxcon", Place::Global), Some("maxconn"));
    assert_eq!(nearest("chekc", Place::ServerOption), Some("check"));
    assert_eq!(nearest("default_backened", Place::Frontend), Some("default_backend"));
    assert_eq!(nearest("x", Place::Global), None);
    assert_eq!(nearest(&"a".repeat(1000), Place::Global), None);
}

#[test]
fn places_read_as_a_sentence() {
    let places = Places::of(&[Place::Backend, Place::Defaults, Place::Listen]);
    assert_eq!(places.to_string(), "defaults, listen or backend");
    assert_eq!(Places::of(&[Place::Global]).to_string(), "global");
}
